// SPDX-License-Identifier: GPL-3.0-or-later
// What the console costs a PostgreSQL with many tables, by pg_stat_statements, beside what a scrape of postgres_exporter costs the same
// server in the same run.
#include "tests/integration/postgreskit.h"
#include "tests/support/scriptedserver.h"
#include "tests/support/tied.h"
#include "tests/unit/postgresrows.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTest>

#include <algorithm>
#include <cstdio>
#include <map>

using namespace muster;
using namespace muster::postgres;
using namespace muster::test;

namespace {

struct SlowGroup {
    const char *tag; ///< in the statement's comment
    const char *fact; ///< whose budget tells the interval that the source chose
};

constexpr SlowGroup kSlow[] = { { "wal", "postgres.wal_size" },
                                { "settings", "postgres.fsync" },
                                { "rights", "postgres.fsync" },
                                { "configuration", "postgres.config_errors" },
                                { "statements", "postgres.statements_available" },
                                { "indexes", "postgres.indexes_invalid" },
                                { "tables", "postgres.dead_tuple_ratio" },
                                { "bloat", "postgres.bloat_ratio" },
                                { "schema", "postgres.constraints_not_valid" },
                                { "files", "postgres.locks_used_ratio" },
                                { "hba", "postgres.hba_errors" },
                                { "sequences", "postgres.sequence_used_ratio" },
                                { "size", "postgres.database_size" } };

double minutesBetween(const FactBatch &batch, const char *fact)
{
    const Fact *found = find(batch, fact);
    return found ? (toSeconds(found->budget) - 30) / 2.5 / 60 : 0; // the budget is 2.5 intervals and 30 s
}

quint16 freePort()
{
    const ScriptedServer server(ScriptedServer::Script{});
    return server.port();
}

} // namespace

class BenchPostgres : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void costOfTheConsole();
    void costOfAnExporter();

private:
    [[nodiscard]] double spent(const QString &where) const
    {
        return m_kit
            ->psql(QStringLiteral("select coalesce(sum(total_exec_time), 0) from pg_stat_statements s join pg_roles r on r.oid = s.userid "
                                  "where r.rolname = 'oncall' and %1")
                       .arg(where))
            .toDouble();
    }

    std::unique_ptr<PostgresKit> m_kit;
    int m_tables = qEnvironmentVariableIntValue("MUSTER_BENCH_TABLES");
};

void BenchPostgres::initTestCase()
{
    m_tables = m_tables > 0 ? m_tables : 10000;
    m_kit = std::make_unique<PostgresKit>(QStringList{ QStringLiteral("postgres") },
                                          QStringList{ QStringLiteral("shared_preload_libraries=pg_stat_statements"),
                                                       QStringLiteral("synchronous_commit=off"), QStringLiteral("fsync=off"), QStringLiteral("max_wal_size=4GB"),
                                                       QStringLiteral("archive_mode=off"), QStringLiteral("wal_level=minimal"), QStringLiteral("max_wal_senders=0") });
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create extension pg_stat_statements"));
    constexpr int kChunk = 500;
    for (int first = 1; first <= m_tables; first += kChunk) {
        const auto last = std::to_string(std::min(first + kChunk - 1, m_tables));
        QVERIFY(m_kit->run("do $$ begin for i in " + std::to_string(first) + ".." + last
                           + " loop execute format('create table t%s (id serial primary key, name text)', i); end loop; end $$"));
    }
    QVERIFY(m_kit->run("analyze pg_class; analyze pg_index; analyze pg_depend; analyze pg_sequence; select pg_stat_statements_reset()"));
}

void BenchPostgres::costOfTheConsole()
{
    PostgresSource source(m_kit->target());
    FactBatch first = collect(source);
    QVERIFY(isTrue(first, "postgres.reachable"));
    // What does not fit into one round waits for the next.
    const auto isMissing = [&first](const SlowGroup &group) { return !find(first, group.fact); };
    for (int round = 0; round < 30 && std::ranges::any_of(kSlow, isMissing); ++round) {
        for (auto &fact : collect(source).facts) {
            if (!find(first, fact.name.c_str()))
                first.facts.push_back(std::move(fact));
        }
    }
    const double firstRound = spent(QStringLiteral("true"));
    std::map<std::string, double> slow;
    double slowAMinute = 0;
    for (const auto &group : kSlow) {
        slow[group.tag] = spent(QStringLiteral("query like '/* muster %1 */%'").arg(QLatin1String(group.tag)));
        const double minutes = minutesBetween(first, group.fact);
        QVERIFY2(minutes > 0, group.fact);
        slowAMinute += slow[group.tag] / minutes;
        std::printf("  %-14s %8.2f ms each %5.1f min\n", group.tag, slow[group.tag], minutes);
    }
    QVERIFY(m_kit->run("select pg_stat_statements_reset()"));
    for (int round = 0; round < 6; ++round) // the default cadence in the background: one round in 10 s
        QVERIFY(isTrue(collect(source), "postgres.reachable"));
    const double fast = spent(QStringLiteral("true"));
    const double limit = m_tables > 10000 ? 60 : 20; // ms
    std::printf("PostgreSQL time, %d tables: first round %.1f ms; each minute %.2f ms (6 rounds %.2f ms, slow groups %.2f ms); limit %.0f "
                "ms: ratio %.2f\n",
                m_tables, firstRound, fast + slowAMinute, fast, slowAMinute, limit, (fast + slowAMinute) / limit);
}

void BenchPostgres::costOfAnExporter()
{
    const auto port = freePort();
    const auto address = QStringLiteral("127.0.0.1:%1").arg(port);
    QProcess exporter;
    tieToUs(exporter);
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("DATA_SOURCE_URI"),
                       QStringLiteral("127.0.0.1:%1/shop?sslmode=require").arg(m_kit->servers.port(u"postgres")));
    environment.insert(QStringLiteral("DATA_SOURCE_USER"), QStringLiteral("oncall"));
    environment.insert(QStringLiteral("DATA_SOURCE_PASS"), m_kit->servers.text(u"postgres", u"password"));
    exporter.setProcessEnvironment(environment);
    exporter.start(QStringLiteral("prometheus-postgres-exporter"), { QStringLiteral("--web.listen-address=") + address });
    QVERIFY(exporter.waitForStarted());
    const auto scrape = [&] {
        return QProcess::execute(QStringLiteral("curl"),
                                 { QStringLiteral("-sfo/dev/null"), QStringLiteral("http://%1/metrics").arg(address) });
    };
    QTRY_COMPARE_WITH_TIMEOUT(scrape(), 0, 20000);
    QVERIFY(m_kit->run("select pg_stat_statements_reset()"));
    for (int i = 0; i < 4; ++i) // Prometheus's usual 15 s
        QCOMPARE(scrape(), 0);
    std::printf("postgres_exporter, 4 scrapes a minute: %.1f ms\n", spent(QStringLiteral("true")));
    exporter.terminate();
    exporter.waitForFinished(5000);
}

/// --full: with 100 000 tables, which take some minutes to make.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    auto arguments = QCoreApplication::arguments();
    if (arguments.removeAll(QStringLiteral("--full")) > 0)
        qputenv("MUSTER_BENCH_TABLES", "100000");
    BenchPostgres bench;
    return QTest::qExec(&bench, arguments);
}

#include "bench_postgres.moc"
