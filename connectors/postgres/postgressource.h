// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/conninfo.h"
#include "models/facts/customfact.h"
#include "models/ports/source.h"

#include <memory>

namespace muster::postgres {

/// Observes one PostgreSQL server, 13 and later: the postgres.* facts of the catalogue (resources/readiness/facts.md).
/// What changes fast is asked each round, what is dear rarely; a group of facts that cannot be had is unknown with its reason and leaves
/// the others alone.
class PostgresSource : public Source {
public:
    explicit PostgresSource(Target target, std::vector<CustomFact> custom = {});
    ~PostgresSource() override;

    [[nodiscard]] const std::string &id() const override;
    [[nodiscard]] Cadence cadence() const override;
    void wantAll() noexcept override;
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override;

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace muster::postgres
