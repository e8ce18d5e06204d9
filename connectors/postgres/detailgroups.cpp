// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/catalogs.h"
#include "connectors/postgres/details.h"
#include "connectors/postgres/groups.h"
#include "connectors/postgres/multixacts.h"
#include "connectors/postgres/plans.h"
#include "connectors/postgres/probes.h"
#include "connectors/postgres/tables.h"

namespace muster::postgres {

std::expected<void, Fault> Groups::runState(FactWriter &facts, Deadline deadline)
{
    return runProbes(stateProbes(), m_client, m_reader, m_rights, context(), deadline, facts);
}

std::expected<void, Fault> Groups::runFiles(FactWriter &facts, Deadline deadline)
{
    return runProbes(fileProbes(), m_client, m_reader, m_rights, context(), deadline, facts);
}

std::expected<void, Fault> Groups::runHba(FactWriter &facts, Deadline deadline)
{
    return runProbes(hbaProbes(), m_client, m_reader, m_rights, context(), deadline, facts);
}

std::expected<void, Fault> Groups::runSchema(FactWriter &facts, Deadline deadline)
{
    return runProbes(schemaProbes(), m_client, m_reader, m_rights, context(), deadline, facts);
}

std::expected<void, Fault> Groups::runHorizon(FactWriter &facts, Deadline deadline)
{
    if (!m_rights.isMonitor) {
        facts.unknownAll(factsOfHorizon(), "this role may not see other users' sessions", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_reader.read(m_client, horizonQuery(), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addHorizonFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runProgress(FactWriter &facts, Deadline deadline)
{
    if (!m_rights.isMonitor) {
        facts.unknownAll(factsOfProgress(), "this role may not see other users' commands", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_reader.read(m_client, progressQuery(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addProgressFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runMembers(FactWriter &facts, Deadline deadline)
{
    const auto rows = m_client.query(membersSql(m_rights), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addMemberFacts(*rows, context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runPlans(FactWriter &facts, Deadline deadline)
{
    const auto obstacle = m_client.info().serverVersion < 140000 ? std::optional<std::string>("PostgreSQL 14 and later") : statementsObstacle();
    if (obstacle) {
        for (const auto name : factsOfPlans())
            facts.notApplicable(name, *obstacle);
        return {};
    }
    if (!m_rights.isMonitor) {
        facts.unknownAll(factsOfPlans(), "this role may not see other users' statements", context().grant("pg_monitor"));
        return {};
    }
    const auto rows = m_client.query(plansSql(m_rights), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addPlanFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runCounters(FactWriter &facts, Deadline deadline)
{
    const auto items = counterItems(m_rights);
    const auto rows = m_reader.read(m_client, { "counters", items, {}, {} }, deadline);
    if (!rows)
        return std::unexpected(rows.error());
    pushCounters(m_counters, m_now.boot, parseCounters(*rows, m_server.started));
    addCounterFacts(m_counters, m_reader.problems("counters"), m_settings.truth("track_io_timing").value_or(false), m_rights, context(), facts);
    return {};
}

std::expected<void, Fault> Groups::runTables(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby) {
        for (const auto name : factsOfTables())
            facts.notApplicable(name, "a standby does not count rows");
        return {};
    }
    const auto rows = m_client.query(tablesSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addTableFacts(*rows, facts);
    return {};
}

std::expected<void, Fault> Groups::runBloat(FactWriter &facts, Deadline deadline)
{
    if (m_server.isStandby) {
        for (const auto name : factsOfBloat())
            facts.notApplicable(name, "asked on the primary");
        return {};
    }
    const auto rows = m_client.query(bloatSql(m_client.info().serverVersion), deadline);
    if (!rows)
        return std::unexpected(rows.error());
    addBloatFacts(*rows, context(), facts);
    return {};
}

} // namespace muster::postgres
