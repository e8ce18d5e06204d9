// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/story.h"

#include <QCryptographicHash>

#include <sstream>

namespace muster::report {

namespace {

constexpr const char *kStyle =
    "*{box-sizing:border-box}"
    "body{margin:0;background:#f6f7f8;color:#1c2024;font:14px/1.5 Inter,'Segoe UI',system-ui,'DejaVu Sans',sans-serif}"
    "main{max-width:980px;margin:24px auto;padding:32px 40px;background:#fff;border:1px solid #dcdfe3;border-radius:8px}"
    "h1{font-size:22px;margin:0}h2{font-size:16px;margin:32px 0 8px;padding-top:16px;border-top:1px solid #dcdfe3}h3{font-size:14px;margin:0}"
    "p{margin:4px 0}.quiet{color:#5d6670}.mono{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:12.5px}"
    ".head{display:flex;justify-content:space-between;gap:24px;align-items:flex-start}.score{font-size:40px;line-height:1;font-weight:600;text-align:right;white-space:nowrap}"
    ".verdict{display:inline-block;margin-top:8px;padding:2px 10px;border-radius:4px;color:#fff;font-weight:600}"
    "table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}th{text-align:left;font-weight:600;color:#5d6670}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid #eceef0;vertical-align:top;overflow-wrap:anywhere}td.n,th.n{text-align:right;white-space:nowrap}"
    "td.w{white-space:nowrap;width:1%}svg{display:block;max-width:100%;height:auto}"
    ".finding{padding:10px 0;border-bottom:1px solid #eceef0;break-inside:avoid}.finding ul{margin:4px 0 4px 18px;padding:0}.finding li{overflow-wrap:anywhere}"
    ".b{display:inline-block;min-width:92px;font-weight:600}"
    ".pass{color:#00734f}.warn{color:#9a5b00}.fail{color:#b3261e}.unknown{color:#6b4fa0}.none{color:#5d6670}"
    ".bg-pass{background:#00734f}.bg-warn{background:#9a5b00}.bg-fail{background:#b3261e}"
    ".remedy{padding-left:10px;border-left:3px solid #0072b2}"
    "footer{margin-top:32px;color:#5d6670;font-size:12px}"
    "@media print{body{background:#fff}main{margin:0;padding:0;border:0;max-width:none}@page{size:A4;margin:16mm}}";

/// Everything that is not ours goes through it, in text and in attributes.
std::string e(const std::string &text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
    return out;
}

const char *classOf(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass: return "pass";
    case CheckStatus::Warn: return "warn";
    case CheckStatus::Fail: return "fail";
    case CheckStatus::Unknown:
    case CheckStatus::Stale: return "unknown";
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived: return "none";
    }
    return "none";
}

const char *signOf(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass: return "✓ ";
    case CheckStatus::Warn: return "▲ ";
    case CheckStatus::Fail: return "✖ ";
    case CheckStatus::Unknown:
    case CheckStatus::Stale: return "? ";
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived: return "– ";
    }
    return "";
}

std::string word(const Badge &badge)
{
    return std::string("<span class=\"b ") + classOf(badge.status) + "\">" + signOf(badge.status) + e(badge.word) + "</span>";
}

/// Interval band, target tick, review dot: 300 units are 100 points.
std::string bullet(const StoryBar &bar)
{
    std::ostringstream out;
    const auto at = [](double value) { return 3 * value; };
    out << "<svg width=\"300\" height=\"16\" viewBox=\"0 0 300 16\" role=\"img\" aria-label=\"" << e(bar.title + ": " + bar.score + ", target " + bar.target) << "\">"
        << "<rect x=\"0\" y=\"4\" width=\"300\" height=\"8\" rx=\"2\" fill=\"#eceef0\"/>"
        << "<rect x=\"0\" y=\"4\" width=\"" << at(bar.value.high) << "\" height=\"8\" rx=\"2\" fill=\"#a9cfe6\"/>"
        << "<rect x=\"0\" y=\"4\" width=\"" << at(bar.value.low) << "\" height=\"8\" rx=\"2\" fill=\"#0072b2\"/>"
        << "<circle cx=\"" << at(bar.reviewAt) << "\" cy=\"8\" r=\"3\" fill=\"#fff\" stroke=\"#5d6670\"/>"
        << "<rect x=\"" << at(bar.targetAt) - 2 << "\" y=\"0\" width=\"2\" height=\"16\" fill=\"#1c2024\"/></svg>";
    return out.str();
}

