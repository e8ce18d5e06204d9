// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/appauditsource.h"

#include "models/facts/none.h"

#include <algorithm>
#include <cctype>
#include <chrono>

namespace muster::samples {

namespace {

constexpr Millis kBudget{750000};   // 2.5 rounds
constexpr Millis kReserve{300};     // kept for the answer, so that the source speaks before the watchdog does

} // namespace

std::string ageQuery(const std::string &query)
{
    auto inner = query;
    while (!inner.empty() && (inner.back() == ';' || std::isspace(static_cast<unsigned char>(inner.back())) != 0))
        inner.pop_back();
    // The line feed ends a comment at the query's end.
    return "SELECT extract(epoch FROM clock_timestamp() - (muster_audit.newest)::timestamptz) AS age FROM (" + inner + "\n) AS muster_audit(newest) LIMIT 1";
}

AppAuditSource::AppAuditSource(AppAuditTarget target) : m_target(std::move(target)), m_session(m_target.server, postgres::optionsFor(m_target.server)) {}

std::expected<postgres::Rows, Fault> AppAuditSource::ask(Deadline deadline)
{
    if (auto begun = m_session.client().query("BEGIN READ ONLY", deadline); !begun)
        return begun;
    // The query is the user's: its names mean what they mean in that user's own session.
    if (auto set = m_session.client().query("SET LOCAL search_path TO DEFAULT", deadline); !set)
        return set;
    auto rows = m_session.client().query(ageQuery(m_target.query), deadline);
    if (!rows && rows.error().kind == FaultKind::Denied)
        rows.error().hint = "GRANT SELECT on the audit table to the user of this console.";
    else if (!rows && rows.error().kind == FaultKind::Protocol)
        rows.error().hint = "“query” in the section “audit” must be one SELECT of one time, for example: select max(at) from audit_log";
    return rows;
}

std::expected<FactBatch, Fault> AppAuditSource::collect(Deadline deadline, std::stop_token stop)
{
    m_session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    const auto own = deadline.atMost(std::max(Millis{1}, deadline.left() - kReserve));
    if (auto connected = m_session.ensure(own); !connected)
        return std::unexpected(connected.error());
    const auto rows = ask(own);
    m_session.client().close();
    if (!rows)
        return std::unexpected(rows.error());
    FactBatch batch{m_target.id, Stamp::now(), {}};
    const auto age = rows->number(0, "age");
    batch.add("appaudit.newest_age", age ? std::max(0.0, *age) : kNoneAge, "s", kBudget, m_target.query + (age ? "" : "\nThe query gave no record."));
    return batch;
}

std::vector<DoctorStage> AppAuditSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_session.client().rearm();
    const std::stop_callback onStop(stop, [this] { interrupt(); });
    auto stages = m_session.diagnose(deadline);
    if (!m_session.client().isConnected())
        return stages;
    const auto start = BootClock::now();
    const auto rows = ask(deadline);
    m_session.client().close();
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    stages.push_back(rows ? DoctorStage{"query", true, rows->number(0, "age") ? "gives a time" : "gives no record yet", "", took}
                          : DoctorStage{"query", false, rows.error().detail, rows.error().hint, took});
    return stages;
}

} // namespace muster::samples
