// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbatch.h"
#include "models/ports/deadline.h"

#include <expected>
#include <stop_token>
#include <string>
#include <vector>

namespace muster {

/// How often a source is asked and how long one round may take.
struct Cadence {
    Millis subscribed{2000};  ///< while a page that shows it is visible
    Millis background{5000};  ///< else
    Millis deadline{4000};    ///< of one round; with `background` under 10 s, so that a silent server is named within that
    Millis secondSample{0};   ///< rates need two samples: after the first good round, and the first after a fault, the next comes this soon; 0 = no rates
};

/// One stage of a connection diagnosis (`musterctl doctor`): DNS, TCP, TLS, protocol, auth, privileges, version, role.
struct DoctorStage {
    std::string name;   ///< "dns", "tcp", "tls", "protocol", "auth", "privileges", "version", "role"
    bool isGood = false;
    std::string detail; ///< address, certificate, version ...; or the raw error
    std::string hint;   ///< the next step when not good
    Millis took{0};
};

/// Something that observes facts: one server, one directory, one repository. Plain C++, no QObject.
/// `collect` and `diagnose` are called on the source's own thread, one at a time. `interrupt` may be called from any thread at any moment.
class Source {
public:
    virtual ~Source() = default;

    [[nodiscard]] virtual const std::string &id() const = 0; ///< "postgres/primary"
    [[nodiscard]] virtual Cadence cadence() const = 0;
    /// One round. Returns by the deadline or soon after a stop request. Keeps its connection for the next round.
    [[nodiscard]] virtual std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) = 0;
    /// The next round measures everything, however recent it is: the operator asked. Thread-safe.
    virtual void wantAll() noexcept {}
    /// Staged diagnosis with a fresh connection.
    [[nodiscard]] virtual std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) = 0;
    /// Shuts the socket under a blocked round, so that it ends now. The watchdog's last word. Thread-safe, never blocks.
    virtual void interrupt() noexcept = 0;
};

} // namespace muster
