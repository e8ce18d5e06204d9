// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/markdown.h"
#include "app/report/story.h"

#include "models/format/text.h"

#include <algorithm>
#include <sstream>

namespace muster::report {

namespace {

/// Renderers make links of bare addresses too; inside a code span nothing is made of them.
bool isLinkLike(std::string_view word)
{
    return word.find('@') != std::string_view::npos || word.find("://") != std::string_view::npos || word.find("www.") != std::string_view::npos
        || word.find("WWW.") != std::string_view::npos;
}

std::string codeSpan(std::string_view word)
{
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : word) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const std::string pad = longest > 0 ? " " : "";
    std::string inside;
    for (const char c : word)
        inside += c == '|' ? std::string("\\|") : std::string(1, c); // a table is cut into cells first
    return fence + pad + inside + pad + fence;
}

std::string escaped(std::string_view word)
{
    std::string result;
    for (const char c : word)
        result += std::string_view("\\|<>&`[]()*_~#!$").find(c) != std::string_view::npos ? std::string("\\") + c : std::string(1, c);
    return result;
}

void table(std::ostream &out, const std::vector<std::string> &header, const std::vector<std::vector<std::string>> &rows)
{
    out << "|";
    for (const auto &name : header)
        out << ' ' << name.substr(name.starts_with('>') ? 1 : 0) << " |";
    out << "\n|";
    for (const auto &name : header)
        out << (name.starts_with('>') ? "---:|" : "---|");
    out << "\n";
    for (const auto &row : rows) {
        out << "|";
        for (const auto &cell : row)
            out << ' ' << markdown(cell) << " |";
        out << "\n";
    }
    out << "\n";
}

void lines(std::ostream &out, const std::vector<StoryLine> &all, const char *what, const char *text = "Evidence")
{
    std::vector<std::vector<std::string>> rows;
    for (const auto &line : all)
        rows.push_back({ line.badge.word, line.title, line.text });
    table(out, { "State", what, text }, rows);
}

void figures(std::ostream &out, const Story &story)
{
    std::vector<std::vector<std::string>> rows;
    for (const auto &bar : story.components)
        rows.push_back({ bar.title, bar.score, bar.target, bar.review, bar.weight });
    out << "## Components\n\n";
    table(out, { "Component", ">Score", ">Target", ">Review", ">Weight" }, rows);
    rows.clear();
    for (const auto &metric : story.metrics)
        rows.push_back({ metric.badge.word, metric.title, metric.value, metric.expected, metric.text });
    out << "## Final metrics\n\n";
    table(out, { "State", "Metric", ">Value", ">Expected", "From" }, rows);
    out << "## Launch criteria: " << markdown(story.criteriaMet) << "\n\n";
    lines(out, story.criteria, "Criterion");
}

void findings(std::ostream &out, const Story &story)
{
    out << "## Findings\n\n";
    if (story.findings.empty())
        out << "Nothing is wrong.\n\n";
    for (const auto &finding : story.findings) {
        out << "- **" << markdown(finding.badge.word) << ": " << markdown(finding.title) << "** (" << markdown(finding.context) << ")\n";
        for (const auto &evidence : finding.evidence)
            out << "  - " << markdown(evidence) << "\n";
        if (!finding.remedy.empty())
            out << "  - To do: " << markdown(finding.remedy) << "\n";
        if (!finding.hint.empty())
            out << "  - " << markdown(finding.hint) << "\n";
    }
    out << "\n";
    std::vector<std::vector<std::string>> rows;
    for (const auto &step : story.steps)
        rows.push_back({ step.title, step.gain, step.score, step.effort, step.priority, step.tier });
    if (rows.empty())
        return;
    out << "## Plan to 100\n\n";
    table(out, { "Step", ">Gain", ">Score then", "Effort", "Priority", "Tier" }, rows);
}

void history(std::ostream &out, const Story &story)
{
    out << "## History\n\n";
    if (!story.historyNote.empty())
        out << markdown(story.historyNote) << "\n\n";
    for (const auto &drop : story.drops) {
        out << "- **" << markdown(drop.at) << "** " << markdown(drop.text) << "\n";
        for (const auto &cause : drop.causes)
            out << "  - " << markdown(cause) << "\n";
    }
    if (story.drops.empty() && !story.historyRange.empty())
        out << "Nothing dropped (" << markdown(story.historyRange) << ").\n";
    out << "\n";
}

void origins(std::ostream &out, const Story &story)
{
    std::vector<std::vector<std::string>> rows;
    for (const auto &source : story.sources)
        rows.push_back({ source.badge.word, source.id, source.address, source.version, source.state });
    out << "## Sources\n\n";
    table(out, { "State", "Source", "Address", "Version", "Last" }, rows);
    rows.clear();
    for (const auto &[name, value] : story.about)
        rows.push_back({ name, value });
    out << "## About this report\n\n";
    table(out, { "What", "Value" }, rows);
}

} // namespace

std::string markdown(const std::string &untrusted)
{
    const auto line = text::plain(untrusted, 400);
    std::string result;
    for (std::size_t at = 0; at < line.size();) {
        const auto end = std::min(line.find(' ', at), line.size());
        const auto word = std::string_view(line).substr(at, end - at);
        result += isLinkLike(word) ? codeSpan(word) : escaped(word);
        result += end < line.size() ? " " : "";
        at = end + 1;
    }
    return result;
}

std::string toMarkdown(const FinalReport &report)
{
    const auto story = tell(report);
    std::ostringstream out;
    out << "# " << markdown(story.environment) << " (" << markdown(story.kind) << "): " << markdown(story.verdict + " " + story.score) << "\n\n"
        << markdown(story.at) << (story.measured.empty() ? "" : " · " + markdown(story.measured)) << "\n\n";
    if (!story.gates.empty()) {
        out << "## Gates\n\n";
        lines(out, story.gates, "Gate");
    }
    if (!story.causes.empty()) {
        out << "## Causes\n\n";
        lines(out, story.causes, "Cause", "Safe step");
    }
    figures(out, story);
    findings(out, story);
    history(out, story);
    out << "## Passed\n\n";
    lines(out, story.good, "Check");
    if (!story.aside.empty()) {
        out << "## Waived and not applicable\n\n";
        lines(out, story.aside, "Check");
    }
    origins(out, story);
    return out.str();
}

} // namespace muster::report
