// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/clustermap.h"
#include "connectors/redis/clustermerge.h"
#include "connectors/redis/keyscan.h"

#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;
using namespace std::string_literals;

namespace {

const char *const kNodes = "07c3 127.0.0.1:30004@31004,host4 slave e7d1 0 1426238317239 4 connected\n"
                           "67ed 127.0.0.1:30002@31002,host2 master - 0 1426238316232 2 connected 5461-10922\n"
                           "292f 10.0.0.3:30003@31003 master,fail - 0 1426238318243 3 disconnected 10923-16383\n"
                           "6ec2 [fe80::1]:30005@31005 slave 67ed 0 1426238316232 5 connected\n"
                           "dead :0@0 master,noaddr - 0 0 0 disconnected\n"
                           "e7d1 :30001@31001 myself,master - 0 0 1 connected 0-5459 5460 [5461->-292f]\n"
                           "rubbish\n";

NodeRound round(const std::string &address, bool isPrimary, int slots, const std::vector<std::pair<std::string, Value>> &facts)
{
    NodeRound result;
    result.node.id = address;
    result.node.endpoint = {address, 1};
    result.node.isPrimary = isPrimary;
    result.node.slots = slots;
    result.reading.emplace();
    for (const auto &[name, value] : facts)
        result.reading->batch.add(name, value, "count", Millis{1000});
    static const HitWindow unwatched;
    result.window = &unwatched;
    return result;
}

Value valueOf(const FactBatch &batch, std::string_view name)
{
    const auto it = std::ranges::find(batch.facts, name, &Fact::name);
    return it == batch.facts.end() ? Value(std::string("no such fact")) : it->value;
}

NodeRound lost(const std::string &address, int slots, bool isFailed)
{
    NodeRound result;
    result.node.id = address;
    result.node.endpoint = {address, 1};
    result.node.isPrimary = slots > 0;
    result.node.slots = slots;
    result.node.isFailed = isFailed;
    result.fault = Fault{FaultKind::Timeout, "tcp", "no answer", "Look."};
    return result;
}

FactBatch merged(const std::vector<NodeRound> &rounds)
{
    return mergedFacts("redis/x", {}, rounds);
}

} // namespace

class TestRedisCluster : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsClusterNodes();
    void slotsAreTheServers_data();
    void slotsAreTheServers();
    void redirectsAreRead();
    void keysAreSummedOverPrimaries();
    void worstNodeCounts();
    void oneNodeSettlesATruth();
    void missingNodeLeavesItOpen();
    void failedNodeWithoutSlotsDoesNot();
    void textsThatDifferAreNamed();
    void rowsCarryTheNode();
    void replicasRefuseWritesAndThatIsRight();
    void hitRateIsOfSums();
};

void TestRedisCluster::readsClusterNodes()
{
    const auto map = parseClusterNodes(kNodes, "seed");
    QCOMPARE(map.nodes.size(), 6U);
    QCOMPARE(map.owners().size(), 3U);
    QCOMPARE(map.node("e7d1")->endpoint.host, "seed"); // does not know its own address
    QCOMPARE(map.node("e7d1")->slots, 5461);
    QCOMPARE(map.node("e7d1")->movingSlots, 1);
    QCOMPARE(map.node("67ed")->slots, 5462);
    QVERIFY(map.node("292f")->isFailed);
    QVERIFY(!map.node("dead")->isUsable);
    QVERIFY(!map.node("07c3")->isPrimary);
    QCOMPARE(map.node("07c3")->hostname, "host4");
    QCOMPARE(map.node("6ec2")->endpoint.port, 30005);
    Target target;
    QCOMPARE(nodeTarget(target, *map.node("07c3")).host, "127.0.0.1");
    target.tls.isOn = true; // a certificate names hosts
    QCOMPARE(nodeTarget(target, *map.node("07c3")).host, "host4");
    QVERIFY(parseClusterNodes("", "x").nodes.empty());
    QVERIFY(parseClusterNodes(std::string(5000, 'a') + " b c\n", "x").nodes.empty());
}

void TestRedisCluster::slotsAreTheServers_data()
{
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<int>("slot");
    QTest::newRow("the check value of the specification") << QByteArray("123456789") << 0x31c3;
    QTest::newRow("foo") << QByteArray("foo") << 12182;
    QTest::newRow("tag") << QByteArray("x{foo}y") << 12182;
    QTest::newRow("empty tag counts whole") << QByteArray("{}foo") << slotOf("{}foo");
    QTest::newRow("empty") << QByteArray() << 0;
}

void TestRedisCluster::slotsAreTheServers()
{
    QFETCH(QByteArray, key);
    QFETCH(int, slot);
    QCOMPARE(slotOf(key.toStdString()), slot);
    QVERIFY(slotOf("{}foo") != slotOf("foo"));
}

void TestRedisCluster::redirectsAreRead()
{
    QCOMPARE(redirectOf("MOVED 3999 127.0.0.1:6381")->to.port, 6381);
    QVERIFY(!redirectOf("MOVED 3999 127.0.0.1:6381")->isAsk);
    QVERIFY(redirectOf("ASK 3999 fe80::1:6381")->isAsk);
    QCOMPARE(redirectOf("ASK 3999 fe80::1:6381")->to.host, "fe80::1");
    QCOMPARE(redirectOf("MOVED 1 :6381")->to.host, "");
    for (const auto *text : {"MOVED", "MOVED 1", "MOVED 1 host", "MOVED 1 host:0", "MOVED 1 host:99999", "ERR MOVED 1 h:1", "CROSSSLOT Keys"})
        QVERIFY(!redirectOf(text));
}

