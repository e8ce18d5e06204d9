// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/httpsource.h"
#include "connectors/prometheus/prometheussource.h"
#include "connectors/redis/customcommand.h"
#include "connectors/redis/redissource.h"
#include "tests/integration/postgreskit.h"
#include "tests/integration/rediskit.h"

#include <QtTest>

#include <memory>

using namespace muster;
using namespace muster::test;

namespace {

CustomFact fact(const std::string &name, std::vector<std::string> question)
{
    return {name, {}, "count", std::move(question), Millis{60000}, Millis{150000}};
}

const Fact *find(const FactBatch &batch, std::string_view name)
{
    const auto at = std::ranges::find(batch.facts, name, &Fact::name);
    return at == batch.facts.end() ? nullptr : &*at;
}

std::string reasonOf(const FactBatch &batch, std::string_view name)
{
    const auto *found = find(batch, name);
    const auto *unknown = found ? std::get_if<Unknown>(&found->value) : nullptr;
    return unknown ? unknown->reason : found ? "known" : "missing";
}

/// A fact is asked for once a minute: the round that had it is kept.
bool hasCollected(Source &source, FactBatch &kept, std::string_view name)
{
    if (!find(kept, name))
        kept = collect(source);
    return find(kept, name) != nullptr;
}

} // namespace

/// Facts of the environment's own, asked of real servers over the connection that the source has anyway.
class TestCustomSources : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void postgresAnswersInAReadOnlyTransaction();
    void postgresRefusesToWrite_data();
    void postgresRefusesToWrite();
    void postgresIsNotHeldUp();
    void redisAnswersWhatItCallsReading();
    void redisRefusesToWrite();
    void redisClusterAnswersAsAWhole();
    void prometheusAnswers();
    void jsonPointerIsFollowed();

private:
    std::unique_ptr<PostgresKit> m_kit;
    [[nodiscard]] FactBatch askedOfRedis(std::vector<CustomFact> facts) const;
};

FactBatch TestCustomSources::askedOfRedis(std::vector<CustomFact> facts) const
{
    FactBatch batch;
    net::Interrupter interrupter;
    const auto target = redisTarget(m_kit->servers, u"redis", true);
    const auto client = redis::RedisClient::connect(target, Deadline::after(Millis{5000}), interrupter);
    if (!client)
        return batch;
    CustomFacts(std::move(facts)).collect(batch, Deadline::after(Millis{5000}), [&](const CustomFact &fact, Deadline limit) {
        return redis::askCustom([&](const redis::Command &command, Deadline by) { return (*client)->call(command, by); }, fact, target.declaredUser(), limit);
    });
    return batch;
}

void TestCustomSources::initTestCase()
{
    m_kit = std::make_unique<PostgresKit>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("prometheus")});
    QVERIFY2(m_kit->servers.isRunning(), m_kit->servers.errorText());
    QVERIFY(m_kit->run("create table orders (id int, state text); insert into orders values (1, 'new'), (2, 'new'), (3, 'paid');"
                       "create function sly() returns int language plpgsql as 'begin delete from orders; return 1; end';"
                       "grant all on orders to public"));
}

void TestCustomSources::postgresAnswersInAReadOnlyTransaction()
{
    postgres::PostgresSource source(m_kit->target(), {fact("shop.waiting", {"select count(*) from orders where state = 'new'"}),
                                                      fact("shop.by_state", {"select state, count(*) from orders group by 1 order by 1"}),
                                                      fact("shop.mode", {"show transaction_read_only"}), fact("shop.wrong", {"select 1 from nowhere"})});
    const auto batch = collect(source);
    QVERIFY(find(batch, "shop.waiting") && find(batch, "shop.waiting")->value == Value(2.0));
    QVERIFY(find(batch, "shop.mode")->value == Value(std::string("on")));
    const auto *table = asTable(find(batch, "shop.by_state")->value);
    QVERIFY(table && table->rows.size() == 2);
    QCOMPARE(table->number(0, "count"), std::optional(2.0));
    QVERIFY2(reasonOf(batch, "shop.wrong").starts_with("42P01"), reasonOf(batch, "shop.wrong").c_str());
    QVERIFY(find(batch, "postgres.reachable"));
    QVERIFY(!batch.fault);
    // The same connection, free of any transaction.
    QCOMPARE(m_kit->psql(QStringLiteral("select count(*) from pg_stat_activity where usename = 'oncall'")), QByteArray("1"));
    QCOMPARE(m_kit->psql(QStringLiteral("select state from pg_stat_activity where usename = 'oncall'")), QByteArray("idle"));
}

