// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgsession.h"
#include "models/ports/source.h"

namespace muster::pgbouncer {

/// Observes one PgBouncer through its console (the url's database is "pgbouncer"): the pgbouncer.* facts of the catalogue.
/// The role needs to be among stats_users.
class PgBouncerSource : public Source {
public:
    explicit PgBouncerSource(postgres::Target target);

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_session.client().interrupt(); }

private:
    [[nodiscard]] std::expected<FactBatch, Fault> read(Deadline deadline);

    const postgres::Target m_target;
    postgres::PgSession m_session;
};

} // namespace muster::pgbouncer
