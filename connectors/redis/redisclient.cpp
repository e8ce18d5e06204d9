// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/redisclient.h"

#include "connectors/redis/errors.h"

#include <cstring>
#include <numeric>

namespace muster::redis {

namespace {

constexpr std::size_t kNameLimit = 64;
constexpr std::size_t kErrorKinds = 64;

bool isUnknownCommand(const Reply &reply)
{
    return reply.isError() && (reply.text.starts_with("ERR unknown") || reply.text.starts_with("ERR Unknown"));
}

Fault foreignReply(std::string_view command)
{
    return {FaultKind::Protocol, "protocol", "the answer to " + std::string(command) + " has an unexpected shape", "Check that a Redis server answers on this port."};
}

} // namespace

Traffic &Traffic::operator+=(const Traffic &other)
{
    connections += other.connections;
    replies += other.replies;
    bytes += other.bytes;
    for (const auto &[prefix, count] : other.errors)
        errors[prefix] += count;
    return *this;
}

double Traffic::allErrors() const
{
    return std::accumulate(errors.begin(), errors.end(), 0.0, [](double sum, const auto &kind) { return sum + kind.second; });
}

std::string clientName(const std::string &operatorName)
{
    std::string name = operatorName.empty() ? "muster" : "muster:";
    for (const char byte : operatorName.substr(0, kNameLimit)) {
        const bool isTaken = byte >= '!' && byte <= '~';
        name += isTaken ? byte : '_';
    }
    return name;
}

std::expected<std::unique_ptr<RedisClient>, Fault> RedisClient::connect(const Target &target, Deadline deadline, net::Interrupter &interrupter, Login login,
                                                                       const ReplyLimits &limits)
{
    const auto started = BootClock::now();
    std::unique_ptr<RedisClient> client(new RedisClient(limits));
    if (const auto opened = client->open(target, deadline, interrupter); !opened)
        return std::unexpected(opened.error());
    if (login == Login::Declared) {
        if (const auto authenticated = client->authenticate(target, deadline); !authenticated)
            return std::unexpected(authenticated.error());
        if (const auto introduced = client->introduce(target, deadline); !introduced)
            return std::unexpected(introduced.error());
    }
    client->m_connectTook = std::chrono::ceil<Millis>(BootClock::now() - started);
    return client;
}

std::expected<void, Fault> RedisClient::open(const Target &target, Deadline deadline, net::Interrupter &interrupter)
{
    auto stream = net::Stream::connect({target.host, target.port}, deadline, interrupter);
    if (!stream)
        return std::unexpected(std::move(stream.error()));
    m_stream = std::move(*stream);
    if (target.tls.isOn) {
        if (auto secured = m_stream->startTls(target.tls, target.host, deadline); !secured)
            return closed(std::move(secured.error()));
        m_tls = m_stream->tls();
    }
    m_times = m_stream->times();
    m_peer = m_stream->peer();
    return {};
}

std::expected<void, Fault> RedisClient::authenticate(const Target &target, Deadline deadline)
{
    auto secret = target.secret ? target.secret() : std::expected<Secret, Fault>(Secret());
    if (!secret)
        return closed(std::move(secret.error()));
    if (secret->isEmpty() && target.user.empty())
        return {};
    // The one-word form works before Redis 6 too.
    Command command{"AUTH"};
    if (target.declaredUser() != "default")
        command.push_back(target.user);
    command.push_back(secret->reveal());
    auto encoded = encode(command);
    const auto sent = send(encoded, deadline);
    explicit_bzero(encoded.data(), encoded.size());
    explicit_bzero(command.back().data(), command.back().size());
    if (!sent)
        return std::unexpected(sent.error());
    const auto reply = receive(deadline);
    if (!reply)
        return std::unexpected(reply.error());
    if (reply->isError()) {
        auto fault = faultFromError(reply->text, "auth");
        if (fault.kind == FaultKind::Denied)
            fault.kind = FaultKind::Auth;
        return closed(std::move(fault));
    }
    if (!reply->isStatus("OK"))
        return closed(foreignReply("AUTH"));
    return {};
}

std::expected<void, Fault> RedisClient::introduce(const Target &target, Deadline deadline)
{
    std::vector<Command> commands{{"CLIENT", "SETNAME", clientName(target.operatorName)}, {"ACL", "WHOAMI"}};
    if (target.database != 0)
        commands.push_back({"SELECT", std::to_string(target.database)});
    const auto replies = pipeline(commands, deadline);
    if (!replies)
        return std::unexpected(replies.error());
    if (const auto checked = checkUser(target, replies->at(1)); !checked)
        return checked;
    if (target.database != 0 && !replies->at(2).isStatus("OK")) {
        const auto &reply = replies->at(2);
        return closed(reply.isError() ? faultFromError(reply.text, "protocol") : foreignReply("SELECT"));
    }
    return {};
}

std::expected<void, Fault> RedisClient::checkUser(const Target &target, const Reply &whoAmI)
{
    if (isUnknownCommand(whoAmI)) {
        m_isAclKnown = false;
        return {};
    }
    if (whoAmI.isError() && whoAmI.text.starts_with("NOPERM"))
        return {};
    if (whoAmI.isError()) {
        auto fault = faultFromError(whoAmI.text, "auth");
        if (fault.kind == FaultKind::Unavailable) // LOADING and the like: not about who we are
            fault.stage = "protocol";
        return closed(std::move(fault));
    }
    if (!whoAmI.isText())
        return closed(foreignReply("ACL WHOAMI"));
    m_user = whoAmI.text;
    if (*m_user != target.declaredUser()) {
        return closed({FaultKind::Auth, "auth", "The server says that we are “" + clamp(*m_user, 64) + "”, the environment declares “" + target.declaredUser() + "”.",
                       "Check user and secret; the console does not work as somebody else."});
    }
    return {};
}

std::expected<Reply, Fault> RedisClient::call(const Command &command, Deadline deadline)
{
    if (const auto sent = send(encode(command), deadline); !sent)
        return std::unexpected(sent.error());
    return receive(deadline);
}

std::expected<std::vector<Reply>, Fault> RedisClient::pipeline(const std::vector<Command> &commands, Deadline deadline)
{
    std::string encoded;
    for (const auto &command : commands)
        encoded += encode(command);
    if (const auto sent = send(encoded, deadline); !sent)
        return std::unexpected(sent.error());
    std::vector<Reply> replies;
    replies.reserve(commands.size());
    while (replies.size() < commands.size()) {
        auto reply = receive(deadline);
        if (!reply)
            return std::unexpected(std::move(reply.error()));
        replies.push_back(std::move(*reply));
    }
    return replies;
}

std::expected<void, Fault> RedisClient::send(const std::string &encoded, Deadline deadline)
{
    if (!m_stream)
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "the connection was closed", "The console connects anew by itself."});
    if (auto written = m_stream->writeAll(encoded, deadline); !written)
        return closed(std::move(written.error()));
    m_traffic.bytes += static_cast<double>(encoded.size());
    return {};
}

