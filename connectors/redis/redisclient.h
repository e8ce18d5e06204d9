// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"
#include "connectors/redis/protocol.h"
#include "connectors/redis/reply.h"
#include "connectors/redis/target.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::redis {

/// What the console itself costs the server, and what it must not blame on others.
struct Traffic {
    double connections = 0;
    double replies = 0;
    double bytes = 0; ///< both ways, before TLS
    std::map<std::string, double, std::less<>> errors; ///< error replies to us by prefix; at most 64 kinds

    Traffic &operator+=(const Traffic &other);
    [[nodiscard]] double allErrors() const;
};

/// One connection. Blocking, with a deadline for each call; one thread. A missed deadline, an interrupt or a malformed reply closes it for good,
/// since a late reply would be taken for the next one. Error replies are replies: the caller judges them.
class RedisClient {
public:
    enum class Login : std::uint8_t {
        Declared, ///< user and secret of the target, then everything is checked: user, database, topology
        None,     ///< TCP and TLS only
    };

    /// Faults: stages dns, tcp, tls, auth (wrong credentials, or ACL WHOAMI is not the declared user), protocol.
    [[nodiscard]] static std::expected<std::unique_ptr<RedisClient>, Fault> connect(const Target &target, Deadline deadline, net::Interrupter &interrupter,
                                                                                   Login login = Login::Declared, const ReplyLimits &limits = {});

    [[nodiscard]] std::expected<Reply, Fault> call(const Command &command, Deadline deadline);
    /// All commands in one write, all replies in order.
    [[nodiscard]] std::expected<std::vector<Reply>, Fault> pipeline(const std::vector<Command> &commands, Deadline deadline);
    /// The two halves of a call, for a caller that keeps commands in flight.
    [[nodiscard]] std::expected<void, Fault> send(const std::string &encoded, Deadline deadline);
    [[nodiscard]] std::expected<Reply, Fault> receive(Deadline deadline);

    [[nodiscard]] bool isOpen() const { return m_stream != nullptr; }
    /// Who the server says we are (ACL WHOAMI); nullopt when it would not say. "default" is implied before Redis 6.
    [[nodiscard]] const std::optional<std::string> &user() const { return m_user; }
    [[nodiscard]] bool isAclKnown() const { return m_isAclKnown; } ///< false before Redis 6
    [[nodiscard]] Millis connectTook() const { return m_connectTook; }
    [[nodiscard]] const net::ConnectTimes &times() const { return m_times; }
    [[nodiscard]] const std::optional<net::TlsInfo> &tls() const { return m_tls; }
    [[nodiscard]] const std::string &peer() const { return m_peer; }
    [[nodiscard]] const Traffic &traffic() const { return m_traffic; }

private:
    explicit RedisClient(const ReplyLimits &limits) : m_reader(limits) {}
    [[nodiscard]] std::expected<void, Fault> open(const Target &target, Deadline deadline, net::Interrupter &interrupter);
    [[nodiscard]] std::expected<void, Fault> authenticate(const Target &target, Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> introduce(const Target &target, Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> checkUser(const Target &target, const Reply &whoAmI);
    [[nodiscard]] std::unexpected<Fault> closed(Fault fault);

    std::unique_ptr<net::Stream> m_stream;
    ReplyReader m_reader;
    std::optional<std::string> m_user;
    bool m_isAclKnown = true;
    Millis m_connectTook{0};
    net::ConnectTimes m_times;
    std::optional<net::TlsInfo> m_tls;
    std::string m_peer;
    Traffic m_traffic{1, 0, 0, {}};
    std::vector<char> m_buffer;

    void count(const Reply &reply);
};

/// "muster:alice@laptop": only bytes that CLIENT SETNAME takes ('!' to '~').
[[nodiscard]] std::string clientName(const std::string &operatorName);

} // namespace muster::redis
