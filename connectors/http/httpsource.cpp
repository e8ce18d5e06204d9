// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpsource.h"

#include "connectors/http/custompointer.h"
#include "connectors/http/rounds.h"

namespace muster::http {

namespace {

constexpr Millis kQuarter{15000}; // a handful of GETs; fixes must show soon
constexpr Millis kMinute{60000};
constexpr Millis kFiveMinutes{300000};
/// A tick that comes a little early still counts as the next minute.
constexpr Millis kSlack{2000};

} // namespace

HttpSource::HttpSource(Target target, std::vector<CustomFact> custom)
    : m_target(std::move(target)), m_site(m_target, m_interrupter),
      m_parts{{&addReachFacts, Millis{0}, {}}, {&checkLegacyVersions, kFiveMinutes, {}}, {&addTlsFacts, kMinute, {}}, {&addPageFacts, kQuarter, {}}, {&addSlowFacts, kFiveMinutes, {}}}, m_custom(std::move(custom))
{
}

Cadence HttpSource::cadence() const
{
    return {Millis{3000}, Millis{5000}, Millis{4500}};
}

std::expected<FactBatch, Fault> HttpSource::collect(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    FactBatch batch{m_target.id, Stamp::now(), {}};
    if (const auto opened = m_site.open(deadline); !opened)
        return std::unexpected(opened.error());
    if (m_isAllWanted.exchange(false)) {
        for (auto &part : m_parts)
            part.last.reset();
    }
    for (auto &part : m_parts) {
        const auto now = BootClock::now();
        const bool isDue = !part.last || now - *part.last + kSlack >= part.every;
        // A part that cannot begin in time comes first with the next round: its facts go on ageing meanwhile.
        if (!isDue || deadline.isOver())
            continue;
        part.run(m_site, batch, deadline);
        if (!m_interrupter.isInterrupted())
            part.last = now;
    }
    m_custom.collect(batch, deadline, [this](const CustomFact &fact, Deadline limit) { return askCustom(m_site, fact, limit); });
    if (m_interrupter.isInterrupted())
        return std::unexpected(net::cancelledFault("protocol"));
    return batch;
}

std::vector<DoctorStage> HttpSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    m_site.close();
    return diagnoseSite(m_site, deadline);
}

} // namespace muster::http
