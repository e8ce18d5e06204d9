// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/infofacts.h"
#include "connectors/redis/serverversion.h"

#include <QFile>
#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;

namespace {

RedisInfo fixture(const char *version)
{
    QFile file(QStringLiteral(MUSTER_TEST_DATA "/redis/") + QString::fromLatin1(version) + QStringLiteral("-info.txt"));
    return file.open(QIODevice::ReadOnly) ? parseInfo(file.readAll().toStdString()) : RedisInfo{};
}

FactBatch factsOf(const RedisInfo &info, const Target &target = {}, const ServerSettings &settings = {})
{
    FactBatch batch;
    FactWriter writer(batch, Millis{1000}, {"no INFO", "ACL SETUSER x +info"});
    addInfoFacts(writer, info, settings, target);
    return batch;
}

Value valueOf(const FactBatch &batch, std::string_view name)
{
    const auto it = std::ranges::find(batch.facts, name, &Fact::name);
    return it == batch.facts.end() ? Value(std::string("(no such fact)")) : it->value;
}

Target store()
{
    Target target;
    target.declaredRole = Purpose::Store;
    return target;
}

} // namespace

class TestRedisInfo : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsRealServer();
    void readsOldServer();
    void readsNewServer();
    void readsValkeyReplica();
    void toleratesRubbish();
    void capsLines();
    void saysUnknownWithoutInfo();
    void judgesPolicyByDeclaredRole();
    void judgesPersistenceOfStore();
    void saysWhyWritesAreRefused();
    void knowsWhichVersionsAreFixed();
    void refusesOtherTopologies();
};

void TestRedisInfo::readsRealServer()
{
    const auto info = fixture("7.0");
    QCOMPARE(info.text("redis_version"), std::optional<std::string>("7.0.15"));
    QCOMPARE(info.keyspace.size(), 2U);
    QCOMPARE(info.keysOf(2), 1.0);
    QCOMPARE(info.errors.at("ERR"), 2.0);
    const auto facts = factsOf(info);
    QCOMPARE(valueOf(facts, "redis.memory_used"), Value(1021448.0));
    QCOMPARE(valueOf(facts, "redis.memory_used_ratio"), Value(1021448.0 / 67108864.0));
    QCOMPARE(valueOf(facts, "redis.keys"), Value(41.0));
    QCOMPARE(valueOf(facts, "redis.keys_with_ttl_ratio"), Value(40.0 / 41.0));
    QCOMPARE(valueOf(facts, "redis.role"), Value(std::string("primary")));
    QCOMPARE(valueOf(facts, "redis.clients_max"), Value(10000.0));
    QCOMPARE(valueOf(facts, "redis.policy_fits"), Value(true));
    QCOMPARE(valueOf(facts, "redis.persistence_fits"), Value(true));
    QCOMPARE(valueOf(facts, "redis.writes_refused"), Value(false));
    QCOMPARE(valueOf(facts, "redis.replication_link_up"), Value(true));
    QCOMPARE(valueOf(facts, "redis.replication_lag_bytes"), Value(0.0));
    QVERIFY(std::abs(*asNumber(valueOf(facts, "redis.rdb_age")) - 1.684582) < 1e-5);
}

void TestRedisInfo::readsOldServer()
{
    ServerSettings settings;
    settings.denied = {"denied", "grant"};
    const auto facts = factsOf(fixture("5.0"), store(), settings);
    QCOMPARE(valueOf(facts, "redis.memory_used_ratio"), Value(0.01)); // no limit: against the machine
    QCOMPARE(valueOf(facts, "redis.maxmemory_set"), Value(false));
    QCOMPARE(valueOf(facts, "redis.memory_fragmentation_bytes"), Value(1500.0));
    QCOMPARE(valueOf(facts, "redis.clients_max"), Value(Unknown{"denied", "grant"}));
    QCOMPARE(valueOf(facts, "redis.replication_lag_bytes"), Value(600.0)); // the worst replica
    QCOMPARE(valueOf(facts, "redis.persistence_fits"), Value(true));       // AOF
    QVERIFY(std::holds_alternative<Unknown>(valueOf(facts, "redis.keys_with_ttl_ratio")));
    QVERIFY(std::holds_alternative<Unknown>(valueOf(facts, "redis.rdb_age"))); // never by our own clock
    QVERIFY(!counterSample(fixture("5.0"), {})->errors);
}