void TestRedisCluster::keysAreSummedOverPrimaries()
{
    const auto facts = merged({round("a", true, 8000, {{"redis.keys", 10.0}}), round("b", true, 8384, {{"redis.keys", 5.0}}), round("c", false, 0, {{"redis.keys", 10.0}})});
    QCOMPARE(valueOf(facts, "redis.keys"), Value(15.0));
}

void TestRedisCluster::worstNodeCounts()
{
    const auto facts = merged({round("a", true, 8000, {{"redis.memory_used_ratio", 0.2}, {"redis.uptime", 9.0}}), round("b", true, 8384, {{"redis.memory_used_ratio", 0.95}, {"redis.uptime", 3.0}})});
    QCOMPARE(valueOf(facts, "redis.memory_used_ratio"), Value(0.95));
    QCOMPARE(valueOf(facts, "redis.uptime"), Value(3.0));
}

void TestRedisCluster::oneNodeSettlesATruth()
{
    const auto facts = merged({round("a", true, 8000, {{"redis.policy_fits", false}}), lost("b", 8384, false)});
    QCOMPARE(valueOf(facts, "redis.policy_fits"), Value(false)); // whatever b would say
    const auto good = merged({round("a", true, 8000, {{"redis.policy_fits", true}}), lost("b", 8384, false)});
    QVERIFY(std::holds_alternative<Unknown>(valueOf(good, "redis.policy_fits")));
}

void TestRedisCluster::missingNodeLeavesItOpen()
{
    const auto facts = merged({round("a", true, 8000, {{"redis.keys", 10.0}, {"redis.memory_used_ratio", 0.2}}), lost("b", 8384, false)});
    for (const auto *name : {"redis.keys", "redis.memory_used_ratio", "redis.hit_ratio"}) {
        const auto value = valueOf(facts, name);
        QVERIFY2(std::holds_alternative<Unknown>(value), name);
        QVERIFY(std::get<Unknown>(value).reason.find("b:1") != std::string::npos);
    }
}

void TestRedisCluster::failedNodeWithoutSlotsDoesNot()
{
    const auto facts = merged({round("a", true, 16384, {{"redis.keys", 10.0}}), lost("b", 0, true)});
    QCOMPARE(valueOf(facts, "redis.keys"), Value(10.0));
    FactBatch batch;
    addClusterFacts(batch, {round("a", true, 16384, {}), lost("b", 0, true)});
    QCOMPARE(valueOf(batch, "redis.cluster_nodes_lost"), Value(1.0));
    QCOMPARE(valueOf(batch, "redis.cluster_slots_unserved"), Value(0.0));
    QCOMPARE(valueOf(batch, "redis.cluster_primaries_without_replica"), Value(1.0));
}

void TestRedisCluster::textsThatDifferAreNamed()
{
    QCOMPARE(valueOf(merged({round("a", true, 1, {{"redis.version", "7.0.15"s}}), round("b", true, 1, {{"redis.version", "7.0.15"s}})}), "redis.version"), Value("7.0.15"s));
    QCOMPARE(valueOf(merged({round("a", true, 1, {{"redis.version", "7.0.15"s}}), round("b", true, 1, {{"redis.version", "7.2.1"s}})}), "redis.version"), Value("a:1: 7.0.15; b:1: 7.2.1"s));
}

void TestRedisCluster::rowsCarryTheNode()
{
    const Table table{{{"id", "count"}}, {{1.0}}, 10, false};
    const auto value = valueOf(merged({round("a", true, 1, {{"redis.slowlog", table}}), round("b", true, 1, {{"redis.slowlog", table}})}), "redis.slowlog");
    QVERIFY(asTable(value));
    QCOMPARE(asTable(value)->rows.size(), 2U);
    QCOMPARE(asTable(value)->text(1, "node"), "b:1");
}

void TestRedisCluster::replicasRefuseWritesAndThatIsRight()
{
    const auto facts = merged({round("a", true, 1, {{"redis.writes_refused", false}}), round("b", false, 0, {{"redis.writes_refused", true}})});
    QCOMPARE(valueOf(facts, "redis.writes_refused"), Value(false));
}

void TestRedisCluster::hitRateIsOfSums()
{
    HitRate hits;
    hits.hits = hits.lookups = 300;
    hits.span = 10;
    hits.ratio = 1;
    HitRate misses;
    misses.lookups = 20; // too few to be a ratio of their own
    misses.span = 10;
    misses.reason = "no traffic: 20 lookups in 10 s";
    QCOMPARE(combined({hits, misses}).ratio, std::optional(300.0 / 320));
    misses.span = 0;
    QVERIFY(!combined({hits, misses}).ratio); // one that was not watched
    QVERIFY(!combined({misses, misses}).ratio);
}

QTEST_APPLESS_MAIN(TestRedisCluster)
#include "tst_rediscluster.moc"