std::string chartSvg(const Story &story, const Chart &chart)
{
    constexpr double kWidth = 880;
    constexpr double kHeight = 160;
    const auto x = [](double share) { return 40 + share * (kWidth - 50); };
    const auto y = [&](double value) { return 10 + (100 - value) / (100 - chart.bottom) * (kHeight - 20); };
    std::ostringstream out;
    out << "<svg width=\"880\" height=\"160\" viewBox=\"0 0 880 160\" role=\"img\" aria-label=\"" << e("Score from " + story.historyRange) << "\">";
    for (double line = chart.bottom; line <= 100; line += chart.bottom < 50 ? 25 : 10) {
        out << "<line x1=\"40\" x2=\"870\" y1=\"" << y(line) << "\" y2=\"" << y(line) << "\" stroke=\"#dcdfe3\"/>"
            << "<text x=\"34\" y=\"" << y(line) + 4 << "\" text-anchor=\"end\" font-size=\"11\" fill=\"#5d6670\">" << line << "</text>";
    }
    for (const auto &run : chart.runs) {
        std::ostringstream band;
        std::ostringstream low;
        for (const auto &point : run)
            band << x(point.x) << ',' << y(point.high) << ' ';
        for (auto it = run.rbegin(); it != run.rend(); ++it)
            band << x(it->x) << ',' << y(it->low) << ' ';
        for (const auto &point : run)
            low << x(point.x) << ',' << y(point.low) << ' ';
        out << "<polygon points=\"" << band.str() << "\" fill=\"#a9cfe6\"/>";
        if (run.size() == 1)
            out << "<circle cx=\"" << x(run.front().x) << "\" cy=\"" << y(run.front().low) << "\" r=\"2\" fill=\"#0072b2\"/>";
        else
            out << "<polyline points=\"" << low.str() << "\" fill=\"none\" stroke=\"#0072b2\" stroke-width=\"1.5\"/>";
    }
    out << "</svg>";
    return out.str();
}

void section(std::ostream &out, const std::string &title, const std::string &quiet = {})
{
    out << "<h2>" << e(title) << (quiet.empty() ? "" : " <span class=\"quiet\">" + e(quiet) + "</span>") << "</h2>\n";
}

void head(std::ostream &out, const Story &story)
{
    out << "<div class=\"head\"><div><h1>" << e(story.environment) << " <span class=\"quiet\">" << e(story.kind) << "</span></h1><p class=\"quiet\">Readiness report, "
        << e(story.at) << "</p><span class=\"verdict bg-" << classOf(story.tone) << "\">" << e(story.verdict) << "</span></div><div><div class=\"score\">" << e(story.score)
        << "</div><p class=\"quiet\">" << e(story.measured.empty() ? "of 100, all of it measured" : "of 100, " + story.measured) << "</p></div></div>\n";
}

void lines(std::ostream &out, const std::vector<StoryLine> &all)
{
    out << "<table>\n";
    for (const auto &line : all)
        out << "<tr><td class=\"w\">" << word(line.badge) << "</td><td><strong>" << e(line.title) << "</strong></td><td>" << e(line.text) << "</td></tr>\n";
    out << "</table>\n";
}

void figures(std::ostream &out, const Story &story)
{
    section(out, "Components");
    out << "<table><tr><th>Component</th><th class=\"n\">Score</th><th>| target ○ review</th><th class=\"n\">Target</th><th class=\"n\">Weight</th></tr>\n";
    for (const auto &bar : story.components)
        out << "<tr><td>" << e(bar.title) << "</td><td class=\"n\">" << e(bar.score) << "</td><td>" << bullet(bar) << "</td><td class=\"n\">" << e(bar.target) << "</td><td class=\"n\">" << e(bar.weight) << "</td></tr>\n";
    out << "</table>\n";
    section(out, "Final metrics");
    out << "<table><tr><th></th><th>Metric</th><th class=\"n\">Value</th><th class=\"n\">Expected</th><th>From</th></tr>\n";
    for (const auto &metric : story.metrics)
        out << "<tr><td class=\"w\">" << word(metric.badge) << "</td><td>" << e(metric.title) << "</td><td class=\"n\">" << e(metric.value) << "</td><td class=\"n\">" << e(metric.expected) << "</td><td>" << e(metric.text) << "</td></tr>\n";
    out << "</table>\n";
    section(out, "Launch criteria", story.criteriaMet);
    lines(out, story.criteria);
}

