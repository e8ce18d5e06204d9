// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"
#include "models/ports/source.h"

#include <expected>
#include <optional>
#include <vector>

namespace muster::postgres {

/// The one connection of a source: opened when needed, kept between rounds, never a second one. A refused login is not repeated for 30 s. One
/// that a backend took and did not end (a lock on the catalogs) is not repeated for 5 s, then 10 s, up to 5 minutes: those backends stay until
/// the lock is gone, and one for each try would pile up.
class PgSession {
public:
    PgSession(const Target &target, SessionOptions options) : m_target(target), m_options(std::move(options)) { }

    /// Connected, or why not.
    [[nodiscard]] std::expected<void, Fault> ensure(Deadline deadline);
    /// Fresh connection, told stage by stage: dns, tcp, tls, protocol, auth. The connection stays.
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline);
    [[nodiscard]] PgClient &client() { return m_client; }

    static constexpr Millis kAuthHold{ 30000 };
    static constexpr Millis kHungHold{ 5000 };
    static constexpr Millis kLongestHold{ 300000 };

private:
    [[nodiscard]] std::expected<void, Fault> connect(Deadline deadline);

    const Target &m_target;
    SessionOptions m_options;
    PgClient m_client;
    std::optional<Fault> m_refused;
    BootTime m_refusedAt{};
    Millis m_hold{ 0 }; ///< how long m_refused stands
    Millis m_hungHold{ kHungHold }; ///< for the next one that hangs
};

/// "muster ada@laptop".
[[nodiscard]] SessionOptions optionsFor(const Target &target);

} // namespace muster::postgres
