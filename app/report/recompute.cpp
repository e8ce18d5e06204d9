// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/recompute.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace muster::report {

namespace {

constexpr double kSlack = 2e-6; // the report has six decimals

bool isNear(double a, double b)
{
    return std::abs(a - b) <= kSlack;
}

std::string inWords(const Observed *observed)
{
    if (!observed)
        return "(none)";
    return observed->isStale() ? "stale" : format::value(observed->fact.value, observed->fact.unit);
}

struct Moved {
    std::string source;
    std::string name;
    std::string before;
    std::string after;
};

/// Compared as they are shown: a digit that nobody sees is no move.
std::vector<Moved> movedFacts(const Snapshot &before, const Snapshot &after)
{
    std::set<std::pair<std::string, std::string>> names;
    for (const auto *snapshot : {&before, &after}) {
        for (const auto &[source, facts] : snapshot->facts) {
            for (const auto &entry : facts)
                names.emplace(source, entry.first);
        }
    }
    std::vector<Moved> moved;
    for (const auto &[source, name] : names) {
        auto was = inWords(before.find(source, name));
        auto is = inWords(after.find(source, name));
        if (was != is)
            moved.push_back({source, name, std::move(was), std::move(is)});
    }
    return moved;
}

std::string line(const Moved &fact)
{
    return text::plain(fact.source, 80) + "  " + text::plain(fact.name, 100) + ": " + text::plain(fact.before, 200) + " → " + text::plain(fact.after, 200) + "\n";
}

const SavedCheck *checkOf(const SavedReport &report, const std::string &id)
{
    const auto it = std::ranges::find(report.checks, id, &SavedCheck::id);
    return it == report.checks.end() ? nullptr : &*it;
}

} // namespace

Recomputed recompute(const SavedReport &saved, const Profile &profile)
{
    Recomputed result;
    result.assessment = readiness::evaluate(profile, saved.snapshot, saved.context);
    result.isSameProfile = profile.hash == saved.profileHash;
    result.isSameResult = isNear(result.assessment.score.low, saved.score.low) && isNear(result.assessment.score.high, saved.score.high)
        && toString(result.assessment.verdict) == saved.verdict;
    return result;
}

std::string differences(const SavedReport &before, const SavedReport &after)
{
    std::string text;
    if (before.profileHash != after.profileHash)
        text += "profile: " + text::plain(before.profileName, 80) + " and " + text::plain(after.profileName, 80) + " differ: part of what follows may come from that\n";
    if (before.verdict != after.verdict)
        text += "verdict: " + text::plain(before.verdict, 20) + " → " + text::plain(after.verdict, 20) + "\n";
    if (!isNear(before.score.low, after.score.low) || !isNear(before.score.high, after.score.high))
        text += "score: " + format::score(before.score) + " → " + format::score(after.score) + "\n";
    auto facts = movedFacts(before.snapshot, after.snapshot);
    std::set<std::string> told;
    for (const auto &check : after.checks) {
        const auto *was = checkOf(before, check.id);
        if (was && was->status == check.status && isNear(was->earned.low, check.earned.low) && isNear(was->earned.high, check.earned.high))
            continue;
        text += "check " + text::plain(check.id, 100) + ": " + (was ? text::plain(was->status, 20) + " " + format::score(was->earned) : std::string("(none)")) + " → "
            + text::plain(check.status, 20) + " " + format::score(check.earned) + " points\n";
        for (const auto &fact : facts) {
            if (std::ranges::find(check.facts, fact.name) != check.facts.end() || (was && std::ranges::find(was->facts, fact.name) != was->facts.end())) {
                told.insert(fact.source + ' ' + fact.name);
                text += "    " + line(fact);
            }
        }
    }
    for (const auto &check : before.checks) {
        if (!checkOf(after, check.id))
            text += "check " + text::plain(check.id, 100) + ": " + text::plain(check.status, 20) + " → (none)\n";
    }
    for (const auto &fact : facts) {
        if (!told.contains(fact.source + ' ' + fact.name))
            text += "fact " + line(fact);
    }
    return text.empty() ? "nothing moved\n" : text;
}

} // namespace muster::report
