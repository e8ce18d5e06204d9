// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/pgsession.h"

#include <algorithm>
#include <array>
#include <utility>

namespace muster::postgres {

namespace {

constexpr std::array<std::string_view, 5> kStages{ "dns", "tcp", "tls", "protocol", "auth" };

std::vector<DoctorStage> goodStages(const ConnectionInfo &info)
{
    const std::string tls = info.tlsVersion.empty() ? "not encrypted" : info.tlsVersion + ", " + info.tlsCipher;
    const std::string protocol = "server " + info.serverVersionText + (info.isPooled ? ", behind a connection pooler" : "");
    return { { "dns", true, info.address, "", info.dns },
             { "tcp", true, info.address, "", info.tcp },
             { "tls", true, tls, info.tlsVersion.empty() ? "Say sslmode=verify-full in the url to encrypt." : "", info.tls },
             { "protocol", true, protocol, info.isPooled ? "Declare the server's own address here and the pooler under \"pgbouncer\"." : "",
               Millis{ 0 } },
             { "auth", true, "logged in as " + info.user, "", info.auth } };
}

std::vector<DoctorStage> badStages(const Fault &fault, const ConnectionInfo &info)
{
    const std::array<Millis, 5> took{ info.dns, info.tcp, info.tls, Millis{ 0 }, info.auth };
    std::vector<DoctorStage> stages;
    for (std::size_t i = 0; i < kStages.size(); ++i) {
        if (kStages[i] == fault.stage)
            break;
        if (fault.stage == "configuration")
            break;
        stages.push_back({ std::string(kStages[i]), true, "", "", took[i] });
    }
    stages.push_back({ fault.stage, false, fault.detail, fault.hint, Millis{ 0 } });
    return stages;
}

} // namespace

SessionOptions optionsFor(const Target &target)
{
    SessionOptions options;
    options.applicationName = "muster " + target.operatorName;
    return options;
}

std::expected<void, Fault> PgSession::connect(Deadline deadline)
{
    const auto parameters = ConnectionParameters::from(m_target);
    if (!parameters)
        return std::unexpected(parameters.error());
    Secret password;
    if (m_target.password) {
        auto fetched = m_target.password();
        if (!fetched)
            return std::unexpected(fetched.error());
        password = std::move(*fetched);
    }
    return m_client.connect(*parameters, password, m_options, deadline);
}

std::expected<void, Fault> PgSession::ensure(Deadline deadline)
{
    if (m_client.isConnected())
        return {};
    if (m_refused && BootClock::now() - m_refusedAt < m_hold)
        return std::unexpected(*m_refused);
    m_refused.reset();
    auto connected = connect(deadline);
    if (connected) {
        m_hungHold = kHungHold;
        return connected;
    }
    const bool isHung = connected.error().kind == FaultKind::Timeout && m_client.info().isServed;
    if (isHung || connected.error().kind == FaultKind::Auth) {
        m_refused = connected.error();
        m_refusedAt = BootClock::now();
        m_hold = isHung ? std::exchange(m_hungHold, std::min(m_hungHold * 2, kLongestHold)) : kAuthHold;
    }
    return connected;
}

std::vector<DoctorStage> PgSession::diagnose(Deadline deadline)
{
    m_client.close();
    const auto connected = ensure(deadline);
    return connected ? goodStages(m_client.info()) : badStages(connected.error(), m_client.info());
}

} // namespace muster::postgres
