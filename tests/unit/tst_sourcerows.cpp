// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/advice.h"
#include "models/presenters/cachestory.h"
#include "models/presenters/sessions.h"
#include "models/presenters/settingrows.h"
#include "models/presenters/tabs.h"
#include "models/presenters/topology.h"

#include <QTest>

#include <algorithm>

using namespace muster;

/// What the pages of one database and one cache say about their facts.
class TestSourceRows : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void sessionsThatMatterComeFirst();
    void idleSessionsStayWhereTheyAre();
    void onlyWhatRunsCanBeCancelled();
    void sessionThatIsGoneSaysSo();
    void adviceSkipsBloatThatIsNotWorthIt();
    void namesAreQuotedWhereTheyMust();
    void holderOfDeadRowsCanBeEnded();
    void progressWithoutTotalClaimsNone();
    void standbyNamesItsUpstream();
    void copiesOfTheClusterAreNamed();
    void restartWouldChangeTheseFirst();
    void tabCountsAndAdmits();
    void optionalTabNeedsRowsOrAReason();
    void noteJoinsWhatIsNotKnown();
    void emptySaveIsToldWhateverItsStatus();
    void noTrafficIsNoHitRate();
    void unlimitedMemoryHasNoShare();
    void commandsKnowTheirPercentiles();
    void prefixesShowTheirInterval();
};

