// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/pgsession.h"
#include "models/ports/source.h"

#include <string>

namespace muster::samples {

struct AppAuditTarget {
    std::string id; ///< "appaudit/app-audit"
    postgres::Target server;
    std::string query; ///< gives the newest record's time: "select max(at) from audit_log"
};

/// `query` as the statement that is sent: its age in seconds by the server's own clock, in one row of one column.
[[nodiscard]] std::string ageQuery(const std::string &query);

/// Asks the application's own audit table how old its newest record is, in a read-only transaction. Connects for each round, as they are
/// far apart. Fact: appaudit.newest_age.
class AppAuditSource : public Source
{
public:
    explicit AppAuditSource(AppAuditTarget target);

    [[nodiscard]] const std::string &id() const override { return m_target.id; }
    [[nodiscard]] Cadence cadence() const override { return {Millis{60000}, Millis{300000}, Millis{8000}}; }
    [[nodiscard]] std::expected<FactBatch, Fault> collect(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] std::vector<DoctorStage> diagnose(Deadline deadline, std::stop_token stop) override;
    void interrupt() noexcept override { m_session.client().interrupt(); }

private:
    [[nodiscard]] std::expected<postgres::Rows, Fault> ask(Deadline deadline);

    AppAuditTarget m_target;
    postgres::PgSession m_session;
};

} // namespace muster::samples
