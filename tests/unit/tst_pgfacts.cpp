// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/catalogs.h"
#include "connectors/postgres/replication.h"
#include "connectors/postgres/server.h"
#include "connectors/postgres/settings.h"
#include "connectors/postgres/statements.h"
#include "tests/unit/postgresrows.h"

#include <QTest>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

class TestPgFacts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void archiverFailsByTimesNotByCounts();
    void standbyHasNoArchiver();
    void checkpointsComeFromTheWindow();
    void versionsEndAfterFiveYears();
    void columnsFollowTheVersion();
    void slotsAreBadWhenNobodyReads();
    void aSlotIsForgottenAfterHalfAnHourOfWatching();
    void missingStandbysAreNeverNegative();
    void idleStandbyIsNotBehind();
    void settingsBecomeFacts();
    void standbyIsReadOnlyOnlyAgainstADeclaration();
    void logConnectionsSpeaksBothDialects();
    void hiddenPreloadIsUnknown();
    void statementWindowIsADelta();
    void statementColumnsFollowTheExtension();
    void hiddenSequencesAreUnknown();
    void indexFindingsNameTheWorst();
    void grantQuotesTheRole();
    void rowsRefuseWhatIsNoNumber();
};

namespace {

Server serverOf(std::vector<std::pair<std::string, std::optional<std::string>>> cells)
{
    return parseServer(oneRow(cells));
}

FactBatch factsOf(const Server &server)
{
    FactBench bench;
    CheckpointWindow window(kCheckpointWindow);
    pushCheckpoints(window, BootClock::now(), server);
    addServerFacts(server, window, bench.context(), bench.facts);
    return bench.batch;
}

} // namespace

void TestPgFacts::archiverFailsByTimesNotByCounts()
{
    const auto good = factsOf(serverOf({ { "archive_mode", "on" },
                                         { "archive_age", "12" },
                                         { "archiver_failing", "f" },
                                         { "last_failed_wal", "000000010000000000000003" } }));
    QVERIFY(isFalse(good, "postgres.archiver_failing"));
    QCOMPARE(numberOf(good, "postgres.archive_age"), 12.0);
    const auto bad = factsOf(serverOf(
        { { "archive_mode", "on" }, { "archive_age", std::nullopt }, { "archiver_failing", "t" }, { "last_failed_wal", "0003" } }));
    QVERIFY(isTrue(bad, "postgres.archiver_failing"));
    QVERIFY(!unknownReason(bad, "postgres.archive_age").empty());
}

void TestPgFacts::standbyHasNoArchiver()
{
    const auto batch = factsOf(serverOf({ { "in_recovery", "t" }, { "archive_mode", "on" } }));
    QCOMPARE(textOf(batch, "postgres.role"), std::string("standby"));
    QVERIFY(isNotApplicable(batch, "postgres.archiver_failing"));
    QVERIFY(isNotApplicable(batch, "postgres.checkpoints_requested_ratio"));
}

