// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/net/dialer.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

namespace muster::net {

namespace {

constexpr Millis kHeadStart{250};

struct Try {
    const Address *address = nullptr;
    Descriptor socket;
    BootTime started{};
    Millis took{0};
    int error = 0;         ///< errno; 0 while pending or connected
    bool isPending = false;
    bool isConnected = false;
};

/// One race. Lives for one call of dial().
class Race {
public:
    Race(const std::vector<Address> &addresses, Deadline deadline, const Interrupter &interrupter) :
        m_addresses(addresses), m_deadline(deadline), m_interrupter(interrupter) {}

    Wake run();
    [[nodiscard]] Try *winner();
    [[nodiscard]] std::vector<Attempt> attempts(Wake end) const;
    [[nodiscard]] Fault fault(Wake end) const;

private:
    const std::vector<Address> &m_addresses;
    Deadline m_deadline;
    const Interrupter &m_interrupter;
    std::vector<Try> m_tries;

    void startNext();
    void settle(Try &attempt, int error);
    [[nodiscard]] bool hasPending() const;
    [[nodiscard]] bool hasMore() const { return m_tries.size() < m_addresses.size(); }
    void pollOnce(Millis patience);
};

void Race::startNext()
{
    Try attempt;
    attempt.address = &m_addresses[m_tries.size()];
    attempt.started = BootClock::now();
    attempt.socket = openTcpSocket(attempt.address->family());
    if (!attempt.socket.isOpen())
        attempt.error = errno;
    else if (::connect(attempt.socket.get(), attempt.address->raw(), attempt.address->length) == 0)
        attempt.isConnected = true;
    else if (errno == EINPROGRESS || errno == EINTR)
        attempt.isPending = true;
    else
        attempt.error = errno;
    m_tries.push_back(std::move(attempt));
}

void Race::settle(Try &attempt, int error)
{
    attempt.isPending = false;
    attempt.isConnected = error == 0;
    attempt.error = error;
    attempt.took = std::chrono::round<Millis>(BootClock::now() - attempt.started);
}

bool Race::hasPending() const
{
    return std::any_of(m_tries.begin(), m_tries.end(), [](const Try &attempt) { return attempt.isPending; });
}

void Race::pollOnce(Millis patience)
{
    std::vector<pollfd> set{{m_interrupter.descriptor(), POLLIN, 0}};
    std::vector<Try *> pending;
    for (Try &attempt : m_tries) {
        if (!attempt.isPending)
            continue;
        pending.push_back(&attempt);
        set.push_back({attempt.socket.get(), POLLOUT, 0});
    }
    const auto wait = std::min({patience.count(), m_deadline.left().count(), static_cast<Millis::rep>(std::numeric_limits<int>::max())});
    if (::poll(set.data(), set.size(), static_cast<int>(wait)) <= 0)
        return;
    for (std::size_t i = 0; i < pending.size(); ++i) {
        if (set[i + 1].revents == 0)
            continue;
        int error = 0;
        socklen_t length = sizeof error;
        if (::getsockopt(pending[i]->socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
            error = errno;
        settle(*pending[i], error);
    }
}

Wake Race::run()
{
    BootTime nextStart = BootClock::now();
    for (;;) {
        if (m_interrupter.isInterrupted())
            return Wake::Interrupted;
        if (winner())
            return Wake::Ready;
        if (m_deadline.isOver())
            return Wake::TimedOut;
        if (hasMore() && (!hasPending() || BootClock::now() >= nextStart)) {
            startNext();
            nextStart = BootClock::now() + kHeadStart;
            continue;
        }
        if (!hasPending())
            return Wake::Ready; // every address has failed
        const auto untilNext = std::chrono::ceil<Millis>(nextStart - BootClock::now());
        pollOnce(hasMore() ? std::max(untilNext, Millis{1}) : m_deadline.left());
    }
}

Try *Race::winner()
{
    const auto found = std::find_if(m_tries.begin(), m_tries.end(), [](const Try &attempt) { return attempt.isConnected; });
    return found == m_tries.end() ? nullptr : &*found;
}

std::vector<Attempt> Race::attempts(Wake end) const
{
    std::vector<Attempt> list;
    for (const Try &attempt : m_tries) {
        std::string error;
        Millis took = attempt.took;
        if (attempt.error != 0)
            error = errorText(attempt.error);
        else if (attempt.isPending) {
            error = end == Wake::TimedOut ? "no answer in time" : end == Wake::Interrupted ? "stopped" : "given up: another address was faster";
            took = std::chrono::round<Millis>(BootClock::now() - attempt.started);
        }
        list.push_back({attempt.address->text, error, took});
    }
    return list;
}

Fault Race::fault(Wake end) const
{
    std::string detail;
    for (const Attempt &attempt : attempts(end))
        detail += (detail.empty() ? "" : "; ") + attempt.address + ": " + attempt.error + " (" + std::to_string(attempt.took.count()) + " ms)";
    if (detail.empty())
        detail = "no time was left to connect to " + m_addresses.front().text;
    const bool isRefused = std::any_of(m_tries.begin(), m_tries.end(), [](const Try &attempt) { return attempt.error == ECONNREFUSED; });
    if (isRefused)
        return {FaultKind::Refused, "tcp", detail, "The host answers, but nothing listens on this port: check that the service runs, and the port."};
    if (end == Wake::TimedOut)
        return {FaultKind::Timeout, "tcp", detail, "The host does not answer: check that it is up, and firewalls and the VPN on the way."};
    return {FaultKind::Unavailable, "tcp", detail, "The host cannot be reached from here: check the network, the route and the VPN."};
}

} // namespace

std::expected<Dialled, Fault> dial(const std::vector<Address> &addresses, Deadline deadline, const Interrupter &interrupter,
                                   std::vector<Attempt> *attempts)
{
    Race race(addresses, deadline, interrupter);
    const Wake end = race.run();
    if (attempts)
        *attempts = race.attempts(end);
    if (end == Wake::Interrupted)
        return std::unexpected(cancelledFault("tcp"));
    if (Try *winner = race.winner())
        return Dialled{std::move(winner->socket), *winner->address};
    return std::unexpected(race.fault(end));
}

} // namespace muster::net
