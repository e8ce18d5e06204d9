// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushrisks.h"

#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"
#include "models/format/format.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>

namespace muster::redis {

namespace {

constexpr std::size_t kLooked = 120; ///< bytes of a key
constexpr std::size_t kSegments = 3;

/// The first word of a segment, or the whole segment.
struct Word {
    std::string_view text;
    bool isWhole = false;
};
constexpr std::array kSessions{Word{"sess"}, Word{"session"}};
constexpr std::array kQueues{Word{"queue"}, Word{"bull", true}, Word{"celery"}, Word{"resque"}, Word{"sidekiq"}, Word{"rq", true}, Word{"kombu"}, Word{"unacked"}, Word{"jobs", true}, Word{"job", true}};
constexpr std::array kLimiters{Word{"rl", true}, Word{"ratelimit"}, Word{"rate", true}, Word{"throttle"}, Word{"limiter"}, Word{"limits", true}};
constexpr std::array kLocks{Word{"lock", true}, Word{"locks", true}, Word{"redlock"}, Word{"mutex"}};

bool hasWord(std::string_view key, std::span<const Word> words)
{
    auto lower = std::string(key.substr(0, kLooked));
    std::ranges::transform(lower, lower.begin(), [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
    std::string_view rest = lower;
    for (std::size_t i = 0; i < kSegments && !rest.empty(); ++i) {
        const auto end = rest.find_first_of(":/.|_-{}");
        const auto segment = rest.substr(0, end);
        if (std::ranges::any_of(words, [segment](const Word &word) { return word.isWhole ? segment == word.text : segment.starts_with(word.text); }))
            return true;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return false;
}

struct Dweller {
    const char *plural;
    const char *loss; ///< what happens when they go
    bool (*isOne)(std::string_view key);
};
constexpr std::array kDwellers{Dweller{"sessions", "their users are logged out", looksLikeSession}, Dweller{"queues", "what waits in them is lost", looksLikeQueue},
                               Dweller{"rate limiters", "they begin to count anew", looksLikeLimiter}, Dweller{"locks", "two may hold the same", looksLikeLock}};

std::string about(const ShareEstimate &guess)
{
    const auto margin = guess.keysMargin > 0 ? " ± " + format::number(guess.keysMargin, 0) : std::string();
    return (guess.keysMargin > 0 ? "about " : "") + format::number(guess.keys, 0) + margin;
}

/// Returns whether any is hit.
bool addDwellerLines(Plan &plan, const FlushSurvey &survey)
{
    const auto &groups = survey.sample.groups();
    if (survey.scanError || survey.dwellersFrom >= groups.size())
        return false;
    const auto keys = survey.keysInDatabase.value_or(static_cast<double>(survey.sample.sampled()));
    std::string hit;
    for (std::size_t i = 0; i < kDwellers.size(); ++i) {
        const auto all = survey.dwellersFrom + 2 * i;
        if (groups[all].hits == 0)
            continue;
        const bool isHit = groups[all + 1].hits > 0;
        const auto &example = groups[isHit ? all + 1 : all].examples;
        const auto like = example.empty() ? std::string() : ", such as “" + displayKey(example.front(), 60) + "”";
        plan.changes.push_back({std::string("Look like ") + kDwellers[i].plural, about(survey.sample.estimate(all, keys)) + " in this database; "
                                                                                      + (isHit ? about(survey.sample.estimate(all + 1, keys)) + " of them go" : "none of them goes") + like});
        if (isHit)
            hit += std::string(hit.empty() ? "" : "; ") + kDwellers[i].plural + like + ": " + kDwellers[i].loss;
    }
    if (!hit.empty())
        plan.checks.push_back({"Nothing but cached data goes", PlanCheckState::Warned, "Among these keys there seem to be " + hit + '.'});
    return !hit.empty();
}

/// "a snapshot written 12 min ago, 340 changes since"; "" when there is none.
std::string snapshotText(const RedisInfo &info)
{
    const auto age = rdbAge(info);
    const auto changes = info.number("rdb_changes_since_last_save");
    const auto since = changes ? ", " + format::counted(*changes, "change", "changes") + " since" : std::string();
    const auto *const failed = info.truth("rdb_last_bgsave_status") == false ? "; the last attempt to save failed" : "";
    const auto isSaved = isSavedSinceStart(info);
    if (!isSaved)
        return "this server does not say when it saved last";
    if (*isSaved)
        return (age ? "a snapshot written " + format::duration(*age) + " ago" : std::string("a snapshot whose age this version does not say")) + since + failed;
    const auto loaded = info.number("rdb_last_load_keys_loaded").value_or(0);
    if (loaded > 0)
        return "the file that the server started with (" + format::counted(loaded, "key", "keys") + ")" + since + failed;
    return {};
}

void addRestore(Plan &plan, const Target &target, const FlushRequest &request, const FlushSurvey &survey, bool isOthersHit)
{
    if (survey.infoDenied)
        return;
    const auto snapshot = snapshotText(survey.info);
    const bool isAofOn = survey.info.truth("aof_enabled").value_or(false);
    const bool isOverwritten = request.scope == FlushRequest::Scope::All && survey.savePoints.value_or("?") != "";
    std::string text = snapshot;
    if (!snapshot.empty() && isOverwritten)
        text += "; this flush overwrites it";
    if (isAofOn)
        text += std::string(text.empty() ? "" : "; ") + "the append-only file, if it is copied before it is rewritten: the deletion stands at its end";
    plan.changes.push_back({"Could be brought back from", text.empty() ? "nothing on this server: no snapshot since its start, no append-only file" : text});
    if (text.empty() && (isOthersHit || target.declaredRole == Purpose::Store))
        plan.checks.push_back({"There is something to bring it back from", PlanCheckState::Warned, "No snapshot was written since the server started, and there is no append-only file. BGSAVE writes one."});
}

} // namespace

bool looksLikeSession(std::string_view key)
{
    return hasWord(key, kSessions);
}

bool looksLikeQueue(std::string_view key)
{
    return hasWord(key, kQueues);
}

bool looksLikeLimiter(std::string_view key)
{
    return hasWord(key, kLimiters);
}

bool looksLikeLock(std::string_view key)
{
    return hasWord(key, kLocks);
}

void addRiskGroups(FlushSurvey &survey, const std::vector<std::string> &prefixes, const PrefixSample::Predicate &isDeleted)
{
    auto &sample = survey.sample;
    survey.dwellersFrom = sample.groups().size();
    for (const auto &dweller : kDwellers) {
        sample.addGroup(dweller.plural, dweller.isOne);
        sample.addGroup(dweller.plural, [isOne = dweller.isOne, isDeleted](std::string_view key) { return isOne(key) && isDeleted(key); });
    }
    survey.goingFrom = sample.groups().size();
    for (const auto &prefix : prefixes)
        sample.addGroup(prefix, [prefix, isDeleted](std::string_view key) { return key.starts_with(prefix) && isDeleted(key); });
}

void addRisks(Plan &plan, const Target &target, const FlushRequest &request, const FlushSurvey &survey)
{
    addRestore(plan, target, request, survey, addDwellerLines(plan, survey));
}

} // namespace muster::redis
