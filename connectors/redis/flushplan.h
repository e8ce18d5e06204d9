// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/prefixsample.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/redisinfoparser.h"
#include "connectors/redis/target.h"
#include "models/ports/actionfactory.h"

#include <optional>
#include <stop_token>
#include <string>

namespace muster::redis {

/// What a preflight read, before it becomes a plan.
struct FlushSurvey {
    std::string pattern; ///< for MATCH; "" for database and all
    RedisInfo info;
    std::optional<Unknown> infoDenied;
    std::optional<double> keysInDatabase; ///< DBSIZE
    std::optional<std::string> savePoints; ///< CONFIG GET save; nullopt = not permitted
    Reply ping;
    std::optional<Reply> dryRun;           ///< ACL DRYRUN of the deleting command: OK, a reason, or an error
    PrefixSample sample{20};               ///< group 0 = what would be deleted, then the declared prefixes
    std::optional<Reply> scanError;
    std::size_t dwellersFrom = static_cast<std::size_t>(-1); ///< groups of addRiskGroups(); npos = not looked for
    std::size_t goingFrom = static_cast<std::size_t>(-1);
};

/// Reads it, with read-only commands.
[[nodiscard]] std::expected<FlushSurvey, Fault> surveyFlush(RedisClient &client, const Target &target, const FlushRequest &request, const std::string &pattern,
                                                            Deadline deadline, const std::stop_token &stop);

/// Pure: the plan that a survey makes.
[[nodiscard]] Plan flushPlan(const Target &target, const FlushRequest &request, const FlushSurvey &survey);

/// What one primary of a cluster contributes.
struct NodePlan {
    std::string node; ///< "127.0.0.1:7001"
    Plan plan;
    ShareEstimate keys; ///< that would be deleted
};
[[nodiscard]] ShareEstimate plannedKeys(const FlushRequest &request, const FlushSurvey &survey);
/// One plan over all primaries: sums, then node by node; a check is as good as on its worst node.
[[nodiscard]] Plan clusterPlan(const FlushRequest &request, const std::vector<NodePlan> &plans);
/// One line; of several servers each in turn.
[[nodiscard]] std::string joinedIdentity(const std::vector<std::string> &identities);

/// The plan that says why this request is not run at all.
[[nodiscard]] Plan refusedPlan(const Target &target, const FlushRequest &request, const std::string &problem);

/// "run_id 3f… · primary · cache1:6379 · database 0"; nullopt when INFO does not say who the server is.
[[nodiscard]] std::optional<std::string> serverIdentity(const Target &target, const RedisInfo &info);

/// In stages: a share of the keys a minute.
[[nodiscard]] bool isStaged(const FlushRequest &request);
/// "10 % a minute".
[[nodiscard]] std::string stageText(double share);
/// "In stages: 10 % a minute: about 20 000 keys a minute, 10 min in all", and what it waits for.
void addStages(Plan &plan, const FlushRequest &request, double keysNow);

/// "every key of database 0", "keys that begin with “cache:”".
[[nodiscard]] std::string flushObject(const FlushRequest &request);

} // namespace muster::redis
