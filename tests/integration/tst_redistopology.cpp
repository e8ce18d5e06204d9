// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermap.h"
#include "connectors/redis/flushaction.h"
#include "connectors/redis/redissource.h"
#include "tests/integration/ctlkit.h"
#include "tests/integration/rediskit.h"

#include <QJsonArray>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace muster;
using namespace muster::test;
using redis::FlushAction;
using redis::RedisSource;
using Scope = FlushRequest::Scope;

namespace {

constexpr int kPatience = 40'000; // ms; a busy machine elects slowly

double number(const std::expected<FactBatch, Fault> &batch, std::string_view name)
{
    const auto *value = batch ? factOf(*batch, name) : nullptr;
    const auto *found = value ? asNumber(*value) : nullptr;
    return found ? *found : -1;
}

std::string text(const std::expected<FactBatch, Fault> &batch, std::string_view name)
{
    const auto *value = batch ? factOf(*batch, name) : nullptr;
    const auto *found = value ? asText(*value) : nullptr;
    return found ? *found : std::string();
}

FlushRequest request(Scope scope, std::string pattern = {})
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = std::move(pattern);
    result.maxLatency = Millis{500}; // a busy build machine is not the thing under test
    return result;
}

/// Six nodes, and another program's clients at each.
class Cluster {
public:
    Cluster(const TestServers &servers, QStringView name)
        : m_name(name.toString()), m_servers(servers), m_ports(numbersOf(servers, name, u"ports")), m_pids(numbersOf(servers, name, u"pids"))
    {
        for (const auto port : m_ports)
            m_admins.push_back(std::make_unique<RedisAdmin>(redisTarget(servers, name, true).at({"127.0.0.1", static_cast<std::uint16_t>(port)})));
    }

    [[nodiscard]] std::size_t size() const { return m_ports.size(); }
    [[nodiscard]] int port(std::size_t node) const { return m_ports[node]; }
    [[nodiscard]] std::string id(std::size_t node) const { return m_admins[node]->call({"CLUSTER", "MYID"}).text; }
    RedisAdmin &admin(std::size_t node) { return *m_admins[node]; }
    void kill(std::size_t node) const { ::kill(static_cast<pid_t>(m_pids[node]), SIGKILL); }
    /// Which node answers for the key.
    [[nodiscard]] std::size_t owner(const std::string &key)
    {
        const auto reply = m_admins.front()->call({"SET", key, "1"});
        const auto redirect = redis::redirectOf(reply.text);
        if (!redirect)
            return 0;
        return static_cast<std::size_t>(std::ranges::find(m_ports, static_cast<int>(redirect->to.port)) - m_ports.begin());
    }
    /// Each primary takes its own; what the others answer with is their MOVED.
    void all(const std::vector<redis::Command> &commands)
    {
        for (std::size_t node = 0; node < 3; ++node)
            (void)m_admins[node]->pipeline(commands);
    }
    void fill(const std::string &prefix, int count)
    {
        std::vector<redis::Command> commands;
        for (int i = 0; i < count; ++i)
            commands.push_back({"SET", prefix + std::to_string(i), "1"});
        all(commands);
    }
    [[nodiscard]] long long keys()
    {
        long long sum = 0;
        for (std::size_t node = 0; node < 3; ++node)
            sum += m_admins[node]->call({"DBSIZE"}).integer;
        return sum;
    }

private:
    QString m_name;
    const TestServers &m_servers;
    std::vector<int> m_ports;
    std::vector<int> m_pids;
    std::vector<std::unique_ptr<RedisAdmin>> m_admins;
};

} // namespace

class TestRedisTopology : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void clusterFactsAreSumsOverThePrimaries();
    void clusterNamesTheOddNode();
    void clusterFlushIsExact();
    void clusterFlushInStagesHasOnePace();
    void clusterFlushesWholeOnEveryPrimary();
    void clusterFollowsSlotsThatMoved();
    void clusterFollowsSlotsOnTheirWay();
    void clusterRefusesAnotherDatabase();
    void clusterDoctorSeesTheNodes();
    void commandLineReadsBothTopologies();
    void clusterFailoverShowsAndHeals();
    void clusterNodeLostInAFlushIsUnknown();
    void clusterOverTlsWithClientCertificates();
    void wrongTopologyIsSaid();
    void sentinelNamesThePrimary();
    void sentinelUnknownNameIsSaid();
    void sentinelFailoverIsFollowed();
    void planOfBeforeTheFailoverIsRefused();

