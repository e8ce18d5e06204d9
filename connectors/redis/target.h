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

/// How the server is found: at its address, by asking Sentinels, or as any node of a cluster.
enum class Topology : std::uint8_t { Standalone, Sentinel, Cluster };

/// One Sentinel. TLS as the data server's, or none.
struct SentinelAddress {
    net::Endpoint endpoint;
    bool isTls = false;
};

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
    Topology topology = Topology::Standalone;
    std::vector<net::Endpoint> seeds;       ///< Cluster: nodes to ask beside the declared one
    std::vector<SentinelAddress> sentinels; ///< Sentinel: where to ask
    std::string master;                     ///< Sentinel: the name under which they know the primary
    std::string sentinelUser;
    SecretProvider sentinelSecret;          ///< may be empty: Sentinels often have no password
    std::string operatorName;               ///< "alice@laptop"; CLIENT SETNAME allows no spaces: becomes "muster:alice@laptop"

    /// "cache1:6379", for sentences.
    [[nodiscard]] std::string address() const { return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port); }
    /// The same access to another server.
    [[nodiscard]] Target at(const net::Endpoint &endpoint) const
    {
        auto other = *this;
        other.host = endpoint.host;
        other.port = endpoint.port;
        return other;
    }
    /// The ACL user that the server must say we are.
    [[nodiscard]] std::string declaredUser() const { return user.empty() ? "default" : user; }
};

} // namespace muster::redis
