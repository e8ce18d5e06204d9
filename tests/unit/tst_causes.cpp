// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/readiness/causes.h"
#include "tests/unit/readinesskit.h"

#include <QTest>

using namespace muster;
using namespace muster::test;

/// Facts as a server in trouble shows them, and the sentence that ties them together.
class TestCauses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void healthHasNoCause();
    void aSlotLeadsToTheFullDisk();
    void aLimitedSlotIsLostInTime();
    void aReaderThatIsBehindIsNotDropped();
    void theRootLeadsToTheDeadRows();
    void aShortLockIsNoCause();
    void idleWithoutWaitersIsNamed();
    void anActiveBlockerIsCancelledNotEnded();
    void aHolderLeadsToTheEndOfTheIds();
    void aSessionThatHoldsIsNamedOnce();
    void theArchiverLeadsToTheLostHours();
    void aHangingArchiverIsOne();
    void staleAndUnknownFactsSayNothing();
    void hostileNamesStayData();
};

namespace {

const std::string kServer = "postgres/one";

Table slots(const std::string &name, bool isActive, double retained, const std::string &status, std::optional<double> safe)
{
    Table table;
    table.columns = { { "name", "" }, { "active", "" }, { "retained", "B" }, { "wal_status", "" }, { "safe_wal_size", "B" } };
    table.rows.push_back({ name, isActive, retained, status, safe ? Cell(*safe) : Cell() });
    return table;
}

struct Row {
    double pid;
    const char *state;
    double transactionAge;
    const char *blockedBy;
    bool isRoot;
};

Table sessions(const std::vector<Row> &rows)
{
    Table table;
    table.columns = { { "pid", "" }, { "user", "" }, { "application", "" }, { "state", "" }, { "transaction_age", "s" }, { "blocked_by", "" }, { "is_root", "" } };
    for (const auto &row : rows)
        table.rows.push_back({ row.pid, std::string("shop"), std::string("worker"), std::string(row.state), row.transactionAge, std::string(row.blockedBy), row.isRoot });
    return table;
}

Table holders(const std::string &name, double xids, const std::string &kind = "session")
{
    Table table;
    table.columns = { { "kind", "" }, { "name", "" }, { "xids", "count" } };
    table.rows.push_back({ kind, name, xids });
    return table;
}

bool has(const std::string &text, const std::string &part)
{
    if (text.find(part) == std::string::npos)
        qWarning("“%s” is not in “%s”", part.c_str(), text.c_str());
    return text.find(part) != std::string::npos;
}

} // namespace

void TestCauses::healthHasNoCause()
{
    World world;
    world.set(kServer, "postgres.slots", slots("standby1", true, 2e9, "reserved", std::nullopt));
    world.set(kServer, "postgres.sessions", sessions({ { 1, "active", 20, "", false }, { 2, "idle in transaction", 3, "", false } }));
    world.set(kServer, "postgres.archiver_failing", false);
    world.set(kServer, "postgres.archive_waiting", 1.0);
    QVERIFY(readiness::causesOf(world.snapshot()).empty());
    QVERIFY(readiness::causesOf(World().snapshot()).empty());
}

void TestCauses::aSlotLeadsToTheFullDisk()
{
    World world;
    world.set(kServer, "postgres.slots", slots("old", false, 3.1e9, "extended", std::nullopt));
    world.set(kServer, "postgres.wal_size", 3.3e9);
    world.set(kServer, "postgres.wal_rate", 1e6);
    const auto causes = readiness::causesOf(world.snapshot());
    QCOMPARE(causes.size(), std::size_t{ 1 });
    QCOMPARE(causes[0].source, kServer);
    QVERIFY(has(causes[0].sentence, "Slot old (nobody reads it) keeps 3.1 GB of WAL, pg_wal holds 3.3 GB"));
    QVERIFY(has(causes[0].sentence, "nothing but the disk limits it: at 1 MB/s another 10 GB are full in 2 h"));
    QVERIFY(has(causes[0].action, "SELECT pg_drop_replication_slot('old');"));
}

void TestCauses::aLimitedSlotIsLostInTime()
{
    World world;
    world.set(kServer, "postgres.slots", slots("old", false, 8e9, "extended", 3.6e9));
    world.set(kServer, "postgres.wal_rate", 1e6);
    QVERIFY(has(readiness::causesOf(world.snapshot()).at(0).sentence, "the slot is lost in 60 min"));
    world.set(kServer, "postgres.slots", slots("old", false, 12e9, "unreserved", -5.0));
    QVERIFY(has(readiness::causesOf(world.snapshot()).at(0).sentence, "is lost with the next checkpoint"));
}

