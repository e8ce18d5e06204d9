// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/pdfcanvas.h"

#include "models/format/format.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <cstdlib>
#include <numbers>

namespace muster::report {

namespace {

constexpr const char *kSans = "Inter, DejaVu Sans, Noto Sans, sans-serif";
constexpr const char *kMono = "DejaVu Sans Mono, Noto Sans Mono, monospace";

struct Unref {
    void operator()(void *object) const { g_object_unref(object); }
};

template<class T>
using Owned = std::unique_ptr<T, Unref>;

cairo_status_t append(void *closure, const unsigned char *data, unsigned length)
{
    static_cast<std::string *>(closure)->append(reinterpret_cast<const char *>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

/// "#rrggbb"
void setColour(cairo_t *cairo, const char *colour)
{
    const auto value = std::strtoul(colour + 1, nullptr, 16);
    const auto part = [&](unsigned shift) { return static_cast<double>((value >> shift) & 0xFFU) / 255; };
    cairo_set_source_rgb(cairo, part(16), part(8), part(0));
}

PangoAlignment alignmentOf(PdfCanvas::Align align)
{
    return align == PdfCanvas::Align::Right ? PANGO_ALIGN_RIGHT : align == PdfCanvas::Align::Centre ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT;
}

} // namespace

struct PdfCanvas::Parts {
    std::string bytes;
    std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t *)> surface{ nullptr, cairo_surface_destroy };
    std::unique_ptr<cairo_t, void (*)(cairo_t *)> cairo{ nullptr, cairo_destroy };
    Owned<PangoFontMap> fonts{ pango_cairo_font_map_new() }; // its own: the default one belongs to a thread
    Owned<PangoContext> context;

    [[nodiscard]] Owned<PangoLayout> layout(double width, const std::string &text, const Style &style) const
    {
        Owned<PangoLayout> layout(pango_layout_new(context.get()));
        const std::unique_ptr<PangoFontDescription, void (*)(PangoFontDescription *)> font(pango_font_description_new(), pango_font_description_free);
        pango_font_description_set_family(font.get(), style.isMono ? kMono : kSans);
        pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
        pango_font_description_set_weight(font.get(), style.isBold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout.get(), font.get());
        const std::unique_ptr<PangoAttrList, void (*)(PangoAttrList *)> attributes(pango_attr_list_new(), pango_attr_list_unref);
        pango_attr_list_insert(attributes.get(), pango_attr_font_features_new("tnum")); // figures under each other
        pango_layout_set_attributes(layout.get(), attributes.get());
        pango_layout_set_auto_dir(layout.get(), FALSE); // a right-to-left name does not turn the table round
        pango_layout_set_alignment(layout.get(), alignmentOf(style.align));
        pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
        pango_layout_set_width(layout.get(), width < 0 ? -1 : static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_spacing(layout.get(), static_cast<int>(style.size * 0.2 * PANGO_SCALE));
        pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
        return layout;
    }
};

PdfCanvas::PdfCanvas(const std::string &title, WallTime made) : m_parts(std::make_unique<Parts>())
{
    auto *surface = cairo_pdf_surface_create_for_stream(append, &m_parts->bytes, kWidth, kHeight);
    m_parts->surface.reset(surface);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title.c_str());
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, (format::iso(made).substr(0, 19) + "Z").c_str());
    m_parts->cairo.reset(cairo_create(surface));
    m_parts->context.reset(pango_font_map_create_context(m_parts->fonts.get()));
    pango_cairo_update_context(m_parts->cairo.get(), m_parts->context.get());
    pango_context_set_base_dir(m_parts->context.get(), PANGO_DIRECTION_LTR);
    pango_context_set_language(m_parts->context.get(), pango_language_from_string("en"));
}

PdfCanvas::~PdfCanvas() = default;

bool PdfCanvas::hasFonts()
{
    const Owned<PangoFontMap> fonts(pango_cairo_font_map_new());
    PangoFontFamily **families = nullptr;
    int count = 0;
    pango_font_map_list_families(fonts.get(), &families, &count);
    g_free(families);
    return count > 0;
}

double PdfCanvas::text(double x, double y, double width, const std::string &text, const Style &style)
{
    auto *cairo = m_parts->cairo.get();
    const auto layout = m_parts->layout(width, text, style);
    setColour(cairo, style.colour);
    cairo_move_to(cairo, x, y);
    pango_cairo_show_layout(cairo, layout.get());
    int height = 0;
    pango_layout_get_size(layout.get(), nullptr, &height);
    return static_cast<double>(height) / PANGO_SCALE;
}

double PdfCanvas::heightOf(double width, const std::string &text, const Style &style) const
{
    int height = 0;
    pango_layout_get_size(m_parts->layout(width, text, style).get(), nullptr, &height);
    return static_cast<double>(height) / PANGO_SCALE;
}

double PdfCanvas::widthOf(const std::string &text, const Style &style) const
{
    int width = 0;
    pango_layout_get_size(m_parts->layout(-1, text, style).get(), &width, nullptr);
    return static_cast<double>(width) / PANGO_SCALE;
}

void PdfCanvas::box(double x, double y, double width, double height, const char *colour, double radius)
{
    auto *cairo = m_parts->cairo.get();
    constexpr double kQuarter = std::numbers::pi / 2;
    cairo_new_path(cairo);
    cairo_arc(cairo, x + width - radius, y + radius, radius, -kQuarter, 0);
    cairo_arc(cairo, x + width - radius, y + height - radius, radius, 0, kQuarter);
    cairo_arc(cairo, x + radius, y + height - radius, radius, kQuarter, 2 * kQuarter);
    cairo_arc(cairo, x + radius, y + radius, radius, 2 * kQuarter, 3 * kQuarter);
    cairo_close_path(cairo);
    setColour(cairo, colour);
    cairo_fill(cairo);
}

void PdfCanvas::line(double x1, double y1, double x2, double y2, const char *colour, double width)
{
    auto *cairo = m_parts->cairo.get();
    cairo_new_path(cairo);
    cairo_move_to(cairo, x1, y1);
    cairo_line_to(cairo, x2, y2);
    cairo_set_line_width(cairo, width);
    setColour(cairo, colour);
    cairo_stroke(cairo);
}

void PdfCanvas::ring(double x, double y, double radius, const char *fill, const char *stroke)
{
    auto *cairo = m_parts->cairo.get();
    cairo_new_path(cairo);
    cairo_arc(cairo, x, y, radius, 0, 2 * std::numbers::pi);
    setColour(cairo, fill);
    cairo_fill_preserve(cairo);
    cairo_set_line_width(cairo, 0.8);
    setColour(cairo, stroke);
    cairo_stroke(cairo);
}

void PdfCanvas::path(const std::vector<std::pair<double, double>> &points, const char *colour, bool isFilled)
{
    auto *cairo = m_parts->cairo.get();
    cairo_new_path(cairo);
    for (const auto &[x, y] : points)
        cairo_line_to(cairo, x, y);
    setColour(cairo, colour);
    if (isFilled) {
        cairo_close_path(cairo);
        cairo_fill(cairo);
        return;
    }
    cairo_set_line_width(cairo, 1.2);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cairo);
}

void PdfCanvas::endPage()
{
    cairo_show_page(m_parts->cairo.get());
}

std::string PdfCanvas::finish()
{
    m_parts->cairo.reset();
    cairo_surface_finish(m_parts->surface.get());
    return std::move(m_parts->bytes);
}

} // namespace muster::report
