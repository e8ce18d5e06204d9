// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/csv.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QString>

#include <algorithm>
#include <array>
#include <string_view>

namespace muster::report {

namespace {

constexpr std::array<std::string_view, 10> kTriggers{ "=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠" };

std::string line(const std::vector<std::string> &cells)
{
    std::string text;
    for (const auto &cell : cells)
        text.append(&cell == &cells.front() ? "" : ",").append(csvCell(cell));
    return text + "\r\n";
}

std::string number(double value)
{
    return QString::number(value, 'g', 15).toStdString();
}

} // namespace

std::string csvCell(const std::string &untrusted)
{
    auto text = text::plain(untrusted, 2000);
    // owasp.org/www-community/attacks/CSV_Injection. Numbers keep their sign.
    bool isNumber = false;
    (void)QString::fromStdString(text).toDouble(&isNumber);
    const auto first = text.find_first_not_of(" \t");
    const auto begin = first == std::string::npos ? std::string_view() : std::string_view(text).substr(first);
    const bool isFormula = std::ranges::any_of(kTriggers, [&](std::string_view trigger) { return begin.starts_with(trigger); });
    if (!isNumber && isFormula)
        text.insert(text.begin(), '\'');
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

std::string findingsToCsv(const Assessment &assessment)
{
    std::string text = line({ "check", "instance", "status", "points", "earned_low", "earned_high", "gain", "priority", "tier", "effort", "evidence", "remedy", "hint" });
    for (const auto &check : assessment.checks) {
        for (const auto &finding : check.findings) {
            const bool isWorst = &finding == &check.worst();
            const auto &status = isWorst ? check.status : finding.status;
            text += line({ check.id, finding.instance, std::string(toString(status)), number(check.points), isWorst ? number(check.earned.low) : "",
                           isWorst ? number(check.earned.high) : "", isWorst ? number(check.gain) : "", check.priority, check.tier, check.effort,
                           check.waiver.empty() ? finding.evidence : check.waiver, check.remedy, finding.hint });
        }
    }
    return text;
}

std::string factsToCsv(const Snapshot &snapshot, const std::vector<std::string> &prefixes)
{
    std::string text = line({ "source", "name", "value", "unit", "at", "age_s", "state" });
    for (const auto &[source, facts] : snapshot.facts) {
        for (const auto &[name, observed] : facts) {
            const auto starts = [&](const std::string &prefix) { return name.starts_with(prefix); };
            if (!prefixes.empty() && std::ranges::none_of(prefixes, starts))
                continue;
            const auto *amount = asNumber(observed.fact.value);
            const bool isKnown = !std::holds_alternative<Unknown>(observed.fact.value) && !std::holds_alternative<NotApplicable>(observed.fact.value);
            const auto value = observed.isStale() ? std::string() : amount ? number(*amount) : format::value(observed.fact.value, observed.fact.unit);
            text += line({ source, name, value, observed.fact.unit, format::iso(observed.at), number(toSeconds(observed.age)),
                           observed.isStale() ? "stale" : isKnown ? "known" : "unknown" });
        }
    }
    return text;
}

} // namespace muster::report
