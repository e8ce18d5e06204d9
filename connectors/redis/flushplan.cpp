// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushplan.h"

#include "connectors/redis/errors.h"
#include "connectors/redis/flushrisks.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/keypattern.h"
#include "models/format/format.h"

#include <algorithm>
#include <cmath>

namespace muster::redis {

namespace {

using Scope = FlushRequest::Scope;

bool isByPattern(const FlushRequest &request)
{
    return request.scope == Scope::Prefix || request.scope == Scope::Glob;
}

std::string keys(double count)
{
    return format::number(count, 0) + (count == 1 ? " key" : " keys");
}

/// "about 200 000 ± 3 000 keys (19.8 % of a sample of 20 000)" or "exactly 12 keys".
std::string estimateText(const FlushSurvey &survey, std::size_t group)
{
    const auto &sample = survey.sample;
    const auto guess = sample.estimate(group, survey.keysInDatabase.value_or(static_cast<double>(sample.sampled())));
    if (sample.isComplete())
        return keys(guess.keys) + " (all keys were looked at)";
    return "about " + format::number(guess.keys, 0) + " ± " + format::number(guess.keysMargin, 0) + " keys (" + format::ratio(guess.share) + " of a sample of "
        + format::number(static_cast<double>(sample.sampled()), 0) + ")";
}

void addCounts(Plan &plan, const FlushRequest &request, const FlushSurvey &survey)
{
    if (survey.keysInDatabase)
        plan.changes.push_back({"Keys in database " + std::to_string(request.database), format::number(*survey.keysInDatabase, 0)});
    if (request.scope == Scope::All) {
        for (const auto &entry : survey.info.keyspace)
            plan.changes.push_back({"Deleted in database " + std::to_string(entry.database), keys(entry.keys)});
    } else if (request.scope == Scope::Database) {
        plan.changes.push_back({"Deleted", survey.keysInDatabase ? keys(*survey.keysInDatabase) : "every key"});
    } else if (!survey.scanError) {
        plan.changes.push_back({request.isCountOnly ? "Would match" : "Deleted", estimateText(survey, 0)});
    }
    if (isStaged(request) && !survey.scanError)
        addStages(plan, request, plannedKeys(request, survey).keys);
}

void addExamples(Plan &plan, const FlushSurvey &survey)
{
    for (const auto &example : survey.sample.groups().front().examples)
        plan.changes.push_back({"Example", displayKey(example)});
}

/// The group that holds what goes of a declared prefix; nullptr when it was not looked for.
const PrefixSample::Group *goingOf(const FlushSurvey &survey, std::size_t group)
{
    const auto &groups = survey.sample.groups();
    return survey.goingFrom < groups.size() && survey.goingFrom + group - 1 < groups.size() ? &groups[survey.goingFrom + group - 1] : nullptr;
}

/// Whether keys of a declared prefix go: certain for prefixes and whole databases; a pattern is judged by the sample.
bool isHit(const FlushRequest &request, const FlushSurvey &survey, std::size_t group)
{
    const auto &name = survey.sample.groups()[group].name;
    if (request.scope == Scope::Prefix)
        return name.starts_with(request.pattern) || request.pattern.starts_with(name);
    const auto *going = goingOf(survey, group);
    return !isByPattern(request) || isMatch(request.pattern, name) || (going && going->hits > 0);
}

/// Who else lives there: the declared prefixes, and what this request takes of them.
void addNeighbours(Plan &plan, const FlushRequest &request, const FlushSurvey &survey)
{
    const auto &groups = survey.sample.groups();
    for (std::size_t i = 1; i < std::min(groups.size(), survey.dwellersFrom) && !survey.scanError; ++i) {
        if (request.scope == Scope::Prefix && groups[i].name == request.pattern)
            continue;
        const bool isSure = request.scope != Scope::Glob || survey.sample.isComplete();
        const auto *word = isHit(request, survey, i) ? "Also hit" : isSure ? "Stays" : "Stays, by the sample";
        const auto *going = goingOf(survey, i);
        const bool isPart = going && going->hits > 0 && going->hits < groups[i].hits;
        plan.changes.push_back({std::string(word) + ": “" + displayKey(groups[i].name) + "”", estimateText(survey, i) + (isPart ? "; of them go " + estimateText(survey, survey.goingFrom + i - 1) : "")});
    }
}

void addConsequences(Plan &plan, const FlushRequest &request, const FlushSurvey &survey)
{
    const auto &info = survey.info;
    if (const auto replicas = info.number("connected_slaves").value_or(0); replicas > 0)
        plan.changes.push_back({"Replicas", format::number(replicas, 0) + "; they delete the same keys"});
    if (info.truth("aof_enabled").value_or(false))
        plan.changes.push_back({"AOF", "on: the deletion is written to it and survives a restart"});
    if (request.scope != Scope::All)
        return;
    if (!survey.savePoints || !survey.savePoints->empty()) {
        plan.checks.push_back({"FLUSHALL overwrites dump.rdb", PlanCheckState::Warned,
                               std::string(survey.savePoints ? "Save points are set" : "Whether save points are set cannot be read (needs +config|get)")
                                   + ": the server writes an empty dump.rdb at once, even with ASYNC. Copy the file first if it is your newest backup."});
    }
}

PlanCheck permissionCheck(const Target &target, const FlushSurvey &survey)
{
    const auto &reply = *survey.dryRun;
    if (reply.isStatus("OK"))
        return {"The ACL user may do it", PlanCheckState::Passed, "ACL DRYRUN says OK"};
    if (reply.isText())
        return {"The ACL user may do it", PlanCheckState::Failed, displayKey(reply.text, 200) + " Grant it with ACL SETUSER " + target.declaredUser() + "."};
    return {"The ACL user may do it", PlanCheckState::Warned, "Cannot be checked beforehand (ACL DRYRUN needs Redis 7 and +acl|dryrun)."};
}

void addChecks(Plan &plan, const Target &target, const FlushRequest &request, const FlushSurvey &survey)
{
    const auto role = roleOf(survey.info);
    if (survey.infoDenied)
        plan.checks.push_back({"The server says who it is", PlanCheckState::Failed, survey.infoDenied->reason + " " + survey.infoDenied->hint});
    else if (const auto fault = topologyFault(target, survey.info))
        plan.checks.push_back({"Standalone server", PlanCheckState::Failed, fault->detail});
    else if (request.isCountOnly || role == "primary")
        plan.checks.push_back({"The server is " + (role == "primary" ? std::string("the primary") : "a " + role.value_or("server")), PlanCheckState::Passed, {}});
    else
        plan.checks.push_back({"The server is the primary", PlanCheckState::Failed, "It is a replica; replicas refuse writes. Declare the primary."});
    plan.checks.push_back(permissionCheck(target, survey));
    if (survey.scanError)
        plan.checks.push_back({"Keys can be listed", isByPattern(request) ? PlanCheckState::Failed : PlanCheckState::Warned,
                               unknownFromReply(*survey.scanError, target.declaredUser(), "scan").reason});
    if (!request.isCountOnly && survey.ping.isError() && errorPrefix(survey.ping.text) != "NOPERM")
        plan.checks.push_back({"The server takes writes", PlanCheckState::Failed, faultFromError(survey.ping.text, "query").detail});
    if (isByPattern(request) && !survey.scanError && survey.sample.groups().front().hits == 0)
        plan.checks.push_back({"Something matches", PlanCheckState::Warned, survey.sample.isComplete() ? "No key matches." : "No key of the sample matches."});
}

std::string commandWords(const Target &target, const FlushRequest &request, const FlushSurvey &survey)
{
    if (request.isCountOnly && !isByPattern(request))
        return "DBSIZE and INFO keyspace";
    if (request.scope == Scope::Database)
        return "FLUSHDB ASYNC on database " + std::to_string(request.database);
    if (request.scope == Scope::All)
        return "FLUSHALL ASYNC: every database of this server";
    const auto scan = "SCAN all of database " + std::to_string(request.database) + " with MATCH " + displayKey(survey.pattern) + " in pages of 1-3 ms";
    if (request.isCountOnly)
        return scan + ", counting; nothing is deleted";
    const auto how = target.topology == Topology::Cluster ? ", UNLINK what it finds key by key in one pipeline, following those that moved; slower" : ", UNLINK what it finds in slices of 500; slower";
    const auto pace = isStaged(request) ? ", " + stageText(request.stageShare) : std::string();
    return scan + how + " while another client's PING exceeds " + std::to_string(request.maxLatency.count()) + " ms" + pace;
}

Plan emptyPlan(const Target &target, const FlushRequest &request)
{
    Plan plan;
    plan.action = request.isCountOnly ? "count" : "flush";
    plan.title = (request.isCountOnly ? "Count " : "Flush ") + flushObject(request) + " on " + std::string(target.id.substr(target.id.find('/') + 1))
        + (isStaged(request) ? ", " + stageText(request.stageShare) : std::string());
    plan.target = target.id;
    plan.isDestructive = !request.isCountOnly;
    return plan;
}

} // namespace

bool isStaged(const FlushRequest &request)
{
    return request.stageShare > 0 && !request.isCountOnly;
}

std::string stageText(double share)
{
    const auto percent = share * 100;
    return format::number(percent, percent == std::floor(percent) ? 0 : 1) + " % a minute";
}

void addStages(Plan &plan, const FlushRequest &request, double keysNow)
{
    plan.changes.push_back({"In stages", stageText(request.stageShare) + ": about " + format::number(std::ceil(keysNow * request.stageShare), 0) + " keys a minute, "
                                             + format::duration(60 / request.stageShare) + " in all"});
    if (request.leastHitRatio > 0)
        plan.changes.push_back({"Waits", "while the hit rate is below " + format::ratio(request.leastHitRatio)});
}

std::string flushObject(const FlushRequest &request)
{
    switch (request.scope) {
    case Scope::Prefix:
        return "keys that begin with “" + displayKey(request.pattern) + "”";
    case Scope::Glob:
        return "keys that match “" + displayKey(request.pattern) + "”";
    case Scope::Database:
        return "every key of database " + std::to_string(request.database);
    case Scope::All:
        break;
    }
    return "every key of every database";
}

std::optional<std::string> serverIdentity(const Target &target, const RedisInfo &info)
{
    const auto runId = info.text("run_id");
    const auto role = roleOf(info);
    if (!runId || !role)
        return std::nullopt;
    return "run_id " + displayKey(*runId, 64) + " · " + displayKey(*role, 16) + " · " + target.address() + " · database " + std::to_string(target.database);
}

Plan flushPlan(const Target &target, const FlushRequest &request, const FlushSurvey &survey)
{
    auto plan = emptyPlan(target, request);
    plan.identity = serverIdentity(target, survey.info).value_or("");
    addChecks(plan, target, request, survey);
    addCounts(plan, request, survey);
    addNeighbours(plan, request, survey);
    if (!request.isCountOnly) {
        addConsequences(plan, request, survey);
        addRisks(plan, target, request, survey);
    }
    addExamples(plan, survey); // last: they are many
    plan.command = commandWords(target, request, survey);
    return plan;
}

Plan refusedPlan(const Target &target, const FlushRequest &request, const std::string &problem)
{
    auto plan = emptyPlan(target, request);
    plan.checks.push_back({"The pattern may be run", PlanCheckState::Failed, problem});
    return plan;
}

} // namespace muster::redis
