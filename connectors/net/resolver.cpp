// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/resolver.h"

#include "connectors/net/stream.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace muster::net {

namespace {

constexpr std::size_t kMaxAddresses = 16;
constexpr std::size_t kMaxHostLength = 255;
constexpr int kMaxPending = 32;

/// Lookups whose thread has not ended, abandoned ones included.
std::atomic<int> pendingLookups{0};

/// Shared between the caller and its helper thread; the last one out frees it.
struct Lookup {
    std::string host;
    std::string port;
    Descriptor done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    std::mutex mutex;
    int error = 0;
    std::vector<Address> addresses;
};

std::vector<Address> interleave(const std::vector<Address> &all)
{
    if (all.empty())
        return {};
    const int firstFamily = all.front().family();
    std::vector<Address> first;
    std::vector<Address> second;
    for (const Address &address : all)
        (address.family() == firstFamily ? first : second).push_back(address);
    std::vector<Address> mixed;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()) && mixed.size() < kMaxAddresses; ++i) {
        if (i < first.size())
            mixed.push_back(first[i]);
        if (i < second.size() && mixed.size() < kMaxAddresses)
            mixed.push_back(second[i]);
    }
    return mixed;
}

int lookUp(const std::string &host, const std::string &port, int flags, std::vector<Address> &addresses)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo *list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    if (error != 0)
        return error;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    std::vector<Address> all;
    for (const addrinfo *entry = list; entry; entry = entry->ai_next)
        all.push_back(Address::of(entry->ai_addr, entry->ai_addrlen));
    addresses = interleave(all);
    return 0;
}

void runLookup(const std::shared_ptr<Lookup> &lookup)
{
    std::vector<Address> addresses;
    const int error = lookUp(lookup->host, lookup->port, 0, addresses);
    {
        const std::lock_guard lock(lookup->mutex);
        lookup->error = error;
        lookup->addresses = std::move(addresses);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(lookup->done.get(), &one, sizeof one);
    --pendingLookups;
}

/// Starts the helper with every signal blocked: a signal belongs to the threads that expect it.
bool startHelper(const std::shared_ptr<Lookup> &lookup)
{
    if (++pendingLookups > kMaxPending) {
        --pendingLookups;
        return false;
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool isStarted = true;
    try {
        std::thread(runLookup, lookup).detach();
    } catch (const std::system_error &) {
        --pendingLookups;
        isStarted = false;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return isStarted;
}

Fault dnsFault(const std::string &host, int error)
{
    const bool isTemporary = error == EAI_AGAIN;
    return {FaultKind::Dns, "dns", "“" + host + "” does not resolve: " + ::gai_strerror(error),
            isTemporary ? "The name server gave no answer: check the resolver and the VPN of this machine."
                        : "Check the spelling of the host, and whether its name is known in the network that you are on."};
}

Fault slowFault(const std::string &host)
{
    return {FaultKind::Timeout, "dns", "no answer from the resolver for “" + host + "” in time",
            "Check the resolver and the VPN of this machine; other hosts by the same name server fail as well."};
}

bool isPlausibleHost(const std::string &host)
{
    return !host.empty() && host.size() <= kMaxHostLength
        && std::none_of(host.begin(), host.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

} // namespace

std::expected<std::vector<Address>, Fault> resolve(const std::string &host, std::uint16_t port, Deadline deadline, const Interrupter &interrupter)
{
    if (!isPlausibleHost(host))
        return std::unexpected(Fault{FaultKind::Config, "dns", "“" + muster::clamp(host, 64) + "” is not a host name", "Correct the host in the environment file."});

    std::vector<Address> literal;
    if (lookUp(host, std::to_string(port), AI_NUMERICHOST, literal) == 0)
        return literal;

    const auto lookup = std::make_shared<Lookup>();
    lookup->host = host;
    lookup->port = std::to_string(port);
    if (!startHelper(lookup))
        return std::unexpected(slowFault(host));
    switch (waitFor(lookup->done.get(), POLLIN, deadline, interrupter)) {
    case Wake::Interrupted:
        return std::unexpected(cancelledFault("dns"));
    case Wake::TimedOut:
        return std::unexpected(slowFault(host));
    case Wake::Ready:
        break;
    }
    const std::lock_guard lock(lookup->mutex);
    if (lookup->error != 0 || lookup->addresses.empty())
        return std::unexpected(dnsFault(host, lookup->error != 0 ? lookup->error : EAI_NONAME));
    return lookup->addresses;
}

} // namespace muster::net