namespace {

Table sessionTable(std::vector<std::vector<Cell>> rows)
{
    return {{{"pid", ""}, {"user", ""}, {"database", ""}, {"application", ""}, {"state", ""}, {"transaction_age", "s"}, {"blocked_by", ""}, {"is_root", ""}, {"query", ""}}, std::move(rows), 5000, false};
}

std::vector<Cell> session(int pid, const char *state, Cell transaction = {}, const char *blockedBy = "", bool isRoot = false)
{
    return {double(pid), std::string("shop"), std::string("orders"), std::string("api"), std::string(state), std::move(transaction), std::string(blockedBy), isRoot, std::string("select 1")};
}

QStringList keysOf(const std::vector<Row> &rows)
{
    QStringList keys;
    for (const Row &row : rows)
        keys << row.key;
    return keys;
}

Observed observed(std::string name, Value value, std::string unit = {}, std::string raw = {})
{
    return {{std::move(name), std::move(value), std::move(unit), Millis(30'000), std::move(raw)}, "x", WallTime(Millis(1'769'000'000'000)), Millis(0)};
}

Snapshot snapshotOf(const std::string &source, std::vector<Observed> facts)
{
    Snapshot snapshot;
    snapshot.sources.push_back({source, std::string(kindOf(source)), {}, Stamp{}, {}, Millis(0)});
    for (Observed &fact : facts) {
        fact.source = source;
        std::string name = fact.fact.name;
        snapshot.facts[source].emplace(std::move(name), std::move(fact));
    }
    return snapshot;
}

QString sentence(const std::vector<Row> &rows, const char *fact)
{
    const auto found = std::ranges::find_if(rows, [fact](const Row &row) { return row.key.endsWith(QString::fromUtf8(fact)); });
    return found == rows.end() ? QString() : found->cells[2].text;
}

} // namespace

void TestSourceRows::sessionsThatMatterComeFirst()
{
    const auto rows = sessions::rows(sessionTable({session(1, "idle"), session(2, "active", 5.0), session(3, "idle in transaction", 9.0), session(4, "active", 1.0, "3"), session(5, "active", 70.0),
                                                   session(6, "idle in transaction", 3.0, "", true)}));
    QCOMPARE(keysOf(rows), (QStringList{QStringLiteral("6"), QStringLiteral("4"), QStringLiteral("3"), QStringLiteral("5"), QStringLiteral("2"), QStringLiteral("1")}));
    QVERIFY(rows.front().status == CheckStatus::Fail);
    QVERIFY(rows[1].cells[3].text.contains(QStringLiteral("waits for 3")));
    QCOMPARE(sessions::rows(sessionTable({session(1, "active", -0.0009)})).front().cells[4].text, QStringLiteral("0 s"));
}

void TestSourceRows::idleSessionsStayWhereTheyAre()
{
    const auto before = sessions::rows(sessionTable({session(9, "idle"), session(7, "idle"), session(8, "idle")}));
    const auto after = sessions::rows(sessionTable({session(8, "idle"), session(9, "idle"), session(7, "idle")}));
    QCOMPARE(keysOf(before), keysOf(after));
}

void TestSourceRows::onlyWhatRunsCanBeCancelled()
{
    const Table table = sessionTable({session(1, "active"), session(2, "idle"), session(3, "idle in transaction")});
    const auto names = [&table](std::size_t row) {
        QStringList steps;
        for (const Detail::Step &step : sessions::steps(table, row, "primary"))
            steps << QString::fromStdString(step.action + ' ' + step.instance);
        return steps;
    };
    QCOMPARE(names(0), (QStringList{QStringLiteral("cancel-query primary/1"), QStringLiteral("terminate-session primary/1")}));
    QCOMPARE(names(1), QStringList{QStringLiteral("terminate-session primary/2")});
    QCOMPARE(names(2), QStringList{QStringLiteral("terminate-session primary/3")});
    QVERIFY(sessions::stepsOf(0, &table, "primary").empty()); // a prepared transaction has no backend
}

void TestSourceRows::sessionThatIsGoneSaysSo()
{
    const Detail detail = sessions::detailOf(observed("postgres.sessions", sessionTable({session(1, "idle")})), QStringLiteral("2"), "primary");
    QVERIFY(detail.title.contains(QStringLiteral("2")) && !detail.evidence.isEmpty());
    QVERIFY(detail.steps.empty());
}

void TestSourceRows::adviceSkipsBloatThatIsNotWorthIt()
{
    const Table bloat{{{"table", ""}, {"size", "B"}, {"wasted", "B"}, {"share", "ratio"}}, {{std::string("public.small"), 1e6, 9e5, 0.9}, {std::string("public.big"), 1e10, 6e9, 0.6}, {std::string("public.tight"), 1e10, 1e9, 0.1}}, 30, false};
    const auto rows = advice::rows({nullptr, nullptr, &bloat, nullptr});
    QCOMPARE(rows.size(), std::size_t{1});
    QCOMPARE(rows.front().cells[2].text, QStringLiteral("public.big"));
    QVERIFY(advice::rows({}).empty());
}

void TestSourceRows::namesAreQuotedWhereTheyMust()
{
    QCOMPARE(advice::quoted(QStringLiteral("orders_2")), QStringLiteral("orders_2"));
    QCOMPARE(advice::quoted(QStringLiteral("Orders")), QStringLiteral("\"Orders\""));
    QCOMPARE(advice::quoted(QStringLiteral("a\"; drop table b; --")), QStringLiteral("\"a\"\"; drop table b; --\""));
    QCOMPARE(advice::quoted(QStringLiteral("line\n")), QStringLiteral("\"line\n\""));
    QCOMPARE(advice::quoted(QString()), QStringLiteral("\"\""));
}

void TestSourceRows::holderOfDeadRowsCanBeEnded()
{
    const Table holders{{{"kind", ""}, {"name", ""}, {"xids", "count"}, {"age", "s"}, {"detail", ""}},
                        {{std::string("session"), std::string("pid 77 (shop, api, idle in transaction)"), 5000.0, 900.0, std::string("select 1")}, {std::string("slot"), std::string("old (inactive)"), 10.0, Cell(), std::string("logical")}}, 50, false};
    const auto rows = advice::holderRows(holders);
    QVERIFY(rows.front().status == CheckStatus::Warn && !rows.back().status);
    const Table table = sessionTable({session(77, "idle in transaction", 900.0)});
    const Detail session = advice::holderDetail(holders, rows.front().key, &table, "primary");
    QCOMPARE(session.steps.size(), std::size_t{1});
    QCOMPARE(session.steps.front().instance, std::string("primary/77"));
    QVERIFY(advice::holderDetail(holders, rows.back().key, &table, "primary").remedy.contains(QStringLiteral("pg_drop_replication_slot")));
    Table later = holders;
    later.rows.front()[1] = std::string("pid 77 (shop, api, active)");
    QCOMPARE(advice::holderRows(later).front().key, rows.front().key); // its state is not what it is
}

void TestSourceRows::progressWithoutTotalClaimsNone()
{
    const Table progress{{{"command", ""}, {"pid", ""}, {"relation", ""}, {"phase", ""}, {"done", "count"}, {"total", "count"}, {"unit", ""}, {"share", "ratio"}},
                         {{std::string("base backup"), 5.0, std::string(), std::string("streaming"), 3e9, Cell(), std::string("B"), Cell()}, {std::string("VACUUM"), 6.0, std::string("public.o"), std::string("scanning heap"), 10.0, 40.0, std::string("blocks"), 0.25}}, 50, false};
    const auto rows = advice::progressRows(progress);
    QCOMPARE(rows[0].cells[4].text, QStringLiteral("3 GB"));
    QCOMPARE(rows[0].cells[3].text, QStringLiteral("–"));
    QCOMPARE(rows[1].cells[4].text, QStringLiteral("10 blocks of 40 blocks"));
    QVERIFY(!advice::progressDetail(progress, rows[0].key, nullptr, "primary").evidence.isEmpty());
    QCOMPARE(advice::progressDetail(progress, rows[1].key, nullptr, "primary").steps.size(), std::size_t{2});
}

void TestSourceRows::standbyNamesItsUpstream()
{
    const Snapshot snapshot = snapshotOf("postgres/replica", {observed("postgres.role", std::string("standby")), observed("postgres.receiver_streaming", false, "", "no WAL receiver is connected"),
                                                              observed("postgres.replication_lag", 12.0, "s"), observed("postgres.replay_paused", true)});
    const auto rows = topology::rows(snapshot, "postgres/replica");
    QCOMPARE(rows.size(), std::size_t{2});
    QVERIFY(rows[0].status == CheckStatus::Fail);
    QVERIFY(rows[0].cells[5].text.contains(QStringLiteral("pg_wal_replay_resume")));
    QCOMPARE(rows[1].cells[4].text, QStringLiteral("12 s"));
}

void TestSourceRows::copiesOfTheClusterAreNamed()
{
    Snapshot snapshot = snapshotOf("postgres/primary", {observed("postgres.role", std::string("primary")), observed("postgres.system_identifier", std::string("77")), observed("postgres.standbys_missing", 1.0, "count")});
    for (const auto &[id, system] : {std::pair{"postgres/replica", "77"}, std::pair{"postgres/other", "78"}}) {
        Snapshot more = snapshotOf(id, {observed("postgres.role", std::string("standby")), observed("postgres.system_identifier", std::string(system))});
        snapshot.sources.push_back(more.sources.front());
        snapshot.facts.merge(more.facts);
    }
    const auto rows = topology::rows(snapshot, "postgres/primary");
    QCOMPARE(rows.size(), std::size_t{3}); // itself, the missing standby, the copy
    QVERIFY(rows[1].status == CheckStatus::Fail);
    QCOMPARE(rows[2].cells[1].text, QStringLiteral("postgres/replica"));
    QVERIFY(!topology::detailOf(snapshot, "postgres/primary", rows[2].key).isEmpty());
}

void TestSourceRows::restartWouldChangeTheseFirst()
{
    const Table settings{{{"name", ""}, {"value", ""}, {"unit", ""}, {"source", ""}, {"context", ""}, {"pending_restart", ""}},
                         {{std::string("a"), std::string("1"), std::string(), std::string("default"), std::string("user"), false}, {std::string("shared_buffers"), std::string("16384"), std::string("8kB"), std::string("configuration file"), std::string("postmaster"), true}}, 200, false};
    const Table pending{{{"name", ""}, {"now", ""}, {"unit", ""}, {"after_restart", ""}, {"file", ""}, {"line", ""}}, {{std::string("shared_buffers"), std::string("16384"), std::string("8kB"), std::string("32768"), std::string("p.conf"), std::string("3")}}, 100, false};
    auto rows = settingrows::rows(&settings, &pending);
    QCOMPARE(rows.front().key, QStringLiteral("shared_buffers"));
    QCOMPARE(rows.front().cells[2].text, QStringLiteral("16384 × 8kB"));
    QCOMPARE(rows.front().cells[3].text, QStringLiteral("32768 × 8kB"));
    QCOMPARE(rows.front().cells[4].text, QStringLiteral("restart"));
    rows = settingrows::rows(&settings, nullptr); // the file may not be read: that something waits is known all the same
    QVERIFY(rows.front().status == CheckStatus::Warn);
}

void TestSourceRows::tabCountsAndAdmits()
{
    const PageSpec::TableSpec spec{"postgres.sessions", "Sessions", "No client.", {}, {}, {}, {"postgres.sessions"}};
    Table table = sessionTable({session(1, "idle"), session(2, "idle")});
    QCOMPARE(tabs::title(spec, snapshotOf("postgres/p", {observed("postgres.sessions", table)}), "postgres/p"), QStringLiteral("Sessions 2"));
    table.isTruncated = true;
    QCOMPARE(tabs::title(spec, snapshotOf("postgres/p", {observed("postgres.sessions", table)}), "postgres/p"), QStringLiteral("Sessions 2+"));
    QCOMPARE(tabs::title(spec, snapshotOf("postgres/p", {observed("postgres.sessions", Unknown{"no", ""})}), "postgres/p"), QStringLiteral("Sessions ?"));
    QCOMPARE(tabs::title(spec, snapshotOf("postgres/p", {}), "postgres/p"), QStringLiteral("Sessions"));
}

void TestSourceRows::optionalTabNeedsRowsOrAReason()
{
    const PageSpec::TableSpec spec{"redis.nodes", "Nodes", "", {}, {}, {}, {}, true};
    const Table empty{{{"node", ""}}, {}, 10, false};
    const Table one{{{"node", ""}}, {{std::string("n1")}}, 10, false};
    const auto isWanted = [&spec](std::vector<Observed> facts) { return tabs::isWanted(spec, snapshotOf("redis/cache", std::move(facts)), "redis/cache"); };
    QVERIFY(!isWanted({}));
    QVERIFY(!isWanted({observed("redis.nodes", NotApplicable{"no cluster is declared"})}));
    QVERIFY(!isWanted({observed("redis.nodes", empty)}));
    QVERIFY(isWanted({observed("redis.nodes", one)}));
    QVERIFY(isWanted({observed("redis.nodes", Unknown{"no permission", "ACL SETUSER m +cluster|nodes"})}));
}

void TestSourceRows::noteJoinsWhatIsNotKnown()
{
    const PageSpec::TableSpec spec{"postgres.index_findings", "Advice", "Nothing stands out.", {}, {}, {"postgres.bloat_findings"}};
    const Table empty{{{"kind", ""}}, {}, 10, false};
    const tabs::Note note = tabs::note(spec, snapshotOf("postgres/p", {observed("postgres.index_findings", empty), observed("postgres.bloat_findings", Unknown{"statistics are hidden", "GRANT pg_read_all_data TO m;"})}), "postgres/p");
    QVERIFY(note.hasTable);
    QVERIFY(note.text.startsWith(QStringLiteral("Nothing stands out.")) && note.text.contains(QStringLiteral("statistics are hidden")));
    QCOMPARE(note.hint, QStringLiteral("GRANT pg_read_all_data TO m;"));
}

void TestSourceRows::emptySaveIsToldWhateverItsStatus()
{
    const auto rows = cachestory::rows(snapshotOf("redis/cache", {observed("redis.rdb_status_ok", true), observed("redis.rdb_age", 60.0, "s"), observed("redis.snapshot_content_ok", false),
                                                                  observed("redis.snapshot_reason", std::string("the last snapshot holds 0 keys, the one before 495000"))}),
                                       "redis/cache");
    const auto line = std::ranges::find_if(rows, [](const Row &row) { return row.key.endsWith(QStringLiteral("redis.snapshot_content_ok")); });
    QVERIFY(line != rows.end() && line->status == CheckStatus::Fail);
    QVERIFY(line->cells[2].text.contains(QStringLiteral("495000")));
}

void TestSourceRows::noTrafficIsNoHitRate()
{
    auto rows = cachestory::rows(snapshotOf("redis/cache", {observed("redis.hit_ratio", Unknown{"no traffic: 3 lookups in 60 s", ""}, "ratio")}), "redis/cache");
    QCOMPARE(sentence(rows, "redis.hit_ratio"), QStringLiteral("no traffic: 3 lookups in 60 s"));
    rows = cachestory::rows(snapshotOf("redis/cache", {observed("redis.hit_ratio", 0.5, "ratio"), observed("redis.hit_ratio_window", 58.0, "s"), observed("redis.lookups_rate", 204.0, "1/s")}), "redis/cache");
    QCOMPARE(sentence(rows, "redis.hit_ratio"), QStringLiteral("50.0 % over the last 58 s · 204/s lookups"));
}

void TestSourceRows::unlimitedMemoryHasNoShare()
{
    const Snapshot snapshot = snapshotOf("redis/cache", {observed("redis.memory_used", 1e6, "B"), observed("redis.memory_max", 0.0, "B"), observed("redis.memory_used_ratio", 0.01, "ratio")});
    QVERIFY(sentence(cachestory::rows(snapshot, "redis/cache"), "redis.memory_used_ratio").contains(QStringLiteral("without a limit")));
    QCOMPARE(cachestory::instanceRows(snapshot).front().cells[5].text, QStringLiteral("no limit"));
}

void TestSourceRows::commandsKnowTheirPercentiles()
{
    const Table commands{{{"command", ""}, {"calls_rate", "1/s"}, {"mean_time", "s"}, {"share", "ratio"}, {"refused", "count"}}, {{std::string("get"), 10.0, 1e-5, 0.9, 0.0}, {std::string("set"), 1.0, 2e-5, 0.1, 0.0}}, 20, false};
    const Table latency{{{"command", ""}, {"calls", "count"}, {"p50", "s"}, {"p99", "s"}}, {{std::string("get"), 100.0, 1e-5, 2e-3}}, 20, false};
    const auto rows = cachestory::commandRows(commands, &latency);
    QCOMPARE(rows[0].cells[4].text, QStringLiteral("2 ms"));
    QCOMPARE(rows[1].cells[4].text, QStringLiteral("–"));
    QCOMPARE(cachestory::commandRows(commands, nullptr).size(), std::size_t{2});
}

void TestSourceRows::prefixesShowTheirInterval()
{
    const std::string common(300, 'x');
    const Table prefixes{{{"prefix", ""}, {"sampled", "count"}, {"share", "ratio"}, {"margin", "ratio"}, {"keys_estimate", "count"}},
                         {{std::string("cache:"), 812.0, 0.8, 0.02, 40'000.0}, {common + "a", 3.0, 0.003, 0.005, 150.0}, {common + "b", 0.0, 0.0, 0.0, 0.0}}, 50, false};
    const auto rows = cachestory::prefixRows(prefixes);
    QCOMPARE(rows[0].cells[1].text, QStringLiteral("80.0 % ± 2.0 %"));
    const auto bullet = rows[0].cells[2].extra.value<Bullet>();
    QVERIFY(qFuzzyCompare(bullet.score.low, 78.0) && qFuzzyCompare(bullet.score.high, 82.0));
    QCOMPARE(rows[1].cells[2].extra.value<Bullet>().score.low, 0.0); // never less than nothing
    QVERIFY(rows[1].key != rows[2].key); // what is flushed is the whole prefix, not what fits the column
    QVERIFY(rows[0].cells[3].text.contains(QStringLiteral("±")) && !rows[2].cells[3].text.contains(QStringLiteral("±")));
}

QTEST_GUILESS_MAIN(TestSourceRows)
#include "tst_sourcerows.moc"