void RedisClient::count(const Reply &reply)
{
    ++m_traffic.replies;
    if (!reply.isError())
        return;
    const auto prefix = errorPrefix(reply.text);
    if (const auto it = m_traffic.errors.find(prefix); it != m_traffic.errors.end())
        ++it->second;
    else if (m_traffic.errors.size() < kErrorKinds)
        m_traffic.errors.emplace(prefix.substr(0, kNameLimit), 1);
}

std::expected<Reply, Fault> RedisClient::receive(Deadline deadline)
{
    if (!m_stream)
        return std::unexpected(Fault{FaultKind::Unavailable, "query", "the connection was closed", "The console connects anew by itself."});
    m_buffer.resize(ReplyReader::kFeedSize);
    while (true) {
        auto reply = m_reader.next();
        if (!reply)
            return closed(std::move(reply.error()));
        if (*reply) {
            count(**reply);
            return std::move(**reply);
        }
        const auto got = m_stream->readSome(m_buffer, deadline);
        if (!got)
            return closed(got.error());
        m_traffic.bytes += static_cast<double>(*got);
        if (const auto fed = m_reader.feed({m_buffer.data(), *got}); !fed)
            return closed(fed.error());
        // A server that drips bytes for ever must not outlive the deadline either.
        if (deadline.isOver())
            return closed({FaultKind::Timeout, "query", "no complete answer from " + m_peer + " in time", "See whether the server is overloaded or stopped."});
    }
}

std::unexpected<Fault> RedisClient::closed(Fault fault)
{
    m_stream.reset();
    return std::unexpected(std::move(fault));
}

} // namespace muster::redis
