// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/pgsession.h"
#include "models/ports/action.h"
#include "models/ports/actionfactory.h"

#include <optional>
#include <string>
#include <vector>

namespace muster::postgres {

/// One session as a plan names it: a pid alone may be somebody else's a second later.
struct SessionIdentity {
    int pid = 0;
    std::string backendStart; ///< as the server prints it, with microseconds
    std::string queryStart; ///< of the statement that it runs or ran last
    std::string state;
    std::string user;
    std::string database;
    std::string application;
    std::string client;
    std::string type; ///< "client backend", "autovacuum worker", ...
    std::string query;
    std::optional<double> transactionAge; ///< s
    double blocked = 0; ///< sessions that wait for it directly
    bool isSuperuser = false;
    bool isOwn = false; ///< the same role, or one that this role is a member of

    /// "4711 of 2026-11-25 05:00:01.2+00, statement of …": what run() compares again.
    [[nodiscard]] std::string key() const;
};

/// pg_cancel_backend or pg_terminate_backend on the very session of the plan; the signal and the comparison are one statement.
class SessionAction : public Action {
public:
    SessionAction(Target target, SessionEndRequest request);

    [[nodiscard]] std::string name() const override { return m_request.isTerminate ? "terminate-session" : "cancel-query"; }
    [[nodiscard]] std::expected<Plan, Fault> preflight(Deadline deadline, std::stop_token stop) override;
    [[nodiscard]] Outcome run(const Plan &plan, RunControl &control) override;
    [[nodiscard]] Outcome verify(const Plan &plan, Outcome outcome, RunControl &control) override;
    void interrupt() noexcept override { m_session.client().interrupt(); }

private:
    [[nodiscard]] std::expected<std::optional<SessionIdentity>, Fault> find(Deadline deadline);
    [[nodiscard]] std::expected<Rows, Fault> rights(Deadline deadline);
    [[nodiscard]] Fault notFound(const Rows &may);
    [[nodiscard]] std::vector<PlanCheck> checks(const Rows &may);
    [[nodiscard]] std::string called() const; ///< "pg_terminate_backend(4711)"

    const Target m_target;
    const SessionEndRequest m_request;
    PgSession m_session;
    std::optional<SessionIdentity> m_found;
    std::string m_identity;
};

} // namespace muster::postgres
