// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/readiness.h"

#include "models/readiness/judge.h"
#include "models/readiness/score.h"

#include <QDate>

#include <algorithm>

namespace muster::readiness {

namespace {

std::string dateText(std::chrono::sys_days day)
{
    const std::chrono::year_month_day date(day);
    const QDate text(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
                     static_cast<int>(static_cast<unsigned>(date.day())));
    return text.toString(Qt::ISODate).toStdString();
}

const Waiver *waiverOf(const Context &context, const std::string &check, WallTime now)
{
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const auto it =
        std::ranges::find_if(context.waivers, [&](const Waiver &waiver) { return waiver.check == check && today <= waiver.until; });
    return it == context.waivers.end() ? nullptr : &*it;
}

CheckResult declared(const CheckSpec &spec)
{
    CheckResult result;
    result.id = spec.id;
    result.component = spec.component;
    result.title = spec.title;
    result.group = spec.group;
    result.priority = spec.priority;
    result.tier = spec.tier;
    result.effort = spec.effort;
    result.page = spec.page;
    result.action = spec.action;
    result.remedy = spec.remedy;
    result.points = spec.points;
    return result;
}

/// Status and credit of the whole check stand in its first finding: the worst instance, with what every instance leaves possible.
CheckResult checked(const CheckSpec &spec, const Snapshot &snapshot, const Context &context)
{
    auto result = declared(spec);
    result.findings = judgeAll(spec.rule, snapshot, spec.over);
    const auto all = combined(result.findings);
    result.status = all.status;
    result.findings.front().credit = all.credit;
    if (const auto *waiver = waiverOf(context, spec.id, snapshot.at)) {
        result.status = CheckStatus::Waived;
        result.waiver = waiver->owner + ": " + waiver->reason + ", until " + dateText(waiver->until);
    }
    return result;
}

Finding passedByAny(const std::vector<Finding> &findings)
{
    const auto passed = std::ranges::find(findings, CheckStatus::Pass, &Finding::status);
    return passed == findings.end() ? combined(findings) : *passed;
}

GateResult gateOf(const GateSpec &spec, const Snapshot &snapshot, const Context &context)
{
    GateResult result{ spec.id, spec.title, CheckStatus::NotApplicable, {}, spec.page };
    if (!spec.kinds.empty() && std::ranges::find(spec.kinds, context.kind) == spec.kinds.end())
        return result;
    const bool isDeclared = std::ranges::any_of(
        snapshot.sources, [&](const SourceState &state) { return spec.over == "*" ? isServer(state.kind) : state.kind == spec.over; });
    if (!isDeclared) {
        result.status = spec.isFailedWhenUndeclared ? CheckStatus::Fail : CheckStatus::NotApplicable;
        result.reason = spec.undeclaredReason;
        return result;
    }
    const auto findings = judgeAll(spec.rule, snapshot, spec.over);
    const auto all = spec.isAnyEnough ? passedByAny(findings) : combined(findings);
    result.status = all.status == CheckStatus::Stale ? CheckStatus::Unknown : all.status;
    if (severityRank(result.status) < severityRank(CheckStatus::Pass))
        result.reason = all.evidence;
    return result;
}

/// A source counts when a check that counts has read it.
Millis oldestAge(const Snapshot &snapshot, const Assessment &assessment)
{
    Millis oldest{ 0 };
    for (const auto &check : assessment.checks) {
        if (check.status == CheckStatus::Waived || check.status == CheckStatus::NotApplicable)
            continue;
        for (const auto &finding : check.findings) {
            const auto *source = snapshot.source(finding.instance);
            if (source && source->lastGood)
                oldest = std::max(oldest, source->age);
        }
    }
    return oldest;
}

void makePass(CheckResult &check)
{
    if (check.status == CheckStatus::Waived || check.status == CheckStatus::NotApplicable)
        return; // takes no part either way
    check.status = CheckStatus::Pass;
    for (auto &finding : check.findings) {
        finding.status = CheckStatus::Pass;
        finding.credit = { 1, 1 };
        finding.evidence = "as if fixed";
        finding.hint.clear();
    }
}

/// A gate opens when all the checks that clear it pass, and one of them by what was supposed.
bool isCleared(const GateSpec &spec, const Assessment &assessment, const std::set<std::string> &fixed)
{
    const auto passes = [&](const std::string &id) {
        const auto *check = assessment.check(id);
        return check && check->status == CheckStatus::Pass;
    };
    return std::ranges::any_of(spec.clearedBy, [&](const std::string &id) { return fixed.contains(id); })
        && std::ranges::all_of(spec.clearedBy, passes);
}

} // namespace

Assessment evaluate(const Profile &profile, const Snapshot &snapshot, const Context &context)
{
    Assessment assessment;
    assessment.at = snapshot.at;
    for (const auto &spec : profile.checks)
        assessment.checks.push_back(checked(spec, snapshot, context));
    for (const auto &spec : profile.gates)
        assessment.gates.push_back(gateOf(spec, snapshot, context));
    assessment.oldestAge = oldestAge(snapshot, assessment);
    score(profile, assessment);
    return assessment;
}

Assessment whatIf(const Profile &profile, const Assessment &assessment, const std::set<std::string> &fixed)
{
    auto result = assessment;
    for (auto &check : result.checks) {
        if (fixed.contains(check.id))
            makePass(check);
    }
    for (auto &gate : result.gates) {
        const auto spec = std::ranges::find(profile.gates, gate.id, &GateSpec::id);
        if (gate.status == CheckStatus::NotApplicable)
            continue;
        if (spec != profile.gates.end() && isCleared(*spec, result, fixed)) {
            gate.status = CheckStatus::Pass;
            gate.reason.clear();
        }
    }
    score(profile, result);
    return result;
}

} // namespace muster::readiness
