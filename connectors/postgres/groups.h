// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/catalogs.h"
#include "connectors/postgres/counters.h"
#include "connectors/postgres/databases.h"
#include "connectors/postgres/pgclient.h"
#include "connectors/postgres/replication.h"
#include "connectors/postgres/server.h"
#include "connectors/postgres/settings.h"
#include "connectors/postgres/query.h"
#include "connectors/postgres/statements.h"
#include "connectors/postgres/verify.h"

#include <expected>
#include <optional>
#include <span>
#include <string_view>

namespace muster::postgres {

class Groups;

/// Facts that come from the same statement and share its fate: one that fails makes exactly its own facts unknown.
struct Group {
    std::string_view name;
    Millis every; ///< 0 = each round; dear groups take longer on large catalogs, see PostgresSource
    std::expected<void, Fault> (Groups::*run)(FactWriter &, Deadline);
    std::span<const std::string_view> facts;
};

/// The statements of one server and what they need to remember between two rounds. Not thread-safe.
class Groups {
public:
    Groups(const Target &target, PgClient &client) : m_target(target), m_client(client) { }

    [[nodiscard]] static std::span<const Group> all();
    /// At the start of each round.
    void begin(Stamp now) { m_now = now; }
    [[nodiscard]] Context context() const;
    /// Changes with each start of the postmaster; "" before the first round.
    [[nodiscard]] const std::string &life() const { return m_server.started; }
    [[nodiscard]] const Rights &rights() const { return m_rights; }
    [[nodiscard]] const Server &server() const { return m_server; }
    /// Counters make rates from their second sample on.
    [[nodiscard]] bool hasRates() const { return m_counters.hasTwo(); }
    [[nodiscard]] double roundTrip() const { return m_roundTrip; } ///< s

    std::expected<void, Fault> runClock(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runServer(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runActivity(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runDatabases(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runSlots(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runStandbys(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runReceiver(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runRights(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runWal(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runSettings(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runConfigErrors(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runStatements(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runIndexes(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runTables(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runBloat(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runState(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runFiles(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runHba(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runSchema(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runHorizon(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runProgress(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runMembers(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runPlans(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runVerify(FactWriter &facts, Deadline deadline) { return m_verifier.run(m_client, m_rights, deadline, facts); }
    std::expected<void, Fault> runCounters(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runSequences(FactWriter &facts, Deadline deadline);
    std::expected<void, Fault> runSize(FactWriter &facts, Deadline deadline);

private:
    [[nodiscard]] std::optional<std::string> statementsObstacle() const;
    void rememberRole();

    const Target &m_target;
    PgClient &m_client;
    Stamp m_now{};
    Server m_server;
    Rights m_rights;
    Settings m_settings;
    QueryReader m_reader;
    std::optional<Identity> m_first;
    std::optional<BootTime> m_turnedAt; ///< since when the role is another one
    SlotWatch m_slotWatch;
    IndexVerifier m_verifier;
    CounterWindow m_counters{ kCounterWindow };
    Window<double> m_sizes{ Millis{ 86400000 } };
    std::optional<IndexBlocks> m_indexBlocks;
    std::string m_indexLife; ///< of m_indexBlocks
    double m_roundTrip = 0;
    DatabaseWindow m_databases{ kDatabaseWindow };
    CheckpointWindow m_checkpoints{ kCheckpointWindow };
    std::optional<StatementSample> m_statements;
    BootTime m_statementsAt{};
};

} // namespace muster::postgres