void findings(std::ostream &out, const Story &story)
{
    section(out, "Findings", std::to_string(story.findings.size()));
    if (story.findings.empty())
        out << "<p>Nothing is wrong.</p>\n";
    for (const auto &finding : story.findings) {
        out << "<div class=\"finding\"><h3>" << word(finding.badge) << e(finding.title) << "</h3><p class=\"quiet\">" << e(finding.context) << "</p><ul>";
        for (const auto &evidence : finding.evidence)
            out << "<li>" << e(evidence) << "</li>";
        out << "</ul>";
        if (!finding.remedy.empty())
            out << "<p class=\"remedy\">" << e(finding.remedy) << "</p>";
        if (!finding.hint.empty())
            out << "<p class=\"remedy mono\">" << e(finding.hint) << "</p>";
        out << "</div>\n";
    }
}

void steps(std::ostream &out, const Story &story)
{
    if (story.steps.empty())
        return;
    section(out, "Plan to 100", "in order of worth: points × weight per effort");
    out << "<table><tr><th>Step</th><th class=\"n\">Gain</th><th class=\"n\">Score then</th><th>Effort</th><th>Priority</th><th>Tier</th></tr>\n";
    for (const auto &step : story.steps)
        out << "<tr><td>" << e(step.title) << "</td><td class=\"n\">" << e(step.gain) << "</td><td class=\"n\">" << e(step.score) << "</td><td>" << e(step.effort) << "</td><td>" << e(step.priority) << "</td><td>" << e(step.tier) << "</td></tr>\n";
    out << "</table>\n";
}

void history(std::ostream &out, const Story &story, const Chart &chart)
{
    section(out, "History", story.historyRange);
    if (!story.historyNote.empty())
        out << "<p class=\"quiet\">" << e(story.historyNote) << "</p>\n";
    if (!chart.runs.empty())
        out << chartSvg(story, chart) << "\n";
    for (const auto &drop : story.drops) {
        out << "<div class=\"finding\"><p><strong>" << e(drop.at) << "</strong> " << e(drop.text) << "</p><ul>";
        for (const auto &cause : drop.causes)
            out << "<li>" << e(cause) << "</li>";
        out << "</ul></div>\n";
    }
}

void origins(std::ostream &out, const Story &story)
{
    section(out, "Sources");
    out << "<table><tr><th></th><th>Source</th><th>Address</th><th>Version</th><th>State</th></tr>\n";
    for (const auto &source : story.sources)
        out << "<tr><td class=\"w\">" << word(source.badge) << "</td><td>" << e(source.id) << "</td><td>" << e(source.address) << "</td><td>" << e(source.version) << "</td><td>" << e(source.state) << "</td></tr>\n";
    out << "</table>\n";
    section(out, "About this report");
    out << "<table>\n";
    for (const auto &[name, value] : story.about)
        out << "<tr><td class=\"w quiet\">" << e(name) << "</td><td>" << e(value) << "</td></tr>\n";
    out << "</table>\n";
}

} // namespace

std::string toHtml(const FinalReport &report)
{
    const auto story = tell(report);
    const auto hash = QCryptographicHash::hash(kStyle, QCryptographicHash::Sha256).toBase64().toStdString();
    std::ostringstream out;
    out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        << "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" << hash << "'; base-uri 'none'; form-action 'none'\">"
        << "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        << "<title>" << e(story.environment + ": " + story.verdict + " " + story.score) << "</title><style>" << kStyle << "</style></head>\n<body><main>\n";
    head(out, story);
    if (!story.gates.empty()) {
        section(out, "Gates", "each of them caps the verdict");
        lines(out, story.gates);
    }
    if (!story.causes.empty()) {
        section(out, "Causes", "what leads to what, and the safe step");
        lines(out, story.causes);
    }
    figures(out, story);
    findings(out, story);
    steps(out, story);
    history(out, story, chartOf(report));
    section(out, "Passed", std::to_string(story.good.size()));
    lines(out, story.good);
    if (!story.aside.empty()) {
        section(out, "Waived and not applicable", std::to_string(story.aside.size()));
        lines(out, story.aside);
    }
    origins(out, story);
    out << "<footer>Made by " << e(story.about.at(4).second) << ". Score and verdict can be recomputed from the JSON report with musterctl recompute.</footer>\n</main></body></html>\n";
    return out.str();
}

} // namespace muster::report