void TestCauses::aReaderThatIsBehindIsNotDropped()
{
    World world;
    world.set(kServer, "postgres.slots", slots("copy", true, 8e9, "extended", std::nullopt));
    const auto cause = readiness::causesOf(world.snapshot()).at(0);
    QVERIFY(has(cause.sentence, "its reader is behind"));
    QVERIFY(cause.action.find("drop") == std::string::npos);
}

void TestCauses::theRootLeadsToTheDeadRows()
{
    World world;
    world.set(kServer, "postgres.sessions", sessions({ { 11, "idle in transaction", 2400, "", true }, { 12, "active", 300, "11", false }, { 13, "active", 200, "12", false },
                                                       { 14, "active", 100, "12, 11", false }, { 15, "active", 9000, "", false } }));
    world.set(kServer, "postgres.blocked_longest", 300.0);
    world.set(kServer, "postgres.xmin_holders", holders("pid 11 (shop, worker, idle in transaction)", 2100000));
    world.set(kServer, "postgres.dead_tuple_ratio", 0.35);
    world.set(kServer, "postgres.dead_tuple_table", std::string("public.orders"));
    const auto causes = readiness::causesOf(world.snapshot());
    QCOMPARE(causes.size(), std::size_t{ 1 });
    const auto &sentence = causes[0].sentence;
    QVERIFY(has(sentence, "Session 11 (shop, worker, idle in transaction, its transaction is 40 min old) blocks 3 sessions, the longest for 5 min"));
    QVERIFY(has(sentence, "keeps vacuum from the dead rows of the last 2"));
    QVERIFY(has(sentence, "and lets public.orders fill up (35.0 % dead rows)."));
    QVERIFY(has(causes[0].action, "SELECT pg_terminate_backend(11);"));
    QVERIFY(std::ranges::find(causes[0].checks, "database/blocked-sessions") != causes[0].checks.end());
    QVERIFY(std::ranges::find(causes[0].checks, "database/xmin-horizon") != causes[0].checks.end());
}

void TestCauses::aShortLockIsNoCause()
{
    World world;
    world.set(kServer, "postgres.sessions", sessions({ { 11, "active", 2, "", true }, { 12, "active", 2, "11", false } }));
    world.set(kServer, "postgres.blocked_longest", 2.0);
    QVERIFY(readiness::causesOf(world.snapshot()).empty());
}

void TestCauses::idleWithoutWaitersIsNamed()
{
    World world;
    world.set(kServer, "postgres.sessions", sessions({ { 11, "idle in transaction (aborted)", 900, "", false } }));
    const auto cause = readiness::causesOf(world.snapshot()).at(0);
    QVERIFY(has(cause.sentence, "Session 11"));
    QVERIFY(has(cause.sentence, "holds its locks"));
}

void TestCauses::anActiveBlockerIsCancelledNotEnded()
{
    World world;
    world.set(kServer, "postgres.sessions", sessions({ { 11, "active", 90, "", true }, { 12, "active", 80, "11", false } }));
    world.set(kServer, "postgres.blocked_longest", 80.0);
    const auto cause = readiness::causesOf(world.snapshot()).at(0);
    QVERIFY(has(cause.sentence, "blocks 1 session, the longest for 80 s"));
    QVERIFY(has(cause.action, "SELECT pg_cancel_backend(11);"));
    QVERIFY(cause.action.find("terminate") == std::string::npos);
}

