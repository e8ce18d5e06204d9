// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgclient.h"
#include "models/ports/source.h"

#include <expected>
#include <optional>
#include <vector>

namespace muster::postgres {

/// The one connection of a source: opened when needed, kept between rounds, never a second one. A refused login is not repeated for 30 s.
class PgSession {
public:
    PgSession(const Target &target, SessionOptions options) : m_target(target), m_options(std::move(options)) { }

    /// Connected, or why not.
    [[nodiscard]] std::expected<void, Fault> ensure(Deadline deadline);
    /// Fresh connection, told stage by stage: dns, tcp, tls, protocol, auth. The connection stays.
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline);
    [[nodiscard]] PgClient &client() { return m_client; }

    static constexpr Millis kAuthHold{ 30000 };

private:
    [[nodiscard]] std::expected<void, Fault> connect(Deadline deadline);

    const Target &m_target;
    SessionOptions m_options;
    PgClient m_client;
    std::optional<Fault> m_refused;
    BootTime m_refusedAt{};
};

/// "muster ada@laptop".
[[nodiscard]] SessionOptions optionsFor(const Target &target);

} // namespace muster::postgres
