// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/errors.h"
#include "connectors/redis/flushplan.h"
#include "connectors/redis/flushrisks.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/scan.h"

namespace muster::redis {

namespace {

constexpr SampleEffort kEffort{40, 500};

PrefixSample::Predicate isDeleted(const FlushRequest &request)
{
    switch (request.scope) {
    case FlushRequest::Scope::Prefix:
        return [prefix = request.pattern](std::string_view key) { return key.starts_with(prefix); };
    case FlushRequest::Scope::Glob:
        return [pattern = request.pattern](std::string_view key) { return isMatch(pattern, key); };
    case FlushRequest::Scope::Database:
    case FlushRequest::Scope::All:
        break;
    }
    return [](std::string_view) { return true; };
}

/// What ACL DRYRUN is asked: the very command that would delete.
Command dryRun(const Target &target, const FlushRequest &request)
{
    Command command{"ACL", "DRYRUN", target.declaredUser()};
    if (request.isCountOnly)
        command.insert(command.end(), {"SCAN", "0"});
    else if (request.scope == FlushRequest::Scope::Database)
        command.insert(command.end(), {"FLUSHDB", "ASYNC"});
    else if (request.scope == FlushRequest::Scope::All)
        command.insert(command.end(), {"FLUSHALL", "ASYNC"});
    else
        command.insert(command.end(), {"UNLINK", request.pattern});
    return command;
}

} // namespace

std::expected<FlushSurvey, Fault> surveyFlush(RedisClient &client, const Target &target, const FlushRequest &request, const std::string &pattern,
                                              Deadline deadline, const std::stop_token &stop)
{
    auto replies = client.pipeline({{"PING"}, {"INFO"}, {"DBSIZE"}, {"CONFIG", "GET", "save"}, dryRun(target, request)}, deadline);
    if (!replies)
        return std::unexpected(std::move(replies.error()));
    FlushSurvey survey;
    survey.pattern = pattern;
    survey.ping = std::move(replies->at(0));
    const auto &info = replies->at(1);
    if (info.isText())
        survey.info = parseInfo(info.text);
    else
        survey.infoDenied = unknownFromReply(info, target.declaredUser(), "info");
    if (info.isText() && !survey.info.text("server_time_usec")) { // before Redis 6.2
        const auto time = client.call({"TIME"}, deadline);
        if (!time)
            return std::unexpected(time.error());
        if (time->isArray() && time->elements.size() == 2)
            survey.info.fields["server_time_usec"] = time->elements[0].text + "000000";
    }
    if (replies->at(2).isInteger())
        survey.keysInDatabase = static_cast<double>(replies->at(2).integer);
    if (const auto &save = replies->at(3); save.isArray() && save.elements.size() == 2)
        survey.savePoints = save.elements[1].text;
    survey.dryRun = std::move(replies->at(4));
    survey.sample.addGroup("", isDeleted(request));
    survey.sample.addPrefixes(target.prefixes);
    addRiskGroups(survey, target.prefixes, isDeleted(request));
    auto error = sampleKeys(client, survey.sample, kEffort, deadline, stop);
    if (!error)
        return std::unexpected(std::move(error.error()));
    survey.scanError = std::move(*error);
    return survey;
}

} // namespace muster::redis