private:
    [[nodiscard]] std::expected<FactBatch, Fault> round(RedisSource &source) const { return source.collect(Deadline::after(Millis{8000}), {}); }
    [[nodiscard]] TestServers &servers(const char *name);
    [[nodiscard]] Cluster &cluster();

    std::map<std::string, std::unique_ptr<TestServers>> m_servers;
    std::unique_ptr<Cluster> m_cluster;
};

TestServers &TestRedisTopology::servers(const char *name)
{
    auto &entry = m_servers[name];
    if (!entry)
        entry = std::make_unique<TestServers>(QStringList{QString::fromUtf8(name)});
    if (!entry->isRunning())
        qFatal("%s", entry->errorText());
    return *entry;
}

Cluster &TestRedisTopology::cluster()
{
    if (!m_cluster)
        m_cluster = std::make_unique<Cluster>(servers("redis-cluster"), u"redis-cluster");
    return *m_cluster;
}

void TestRedisTopology::clusterFactsAreSumsOverThePrimaries()
{
    auto &nodes = cluster();
    nodes.fill("cache:", 900);
    RedisSource source(redisTarget(servers("redis-cluster"), u"redis-cluster"));
    QVERIFY(round(source));
    // All hits on one node, all misses on another: a mean of their ratios would say 0.5.
    const auto first = nodes.owner("cache:0");
    std::string elsewhere = "none:0";
    for (int i = 1; nodes.owner(elsewhere) == first; ++i)
        elsewhere = "none:" + std::to_string(i);
    const auto second = nodes.owner(elsewhere);
    QVERIFY(nodes.admin(second).call({"DEL", elsewhere}).isInteger());
    for (int i = 0; i < 300; ++i)
        QVERIFY(nodes.admin(first).call({"GET", "cache:0"}).isText());
    for (int i = 0; i < 100; ++i)
        QVERIFY(!nodes.admin(second).call({"GET", elsewhere}).isError());
    std::expected<FactBatch, Fault> batch;
    QTRY_VERIFY_WITH_TIMEOUT((batch = round(source)) && number(batch, "redis.keys") >= 900, kPatience);
    QCOMPARE(number(batch, "redis.hit_ratio"), 0.75);
    QCOMPARE(number(batch, "redis.keys"), static_cast<double>(nodes.keys()));
    QCOMPARE(number(batch, "redis.cluster_nodes"), 6.0);
    QCOMPARE(number(batch, "redis.cluster_nodes_lost"), 0.0);
    QCOMPARE(number(batch, "redis.cluster_primaries"), 3.0);
    QCOMPARE(number(batch, "redis.cluster_primaries_without_replica"), 0.0);
    QCOMPARE(number(batch, "redis.cluster_slots_unserved"), 0.0);
    QVERIFY(*asTruth(*factOf(*batch, "redis.cluster_ok")));
    QVERIFY(!*asTruth(*factOf(*batch, "redis.writes_refused"))); // the replicas refuse, as they should
    QCOMPARE(text(batch, "redis.topology"), std::string("cluster"));
    const auto *table = asTable(*factOf(*batch, "redis.nodes"));
    QVERIFY(table);
    QCOMPARE(table->rows.size(), 6U);
    double keys = 0;
    for (std::size_t row = 0; row < table->rows.size(); ++row)
        keys += table->text(row, "role") == "primary" ? table->number(row, "keys").value_or(0) : 0;
    QCOMPARE(keys, number(batch, "redis.keys"));
    RedisSource fresh(redisTarget(servers("redis-cluster"), u"redis-cluster")); // samples in its first round
    const auto sampled = round(fresh);
    const auto *prefixes = asTable(*factOf(*sampled, "redis.prefixes"));
    QVERIFY(prefixes);
    QCOMPARE(prefixes->number(0, "keys_estimate"), std::optional(900.0));
}

