// SPDX-License-Identifier: GPL-3.0-or-later
// How a KeyScan deletes in stages: the keys of one page wait for their turn, and the server's hit rate is looked at meanwhile.
#include "connectors/redis/keyscan.h"
#include "connectors/redis/redisinfoparser.h"
#include "models/format/format.h"

#include <algorithm>
#include <iterator>

namespace muster::redis {

namespace {

constexpr Millis kLongestRest{250};
constexpr Millis kKeepAliveEvery{5'000}; ///< a server's "timeout" closes idle connections
constexpr Millis kInfoLimit{10'000};

} // namespace

/// Nothing is in flight here: sends the next slice of the page, or asks for the next page.
KeyScan::Step KeyScan::nextStage()
{
    if (!m_options.pace || (m_waiting.empty() && m_cursor == 0))
        return {};
    if (m_waiting.empty()) {
        m_inFlight.push_back({Pending::Scan, 0, {}});
        return write(encode(scanCommand(m_cursor, nextCount(), m_options.pattern)));
    }
    if (auto turn = waitTurn(); !turn)
        return turn;
    const auto count = std::min(m_options.pace->take(m_waiting.size(), BootClock::now()), m_waiting.size());
    if (count == 0)
        return {};
    std::vector<std::string> slice(std::make_move_iterator(m_waiting.end() - static_cast<std::ptrdiff_t>(count)), std::make_move_iterator(m_waiting.end()));
    m_waiting.resize(m_waiting.size() - count);
    report();
    return write(unlinks(std::move(slice)));
}

/// Until the pace lets some keys go, with everything that may hold a flush meanwhile.
KeyScan::Step KeyScan::waitTurn()
{
    Millis quiet{0};
    for (auto left = m_options.pace->untilNext(m_waiting.size(), BootClock::now()); left > Millis{0}; left = m_options.pace->untilNext(m_waiting.size(), BootClock::now())) {
        if (auto looked = lookAtHits(); !looked)
            return looked;
        if (auto held = hold(); !held)
            return held;
        const auto length = std::min(left, kLongestRest);
        rest(m_control.stopToken(), length);
        m_result.totals.spread += length;
        quiet += length;
        if (quiet >= kKeepAliveEvery) {
            quiet = Millis{0};
            if (auto alive = keepAlive(); !alive)
                return alive;
        }
    }
    return m_control.isCancelled() ? Step(std::unexpected(End::Cancelled)) : Step();
}

/// At most once a second, and only while nothing is in flight.
KeyScan::Step KeyScan::lookAtHits()
{
    if (!m_options.pace || !m_misses.isDue(BootClock::now()))
        return {};
    const auto reply = m_client->call({"INFO", "stats"}, Deadline::after(kInfoLimit));
    if (!reply) {
        m_result.fault = reply.error();
        return std::unexpected(End::Lost);
    }
    const auto now = BootClock::now();
    m_misses.asked(now);
    const auto info = parseInfo(reply->text);
    const auto hits = info.number("keyspace_hits");
    const auto misses = info.number("keyspace_misses");
    if (!hits || !misses)
        return {};
    const bool wasStorm = m_misses.isStorm();
    m_misses.add(*hits, *misses, now);
    m_result.totals.lowestHits = m_misses.lowest();
    m_result.totals.storms += !wasStorm && m_misses.isStorm() ? 1 : 0;
    return {};
}

std::string KeyScan::stormText() const
{
    return "waiting: the hit rate is " + format::ratio(m_misses.now().value_or(0)) + ", below " + format::ratio(m_misses.least());
}

} // namespace muster::redis