void TestRedisInfo::readsNewServer()
{
    const auto info = fixture("8.0");
    QCOMPARE(info.errors.at("OOM"), 12.0);
    QCOMPARE(info.keyspace.size(), 1U); // db0_distrib_… is no database
    QCOMPARE(info.keyspace[0].averageTtl, 0.5);
    const auto facts = factsOf(info);
    QCOMPARE(valueOf(facts, "redis.memory_fragmentation_bytes"), Value(0.0));
    QCOMPARE(valueOf(facts, "redis.rdb_age"), Value(100.0));
    QCOMPARE(valueOf(facts, "redis.persistence_fits"), Value(false));
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(facts, "redis.aof_status_ok")));
}

void TestRedisInfo::readsValkeyReplica()
{
    const auto facts = factsOf(fixture("valkey-8.1"));
    QCOMPARE(valueOf(facts, "redis.flavour"), Value(std::string("valkey")));
    QCOMPARE(valueOf(facts, "redis.version"), Value(std::string("8.1.1")));
    QCOMPARE(valueOf(facts, "redis.role"), Value(std::string("replica")));
    QCOMPARE(valueOf(facts, "redis.replication_link_up"), Value(false));
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(facts, "redis.replication_lag_bytes")));
    QCOMPARE(valueOf(facts, "redis.writes_refused"), Value(true));
}

void TestRedisInfo::toleratesRubbish()
{
    const auto info = parseInfo("\r\n:x\nnocolon\ndb0:keys\ndbx:keys=1\ndb1:keys=,expires=x\nslave0:\nused_memory:12x\nuptime_in_seconds:nan\nrole:master\n");
    QCOMPARE(info.keyspace.size(), 2U);
    QCOMPARE(info.keyspace[1].keys, 0.0);
    QCOMPARE(info.replicas.size(), 1U);
    QVERIFY(!info.number("used_memory"));
    QVERIFY(!info.number("uptime_in_seconds"));
    QCOMPARE(roleOf(info), std::optional<std::string>("primary"));
    QVERIFY(!counterSample(info, {}));
}

void TestRedisInfo::capsLines()
{
    std::string many;
    for (int i = 0; i < 5000; ++i)
        many += "f" + std::to_string(i) + ":1\n";
    QCOMPARE(parseInfo(many).fields.size(), 4000U);
    QVERIFY(parseInfo("long:" + std::string(2000, 'x')).isEmpty());
}

void TestRedisInfo::saysUnknownWithoutInfo()
{
    const auto facts = factsOf({});
    QVERIFY(facts.facts.size() > 25);
    for (const auto &fact : facts.facts) {
        if (fact.name != "redis.declared_role")
            QVERIFY2(fact.value == Value(Unknown{"no INFO", "ACL SETUSER x +info"}), fact.name.c_str());
    }
}

void TestRedisInfo::judgesPolicyByDeclaredRole()
{
    const auto fits = [](const char *policy, const Target &target) {
        return valueOf(factsOf(parseInfo(std::string("maxmemory_policy:") + policy), target), "redis.policy_fits");
    };
    QCOMPARE(fits("noeviction", {}), Value(false));
    QCOMPARE(fits("volatile-ttl", {}), Value(true));
    QCOMPARE(fits("allkeys-lru", store()), Value(false));
    QCOMPARE(fits("noeviction", store()), Value(true));
}