void TestRedisTopology::clusterNamesTheOddNode()
{
    auto &nodes = cluster();
    QVERIFY(nodes.admin(1).call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}).isStatus("OK"));
    RedisSource source(redisTarget(servers("redis-cluster"), u"redis-cluster"));
    const auto batch = round(source);
    const auto address = "127.0.0.1:" + std::to_string(nodes.port(1));
    QVERIFY2(text(batch, "redis.policy").find(address + ": allkeys-lru") != std::string::npos, text(batch, "redis.policy").c_str());
    QVERIFY(!*asTruth(*factOf(*batch, "redis.policy_fits"))); // the others say noeviction
    QVERIFY(nodes.admin(1).call({"CONFIG", "SET", "maxmemory-policy", "noeviction"}).isStatus("OK"));
}

void TestRedisTopology::clusterFlushIsExact()
{
    auto &nodes = cluster();
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:", 3000);
    nodes.fill("cache:{tag}:", 500);
    nodes.fill("sess:", 400);
    const auto target = redisTarget(servers("redis-cluster"), u"redis-cluster"); // the console's own user
    auto counting = request(Scope::Prefix, "cache:");
    counting.isCountOnly = true;
    FlushAction count(target, counting);
    const auto counted = runAction(count);
    QVERIFY2(counted.outcome.kind == OutcomeKind::Succeeded, counted.outcome.summary.c_str());
    QVERIFY2(counted.outcome.summary.starts_with("3500 keys match"), counted.outcome.summary.c_str());
    FlushAction action(target, request(Scope::Prefix, "cache:"));
    const auto run = runAction(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY(run.plan->changes.front().value.find("3 primaries") != std::string::npos);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Deleted"), "3500");
    QCOMPARE(detailOf(run.outcome, "Match now"), "0");
    for (std::size_t node = 0; node < 3; ++node)
        QVERIFY(!detailOf(run.outcome, "Node 127.0.0.1:" + std::to_string(nodes.port(node))).empty());
    QCOMPARE(nodes.keys(), 400LL);
}

/// The share is of all keys of the cluster, and the primaries go one after the other at that one pace.
void TestRedisTopology::clusterFlushInStagesHasOnePace()
{
    auto &nodes = cluster();
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:", 1500);
    nodes.fill("sess:", 400);
    auto staged = request(Scope::Prefix, "cache:");
    staged.stageShare = 20; // three seconds in all
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster"), staged);
    std::optional<BootTime> began;
    std::optional<double> total;
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) {
        if (!progress.total)
            return;
        total = progress.total;
        began = began.value_or(BootClock::now());
    });
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(total, 1500.0);
    QVERIFY(BootClock::now() - *began > std::chrono::milliseconds(2500));
    QCOMPARE(detailOf(run.outcome, "Deleted"), "1500");
    QVERIFY2(detailOf(run.outcome, "In stages").ends_with("of 1500 keys, counted before"), detailOf(run.outcome, "In stages").c_str());
    QCOMPARE(nodes.keys(), 400LL);
}

void TestRedisTopology::clusterFlushesWholeOnEveryPrimary()
{
    auto &nodes = cluster();
    nodes.fill("any:", 900);
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster"), request(Scope::All));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(nodes.keys(), 0LL);
    for (std::size_t node = 0; node < 3; ++node)
        QVERIFY(nodes.admin(node).call({"INFO", "commandstats"}).text.find("cmdstat_flushall") != std::string::npos);
}

