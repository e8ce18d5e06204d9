// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/multixacts.h"
#include "connectors/postgres/plans.h"
#include "tests/unit/postgresrows.h"

#include <QTest>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

class TestPgPlans : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nothingRunsIsNoneSlowed();
    void namesTheStatementAndWhatBelongsToIt();
    void aLongStatementIsCut();
    void columnsFollowTheExtension();
    void membersAreListedWhereTheRoleMay();
    void membersThatNobodyMayCountAreUnknown();
};

void TestPgPlans::nothingRunsIsNoneSlowed()
{
    FactBench bench;
    addPlanFacts(rowsOf({ "sessions", "ran", "calls", "mean", "query", "analyzed", "believed" }, {}), bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.statements_slowed"), 0.0);
    QCOMPARE(textOf(bench.batch, "postgres.statement_slowed_worst"), std::string());
}

void TestPgPlans::namesTheStatementAndWhatBelongsToIt()
{
    FactBench bench;
    addPlanFacts(oneRow({ { "sessions", "6" }, { "ran", "8" }, { "calls", "200" }, { "mean", "0.04" }, { "query", "select 1" },
                          { "analyzed", "public.jobs 2 min ago" }, { "believed", "jobs.note" } }),
                 bench.facts);
    QCOMPARE(numberOf(bench.batch, "postgres.statements_slowed"), 6.0);
    const auto words = textOf(bench.batch, "postgres.statement_slowed_worst");
    QVERIFY(words.starts_with("“select 1” for up to 8 s, on average 40 ms (200 calls)"));
    QVERIFY(words.ends_with("; the planner takes jobs.note for nothing but NULL; analyzed: public.jobs 2 min ago"));
}

void TestPgPlans::aLongStatementIsCut()
{
    FactBench bench;
    addPlanFacts(oneRow({ { "sessions", "2" }, { "ran", "8" }, { "calls", "20" }, { "mean", "0.04" }, { "query", std::string(100000, 'x') } }), bench.facts);
    QVERIFY(textOf(bench.batch, "postgres.statement_slowed_worst").size() < 300);
}

void TestPgPlans::columnsFollowTheExtension()
{
    Rights rights;
    rights.statementsSchema = "\"my schema\"";
    rights.statementsVersion = "1.7"; // of an older server: the extension was not upgraded with it
    QVERIFY(plansSql(rights).find(" mean_time ") != std::string::npos);
    rights.statementsVersion = "1.10";
    QVERIFY(plansSql(rights).find("mean_exec_time") != std::string::npos);
    QVERIFY(plansSql(rights).find("\"my schema\".pg_stat_statements") != std::string::npos);
}

void TestPgPlans::membersAreListedWhereTheRoleMay()
{
    Rights rights;
    QVERIFY(membersSql(rights).find("pg_ls_dir") == std::string::npos);
    rights.canListDirectories = true;
    QVERIFY(membersSql(rights).find("pg_ls_dir") != std::string::npos);
}

void TestPgPlans::membersThatNobodyMayCountAreUnknown()
{
    FactBench bench;
    addMemberFacts(oneRow({ { "used", std::nullopt }, { "how", "at most" } }), bench.context(), bench.facts);
    QCOMPARE(unknownHint(bench.batch, "postgres.multixact_members_ratio"), std::string("GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO \"oncall\";"));
    FactBench known;
    addMemberFacts(oneRow({ { "used", "0.6" }, { "how", "by the files" } }), known.context(), known.facts);
    QCOMPARE(numberOf(known.batch, "postgres.multixact_members_ratio"), 0.6);
}

QTEST_GUILESS_MAIN(TestPgPlans)
#include "tst_pgplans.moc"
