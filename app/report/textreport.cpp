// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/csv.h"
#include "app/report/report.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/readiness/causes.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string_view>

namespace muster::report {

namespace {

constexpr int kTitleWidth = 46;
constexpr std::size_t kLineLimit = 400;
constexpr std::size_t kCauseLimit = 900;

const char *colourOf(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Fail:
        return "\033[31m";
    case CheckStatus::Warn:
        return "\033[33m";
    case CheckStatus::Pass:
        return "\033[32m";
    case CheckStatus::Unknown:
    case CheckStatus::Stale:
        return "\033[35m";
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived:
        return "\033[2m";
    }
    return "";
}

std::string painted(const std::string &text, const char *colour, bool hasColour)
{
    return hasColour ? colour + text + "\033[0m" : text;
}

// Pads by characters, not bytes, so that columns stand under each other.
std::string padded(std::string text, int width)
{
    const auto length = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    if (length < width)
        text.append(static_cast<std::size_t>(width - length), ' ');
    return text;
}

std::string line(const std::string &untrusted)
{
    return text::plain(untrusted, kLineLimit);
}

std::vector<const CheckResult *> worstFirst(const Assessment &assessment)
{
    std::vector<const CheckResult *> checks;
    for (const auto &check : assessment.checks)
        checks.push_back(&check);
    std::ranges::stable_sort(checks, {}, [](const CheckResult *check) { return std::pair(severityRank(check->status), -check->gain); });
    return checks;
}

bool needsAttention(CheckStatus status)
{
    return status == CheckStatus::Fail || status == CheckStatus::Warn || status == CheckStatus::Unknown || status == CheckStatus::Stale;
}

std::string headline(const Input &input)
{
    const auto &assessment = input.assessment;
    auto text = format::verdict(assessment.verdict) + " " + format::score(assessment.score);
    if (const auto measured = format::measured(assessment.measured); !measured.empty())
        text += " (" + measured + ")";
    return text;
}

// A label value of the exposition format.
std::string escaped(const std::string &value)
{
    std::string result;
    for (const char c : value) {
        if (c == '\\' || c == '"')
            result += '\\';
        result += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return result;
}

} // namespace

std::optional<Format> formatFrom(std::string_view word)
{
    if (word == "table")
        return Format::Table;
    if (word == "json")
        return Format::Json;
    if (word == "markdown")
        return Format::Markdown;
    if (word == "prometheus")
        return Format::Prometheus;
    if (word == "csv")
        return Format::Csv;
    if (word == "nagios")
        return Format::Nagios;
    return std::nullopt;
}

std::string render(Format format, const Input &input, bool hasColour)
{
    switch (format) {
    case Format::Table:
        return toTable(input, hasColour);
    case Format::Json:
        return toJson(input);
    case Format::Markdown:
        return toMarkdown(input);
    case Format::Prometheus:
        return toPrometheus(input);
    case Format::Nagios:
        return toNagios(input);
    case Format::Csv:
        return findingsToCsv(input.assessment);
    }
    return {};
}

std::string toTable(const Input &input, bool hasColour)
{
    const auto &assessment = input.assessment;
    std::ostringstream out;
    const auto verdict = assessment.verdict == Verdict::Ready ? CheckStatus::Pass : assessment.verdict == Verdict::AtRisk ? CheckStatus::Warn : CheckStatus::Fail;
    out << input.environment.name << " (" << input.environment.kind << ")  " << painted(headline(input), colourOf(verdict), hasColour) << "  "
        << format::utc(assessment.at) << "\n\n";
    for (const auto &gate : assessment.gates) {
        if (needsAttention(gate.status))
            out << painted(padded("gate " + format::status(gate.status), 16), colourOf(gate.status), hasColour) << line(gate.title + ": " + gate.reason) << "\n";
    }
    for (const auto &cause : readiness::causesOf(input.snapshot)) {
        out << painted(padded("cause", 16), colourOf(CheckStatus::Fail), hasColour) << text::plain(cause.sentence, kCauseLimit) << "\n"
            << padded("", 16) << "→ " << text::plain(cause.action, kCauseLimit) << "\n";
    }
    out << "\n" << padded("Component", kTitleWidth) << padded("Score", 14) << padded("Target", 8) << "Weight\n";
    for (const auto &component : assessment.components) {
        out << padded(line(component.title), kTitleWidth) << padded(format::score(component.score), 14) << padded(format::number(component.target, 0), 8)
            << format::number(component.weight * 100, 0) << " %\n";
    }
    out << "\n";
    for (const auto *check : worstFirst(assessment)) {
        out << painted(padded(format::status(check->status), 16), colourOf(check->status), hasColour) << padded(line(check->title), kTitleWidth)
            << line(check->waiver.empty() ? check->worst().evidence : check->waiver) << "\n";
    }
    for (const auto &state : input.snapshot.sources) {
        if (state.fault)
            out << "\n" << painted(padded("fault", 16), colourOf(CheckStatus::Fail), hasColour) << line(state.id + ": " + state.fault->detail + " (" + state.fault->stage + "). " + state.fault->hint);
    }
    out << "\n";
    return out.str();
}

std::string toMarkdown(const Input &input)
{
    const auto &assessment = input.assessment;
    std::ostringstream out;
    const auto cell = [](const std::string &untrusted, std::size_t limit = kLineLimit) {
        std::string result;
        for (const char c : text::plain(untrusted, limit))
            result += std::string_view("\\|<>&`[]*_~").find(c) != std::string_view::npos ? std::string("\\") + c : std::string(1, c);
        return result;
    };
    out << "# " << cell(input.environment.name) << " (" << input.environment.kind << "): " << headline(input) << "\n\n"
        << format::utc(assessment.at) << " · " << programName() << "\n\n";
    for (const auto &gate : assessment.gates) {
        if (needsAttention(gate.status))
            out << "- **gate " << format::status(gate.status) << "** " << cell(gate.title + ": " + gate.reason) << "\n";
    }
    for (const auto &cause : readiness::causesOf(input.snapshot))
        out << "- **cause** " << cell(cause.sentence, kCauseLimit) << " → " << cell(cause.action, kCauseLimit) << "\n";
    out << "\n| Component | Score | Target | Weight |\n|---|---:|---:|---:|\n";
    for (const auto &component : assessment.components) {
        out << "| " << cell(component.title) << " | " << format::score(component.score) << " | " << format::number(component.target, 0) << " | "
            << format::number(component.weight * 100, 0) << " % |\n";
    }
    out << "\n| Status | Check | Points | Evidence | What to do |\n|---|---|---:|---|---|\n";
    for (const auto *check : worstFirst(assessment)) {
        out << "| " << format::status(check->status) << " | " << cell(check->title) << " | " << format::number(check->points) << " | "
            << cell(check->worst().evidence) << " | " << (needsAttention(check->status) ? cell(check->remedy) : "") << " |\n";
    }
    return out.str();
}

std::string toPrometheus(const Input &input)
{
    const auto &assessment = input.assessment;
    const auto environment = "environment=\"" + escaped(input.environment.name) + "\"";
    std::ostringstream out;
    out << "# HELP muster_score Readiness score, 0 to 100; low counts unknown as zero, high as full.\n# TYPE muster_score gauge\n"
        << "muster_score{" << environment << ",bound=\"low\"} " << assessment.score.low << "\n"
        << "muster_score{" << environment << ",bound=\"high\"} " << assessment.score.high << "\n"
        << "# HELP muster_verdict 0 ready, 1 at risk, 2 not ready.\n# TYPE muster_verdict gauge\n"
        << "muster_verdict{" << environment << "} " << static_cast<int>(assessment.verdict) << "\n"
        << "# HELP muster_measured Share of the points that is known.\n# TYPE muster_measured gauge\n"
        << "muster_measured{" << environment << "} " << assessment.measured << "\n"
        << "# HELP muster_component_score Score of a component, 0 to 100.\n# TYPE muster_component_score gauge\n";
    for (const auto &component : assessment.components) {
        out << "muster_component_score{" << environment << ",component=\"" << component.id << "\",bound=\"low\"} " << component.score.low << "\n"
            << "muster_component_score{" << environment << ",component=\"" << component.id << "\",bound=\"high\"} " << component.score.high << "\n";
    }
    out << "# HELP muster_check_passed 1 when the check passes, 0.5 when it warns, 0 when it fails; absent when it is not known.\n# TYPE muster_check_passed gauge\n";
    for (const auto &check : assessment.checks) {
        if (check.status == CheckStatus::Pass || check.status == CheckStatus::Warn || check.status == CheckStatus::Fail)
            out << "muster_check_passed{" << environment << ",check=\"" << check.id << "\"} "
                << (check.status == CheckStatus::Pass ? "1" : check.status == CheckStatus::Warn ? "0.5" : "0") << "\n";
    }
    out << "# HELP muster_source_up 1 when the last round of the source succeeded.\n# TYPE muster_source_up gauge\n";
    for (const auto &state : input.snapshot.sources)
        out << "muster_source_up{" << environment << ",source=\"" << escaped(state.id) << "\"} " << (state.lastGood && !state.fault ? 1 : 0) << "\n";
    out << "# HELP muster_fact A number that was measured and is no older than its age budget, in the unit of its label.\n# TYPE muster_fact gauge\n"
        << std::setprecision(std::numeric_limits<double>::digits10);
    for (const auto &[source, facts] : input.snapshot.facts) {
        for (const auto &[name, observed] : facts) {
            const auto *number = asNumber(observed.fact.value);
            if (number && std::isfinite(*number) && !observed.isStale())
                out << "muster_fact{" << environment << ",source=\"" << escaped(source) << "\",fact=\"" << escaped(name) << "\",unit=\"" << escaped(observed.fact.unit) << "\"} " << *number << "\n";
        }
    }
    return out.str();
}

std::string toNagios(const Input &input)
{
    const auto &assessment = input.assessment;
    static constexpr const char *words[] = {"OK", "WARNING", "CRITICAL"};
    std::ostringstream out;
    const auto safe = [](std::string text) {
        std::ranges::replace(text, '|', '/'); // the bar starts the performance data
        return text;
    };
    out << "MUSTER " << words[static_cast<int>(assessment.verdict)] << " - " << safe(input.environment.name) << " " << headline(input);
    for (const auto &gate : assessment.gates) {
        if (gate.status == CheckStatus::Fail)
            out << "; " << safe(line(gate.reason));
    }
    out << " | score=" << assessment.score.low << ";95;80;0;100 measured=" << std::round(assessment.measured * 100) << "%";
    for (const auto &component : assessment.components)
        out << " " << component.id << "=" << component.score.low << ";" << component.target << ";;0;100";
    out << "\n";
    for (const auto *check : worstFirst(assessment)) {
        if (needsAttention(check->status))
            out << format::status(check->status) << ": " << safe(line(check->title + ": " + check->worst().evidence)) << "\n";
    }
    return out.str();
}

std::string factsToTable(const Snapshot &snapshot, const std::vector<std::string> &prefixes)
{
    std::ostringstream out;
    for (const auto &[source, named] : snapshot.facts) {
        for (const auto &[name, observed] : named) {
            if (!prefixes.empty() && std::ranges::none_of(prefixes, [&](const auto &prefix) { return name.starts_with(prefix); }))
                continue;
            out << padded(source, 22) << padded(name, 38) << (observed.isStale() ? "stale" : line(format::value(observed.fact.value, observed.fact.unit)))
                << "  (" << format::ago(observed.age) << ")\n";
        }
    }
    for (const auto &state : snapshot.sources) {
        if (state.fault)
            out << padded(state.id, 22) << "fault: " << line(state.fault->detail + " (" + state.fault->stage + "). " + state.fault->hint) << "\n";
    }
    return out.str();
}

} // namespace muster::report