/// While the first page waits, its slot goes to another node, and is there for good.
void TestRedisTopology::clusterFollowsSlotsThatMoved()
{
    auto &nodes = cluster();
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:{moved}:", 60);
    nodes.fill("sess:", 30);
    const auto from = nodes.owner("x{moved}");
    QVERIFY(nodes.admin(from).call({"DEL", "x{moved}"}).isInteger());
    const auto to = (from + 1) % 3;
    const auto slot = std::to_string(redis::slotOf("x{moved}"));
    QCOMPARE(nodes.admin(from).call({"CLUSTER", "KEYSLOT", "x{moved}"}).integer, static_cast<long long>(redis::slotOf("x{moved}")));
    const auto password = servers("redis-cluster").text(u"redis-cluster", u"adminPassword").toStdString();
    bool isMoved = false;
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster"), request(Scope::Prefix, "cache:"));
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) {
        if (isMoved || !progress.phase.starts_with("127.0.0.1:" + std::to_string(nodes.port(from)) + ": deleting"))
            return;
        isMoved = true;
        (void)nodes.admin(to).call({"CLUSTER", "SETSLOT", slot, "IMPORTING", nodes.id(from)});
        (void)nodes.admin(from).call({"CLUSTER", "SETSLOT", slot, "MIGRATING", nodes.id(to)});
        redis::Command migrate{"MIGRATE", "127.0.0.1", std::to_string(nodes.port(to)), "", "0", "5000", "AUTH", password, "KEYS"};
        for (const auto &key : nodes.admin(from).call({"CLUSTER", "GETKEYSINSLOT", slot, "1000"}).elements)
            migrate.push_back(key.text);
        if (!nodes.admin(from).call(migrate).isStatus("OK"))
            qFatal("MIGRATE failed");
        for (const auto node : {to, from})
            (void)nodes.admin(node).call({"CLUSTER", "SETSLOT", slot, "NODE", nodes.id(to)});
    });
    QVERIFY(isMoved);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    // The node that has the slot now may have been walked before; then there is a second walk.
    QCOMPARE(detailOf(run.outcome, "Deleted"), "60");
    QCOMPARE(detailOf(run.outcome, "Match now"), "0");
    QCOMPARE(nodes.keys(), 30LL);
}

/// The slot is under way for the whole flush: the old owner sends on with ASK, the new one back with MOVED.
void TestRedisTopology::clusterFollowsSlotsOnTheirWay()
{
    auto &nodes = cluster();
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:{way}:", 40);
    nodes.fill("sess:", 30);
    const auto from = nodes.owner("x{way}");
    QVERIFY(nodes.admin(from).call({"DEL", "x{way}"}).isInteger());
    const auto to = (from + 1) % 3;
    const auto slot = std::to_string(redis::slotOf("x{way}"));
    const auto password = servers("redis-cluster").text(u"redis-cluster", u"adminPassword").toStdString();
    QVERIFY(nodes.admin(to).call({"CLUSTER", "SETSLOT", slot, "IMPORTING", nodes.id(from)}).isStatus("OK"));
    QVERIFY(nodes.admin(from).call({"CLUSTER", "SETSLOT", slot, "MIGRATING", nodes.id(to)}).isStatus("OK"));
    redis::Command migrate{"MIGRATE", "127.0.0.1", std::to_string(nodes.port(to)), "", "0", "5000", "AUTH", password, "KEYS"};
    for (const auto &key : nodes.admin(from).call({"CLUSTER", "GETKEYSINSLOT", slot, "20"}).elements)
        migrate.push_back(key.text);
    QVERIFY(nodes.admin(from).call(migrate).isStatus("OK"));
    RedisSource source(redisTarget(servers("redis-cluster"), u"redis-cluster"));
    QVERIFY(number(round(source), "redis.cluster_slots_moving") > 0);
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster"), request(Scope::Prefix, "cache:"));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Deleted"), "40");
    QCOMPARE(nodes.keys(), 30LL);
    for (const auto node : {to, from})
        (void)nodes.admin(node).call({"CLUSTER", "SETSLOT", slot, "NODE", nodes.id(from)});
}

void TestRedisTopology::clusterRefusesAnotherDatabase()
{
    auto other = request(Scope::Database);
    other.database = 1;
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster"), other);
    const auto plan = action.preflight(Deadline::after(Millis{5000}), {});
    QVERIFY(plan && !plan->isAllowed());
}

void TestRedisTopology::clusterDoctorSeesTheNodes()
{
    RedisSource source(redisTarget(servers("redis-cluster"), u"redis-cluster"));
    const auto stages = source.diagnose(Deadline::after(Millis{8000}), {});
    QCOMPARE(stages.back().name, "role");
    QVERIFY2(stages.back().isGood && stages.back().detail.find("6 nodes, 3 primaries") != std::string::npos, stages.back().detail.c_str());
}