void TestCustomSources::postgresRefusesToWrite_data()
{
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("state");
    const auto row = [](const char *sql, const char *state) { QTest::newRow(sql) << QString::fromUtf8(sql) << QString::fromUtf8(state); };
    row("delete from orders", "25006");
    row("with gone as (delete from orders returning id) select count(*) from gone", "25006");
    row("select sly()", "25006");
    row("create table t (i int)", "25006");
    row("do 'begin perform set_config(''transaction_read_only'', ''off'', true); delete from orders; end'", "25001");
    row("do 'begin set transaction read write; delete from orders; end'", "25001");
    row("do 'begin commit; delete from orders; end'", "2D000");
    row("commit; delete from orders", "42601"); // one statement only
    row("select 1; delete from orders", "42601");
}

void TestCustomSources::postgresRefusesToWrite()
{
    QFETCH(const QString, sql);
    QFETCH(const QString, state);
    postgres::PostgresSource source(m_kit->target(), {fact("shop.bad", {sql.toStdString()}), fact("shop.good", {"select 1"})});
    const auto batch = collect(source);
    QVERIFY2(reasonOf(batch, "shop.bad").starts_with(state.toStdString()), reasonOf(batch, "shop.bad").c_str());
    QVERIFY(find(batch, "shop.good")->value == Value(1.0));
    QCOMPARE(m_kit->psql(QStringLiteral("select count(*) from orders")), QByteArray("3"));
}

void TestCustomSources::postgresIsNotHeldUp()
{
    const auto holder = m_kit->session();
    QVERIFY(holder->query("begin", Deadline::after(Millis{5000})));
    QVERIFY(holder->query("lock table orders", Deadline::after(Millis{5000})));
    postgres::PostgresSource source(m_kit->target(), {fact("shop.locked", {"select count(*) from orders"}), fact("shop.slow", {"select pg_sleep(30)"})});
    const auto batch = collect(source);
    QVERIFY2(reasonOf(batch, "shop.locked").starts_with("55P03"), reasonOf(batch, "shop.locked").c_str());
    QVERIFY2(reasonOf(batch, "shop.slow").starts_with("57014"), reasonOf(batch, "shop.slow").c_str());
    QVERIFY(find(batch, "postgres.reachable"));
}

void TestCustomSources::redisAnswersWhatItCallsReading()
{
    RedisAdmin admin(redisTarget(m_kit->servers, u"redis", true));
    QVERIFY(!admin.call({"RPUSH", "jobs", "a", "b", "c"}).isError());
    QVERIFY(!admin.call({"HSET", "shop", "version", "v7"}).isError());
    const auto batch = askedOfRedis({fact("shop.jobs", {"LLEN", "jobs"}), fact("shop.version", {"hget", "shop", "version"}), fact("shop.none", {"GET", "nothing"}),
                               fact("shop.bytes", {"MEMORY", "USAGE", "jobs"}), fact("shop.list", {"LRANGE", "jobs", "0", "-1"})});
    QVERIFY2(find(batch, "shop.jobs") && find(batch, "shop.jobs")->value == Value(3.0), reasonOf(batch, "shop.jobs").c_str());
    QVERIFY(find(batch, "shop.version")->value == Value(std::string("v7")));
    QVERIFY2(asNumber(find(batch, "shop.bytes")->value), reasonOf(batch, "shop.bytes").c_str());
    QVERIFY(*asNumber(find(batch, "shop.bytes")->value) > 10);
    QVERIFY(reasonOf(batch, "shop.none").find("nil") != std::string::npos);
    QVERIFY(reasonOf(batch, "shop.list").find("list of 3") != std::string::npos);
}

void TestCustomSources::redisRefusesToWrite()
{
    RedisAdmin admin(redisTarget(m_kit->servers, u"redis", true));
    QVERIFY(!admin.call({"SET", "kept", "1"}).isError());
    QVERIFY(!admin.call({"CONFIG", "RESETSTAT"}).isError());
    const auto batch = askedOfRedis({fact("shop.a", {"DEL", "kept"}), fact("shop.b", {"incr", "kept"}), fact("shop.c", {"FLUSHALL"}), fact("shop.d", {"EVAL", "return redis.call('del','kept')", "0"}),
                               fact("shop.e", {"KEYS", "*"}), fact("shop.f", {"CONFIG", "SET", "maxmemory", "1"}), fact("shop.g", {"GETDEL", "kept"})});
    for (const auto *name : {"shop.a", "shop.b", "shop.c", "shop.d", "shop.e", "shop.f", "shop.g"})
        QVERIFY2(reasonOf(batch, name).ends_with("it was not sent"), (std::string(name) + ": " + reasonOf(batch, name)).c_str());
    QCOMPARE(admin.call({"GET", "kept"}).text, std::string("1"));
    const auto stats = admin.call({"INFO", "commandstats"}).text;
    for (const auto *command : {"cmdstat_del:", "cmdstat_incr:", "cmdstat_flushall:", "cmdstat_eval:", "cmdstat_keys:", "cmdstat_config|set:", "cmdstat_getdel:"})
        QVERIFY2(stats.find(command) == std::string::npos, command);
}

