// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/activity.h"
#include "tests/unit/postgresrows.h"

#include <QTest>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

class TestPgActivity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsVisibleSessions();
    void hiddenRowsAreUnknownNotZero();
    void namesTheRootOfALockTree();
    void namesAPreparedTransaction();
    void saysWhenRowsWereCut();
    void hidesPasswords();
    void survivesAnEmptyAnswer();
    void readsLocksOnlyWhereTheyTellTheWait();
};

namespace {

const std::vector<std::string> kColumns{ "hidden",
                                         "clients",
                                         "active",
                                         "idle",
                                         "idle_in_transaction",
                                         "idle_in_transaction_aborted",
                                         "other",
                                         "plaintext",
                                         "idle_longest",
                                         "transaction_longest",
                                         "query_longest",
                                         "pid",
                                         "usr",
                                         "database",
                                         "application",
                                         "client",
                                         "state",
                                         "wait",
                                         "transaction_age",
                                         "query_age",
                                         "state_age",
                                         "wait_age",
                                         "blocked_by",
                                         "query" };

using Row = std::vector<std::optional<std::string>>;

Row session(const char *pid, const char *state, std::optional<std::string> blockedBy, const char *query, const char *hidden = "0")
{
    return { hidden,    "4",
             "1",       "1",
             "1",       "1",
             "0",       "1",
             "312.5",   "400",
             "7",       pid,
             "shop",    "shop",
             "psql",    "10.0.0.9",
             state,     std::nullopt,
             "312.5",   std::nullopt,
             "312.5",   blockedBy ? std::optional<std::string>("61") : std::nullopt,
             blockedBy, query };
}

FactBatch factsOf(const std::vector<Row> &rows)
{
    FactBench bench;
    addActivityFacts(parseActivity(rowsOf(kColumns, rows)), bench.context(), bench.facts);
    return bench.batch;
}

} // namespace

void TestPgActivity::countsVisibleSessions()
{
    const auto batch = factsOf({ session("10", "idle in transaction", std::nullopt, "update x") });
    QCOMPARE(numberOf(batch, "postgres.connections_used"), 4.0);
    QCOMPARE(numberOf(batch, "postgres.idle_in_transaction_count"), 2.0);
    QCOMPARE(numberOf(batch, "postgres.idle_in_transaction_longest"), 312.5);
    QCOMPARE(numberOf(batch, "postgres.plaintext_clients"), 1.0);
    QCOMPARE(numberOf(batch, "postgres.blocked_count"), 0.0);
    QCOMPARE(tableOf(batch, "postgres.sessions").number(0, "transaction_age"), std::optional(312.5));
    QCOMPARE(find(batch, "postgres.idle_in_transaction_longest")->unit, std::string("s"));
}

void TestPgActivity::hiddenRowsAreUnknownNotZero()
{
    const auto batch = factsOf({ session("10", "active", std::nullopt, "select", "9") });
    for (const auto *name :
         { "postgres.idle_in_transaction_count", "postgres.idle_in_transaction_longest", "postgres.blocked_count", "postgres.sessions",
           "postgres.plaintext_clients", "postgres.transaction_longest", "postgres.blocker_worst" }) {
        QVERIFY2(!unknownReason(batch, name).empty(), name);
        QCOMPARE(unknownHint(batch, name), std::string("GRANT pg_monitor TO \"oncall\";"));
    }
    QCOMPARE(numberOf(batch, "postgres.connections_used"), 4.0);
}

void TestPgActivity::namesTheRootOfALockTree()
{
    const auto batch =
        factsOf({ session("10", "idle in transaction", std::nullopt, "update items"), session("11", "active", "10", "update 2"),
                  session("12", "active", "10,11", "update 3"), session("13", "active", "12", "update 4") });
    QCOMPARE(numberOf(batch, "postgres.blocked_count"), 3.0);
    QCOMPARE(numberOf(batch, "postgres.blocked_longest"), 61.0);
    const auto worst = textOf(batch, "postgres.blocker_worst");
    QVERIFY2(worst.starts_with("pid 10 (shop, psql) idle in transaction for 31"), worst.c_str());
    QVERIFY2(worst.ends_with("blocks 3 sessions: update items"), worst.c_str());
    const auto table = tableOf(batch, "postgres.sessions");
    QVERIFY(table.truth(0, "is_root"));
    QVERIFY(!table.truth(1, "is_root"));
    QCOMPARE(table.text(2, "blocked_by"), std::string("10, 11"));
}

void TestPgActivity::namesAPreparedTransaction()
{
    const auto batch = factsOf({ session("11", "active", "0", "update 2") });
    QVERIFY(textOf(batch, "postgres.blocker_worst").find("pg_prepared_xacts") != std::string::npos);
}

void TestPgActivity::saysWhenRowsWereCut()
{
    const std::vector<Row> rows(Activity::kSessionLimit + 1, session("10", "idle", std::nullopt, "select"));
    const auto table = tableOf(factsOf(rows), "postgres.sessions");
    QCOMPARE(table.rows.size(), Activity::kSessionLimit);
    QVERIFY(table.isTruncated);
}

void TestPgActivity::hidesPasswords()
{
    const auto batch = factsOf({ session("10", "active", std::nullopt, "ALTER ROLE x PassWord 'canary'") });
    QVERIFY(tableOf(batch, "postgres.sessions").text(0, "query").find("canary") == std::string::npos);
    QCOMPARE(withoutPasswords("select password_hash from users"), std::string("select password_hash from users"));
}

void TestPgActivity::survivesAnEmptyAnswer()
{
    const auto activity = parseActivity({});
    QCOMPARE(activity.clients, 0.0);
    QVERIFY(activity.sessions.empty());
}

void TestPgActivity::readsLocksOnlyWhereTheyTellTheWait()
{
    QVERIFY(activitySql(140000).find("waitstart") != std::string::npos);
    QVERIFY(activitySql(130000).find("waitstart") == std::string::npos);
    QVERIFY(activitySql(130000).find('$') == std::string::npos);
    QVERIFY(activitySql(180000).find('$') == std::string::npos);
}

QTEST_GUILESS_MAIN(TestPgActivity)
#include "tst_pgactivity.moc"