/// From the environment file through the wiring to the judgement.
void TestRedisTopology::commandLineReadsBothTopologies()
{
    auto &nodes = cluster();
    auto &sentinel = servers("redis-sentinel");
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:", 120);
    const auto file = [](const QString &path) { return QJsonObject{{QStringLiteral("file"), path}}; };
    QJsonArray sentinels;
    for (const auto port : numbersOf(sentinel, u"redis-sentinel", u"sentinels"))
        sentinels.append(QStringLiteral("127.0.0.1:%1").arg(port));
    const QJsonObject one{{QStringLiteral("name"), QStringLiteral("cluster")}, {QStringLiteral("topology"), QStringLiteral("cluster")},
                          {QStringLiteral("url"), QStringLiteral("redis://oncall@127.0.0.1:%1/0").arg(nodes.port(0))},
                          {QStringLiteral("nodes"), QJsonArray{QStringLiteral("127.0.0.1:%1").arg(nodes.port(1))}},
                          {QStringLiteral("password"), file(servers("redis-cluster").text(u"redis-cluster", u"passwordFile"))}};
    const QJsonObject other{{QStringLiteral("name"), QStringLiteral("ha")}, {QStringLiteral("topology"), QStringLiteral("sentinel")},
                            {QStringLiteral("url"), QStringLiteral("redis://oncall@shop/0")}, {QStringLiteral("sentinels"), sentinels},
                            {QStringLiteral("master"), sentinel.text(u"redis-sentinel", u"master")},
                            {QStringLiteral("sentinelPassword"), file(sentinel.text(u"redis-sentinel", u"adminPasswordFile"))},
                            {QStringLiteral("password"), file(sentinel.text(u"redis-sentinel", u"passwordFile"))}};
    CtlKit ctl(sentinel);
    const auto environment = ctl.writeEnvironment(QStringLiteral("groups"), QStringLiteral("development"), {{QStringLiteral("redis"), QJsonArray{one, other}}});
    const auto checked = ctl.run({QStringLiteral("check"), QStringLiteral("-e"), environment, QStringLiteral("--output"), QStringLiteral("json")});
    QVERIFY2(checked.code == 2, checked.all().constData()); // nothing but Redis is declared
    int passed = 0;
    for (const auto &row : checked.json()[u"checks"].toArray()) {
        if (row.toObject()[u"id"].toString() != u"environment/redis-topology")
            continue;
        QVERIFY2(row.toObject()[u"status"].toString() == u"pass", row.toObject()[u"evidence"].toString().toUtf8().constData());
        ++passed;
    }
    QCOMPARE(passed, 2);
    const auto counted = ctl.run({QStringLiteral("cache"), QStringLiteral("count"), QStringLiteral("-e"), environment, QStringLiteral("--instance"), QStringLiteral("cluster"),
                                  QStringLiteral("--pattern"), QStringLiteral("cache:*"), QStringLiteral("--max-latency"), QStringLiteral("1000")});
    QVERIFY2(counted.code == 0 && counted.out.contains("120 keys match on 3 primaries"), counted.all().constData());
}

void TestRedisTopology::clusterFailoverShowsAndHeals()
{
    auto &nodes = cluster();
    nodes.all({{"FLUSHALL"}});
    nodes.fill("cache:", 300);
    RedisSource source(redisTarget(servers("redis-cluster"), u"redis-cluster"));
    QVERIFY(round(source));
    nodes.kill(2); // not the node that the environment names
    auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str()); // the others go on telling
    QVERIFY(number(batch, "redis.cluster_nodes_lost") >= 1);
    QVERIFY(text(batch, "redis.cluster_lost").find(std::to_string(nodes.port(2))) != std::string::npos);
    if (number(batch, "redis.cluster_slots_unserved") > 0) // not promoted yet: what the lost one holds nobody knows
        QVERIFY(std::holds_alternative<Unknown>(*factOf(*batch, "redis.keys")));
    QTRY_VERIFY_WITH_TIMEOUT((batch = round(source)) && number(batch, "redis.cluster_slots_unserved") == 0 && *asTruth(*factOf(*batch, "redis.cluster_ok")), kPatience);
    QCOMPARE(number(batch, "redis.cluster_primaries"), 3.0);
    QTRY_VERIFY_WITH_TIMEOUT(number(batch = round(source), "redis.keys") == 300, kPatience);
    QVERIFY(number(batch, "redis.turns") >= 1);
    QCOMPARE(number(batch, "redis.cluster_nodes_lost"), 1.0);
    QCOMPARE(number(batch, "redis.cluster_primaries_without_replica"), 1.0);
}