/// A key is asked for where it lies; what has no key is the sum of all primaries, of which one alone would say a third.
void TestCustomSources::redisClusterAnswersAsAWhole()
{
    TestServers nodes(QStringList{QStringLiteral("redis-cluster")});
    QVERIFY2(nodes.isRunning(), nodes.errorText());
    const auto ports = numbersOf(nodes, u"redis-cluster", u"ports");
    std::vector<CustomFact> facts{fact("shop.all", {"DBSIZE"}), fact("shop.any", {"RANDOMKEY"}), fact("shop.none", {"GET", "nothing"}), fact("shop.gone", {"DEL", "number-1"})};
    std::vector<redis::Command> commands;
    for (int i = 0; i < 12; ++i) { // in slots of each of the three primaries
        commands.push_back({"SET", "number-" + std::to_string(i), std::to_string(i)});
        facts.push_back(fact("shop.number_" + std::to_string(i), {"GET", "number-" + std::to_string(i)}));
    }
    for (std::size_t node = 0; node < 3; ++node) // each takes its own; the others' it turns away
        (void)RedisAdmin(redisTarget(nodes, u"redis-cluster", true).at({"127.0.0.1", static_cast<std::uint16_t>(ports[node])})).pipeline(commands);
    redis::RedisSource source(redisTarget(nodes, u"redis-cluster", true), facts);
    FactBatch batch;
    QTRY_VERIFY_WITH_TIMEOUT(hasCollected(source, batch, "shop.number_11"), 20000);
    for (int i = 0; i < 12; ++i) {
        const auto name = "shop.number_" + std::to_string(i);
        QVERIFY2(find(batch, name) && find(batch, name)->value == Value(static_cast<double>(i)), (name + ": " + reasonOf(batch, name)).c_str());
    }
    QVERIFY2(find(batch, "shop.all")->value == Value(12.0), reasonOf(batch, "shop.all").c_str());
    QVERIFY2(reasonOf(batch, "shop.any").contains("each node of the cluster has an answer of its own"), reasonOf(batch, "shop.any").c_str());
    QVERIFY(reasonOf(batch, "shop.none").contains("nil"));
    QVERIFY(reasonOf(batch, "shop.gone").ends_with("it was not sent"));
}

void TestCustomSources::prometheusAnswers()
{
    prometheus::Target target;
    target.id = "prometheus/main";
    target.url = m_kit->servers.text(u"prometheus", u"url").toStdString();
    prometheus::PrometheusSource source(target, {fact("shop.one", {"vector(1) + 1"}), fact("shop.none", {"nothing_at_all"}), fact("shop.wrong", {"sum("})});
    FactBatch batch;
    QTRY_VERIFY_WITH_TIMEOUT(hasCollected(source, batch, "shop.one"), 20000);
    QVERIFY(find(batch, "shop.one")->value == Value(2.0));
    QCOMPARE(reasonOf(batch, "shop.none"), std::string("the expression gives no series"));
    QVERIFY2(reasonOf(batch, "shop.wrong").find("parse error") != std::string::npos, reasonOf(batch, "shop.wrong").c_str());
}

void TestCustomSources::jsonPointerIsFollowed()
{
    http::Target target;
    target.id = "http/prom";
    target.url = m_kit->servers.text(u"prometheus", u"url").toStdString();
    http::HttpSource source(target, {fact("shop.version", {"/api/v1/status/buildinfo", "/data/version"}), fact("shop.gone", {"/api/v1/nothing", "/data"}),
                                     fact("shop.nowhere", {"/api/v1/status/buildinfo", "/data/nothing"})});
    FactBatch batch;
    // The first rounds are busy with the endpoint's own checks.
    QTRY_VERIFY_WITH_TIMEOUT(hasCollected(source, batch, "shop.version"), 30000);
    QVERIFY(asText(find(batch, "shop.version")->value) && asText(find(batch, "shop.version")->value)->starts_with("2."));
    QVERIFY2(reasonOf(batch, "shop.gone").find("answers 404") != std::string::npos, reasonOf(batch, "shop.gone").c_str());
    QVERIFY(reasonOf(batch, "shop.nowhere").find("nothing at") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestCustomSources)
#include "tst_customsources.moc"
