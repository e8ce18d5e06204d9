// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/story.h"

#include "app/report/historyreport.h"
#include "app/report/report.h"
#include "models/format/format.h"
#include "models/format/text.h"
#include "models/readiness/causes.h"
#include "models/readiness/finalmetrics.h"
#include "models/readiness/roadmap.h"

#include <QString>

#include <algorithm>
#include <cmath>

namespace muster::report {

namespace {

constexpr std::size_t kInstances = 12; // of one finding; the JSON has them all
constexpr std::size_t kDrops = 12;
constexpr std::size_t kLine = 400;

std::string plain(const std::string &untrusted)
{
    return text::plain(untrusted, kLine);
}

std::string gainText(double gain)
{
    return QString::number(gain, 'f', 2).prepend(QLatin1Char('+')).toStdString();
}

Badge badge(CheckStatus status)
{
    return { status, format::status(status) };
}

bool isOpen(CheckStatus status)
{
    return severityRank(status) < severityRank(CheckStatus::Pass);
}

std::string joined(const std::vector<std::string> &parts)
{
    std::string all;
    for (const auto &part : parts) {
        if (!part.empty())
            all += (all.empty() ? "" : " · ") + part;
    }
    return all;
}

void addAbout(Story &story, const FinalReport &report)
{
    const auto &from = report.vantage;
    const auto &hash = report.profile.hash;
    story.about = { { "Environment", plain(report.environment.name) + " (" + plain(report.environment.kind) + ")" },
                    { "File", plain(report.environment.path) },
                    { "Measured", story.at },
                    { "Profile", plain(report.profile.name) + (hash.empty() ? "" : ", SHA-256 " + hash.substr(0, 16) + "…") },
                    { "Program", programName() + ", " + plain(from.tool) },
                    { "Seen from", plain(from.user) + "@" + plain(from.host) + ", " + plain(from.system) },
                    { "Time zone", plain(from.timeZone) } };
}

void addWhole(Story &story, const FinalReport &report)
{
    const auto &assessment = report.assessment;
    for (const auto &gate : assessment.gates) {
        if (isOpen(gate.status))
            story.gates.push_back({ badge(gate.status), plain(gate.title), plain(gate.reason) });
    }
    for (const auto &cause : readiness::causesOf(report.snapshot))
        story.causes.push_back({ badge(CheckStatus::Fail), plain(cause.sentence), plain(cause.action) });
    for (const auto &component : assessment.components) {
        story.components.push_back({ plain(component.title), format::score(component.score), format::number(component.target, 0), format::number(component.review, 0),
                                     format::number(component.weight * 100, 0) + " %", component.score, component.target, component.review });
    }
    for (const auto &metric : readiness::finalMetrics(assessment)) {
        const bool isRange = metric.expected.high > metric.expected.low;
        const auto expected = format::number(metric.expected.low, 0) + (isRange ? "–" + format::number(metric.expected.high, 0) : std::string());
        story.metrics.push_back({ badge(metric.status), plain(metric.title), format::score(metric.value), expected, plain(metric.evidence) });
    }
    for (const auto &criterion : assessment.criteria)
        story.criteria.push_back({ badge(criterion.status), plain(criterion.title), plain(criterion.evidence) });
    const auto met = std::ranges::count(assessment.criteria, CheckStatus::Pass, &CriterionResult::status);
    story.criteriaMet = std::to_string(met) + " of " + std::to_string(assessment.criteria.size()) + " met";
}

StoryFinding findingOf(const CheckResult &check)
{
    StoryFinding finding{ badge(check.status), plain(check.title), {}, {}, plain(check.remedy), {} };
    const auto lost = check.points - check.earned.low;
    finding.context = joined({ plain(check.component), "−" + format::number(lost, 1) + " of " + format::counted(check.points, "point", "points"),
                               check.gain > 0 ? gainText(check.gain) + " for the total" : "", plain(check.tier),
                               check.priority.empty() ? "" : plain(check.priority) + " priority" });
    for (const auto &each : check.findings) {
        if (finding.evidence.size() == kInstances) {
            finding.evidence.push_back("and " + std::to_string(check.findings.size() - kInstances) + " more");
            break;
        }
        if (check.findings.size() > 1 && !isOpen(each.status))
            continue;
        const auto where = each.instance.empty() ? std::string() : plain(each.instance) + ": ";
        const auto age = each.facts.empty() ? std::string() : " (" + format::ago(each.age) + ")";
        finding.evidence.push_back(where + plain(each.evidence) + age);
        if (finding.hint.empty())
            finding.hint = plain(each.hint);
    }
    return finding;
}

void addChecks(Story &story, const Assessment &assessment)
{
    std::vector<const CheckResult *> checks;
    for (const auto &check : assessment.checks)
        checks.push_back(&check);
    std::ranges::stable_sort(checks, {}, [](const CheckResult *check) { return std::pair(severityRank(check->status), -check->gain); });
    for (const auto *check : checks) {
        const auto evidence = check->findings.empty() ? std::string() : plain(check->worst().evidence);
        if (isOpen(check->status))
            story.findings.push_back(findingOf(*check));
        else if (check->status == CheckStatus::Pass)
            story.good.push_back({ badge(check->status), plain(check->title), evidence });
        else
            story.aside.push_back({ badge(check->status), plain(check->title), check->waiver.empty() ? evidence : plain(check->waiver) });
    }
}

void addSteps(Story &story, const FinalReport &report)
{
    for (const auto &step : readiness::pathTo100(report.profile, report.assessment)) {
        if (step.checks.empty())
            continue;
        const auto *check = report.assessment.check(step.checks.front());
        story.steps.push_back({ plain(step.title), gainText(step.gain), format::score(step.score), plain(check->effort), plain(check->priority), plain(check->tier) });
    }
}

std::string versionOf(const Snapshot &snapshot, const SourceState &state)
{
    const auto *observed = snapshot.find(state.id, state.kind + ".version");
    return observed && !observed->isStale() && asText(observed->fact.value) ? plain(*asText(observed->fact.value)) : "";
}

void addSources(Story &story, const FinalReport &report)
{
    for (const auto &state : report.snapshot.sources) {
        const auto declared = std::ranges::find(report.environment.sources, state.id, &EnvironmentInfo::Declared::id);
        StorySource source{ badge(state.fault ? CheckStatus::Fail : state.lastGood ? CheckStatus::Pass : CheckStatus::Unknown), plain(state.id),
                            declared == report.environment.sources.end() ? std::string() : plain(declared->address), versionOf(report.snapshot, state),
                            state.lastGood ? "answered " + format::ago(state.age) : "not measured yet" };
        source.badge.word = state.fault ? "fault" : state.lastGood ? "answers" : "unknown";
        if (state.fault)
            source.state = plain(std::string(toString(state.fault->kind)) + " (" + state.fault->stage + "): " + state.fault->detail);
        story.sources.push_back(std::move(source));
    }
}

void addDrops(Story &story, const FinalReport &report)
{
    for (auto it = report.drops.rbegin(); it != report.drops.rend() && story.drops.size() < kDrops; ++it) {
        StoryDrop drop{ format::utc(it->at), dropInWords(*it), {} };
        for (const auto &cause : it->causes)
            drop.causes.push_back(causeInWords(cause));
        story.drops.push_back(std::move(drop));
    }
    story.historyNote = plain(report.historyNote);
    if (!report.low.empty())
        story.historyRange = format::utc(report.historyFrom) + " … " + format::utc(report.assessment.at);
}

} // namespace

const char *colourOf(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass:
        return "#00734f";
    case CheckStatus::Warn:
        return "#9a5b00";
    case CheckStatus::Fail:
        return "#b3261e";
    case CheckStatus::Unknown:
    case CheckStatus::Stale:
        return "#6b4fa0";
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived:
        return "#5d6670";
    }
    return "#5d6670";
}