/// After the failover there are three primaries again; one of them dies while its first page is being deleted.
void TestRedisTopology::clusterNodeLostInAFlushIsUnknown()
{
    auto &nodes = cluster();
    nodes.fill("cache:", 3000);
    const auto kept = 0; // node 0 still is a primary
    bool isKilled = false;
    FlushAction action(redisTarget(servers("redis-cluster"), u"redis-cluster").at({"127.0.0.1", static_cast<std::uint16_t>(nodes.port(kept))}), request(Scope::Prefix, "cache:"));
    const auto run = runAction(action, [&](const Progress &progress, RunControl &, std::stop_source &) {
        if (isKilled || !progress.phase.starts_with("127.0.0.1:" + std::to_string(nodes.port(1)) + ": deleting"))
            return;
        isKilled = true;
        nodes.kill(1);
    });
    QVERIFY(isKilled);
    QVERIFY2(run.outcome.kind == OutcomeKind::Unknown, run.outcome.summary.c_str());
    QVERIFY2(run.outcome.summary.find(std::to_string(nodes.port(1))) != std::string::npos, run.outcome.summary.c_str());
    QVERIFY2(run.outcome.howToFindOut.find("failover") != std::string::npos, run.outcome.howToFindOut.c_str());
    // The other nodes were done.
    QVERIFY(detailOf(run.outcome, "Node 127.0.0.1:" + std::to_string(nodes.port(0))).find("were deleted") != std::string::npos);
    m_cluster.reset();
    m_servers.erase("redis-cluster");
}

void TestRedisTopology::clusterOverTlsWithClientCertificates()
{
    auto &running = servers("redis-cluster-tls");
    auto target = redisTarget(running, u"redis-cluster-tls");
    Cluster nodes(running, u"redis-cluster-tls");
    RedisSource source(target);
    auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QCOMPARE(number(batch, "redis.cluster_nodes_lost"), 0.0);
    QVERIFY(*asTruth(*factOf(*batch, "redis.tls_in_use")));
    QVERIFY(!*asTruth(*factOf(*batch, "redis.plain_port_open")));
    for (std::size_t node = 0; node < nodes.size(); ++node)
        QVERIFY(nodes.admin(node).call({"CONFIG", "SET", "tls-auth-clients", "yes"}).isStatus("OK"));
    RedisSource bare(target);
    QVERIFY(!round(bare)); // no certificate, no answer
    target.tls.clientCertFile = running.text(u"redis-cluster-tls", u"clientCert").toStdString();
    target.tls.clientKeyFile = running.text(u"redis-cluster-tls", u"clientKey").toStdString();
    RedisSource known(target);
    batch = round(known);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QCOMPARE(number(batch, "redis.cluster_nodes_lost"), 0.0);
    target.tls.verifyName = "localhost"; // the certificate's other name, apart from the address
    RedisSource named(target);
    QVERIFY(round(named));
    target.tls.verifyName = "elsewhere.example";
    RedisSource misnamed(target);
    const auto refused = round(misnamed);
    QVERIFY(!refused && refused.error().kind == FaultKind::Tls);
    nodes.fill("cache:", 200); // the connections of before are still good
    FlushAction action(redisTarget(running, u"redis-cluster-tls"), request(Scope::Prefix, "cache:"));
    QVERIFY(!action.preflight(Deadline::after(Millis{5000}), {}));
    m_servers.erase("redis-cluster-tls");
}