void TestRedisInfo::judgesPersistenceOfStore()
{
    const auto fits = [](const std::string &info, std::optional<std::string> save) {
        ServerSettings settings;
        settings.save = std::move(save);
        settings.denied = {"denied", ""};
        return valueOf(factsOf(parseInfo(info), store(), settings), "redis.persistence_fits");
    };
    QCOMPARE(fits("rdb_last_bgsave_status:ok\naof_enabled:0", "3600 1"), Value(true));
    QCOMPARE(fits("rdb_last_bgsave_status:ok\naof_enabled:0", ""), Value(false));
    QCOMPARE(fits("rdb_last_bgsave_status:err\naof_enabled:0", "3600 1"), Value(false));
    QCOMPARE(fits("rdb_last_bgsave_status:ok\naof_enabled:0", std::nullopt), Value(Unknown{"denied", ""}));
    QCOMPARE(fits("rdb_last_bgsave_status:ok\naof_enabled:1\naof_last_write_status:err", ""), Value(false));
}

void TestRedisInfo::saysWhyWritesAreRefused()
{
    const auto reason = [](const std::string &info, const ServerSettings &settings = {}) {
        return *asText(valueOf(factsOf(parseInfo(info), {}, settings), "redis.writes_refused_reason"));
    };
    ServerSettings settings;
    QVERIFY(reason("role:slave").find("replica") != std::string::npos);
    QVERIFY(reason("role:master\nrdb_last_bgsave_status:err").starts_with("MISCONF"));
    settings.isStoppingOnSaveError = false;
    QCOMPARE(reason("role:master\nrdb_last_bgsave_status:err", settings), "");
    settings.isStoppingOnSaveError = true;
    settings.save = "";
    QCOMPARE(reason("role:master\nrdb_last_bgsave_status:err", settings), "");
    QVERIFY(reason("role:master\naof_enabled:1\naof_last_write_status:err").starts_with("MISCONF"));
    QVERIFY(reason("role:master\nused_memory:10\nmaxmemory:10\nmaxmemory_policy:noeviction").starts_with("OOM"));
    QCOMPARE(reason("role:master\nused_memory:10\nmaxmemory:10\nmaxmemory_policy:allkeys-lru"), "");
    QCOMPARE(reason("role:master\nused_memory:10\nmem_not_counted_for_evict:1\nmaxmemory:10\nmaxmemory_policy:noeviction"), "");
    settings.replicasNeeded = 1;
    QVERIFY(reason("role:master\nmin_slaves_good_slaves:0", settings).starts_with("NOREPLICAS"));
}

void TestRedisInfo::knowsWhichVersionsAreFixed()
{
    const WallTime then = std::chrono::sys_days(std::chrono::year(2026) / 1 / 15);
    QVERIFY(supportOf("redis", "7.0.15", then)->isSupported);
    QVERIFY(!supportOf("redis", "5.0.14", then)->isSupported);
    QVERIFY(!supportOf("redis", "3.2.1", then)->isSupported);
    QVERIFY(supportOf("redis", "9.4.0", then)->isSupported);
    QVERIFY(supportOf("valkey", "8.1.1", then)->isSupported);
    QVERIFY(!supportOf("redis", "7.0.15", then + std::chrono::years(10))->isSupported);
    QVERIFY(!supportOf("redis", "seven", then));
}

void TestRedisInfo::refusesOtherTopologies()
{
    QVERIFY(!topologyFault({}, parseInfo("redis_mode:standalone")));
    QVERIFY(topologyFault({}, parseInfo("redis_mode:cluster"))->hint.find("cluster") != std::string::npos);
    QVERIFY(topologyFault({}, parseInfo("server_mode:sentinel"))->hint.find("sentinels") != std::string::npos);
    Target target;
    target.topology = Topology::Cluster;
    QVERIFY(topologyFault(target, parseInfo("redis_mode:standalone"))->kind == FaultKind::Config);
    QVERIFY(!topologyFault(target, parseInfo("redis_mode:cluster")));
}

QTEST_APPLESS_MAIN(TestRedisInfo)
#include "tst_redisinfo.moc"
