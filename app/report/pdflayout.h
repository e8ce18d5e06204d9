// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/report/pdfcanvas.h"
#include "app/report/story.h"

#include <functional>
#include <string>
#include <vector>

namespace muster::report {

/// Flows blocks down A4 pages with margins, a header line and a footer. A block that fits on a page is not cut.
class PdfLayout {
public:
    static constexpr double kLeft = 50;
    static constexpr double kRight = PdfCanvas::kWidth - 50;
    static constexpr double kBody = kRight - kLeft;

    using Style = PdfCanvas::Style;

    struct Column {
        std::string title;
        double width = 0; ///< share of the body; all together 1
        PdfCanvas::Align align = PdfCanvas::Align::Left;
        bool isBold = false;
    };
    struct Cell {
        std::string text;
        const char *colour = "#1c2024";
        bool isBold = false;
        std::function<void(PdfCanvas &, double x, double y, double width)> drawing{}; ///< instead of text; 10 points high
    };

    /// `pages`: how many there are, for "page 1 of 4"; 0 in the pass that counts them.
    PdfLayout(PdfCanvas &canvas, std::string running, std::string footer, int pages);

    void heading(const std::string &title, const std::string &quiet = {});
    void table(const std::vector<Column> &columns, const std::vector<std::vector<Cell>> &rows);
    /// Lines one under the other, kept together; `indent` in points.
    struct Line {
        std::string text;
        Style style{};
        double indent = 0;
        double after = 2;
    };
    void block(const std::vector<Line> &lines, bool isRuled);
    /// Room for a drawing of this height; gives its y.
    [[nodiscard]] double reserve(double height);
    void gap(double height) { m_y += height; }
    [[nodiscard]] PdfCanvas &canvas() { return m_canvas; }

    /// Ends the last page; how many there were.
    int finish();

private:
    void beginPage();
    void endPage();
    void need(double height);
    [[nodiscard]] double rowHeight(const std::vector<Column> &columns, const std::vector<Cell> &row) const;
    void drawRow(const std::vector<Column> &columns, const std::vector<Cell> &row, double height);
    void drawHeader(const std::vector<Column> &columns);

    PdfCanvas &m_canvas;
    std::string m_running;
    std::string m_footer;
    int m_pages;
    int m_page = 0;
    double m_y = 0;
};

} // namespace muster::report
