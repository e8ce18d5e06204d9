// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

/// "db0:keys=10,expires=2,avg_ttl=0"
struct KeyspaceEntry {
    int database = 0;
    double keys = 0;
    double expires = 0;
    double averageTtl = 0; ///< seconds, sampled by the server
};

/// "slave0:ip=10.0.0.2,port=6379,state=online,offset=1234,lag=0"
struct ReplicaEntry {
    std::string address;
    std::string state;
    double offset = 0;
    double lag = 0; ///< seconds since its last acknowledgement
};

/// "cmdstat_get:calls=7,usec=21,usec_per_call=3.00,rejected_calls=0,failed_calls=0"
struct CommandEntry {
    double calls = 0;
    double time = 0; ///< s, all calls together
    double refused = 0; ///< rejected and failed calls; from Redis 6.2 on
};

/// "db0_distrib_strings_sizes:1=2,8=4": keys by size (bytes of strings, items of the others), from Redis 8 on.
struct KeySizeEntry {
    int database = 0;
    std::string type;  ///< "strings"
    double from = 0;   ///< lower bound of the class
    double keys = 0;
};

/// INFO as data: every field by its name, and the two lists. Fields that a version lacks are simply absent.
struct RedisInfo {
    std::map<std::string, std::string, std::less<>> fields;
    std::vector<KeyspaceEntry> keyspace;
    std::vector<ReplicaEntry> replicas;
    std::map<std::string, double, std::less<>> errors; ///< errorstat_OOM → count
    std::map<std::string, CommandEntry, std::less<>> commands; ///< "get", "config|get"
    std::vector<KeySizeEntry> keySizes;

    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    /// A finite number; nullopt when absent or no number.
    [[nodiscard]] std::optional<double> number(std::string_view name) const;
    /// "1" / "ok" / "up" as true, anything else that is there as false.
    [[nodiscard]] std::optional<bool> truth(std::string_view name) const;
    [[nodiscard]] bool isEmpty() const { return fields.empty(); }
    /// The lines of these fields as they came, for evidence.
    [[nodiscard]] std::string lines(std::initializer_list<std::string_view> names) const;
    /// Of one database; nullptr when it is not listed: it has no keys.
    [[nodiscard]] const KeyspaceEntry *database(int number) const;
    /// Keys of one database; 0 when it is not listed.
    [[nodiscard]] double keysOf(int database) const;
    [[nodiscard]] double allKeys() const;
};

/// Parses
///   # Server
///   redis_version:7.0.15
/// Tolerant: what it does not understand it skips. At most 4000 lines of at most 1 KiB are kept.
[[nodiscard]] RedisInfo parseInfo(std::string_view reply);

/// A finite decimal number that fills the whole text.
[[nodiscard]] std::optional<double> parseNumber(std::string_view text);

} // namespace muster::redis