void TestRedisTopology::wrongTopologyIsSaid()
{
    auto target = redisTarget(servers("redis"), u"redis");
    target.topology = redis::Topology::Cluster;
    RedisSource source(target);
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY2(batch.error().kind == FaultKind::Config, batch.error().detail.c_str());
    m_servers.erase("redis");
}

void TestRedisTopology::sentinelNamesThePrimary()
{
    auto &running = servers("redis-sentinel");
    RedisSource source(redisTarget(running, u"redis-sentinel"));
    const auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QCOMPARE(text(batch, "redis.address"), "127.0.0.1:" + std::to_string(running.port(u"redis-sentinel")));
    QCOMPARE(text(batch, "redis.role"), std::string("primary"));
    QCOMPARE(number(batch, "redis.sentinels_answering"), 3.0);
    QCOMPARE(number(batch, "redis.sentinels_lost"), 0.0);
    QVERIFY(*asTruth(*factOf(*batch, "redis.sentinels_agree")));
    QVERIFY(*asTruth(*factOf(*batch, "redis.sentinel_quorum_ok")));
    const auto stages = source.diagnose(Deadline::after(Millis{8000}), {});
    QVERIFY2(stages.back().isGood && stages.back().detail.find("Sentinels") != std::string::npos, stages.back().detail.c_str());
}

void TestRedisTopology::sentinelUnknownNameIsSaid()
{
    auto target = redisTarget(servers("redis-sentinel"), u"redis-sentinel");
    target.master = "nothing";
    RedisSource source(target);
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY2(batch.error().kind == FaultKind::Config && batch.error().detail.find("nothing") != std::string::npos, batch.error().detail.c_str());
}

void TestRedisTopology::sentinelFailoverIsFollowed()
{
    auto &running = servers("redis-sentinel");
    const auto target = redisTarget(running, u"redis-sentinel");
    const auto admin = redisTarget(running, u"redis-sentinel", true);
    const auto ports = numbersOf(running, u"redis-sentinel", u"ports");
    RedisAdmin before(admin.at({"127.0.0.1", static_cast<std::uint16_t>(ports[0])}));
    QVERIFY(before.fill("cache:", 50));
    QTRY_VERIFY_WITH_TIMEOUT(before.call({"WAIT", "1", "1000"}).integer == 1, kPatience);
    RedisSource source(target);
    QVERIFY(round(source));
    ::kill(static_cast<pid_t>(numbersOf(running, u"redis-sentinel", u"pids")[0]), SIGKILL);
    const auto promoted = "127.0.0.1:" + std::to_string(ports[1]);
    std::expected<FactBatch, Fault> batch;
    QTRY_VERIFY_WITH_TIMEOUT((batch = round(source)).has_value(), kPatience); // faults until a replica is promoted, never the facts of a replica
    QCOMPARE(text(batch, "redis.address"), promoted);
    QCOMPARE(text(batch, "redis.role"), std::string("primary"));
    QCOMPARE(number(batch, "redis.keys"), 50.0);
    QCOMPARE(number(batch, "redis.turns"), 1.0);
    FlushAction action(target, request(Scope::Prefix, "cache:"));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Deleted"), "50");
}

void TestRedisTopology::planOfBeforeTheFailoverIsRefused()
{
    auto &running = servers("redis-sentinel");
    const auto target = redisTarget(running, u"redis-sentinel");
    RedisAdmin admin(redisTarget(running, u"redis-sentinel", true).at({"127.0.0.1", static_cast<std::uint16_t>(numbersOf(running, u"redis-sentinel", u"ports")[1])}));
    QVERIFY(admin.fill("cache:", 50));
    FlushAction action(target, request(Scope::Prefix, "cache:"));
    auto plan = action.preflight(Deadline::after(Millis{8000}), {});
    QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    // The plan as it would have been made on the primary of before: other port, other run_id.
    const auto at = plan->identity.find("run_id ") + 7;
    plan->identity[at] = plan->identity[at] == '0' ? '1' : '0';
    RunControl control({}, [](const Progress &) {});
    const auto outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QCOMPARE(admin.call({"DBSIZE"}).integer, 50LL);
    m_servers.erase("redis-sentinel");
}

QTEST_GUILESS_MAIN(TestRedisTopology)
#include "tst_redistopology.moc"
