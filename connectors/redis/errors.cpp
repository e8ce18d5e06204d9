// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/errors.h"

#include <algorithm>
#include <array>

namespace muster::redis {

namespace {

constexpr std::size_t kErrorLimit = 400;

struct Meaning {
    std::string_view start; ///< what the error begins with
    FaultKind kind;
    std::string_view sentence;
    std::string_view hint;
};

// The server's own prefixes: server.c "shared" errors of Redis 5.0 to 7.4; the longer start first where two overlap.
constexpr std::array kMeanings{
    Meaning{"NOAUTH", FaultKind::Auth, "The server wants credentials.", "Declare user and password of this Redis in the environment file."},
    Meaning{"WRONGPASS", FaultKind::Auth, "User or password is wrong, or the user is switched off.", "Check the secret and ACL GETUSER on the server; the console tries again in 30 s."},
    Meaning{"ERR invalid password", FaultKind::Auth, "The password is wrong.", "Check the secret; the console tries again in 30 s."},
    Meaning{"ERR AUTH", FaultKind::Auth, "The server has no password for this user.", "Remove the password from the environment file, or set one on the server."},
    Meaning{"ERR Client sent AUTH", FaultKind::Auth, "The server has no password.", "Remove the password from the environment file, or set requirepass on the server."},
    Meaning{"NOPERM", FaultKind::Denied, "The ACL user lacks a right.", "Grant the right that the message names with ACL SETUSER."},
    Meaning{"LOADING", FaultKind::Unavailable, "The server is loading its data after a start.", "Wait; INFO persistence shows loading_eta_seconds."},
    Meaning{"MISCONF", FaultKind::Unavailable, "Writes are refused: saving to disk failed.", "Look at the disk and the server's log; see INFO persistence."},
    Meaning{"OOM", FaultKind::Unavailable, "maxmemory is reached and the policy evicts nothing.", "Free memory, raise maxmemory or choose an eviction policy."},
    Meaning{"READONLY", FaultKind::Unavailable, "This is a read-only replica.", "Find out whether a failover happened, and declare the primary."},
    Meaning{"MASTERDOWN", FaultKind::Unavailable, "This replica lost its primary and refuses stale reads.", "Look at the primary and the replication link."},
    Meaning{"NOREPLICAS", FaultKind::Unavailable, "Writes are refused: fewer good replicas than min-replicas-to-write.", "Look at the replicas."},
    Meaning{"BUSY ", FaultKind::Unavailable, "A script or module blocks the server.", "Look for the script; SCRIPT KILL ends one that has not written."},
    Meaning{"CLUSTERDOWN", FaultKind::Unavailable, "The cluster does not serve.", "Look at CLUSTER INFO."},
    Meaning{"MOVED", FaultKind::Config, "Another node of the cluster has this slot now.", "Declare \"topology\": \"cluster\"; there, the console asks again for the nodes."},
    Meaning{"ASK ", FaultKind::Config, "This slot is on its way to another node of the cluster.", "Declare \"topology\": \"cluster\"; or wait until the slot has arrived."},
    Meaning{"CROSSSLOT", FaultKind::Config, "This is a node of a cluster.", "Declare \"topology\": \"cluster\"."},
    Meaning{"DENIED", FaultKind::Refused, "Protected mode turns away remote clients without a password.", "Set a password on the server."},
    Meaning{"ERR max number of clients", FaultKind::Refused, "The server has no connection left (maxclients).", "Look for leaking connection pools with CLIENT LIST."},
    Meaning{"ERR unknown command", FaultKind::Denied, "The server does not know this command: renamed, disabled or a managed service.", "Use the provider's own tool for it."},
    Meaning{"ERR unknown subcommand", FaultKind::Denied, "The server does not know this command: too old, or a managed service.", "Use the provider's own tool for it."},
    Meaning{"ERR Unknown subcommand", FaultKind::Denied, "The server does not know this command: too old, or a managed service.", "Use the provider's own tool for it."},
    Meaning{"ERR DB index", FaultKind::Config, "The server does not have this database number.", "Check the number after the slash of the url."},
};

const Meaning *meaningOf(std::string_view error)
{
    const auto it = std::ranges::find_if(kMeanings, [error](const Meaning &meaning) { return error.starts_with(meaning.start); });
    return it == kMeanings.end() ? nullptr : &*it;
}

} // namespace

std::string_view errorPrefix(std::string_view error)
{
    return error.substr(0, error.find(' '));
}

Fault faultFromError(std::string_view error, std::string stage)
{
    const auto words = clamp(error, kErrorLimit);
    const auto *meaning = meaningOf(error);
    if (!meaning)
        return {FaultKind::Unavailable, std::move(stage), "The server answered: " + words, "Look at the server's log."};
    if (meaning->kind == FaultKind::Denied)
        stage = "privileges";
    return {meaning->kind, std::move(stage), std::string(meaning->sentence) + " The server said: " + words, std::string(meaning->hint)};
}

std::string aclLine(const std::string &user, std::string_view right)
{
    return "ACL SETUSER " + user + " +" + std::string(right);
}

Unknown unknownFromError(std::string_view error, const std::string &user, std::string_view right)
{
    if (error.starts_with("NOPERM"))
        return {"no permission: needs +" + std::string(right), aclLine(user, right)};
    const auto fault = faultFromError(error, "query");
    return {fault.detail, fault.hint};
}

Unknown unknownFromReply(const Reply &reply, const std::string &user, std::string_view right)
{
    if (reply.isError())
        return unknownFromError(reply.text, user, right);
    return {"the server's answer has an unexpected shape", "Compare with redis-cli."};
}

} // namespace muster::redis
