// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/ports/action.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct FlushRequest {
    enum class Scope : std::uint8_t { Prefix, Glob, Database, All };
    std::string instance;       ///< "cache"
    Scope scope = Scope::Prefix;
    std::string pattern;        ///< a literal prefix, or a glob (Scope::Glob)
    int database = 0;
    Millis maxLatency{15};      ///< the governor keeps a probe's p99 below this
    bool isCountOnly = false;   ///< exact count, deletes nothing
    double stageShare = 0;      ///< of the keys that match, so much is deleted a minute (0.1 = 10 %), evenly; 0 = as fast as others are served well
    double leastHitRatio = 0;   ///< of a staged flush: waits while the server's hit rate is below; 0 = does not look
};

struct MailTestRequest {
    std::vector<std::string> to; ///< empty: the declared ones
};

/// Ends what one PostgreSQL session does (cancel), or the session (terminate).
struct SessionEndRequest {
    std::string instance; ///< "primary"
    int pid = 0;
    bool isTerminate = false;
};

/// A load test of a declared endpoint. What is not given here comes from the environment.
struct LoadTestRequest {
    std::string test;    ///< "nightly"; "" = the only one
    double rate = 0;     ///< requests a second
    Millis duration{0};
};

/// Makes actions of the opened environment; null when the environment does not declare the target.
class ActionFactory {
public:
    virtual ~ActionFactory() = default;
    [[nodiscard]] virtual std::unique_ptr<Action> backup(const std::string &set) const = 0;
    /// Reads a finished backup back in full (or the newest for id "").
    [[nodiscard]] virtual std::unique_ptr<Action> verifyBackup(const std::string &set, const std::string &id) const = 0;
    /// Restores it into a scratch server and asks the declared queries there.
    [[nodiscard]] virtual std::unique_ptr<Action> drillBackup(const std::string &set, const std::string &id) const { (void)set; (void)id; return nullptr; }
    [[nodiscard]] virtual std::unique_ptr<Action> flush(const FlushRequest &request) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Action> mailTest(const MailTestRequest &request) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Action> endSession(const SessionEndRequest &request) const = 0;
    [[nodiscard]] virtual std::unique_ptr<Action> loadTest(const LoadTestRequest &request) const { (void)request; return nullptr; }
};

} // namespace muster
