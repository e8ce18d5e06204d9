// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/site.h"
#include "connectors/http/target.h"
#include "models/facts/customfact.h"
#include "models/ports/source.h"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace muster::http {

/// The facts http.* and tls.* of one endpoint, all its addresses. Asks with GET, HEAD and OPTIONS only.
/// One thread, the Poller's; interrupt() from any.
class HttpSource : public Source {
public:
    explicit HttpSource(Target target, std::vector<CustomFact> custom = {});

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_interrupter.interrupt(); }
    void wantAll() noexcept override
    {
        m_isAllWanted.store(true);
        m_custom.wantAll();
    }

private:
    /// A part of the round with a cadence of its own.
    struct Part {
        void (*run)(Site &, FactBatch &, Deadline);
        Millis every;
        std::optional<BootTime> last;
    };
    Target m_target;
    net::Interrupter m_interrupter;
    std::atomic<bool> m_isAllWanted{false};
    Site m_site;
    std::vector<Part> m_parts;
    CustomFacts m_custom;
};

} // namespace muster::http