void TestCauses::aHolderLeadsToTheEndOfTheIds()
{
    World world;
    world.set(kServer, "postgres.xmin_holders", holders("it's mine (shop)", 1.5e9, "prepared transaction"));
    world.set(kServer, "postgres.freeze_overdue_ratio", 7.5);
    world.set(kServer, "postgres.xid_used_ratio", 0.7);
    const auto causes = readiness::causesOf(world.snapshot());
    QCOMPARE(causes.size(), std::size_t{ 1 });
    QCOMPARE(causes.front().kind, std::string("horizon"));
    QVERIFY(has(causes.front().sentence, "Prepared transaction it's mine (shop) keeps vacuum from the dead rows of the last 1"));
    QVERIFY(has(causes.front().sentence, " transactions and lets the transaction ids run out (70.0 % used)."));
    QVERIFY(has(causes.front().action, "ROLLBACK PREPARED 'it''s mine';"));
    QVERIFY(causes.front().checks == std::vector<std::string>({ "database/xmin-horizon", "database/wraparound" }));
    world.set(kServer, "postgres.xmin_holders", holders("left_over (inactive)", 2e6, "slot"));
    world.set(kServer, "postgres.freeze_overdue_ratio", 0.5);
    const auto slot = readiness::causesOf(world.snapshot());
    QVERIFY(has(slot.front().action, "pg_drop_replication_slot('left_over')"));
    QVERIFY(slot.front().sentence.find("ids") == std::string::npos); // nothing is overdue yet
}

void TestCauses::aSessionThatHoldsIsNamedOnce()
{
    World world;
    world.set(kServer, "postgres.sessions", sessions({ { 7, "idle in transaction", 20, "", false } }));
    world.set(kServer, "postgres.xmin_holders", holders("pid 7 (shop, worker, idle in transaction)", 6e8));
    world.set(kServer, "postgres.freeze_overdue_ratio", 3.0);
    world.set(kServer, "postgres.xid_used_ratio", 0.28);
    const auto causes = readiness::causesOf(world.snapshot());
    QCOMPARE(causes.size(), std::size_t{ 1 });
    QVERIFY(has(causes.front().sentence, "Session 7"));
    QVERIFY(has(causes.front().sentence, "lets the transaction ids run out (28.0 % used)"));
}

void TestCauses::theArchiverLeadsToTheLostHours()
{
    World world;
    world.set(kServer, "postgres.archiver_failing", true);
    world.set(kServer, "postgres.archiver_last_failed_wal", std::string("000000010000000000000007"));
    world.set(kServer, "postgres.archive_waiting", 14.0);
    world.set(kServer, "postgres.archive_age", 1500.0);
    world.set(kServer, "postgres.wal_size_ratio", 3.2);
    world.set(kServer, "postgres.wal_size", 3.3e9);
    world.set("backup/nightly", "backup.wal_age", 1620.0);
    const auto cause = readiness::causesOf(world.snapshot()).at(0);
    QVERIFY(has(cause.sentence, "Archiving fails (last on 000000010000000000000007), 14 segments wait: a disaster now would lose the last 27 min"));
    QVERIFY(has(cause.sentence, "the next backup would wait for its WAL and fail, and pg_wal has grown to 3.3 GB."));
    world.set("backup/nightly", "backup.wal_age", 1e12); // none was archived: no number
    QVERIFY(has(readiness::causesOf(world.snapshot()).at(0).sentence, "lose the last 25 min"));
}

void TestCauses::aHangingArchiverIsOne()
{
    World world;
    world.set(kServer, "postgres.archiver_failing", false);
    world.set(kServer, "postgres.archive_waiting", 3.0);
    world.set(kServer, "postgres.archive_waiting_longest", 700.0);
    QVERIFY(has(readiness::causesOf(world.snapshot()).at(0).sentence, "Archiving hangs, 3 segments wait"));
}

void TestCauses::staleAndUnknownFactsSayNothing()
{
    World world;
    world.set(kServer, "postgres.slots", slots("old", false, 3e9, "extended", std::nullopt), {}, Millis{ 3600000 });
    world.set(kServer, "postgres.sessions", Unknown{ "hidden", "GRANT pg_monitor" });
    world.set(kServer, "postgres.archiver_failing", NotApplicable{ "archive_mode is off" });
    QVERIFY(readiness::causesOf(world.snapshot()).empty());
    World lost;
    lost.set(kServer, "postgres.archiver_failing", true);
    lost.fail(kServer);
    QVERIFY(readiness::causesOf(lost.snapshot()).empty());
}

void TestCauses::hostileNamesStayData()
{
    World world;
    world.set(kServer, "postgres.slots", slots("x'); drop table t; --\x1b[31m\n<b>", false, 3e9, "extended", std::nullopt));
    const auto cause = readiness::causesOf(world.snapshot()).at(0);
    QVERIFY(has(cause.action, "'x''); drop table t; --"));
    QVERIFY(cause.sentence.find('\x1b') == std::string::npos && cause.action.find('\n') == std::string::npos);
}

QTEST_GUILESS_MAIN(TestCauses)
#include "tst_causes.moc"
