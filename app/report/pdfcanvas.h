// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace muster::report {

/// An A4 document in memory, drawn page by page; the only user of Pango and Cairo. Lengths are points (1/72 inch), y grows downwards.
class PdfCanvas {
public:
    static constexpr double kWidth = 595.28;
    static constexpr double kHeight = 841.89;

    enum class Align { Left, Right, Centre };
    struct Style {
        double size = 9;
        bool isBold = false;
        bool isMono = false;
        const char *colour = "#1c2024";
        Align align = Align::Left;
    };

    PdfCanvas(const std::string &title, WallTime made);
    ~PdfCanvas();
    PdfCanvas(const PdfCanvas &) = delete;
    PdfCanvas &operator=(const PdfCanvas &) = delete;

    /// Without any font there is no text.
    [[nodiscard]] static bool hasFonts();

    /// Wrapped to `width`, in the middle of a word where it must be. Never markup. Gives the height.
    double text(double x, double y, double width, const std::string &text, const Style &style);
    [[nodiscard]] double heightOf(double width, const std::string &text, const Style &style) const;
    [[nodiscard]] double widthOf(const std::string &text, const Style &style) const;

    void box(double x, double y, double width, double height, const char *colour, double radius = 0);
    void line(double x1, double y1, double x2, double y2, const char *colour, double width = 0.5);
    void ring(double x, double y, double radius, const char *fill, const char *stroke);
    void path(const std::vector<std::pair<double, double>> &points, const char *colour, bool isFilled);

    void endPage();
    /// The document's bytes; nothing can be drawn afterwards.
    [[nodiscard]] std::string finish();

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace muster::report
