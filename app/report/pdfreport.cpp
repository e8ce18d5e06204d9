// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/pdflayout.h"

#include "app/report/report.h"

#include <algorithm>
#include <cmath>

namespace muster::report {

namespace {

using Align = PdfCanvas::Align;
using Cell = PdfLayout::Cell;
using Rows = std::vector<std::vector<Cell>>;

constexpr const char *kQuiet = "#5d6670";

Cell word(const Badge &badge)
{
    return { badge.word, colourOf(badge.status), true };
}

Cell bullet(const StoryBar &bar)
{
    Cell cell;
    cell.drawing = [bar](PdfCanvas &canvas, double x, double y, double width) {
        const auto at = [&](double value) { return x + width * std::clamp(value, 0.0, 100.0) / 100; };
        canvas.box(x, y + 2, width, 7, "#eceef0", 1);
        if (bar.value.high > 0)
            canvas.box(x, y + 2, at(bar.value.high) - x, 7, "#a9cfe6", 1);
        if (bar.value.low > 0)
            canvas.box(x, y + 2, at(bar.value.low) - x, 7, "#0072b2", 1);
        canvas.ring(at(bar.reviewAt), y + 5.5, 2.2, "#ffffff", "#5d6670");
        canvas.box(at(bar.targetAt) - 1.5, y - 0.5, 1.5, 12, "#1c2024");
    };
    return cell;
}

void title(PdfLayout &page, const Story &story)
{
    auto &canvas = page.canvas();
    const auto y = page.reserve(92);
    const auto half = PdfLayout::kBody * 0.62;
    canvas.text(PdfLayout::kLeft, y, half, story.environment, { 20, true, false, "#1c2024", Align::Left });
    canvas.text(PdfLayout::kLeft, y + 27, half, story.kind + " · readiness report", { 10, false, false, kQuiet, Align::Left });
    canvas.text(PdfLayout::kLeft, y + 42, half, story.at, { 9, false, false, kQuiet, Align::Left });
    const PdfCanvas::Style verdict{ 11, true, false, "#ffffff", Align::Left };
    canvas.box(PdfLayout::kLeft, y + 60, canvas.widthOf(story.verdict, verdict) + 20, 22, colourOf(story.tone), 3);
    canvas.text(PdfLayout::kLeft + 10, y + 64, half, story.verdict, verdict);
    const bool isInterval = story.score.find("–") != std::string::npos;
    const auto right = PdfLayout::kLeft + half;
    canvas.text(right, y - 4, PdfLayout::kRight - right, story.score, { isInterval ? 26.0 : 36.0, true, false, "#1c2024", Align::Right });
    canvas.text(right, y + 42, PdfLayout::kRight - right, story.measured.empty() ? "of 100, all of it measured" : "of 100, " + story.measured,
                { 9, false, false, kQuiet, Align::Right });
}

void lines(PdfLayout &page, const std::vector<StoryLine> &all)
{
    Rows rows;
    for (const auto &line : all)
        rows.push_back({ word(line.badge), { line.title, "#1c2024", true }, { line.text, "#1c2024", false } });
    page.table({ { "", 0.14 }, { "", 0.30 }, { "", 0.56 } }, rows);
}

void figures(PdfLayout &page, const Story &story)
{
    page.heading("Components", "bar: score, tick: target, ring: at the review");
    Rows rows;
    for (const auto &bar : story.components)
        rows.push_back({ { bar.title }, { bar.score, "#1c2024", true }, bullet(bar), { bar.target }, { bar.weight, kQuiet } });
    page.table({ { "Component", 0.32 }, { "Score", 0.15, Align::Right }, { "", 0.33 }, { "Target", 0.1, Align::Right }, { "Weight", 0.1, Align::Right } }, rows);
    page.heading("Final metrics");
    rows.clear();
    for (const auto &metric : story.metrics)
        rows.push_back({ word(metric.badge), { metric.title, "#1c2024", true }, { metric.value }, { metric.expected }, { metric.text, kQuiet } });
    page.table({ { "", 0.14 }, { "Metric", 0.27 }, { "Value", 0.13, Align::Right }, { "Expected", 0.12, Align::Right }, { "From", 0.34 } }, rows);
    page.heading("Launch criteria", story.criteriaMet);
    lines(page, story.criteria);
}

void findings(PdfLayout &page, const Story &story)
{
    page.heading("Findings", std::to_string(story.findings.size()));
    if (story.findings.empty())
        page.block({ { "Nothing is wrong.", {} } }, false);
    for (const auto &finding : story.findings) {
        std::vector<PdfLayout::Line> block{ { finding.badge.word + ": " + finding.title, { 9.5, true, false, colourOf(finding.badge.status), Align::Left } },
                                            { finding.context, { 8, false, false, kQuiet, Align::Left } } };
        for (const auto &evidence : finding.evidence)
            block.push_back({ evidence, {}, 8 });
        if (!finding.remedy.empty())
            block.push_back({ "To do: " + finding.remedy, { 8.5, false, false, "#0072b2", Align::Left }, 8 });
        if (!finding.hint.empty())
            block.push_back({ finding.hint, { 7.5, false, true, "#1c2024", Align::Left }, 8 });
        page.block(block, true);
    }
}

void steps(PdfLayout &page, const Story &story)
{
    if (story.steps.empty())
        return;
    page.heading("Plan to 100", "in order of worth: points × weight per effort");
    Rows rows;
    for (const auto &step : story.steps)
        rows.push_back({ { step.title }, { step.gain }, { step.score, "#1c2024", true }, { step.effort, kQuiet }, { step.priority, kQuiet }, { step.tier, kQuiet } });
    page.table({ { "Step", 0.42 }, { "Gain", 0.1, Align::Right }, { "Score then", 0.16, Align::Right }, { "Effort", 0.11 }, { "Priority", 0.11 }, { "Tier", 0.1 } }, rows);
}

void drawChart(PdfLayout &page, const Chart &chart)
{
    constexpr double kHeight = 110;
    auto &canvas = page.canvas();
    const auto top = page.reserve(kHeight + 8);
    const auto x = [](double share) { return PdfLayout::kLeft + 24 + share * (PdfLayout::kBody - 26); };
    const auto y = [&](double value) { return top + 4 + (100 - value) / (100 - chart.bottom) * (kHeight - 10); };
    for (double value = chart.bottom; value <= 100; value += chart.bottom < 50 ? 25 : 10) {
        canvas.line(x(0), y(value), x(1), y(value), "#dcdfe3");
        canvas.text(PdfLayout::kLeft, y(value) - 5, 18, std::to_string(std::lround(value)), { 7, false, false, kQuiet, Align::Right });
    }
    for (const auto &run : chart.runs) {
        std::vector<std::pair<double, double>> low;
        for (const auto &point : run)
            low.emplace_back(x(point.x), y(point.low));
        if (low.size() == 1) {
            canvas.ring(low.front().first, low.front().second, 1.2, "#0072b2", "#0072b2");
            continue;
        }
        auto band = low;
        for (auto it = run.rbegin(); it != run.rend(); ++it)
            band.emplace_back(x(it->x), y(it->high));
        canvas.path(band, "#a9cfe6", true);
        canvas.path(low, "#0072b2", false);
    }
}

void history(PdfLayout &page, const Story &story, const Chart &chart)
{
    page.heading("History", story.historyRange);
    if (!story.historyNote.empty())
        page.block({ { story.historyNote, { 8.5, false, false, kQuiet, Align::Left } } }, false);
    if (!chart.runs.empty())
        drawChart(page, chart);
    for (const auto &drop : story.drops) {
        std::vector<PdfLayout::Line> block{ { drop.at + "   " + drop.text, { 8.5, true, false, "#1c2024", Align::Left } } };
        for (const auto &cause : drop.causes)
            block.push_back({ cause, { 8, false, false, "#1c2024", Align::Left }, 8 });
        page.block(block, true);
    }
}

void origins(PdfLayout &page, const Story &story)
{
    page.heading("Passed", std::to_string(story.good.size()));
    lines(page, story.good);
    if (!story.aside.empty()) {
        page.heading("Waived and not applicable", std::to_string(story.aside.size()));
        lines(page, story.aside);
    }
    page.heading("Sources");
    Rows rows;
    for (const auto &source : story.sources)
        rows.push_back({ word(source.badge), { source.id, "#1c2024", true }, { source.address }, { source.version }, { source.state, kQuiet } });
    page.table({ { "", 0.12 }, { "Source", 0.2 }, { "Address", 0.28 }, { "Version", 0.14 }, { "State", 0.26 } }, rows);
    page.heading("About this report");
    rows.clear();
    for (const auto &[name, value] : story.about)
        rows.push_back({ { name, kQuiet }, { value } });
    page.table({ { "", 0.18 }, { "", 0.82 } }, rows);
}

int drawn(PdfCanvas &canvas, const Story &story, const Chart &chart, int pages)
{
    const auto whole = story.environment + " · " + story.verdict + " · " + story.score;
    PdfLayout page(canvas, whole, story.environment + " (" + story.kind + ") · " + story.at + " · " + programName(), pages);
    title(page, story);
    if (!story.gates.empty()) {
        page.heading("Gates", "each of them caps the verdict");
        lines(page, story.gates);
    }
    if (!story.causes.empty()) {
        page.heading("Causes", "what leads to what, and the safe step");
        lines(page, story.causes);
    }
    figures(page, story);
    findings(page, story);
    steps(page, story);
    history(page, story, chart);
    origins(page, story);
    return page.finish();
}

} // namespace

std::expected<std::string, Fault> toPdf(const FinalReport &report)
{
    if (!PdfCanvas::hasFonts())
        return std::unexpected(Fault{ FaultKind::Config, "report", "a PDF needs a font, and this machine has none", "Install one (fonts-dejavu-core), or choose html." });
    const auto story = tell(report);
    const auto chart = chartOf(report);
    const auto name = story.environment + ": " + story.verdict + " " + story.score;
    PdfCanvas draft(name, report.assessment.at);
    const auto pages = drawn(draft, story, chart, 0);
    PdfCanvas canvas(name, report.assessment.at);
    (void)drawn(canvas, story, chart, pages);
    return canvas.finish();
}

} // namespace muster::report