void TestPgFacts::checkpointsComeFromTheWindow()
{
    CheckpointWindow window(kCheckpointWindow);
    const auto start = BootClock::now();
    auto server = serverOf({ { "started", "1" }, { "timed", "1000" }, { "requested", "4000" }, { "checkpoint_reset", "1" },
                             { "checkpoint_write", "900" }, { "checkpoint_sync", "10" } });
    pushCheckpoints(window, start, server);
    FactBench first;
    addServerFacts(server, window, first.context(), first.facts);
    QVERIFY(isNotApplicable(first.batch, "postgres.checkpoint_sync_time")); // no checkpoint ended yet
    server.checkpointsTimed += 3;
    server.checkpointsRequested += 1;
    server.checkpointWrite = 1000;
    server.checkpointSync = 90;
    pushCheckpoints(window, start + std::chrono::minutes(5), server);
    FactBench bench;
    addServerFacts(server, window, bench.context(), bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.checkpoints_requested_ratio"), 0.25);
    QCOMPARE(numberOf(bench.batch, "postgres.checkpoint_write_time"), 25.0);
    QCOMPARE(numberOf(bench.batch, "postgres.checkpoint_sync_time"), 20.0);
    server.checkpointReset = "2";
    pushCheckpoints(window, start + std::chrono::minutes(6), server);
    QVERIFY(!window.hasTwo());
}

void TestPgFacts::versionsEndAfterFiveYears()
{
    using std::chrono::sys_days;
    using std::chrono::year;
    const WallTime lastDay = sys_days(year{ 2027 } / 11 / 11);
    QCOMPARE(isSupported(150018, lastDay), std::optional(true));
    QCOMPARE(isSupported(150018, lastDay + std::chrono::days(1)), std::optional(false));
    QCOMPARE(isSupported(90624, lastDay), std::optional(false));
    QCOMPARE(isSupported(190000, lastDay), std::optional(true));
    QVERIFY(!isSupported(0, lastDay));
    QCOMPARE(shortVersion("15.18 (Debian 15.18-1)"), std::string("15.18"));
}

void TestPgFacts::columnsFollowTheVersion()
{
    QVERIFY(sqlOf(serverQuery(), 160000).find("bgwriter_timed") != std::string::npos);
    QVERIFY(sqlOf(serverQuery(), 170000).find("bgwriter") == std::string::npos);
    QVERIFY(slotsSql(160000).find("inactive_since)") == std::string::npos);
    QVERIFY(slotsSql(170000).find("extract(epoch from inactive_since)") != std::string::npos);
    QVERIFY(rightsSql(130000).find("pg_read_all_data") == std::string::npos);
    QVERIFY(rightsSql(140000).find("pg_read_all_data") != std::string::npos);
}

void TestPgFacts::slotsAreBadWhenNobodyReads()
{
    const auto slots =
        parseSlots(rowsOf({ "slot_name", "slot_type", "active", "wal_status", "safe_wal_size", "retained", "inactive_since", "inactive_for" },
                          { { "standby1", "physical", "t", "reserved", "1000", "5000000", std::nullopt, std::nullopt },
                            { "left_over", "logical", "f", "extended", "-5", "3000000", "1795562202", "1800" },
                            { "restarting", "logical", "f", "reserved", std::nullopt, "2000000", "1795562202", "20" },
                            { "gone", "physical", "f", "lost", std::nullopt, std::nullopt, std::nullopt, std::nullopt },
                            { "fresh", "physical", "f", std::nullopt, std::nullopt, std::nullopt, std::nullopt, "9000" } }));
    FactBench bench;
    addSlotFacts(slots, bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.slots_waiting"), 1.0); // the one whose consumer restarts
    QCOMPARE(numberOf(bench.batch, "postgres.slots_bad"), 2.0);
    QCOMPARE(numberOf(bench.batch, "postgres.slot_retained_max"), 5000000.0);
    QCOMPARE(textOf(bench.batch, "postgres.slot_worst"), std::string("left_over (inactive, extended)"));
    QCOMPARE(tableOf(bench.batch, "postgres.slots").number(1, "safe_wal_size"), std::optional(-5.0));
    QVERIFY(!tableOf(bench.batch, "postgres.slots").number(2, "safe_wal_size"));
}

void TestPgFacts::aSlotIsForgottenAfterHalfAnHourOfWatching()
{
    const Slot idle{ "old", "physical", false, 5000000, "reserved", std::nullopt, std::nullopt, "" };
    SlotWatch watch;
    const auto stateAt = [&](Millis after) {
        std::vector<Slot> slots{ idle };
        watchSlots(slots, watch, BootTime(after));
        return std::pair(slots.front().isWaiting(), slots.front().isBad());
    };
    QVERIFY(stateAt(Millis{ 0 }) == std::pair(true, false));
    QVERIFY(stateAt(Millis{ 1799000 }) == std::pair(true, false));
    QVERIFY(stateAt(Millis{ 1800000 }) == std::pair(false, true));
    std::vector<Slot> none;
    watchSlots(none, watch, BootTime(Millis{ 1801000 }));
    QVERIFY(stateAt(Millis{ 1802000 }) == std::pair(true, false)); // made anew under the same name
    Slot much = idle;
    much.retained = 2e9;
    QVERIFY(much.isBad()); // a first look that finds gigabytes needs no watching
}

void TestPgFacts::missingStandbysAreNeverNegative()
{
    const std::vector<Standby> standbys{ { "a", "10.0.0.2", "streaming", 100.0, 0.5, "async" },
                                         { "b", "10.0.0.3", "catchup", 9000.0, std::nullopt, "async" } };
    FactBench bench;
    bench.target.expectedStandbys = 0;
    addStandbyFacts(standbys, bench.context(), bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.standbys_missing"), 0.0);
    QCOMPARE(numberOf(bench.batch, "postgres.replication_lag_bytes"), 9000.0);
    QCOMPARE(textOf(bench.batch, "postgres.replication_worst"), std::string("b at 10.0.0.3"));
    FactBench silent; // connected, and stopped before its first answer
    addStandbyFacts({ { "a", "10.0.0.2", "streaming", std::nullopt, std::nullopt, "async", 1.63e8 } }, silent.context(), silent.facts);
    QCOMPARE(numberOf(silent.batch, "postgres.replication_lag_bytes"), 1.63e8);
    QCOMPARE(textOf(silent.batch, "postgres.replication_worst"), std::string("a at 10.0.0.2 (163 MB not sent yet: lost if it is promoted now)"));
    FactBench expecting;
    expecting.target.expectedStandbys = 2;
    addStandbyFacts(standbys, expecting.context(), expecting.facts);
    QCOMPARE(numberOf(expecting.batch, "postgres.standbys_missing"), 1.0);
    FactBench hidden;
    addStandbyFacts({ { "a", "", "", std::nullopt, std::nullopt, "" } }, hidden.context(), hidden.facts);
    QVERIFY(!unknownReason(hidden.batch, "postgres.standbys_connected").empty());
    FactBench none;
    addStandbyFacts({}, none.context(), none.facts);
    QVERIFY(isNotApplicable(none.batch, "postgres.replication_lag"));
    QVERIFY(isNotApplicable(none.batch, "postgres.standbys_missing"));
}

void TestPgFacts::idleStandbyIsNotBehind()
{
    FactBench idle;
    addReceiverFacts(parseReceiver(oneRow({ { "pid", "7" }, { "status", "streaming" }, { "lag_bytes", "0" }, { "lag", "86400" } })),
                     idle.context(), idle.facts);
    QCOMPARE(numberOf(idle.batch, "postgres.replication_lag"), 0.0);
    FactBench cut;
    addReceiverFacts(
        parseReceiver(oneRow({ { "pid", std::nullopt }, { "status", std::nullopt }, { "lag_bytes", "0" }, { "lag", "86400" } })),
        cut.context(), cut.facts);
    QCOMPARE(numberOf(cut.batch, "postgres.replication_lag"), 86400.0);
    FactBench hidden;
    addReceiverFacts(parseReceiver(oneRow({ { "pid", "7" }, { "status", std::nullopt }, { "lag_bytes", "0" }, { "lag", "1" } })),
                     hidden.context(), hidden.facts);
    QVERIFY(!unknownReason(hidden.batch, "postgres.replication_lag").empty());
}

void TestPgFacts::settingsBecomeFacts()
{
    const auto settings = parseSettings(
        rowsOf({ "name", "setting", "unit", "source", "pending_restart" },
               { { "autovacuum", "on", std::nullopt, "default", "f" },
                 { "track_counts", "off", std::nullopt, "default", "f" },
                 { "fsync", "off", std::nullopt, "configuration file", "f" },
                 { "full_page_writes", "on", std::nullopt, "default", "f" },
                 { "log_min_duration_statement", "250", "ms", "configuration file", "f" },
                 { "password_encryption", "md5", std::nullopt, "default", "f" },
                 { "default_transaction_read_only", "on", std::nullopt, "configuration file", "f" },
                 { "shared_preload_libraries", "pg_stat_statements, $libdir/pgaudit", std::nullopt, "configuration file", "f" },
                 { "max_connections", "200", std::nullopt, "configuration file", "t" } }));
    FactBench bench;
    addSettingFacts(settings, bench.context(), bench.facts);
    QVERIFY(isFalse(bench.batch, "postgres.autovacuum_on"));
    QVERIFY(isFalse(bench.batch, "postgres.fsync"));
    QVERIFY(isTrue(bench.batch, "postgres.is_read_only"));
    QVERIFY(isTrue(bench.batch, "postgres.pgaudit"));
    QCOMPARE(numberOf(bench.batch, "postgres.log_min_duration"), 0.25);
    QCOMPARE(numberOf(bench.batch, "postgres.pending_restart"), 1.0);
    QCOMPARE(find(bench.batch, "postgres.pending_restart")->raw, std::string("max_connections"));
    QVERIFY(!unknownReason(bench.batch, "postgres.log_connections").empty());
}

void TestPgFacts::standbyIsReadOnlyOnlyAgainstADeclaration()
{
    FactBench bench;
    bench.isStandby = true;
    addSettingFacts({}, bench.context(), bench.facts);
    QVERIFY(isFalse(bench.batch, "postgres.is_read_only"));
    FactBench declared;
    declared.isStandby = true;
    declared.target.isPrimaryExpected = true;
    addSettingFacts({}, declared.context(), declared.facts);
    QVERIFY(isTrue(declared.batch, "postgres.is_read_only"));
}

void TestPgFacts::logConnectionsSpeaksBothDialects()
{
    QVERIFY(isLogConnectionsOn("on"));
    QVERIFY(isLogConnectionsOn("receipt,authorization"));
    QVERIFY(!isLogConnectionsOn("off"));
    QVERIFY(!isLogConnectionsOn(""));
}

void TestPgFacts::hiddenPreloadIsUnknown()
{
    FactBench bench;
    addSettingFacts({}, bench.context(), bench.facts);
    QCOMPARE(unknownHint(bench.batch, "postgres.pgaudit"), std::string("GRANT pg_monitor TO \"oncall\";"));
    QVERIFY(!Settings().isPreloaded("pg_stat_statements"));
    Settings settings;
    settings.settings["shared_preload_libraries"] = { "pg_stat_statements_other", "", "", "", false };
    QCOMPARE(settings.isPreloaded("pg_stat_statements"), std::optional(false));
}

void TestPgFacts::statementWindowIsADelta()
{
    const std::vector<std::string> columns{ "key", "usr", "database", "query", "calls", "total", "rows" };
    const auto before = parseStatements(
        rowsOf(columns,
               { { "1", "app", "shop", "select slow", "1000", "10", "5" }, { "2", "app", "shop", "select fast", "100", "1", "5" } }),
        "life");
    const auto now = parseStatements(rowsOf(columns,
                                            { { "1", "app", "shop", "select slow", "1050", "35", "5" },
                                              { "2", "app", "shop", "select fast", "5100", "3", "5" },
                                              { "3", "app", "shop", "rare", "2", "9", "1" } }),
                                     "life");
    const auto window = statementsBetween(before, now);
    QCOMPARE(window.size(), std::size_t{ 3 });
    FactBench bench;
    addStatementFacts(window, "in the last 300 s", bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.statement_mean_worst"), 0.5);
    QCOMPARE(tableOf(bench.batch, "postgres.slow_statements").text(0, "query"), std::string("select slow"));
    // Another life: all that the new one counted.
    const auto later = statementsBetween({ "other", before.statements }, now);
    QCOMPARE(later.front().calls, 1050.0);
}

void TestPgFacts::statementColumnsFollowTheExtension()
{
    Rights rights;
    rights.statementsSchema = "\"my schema\"";
    rights.statementsVersion = "1.7";
    QVERIFY(statementsSql(180000, rights).find("total_exec_time") == std::string::npos);
    rights.statementsVersion = "1.10";
    QVERIFY(statementsSql(130000, rights).find("total_exec_time") != std::string::npos);
    QVERIFY(statementsSql(130000, rights).find("\"my schema\".pg_stat_statements") != std::string::npos);
}

void TestPgFacts::hiddenSequencesAreUnknown()
{
    FactBench hidden;
    addSequenceFacts(
        oneRow({ { "hidden", "3" }, { "checked", "9" }, { "all_sequences", "9" }, { "used", "0.1" }, { "worst", "public.a" } }),
        hidden.context(), hidden.facts);
    QCOMPARE(unknownHint(hidden.batch, "postgres.sequence_used_ratio"), std::string("GRANT pg_read_all_data TO \"oncall\";"));
    FactBench alarming;
    addSequenceFacts(oneRow({ { "hidden", "3" },
                              { "checked", "9" },
                              { "all_sequences", "9" },
                              { "used", "0.97" },
                              { "worst", "public.a" },
                              { "worst_last", "97" },
                              { "worst_top", "100" },
                              { "type", "integer" },
                              { "column_name", "public.t.id" },
                              { "table_rows", "5000" } }),
                     alarming.context(), alarming.facts);
    QCOMPARE(numberOf(alarming.batch, "postgres.sequence_used_ratio"), 0.97);
    QCOMPARE(textOf(alarming.batch, "postgres.sequence_worst"), std::string("public.a"));
    QCOMPARE(textOf(alarming.batch, "postgres.sequence_detail"), std::string("97 of 100; integer public.t.id, about 5000 rows"));
}

void TestPgFacts::indexFindingsNameTheWorst()
{
    const auto findings = parseIndexes(rowsOf({ "kind", "table_name", "index_name", "twin", "size" },
                                              { { "invalid", "public.orders", "orders_x", std::nullopt, "8192" },
                                                { "duplicate", "public.items", "items_b", "items_a", "16384" } }));
    FactBench bench;
    addIndexFacts(findings, bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.indexes_invalid"), 1.0);
    QCOMPARE(numberOf(bench.batch, "postgres.indexes_duplicate"), 1.0);
    QCOMPARE(textOf(bench.batch, "postgres.index_worst"), std::string("public.orders: invalid index orders_x"));
}

void TestPgFacts::grantQuotesTheRole()
{
    FactBench bench;
    bench.info.user = "on\"call; drop";
    QCOMPARE(bench.context().grant("pg_monitor"), std::string("GRANT pg_monitor TO \"on\"\"call; drop\";"));
}

void TestPgFacts::rowsRefuseWhatIsNoNumber()
{
    const auto rows = oneRow({ { "a", "12x" }, { "b", "NaN" }, { "c", "" }, { "d", "1e3" }, { "e", std::nullopt }, { "f", "Infinity" } });
    for (const auto *name : { "a", "b", "c", "e", "f", "absent" })
        QVERIFY2(!rows.number(0, name), name);
    QCOMPARE(rows.number(0, "d"), std::optional(1000.0));
    QVERIFY(!rows.number(5, "d"));
}

QTEST_GUILESS_MAIN(TestPgFacts)
#include "tst_pgfacts.moc"
