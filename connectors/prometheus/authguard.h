// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/fault.h"

#include <optional>
#include <utility>

namespace muster::prometheus {

/// Refused credentials are not tried again for 30 s: the stored fault answers meanwhile.
class AuthGuard {
public:
    [[nodiscard]] std::optional<Fault> standing() const
    {
        return m_fault && BootClock::now() - m_at < Millis{30000} ? m_fault : std::nullopt;
    }
    void note(const Fault &fault)
    {
        if (fault.kind != FaultKind::Auth)
            return;
        m_fault = fault;
        m_at = BootClock::now();
    }

private:
    std::optional<Fault> m_fault;
    BootTime m_at{};
};

} // namespace muster::prometheus
