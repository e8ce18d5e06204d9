// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/pdflayout.h"

#include <algorithm>

namespace muster::report {

namespace {

constexpr double kTop = 56;
constexpr double kBottom = PdfCanvas::kHeight - 60;
constexpr double kRowPad = 4;
constexpr double kColumnGap = 8;
constexpr const char *kQuiet = "#5d6670";
constexpr const char *kRule = "#dcdfe3";

double cellWidth(const std::vector<PdfLayout::Column> &columns, std::size_t index)
{
    return columns[index].width * PdfLayout::kBody - (index + 1 == columns.size() ? 0 : kColumnGap);
}

PdfCanvas::Style cellStyle(const PdfLayout::Column &column, const PdfLayout::Cell &cell)
{
    return { 8.5, cell.isBold || column.isBold, false, cell.colour, column.align };
}

} // namespace

PdfLayout::PdfLayout(PdfCanvas &canvas, std::string running, std::string footer, int pages)
    : m_canvas(canvas)
    , m_running(std::move(running))
    , m_footer(std::move(footer))
    , m_pages(pages)
{
    beginPage();
}

void PdfLayout::beginPage()
{
    ++m_page;
    m_y = kTop;
    if (m_page == 1)
        return; // the first one has the title
    m_canvas.text(kLeft, 30, kBody, m_running, { 8, false, false, kQuiet, PdfCanvas::Align::Left });
    m_canvas.line(kLeft, 44, kRight, 44, kRule);
}

void PdfLayout::endPage()
{
    m_canvas.line(kLeft, kBottom + 16, kRight, kBottom + 16, kRule);
    m_canvas.text(kLeft, kBottom + 22, kBody - 90, m_footer, { 7.5, false, false, kQuiet, PdfCanvas::Align::Left });
    m_canvas.text(kRight - 80, kBottom + 22, 80, "page " + std::to_string(m_page) + " of " + std::to_string(m_pages), { 7.5, false, false, kQuiet, PdfCanvas::Align::Right });
    m_canvas.endPage();
}

void PdfLayout::need(double height)
{
    if (m_y + height <= kBottom || m_y <= kTop)
        return;
    endPage();
    beginPage();
}

double PdfLayout::reserve(double height)
{
    need(height);
    const auto at = m_y;
    m_y += height;
    return at;
}

int PdfLayout::finish()
{
    endPage();
    return m_page;
}

void PdfLayout::heading(const std::string &title, const std::string &quiet)
{
    need(90); // never alone at the end of a page
    m_y += m_y > kTop ? 16 : 0;
    const Style style{ 12, true, false, "#1c2024", PdfCanvas::Align::Left };
    const auto height = m_canvas.text(kLeft, m_y, kBody, title, style);
    if (!quiet.empty()) {
        const auto x = kLeft + m_canvas.widthOf(title, style) + 8;
        m_canvas.text(x, m_y + 2.5, kRight - x, quiet, { 8.5, false, false, kQuiet, PdfCanvas::Align::Left });
    }
    m_y += height + 4;
}

double PdfLayout::rowHeight(const std::vector<Column> &columns, const std::vector<Cell> &row) const
{
    double height = 10;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!row[i].drawing)
            height = std::max(height, m_canvas.heightOf(cellWidth(columns, i), row[i].text, cellStyle(columns[i], row[i])));
    }
    return height + 2 * kRowPad;
}

void PdfLayout::drawRow(const std::vector<Column> &columns, const std::vector<Cell> &row, double height)
{
    double x = kLeft;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto width = cellWidth(columns, i);
        if (row[i].drawing)
            row[i].drawing(m_canvas, x, m_y + kRowPad, width);
        else
            m_canvas.text(x, m_y + kRowPad, width, row[i].text, cellStyle(columns[i], row[i]));
        x += columns[i].width * kBody;
    }
    m_y += height;
    m_canvas.line(kLeft, m_y, kRight, m_y, "#eceef0");
}

void PdfLayout::drawHeader(const std::vector<Column> &columns)
{
    const bool hasTitles = std::ranges::any_of(columns, [](const Column &column) { return !column.title.empty(); });
    if (!hasTitles)
        return;
    std::vector<Cell> titles;
    for (const auto &column : columns)
        titles.push_back({ column.title, kQuiet, true });
    drawRow(columns, titles, rowHeight(columns, titles));
}

void PdfLayout::table(const std::vector<Column> &columns, const std::vector<std::vector<Cell>> &rows)
{
    if (rows.empty())
        return;
    need(40);
    drawHeader(columns);
    for (const auto &row : rows) {
        const auto height = rowHeight(columns, row);
        const auto page = m_page;
        need(height);
        if (page != m_page)
            drawHeader(columns);
        drawRow(columns, row, height);
    }
}

void PdfLayout::block(const std::vector<Line> &lines, bool isRuled)
{
    const auto heightOf = [&](const Line &line) { return m_canvas.heightOf(kBody - line.indent, line.text, line.style) + line.after; };
    double height = isRuled ? 8 : 0;
    for (const auto &line : lines)
        height += heightOf(line);
    need(height);
    m_y += isRuled ? 4 : 0;
    for (const auto &line : lines) {
        need(heightOf(line)); // only a block longer than a page is cut, between two lines
        m_y += m_canvas.text(kLeft + line.indent, m_y, kBody - line.indent, line.text, line.style) + line.after;
    }
    if (isRuled) {
        m_y += 4;
        m_canvas.line(kLeft, m_y, kRight, m_y, "#eceef0");
    }
}

} // namespace muster::report