Story tell(const FinalReport &report)
{
    const auto &assessment = report.assessment;
    Story story;
    story.environment = plain(report.environment.name);
    story.kind = plain(report.environment.kind);
    story.verdict = format::verdict(assessment.verdict);
    story.tone = assessment.verdict == Verdict::Ready ? CheckStatus::Pass : assessment.verdict == Verdict::AtRisk ? CheckStatus::Warn : CheckStatus::Fail;
    story.score = format::score(assessment.score);
    story.measured = format::measured(assessment.measured);
    story.at = format::utcAndLocal(assessment.at);
    addAbout(story, report);
    addWhole(story, report);
    addChecks(story, assessment);
    addSteps(story, report);
    addSources(story, report);
    addDrops(story, report);
    return story;
}

Chart chartOf(const FinalReport &report)
{
    Chart chart;
    if (report.low.empty() || report.low.size() != report.high.size())
        return chart;
    const auto span = std::max<double>(1, toSeconds(report.assessment.at - report.historyFrom));
    const auto gap = 3 * span / static_cast<double>(std::max<std::size_t>(report.low.size(), 60));
    double lowest = 100;
    for (std::size_t i = 0; i < report.low.size(); ++i) {
        const auto &low = report.low[i];
        lowest = std::min(lowest, low.min);
        if (i == 0 || toSeconds(low.at - report.low[i - 1].at) > gap)
            chart.runs.emplace_back();
        chart.runs.back().push_back({ std::clamp(toSeconds(low.at - report.historyFrom) / span, 0.0, 1.0), low.value, report.high[i].value });
    }
    chart.bottom = std::max(0.0, std::floor((lowest - 2) / 10) * 10);
    return chart;
}

} // namespace muster::report
