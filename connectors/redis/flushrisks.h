// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/flushplan.h"
#include "connectors/redis/prefixsample.h"
#include "connectors/redis/target.h"

#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

/// What a flush may take that is no cached data: sessions, queues, limiters and locks in the same database. Told by the words of a key's first three
/// segments ("app:session:4711"), since TYPE and TTL would count as lookups: a likelihood, never a refusal.
[[nodiscard]] bool looksLikeSession(std::string_view key);
[[nodiscard]] bool looksLikeQueue(std::string_view key);
[[nodiscard]] bool looksLikeLimiter(std::string_view key);
[[nodiscard]] bool looksLikeLock(std::string_view key);

/// Groups of the sample behind the declared prefixes: two a kind of dweller (all of it, and what of it goes), then of each prefix what of it goes.
void addRiskGroups(FlushSurvey &survey, const std::vector<std::string> &prefixes, const PrefixSample::Predicate &isDeleted);

/// Lines and checks: who else lives there, and whether they are hit; what the keys could be brought back from.
void addRisks(Plan &plan, const Target &target, const FlushRequest &request, const FlushSurvey &survey);

} // namespace muster::redis
