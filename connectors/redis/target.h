// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"
#include "models/ports/secret.h"

#include <cstdint>
#include <string>
#include <vector>

namespace muster::redis {

/// What the environment says the instance is for; decides which eviction policy and persistence are right.
enum class Purpose : std::uint8_t { Cache, Store };

/// One declared Redis or Valkey server, as the app maps it from the environment file.
struct Target {
    std::string id; ///< "redis/cache"
    std::string host;
    std::uint16_t port = 6379;
    int database = 0;
    std::string user;      ///< ACL user; empty = "default"
    SecretProvider secret; ///< called on the connecting thread at each connect; may be empty
    net::TlsOptions tls;
    Purpose declaredRole = Purpose::Cache;
    std::vector<std::string> prefixes;
    std::string rateLimiterPrefix;          ///< empty = none declared
    std::string topology = "standalone";    ///< sentinel and cluster are answered with a Config fault
    std::string operatorName;               ///< "alice@laptop"; CLIENT SETNAME allows no spaces: becomes "muster:alice@laptop"

    /// "cache1:6379", for sentences.
    [[nodiscard]] std::string address() const { return host + ":" + std::to_string(port); }
    /// The ACL user that the server must say we are.
    [[nodiscard]] std::string declaredUser() const { return user.empty() ? "default" : user; }
};

} // namespace muster::redis
