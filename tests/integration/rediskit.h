// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/redis/redisclient.h"
#include "connectors/redis/target.h"
#include "models/facts/factbatch.h"
#include "models/ports/action.h"
#include "tests/support/testservers.h"

#include <QByteArray>
#include <QStringList>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::test {

/// The console's user "oncall", or the all-powerful one.
[[nodiscard]] redis::Target redisTarget(const TestServers &servers, QStringView server, bool isAdmin = false);

/// What a user needs at least to see everything that is scored, as ACL SETUSER takes it. Works on Redis 7.0.
[[nodiscard]] const std::vector<std::string> &leastRights();

/// A second client, as another program would be.
class RedisAdmin {
public:
    explicit RedisAdmin(const redis::Target &target);
    /// The reply; an Error reply with the fault's text when the connection failed.
    redis::Reply call(const redis::Command &command);
    /// Many at once.
    bool pipeline(const std::vector<redis::Command> &commands);
    /// `count` keys prefix0 … with small values, by MSET.
    bool fill(const std::string &prefix, int count);

private:
    net::Interrupter m_interrupter;
    std::unique_ptr<redis::RedisClient> m_client;
};

/// redis-cli as the all-powerful user; the password goes by environment.
[[nodiscard]] QByteArray redisCli(const TestServers &servers, QStringView server, const QStringList &arguments);

/// Runs an action from preflight to verify, as the runner does.
struct FinishedRun {
    std::expected<Plan, Fault> plan;
    Outcome outcome;
};
[[nodiscard]] FinishedRun runAction(Action &action, const std::function<void(const Progress &, RunControl &, std::stop_source &)> &onProgress = {});

/// "127.0.0.1:7001,..." of a group's "ports" text, or any other list of numbers.
[[nodiscard]] std::vector<int> numbersOf(const TestServers &servers, QStringView server, QStringView key);

[[nodiscard]] const Value *factOf(const FactBatch &batch, std::string_view name);
[[nodiscard]] std::string detailOf(const Outcome &outcome, std::string_view label);

} // namespace muster::test
