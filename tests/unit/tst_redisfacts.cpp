// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/acllist.h"
#include "connectors/redis/clientlist.h"
#include "connectors/redis/counterwindow.h"
#include "connectors/redis/infofacts.h"
#include "connectors/redis/latencyhistogram.h"
#include "connectors/redis/limiters.h"
#include "connectors/redis/serverversion.h"
#include "connectors/redis/snapshotwatch.h"

#include <QFile>
#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::redis;
using namespace std::chrono_literals;

namespace {

const Unknown kMissing{"no INFO", "ACL SETUSER x +info"};

BootTime at(std::chrono::milliseconds offset)
{
    return BootTime(offset + 1000s);
}

Value valueOf(const FactBatch &batch, std::string_view name)
{
    const auto it = std::ranges::find(batch.facts, name, &Fact::name);
    return it == batch.facts.end() ? Value(std::string("no such fact")) : it->value;
}

template<class F>
FactBatch written(F add)
{
    FactBatch batch;
    FactWriter writer(batch, Millis{30'000}, kMissing);
    add(writer);
    return batch;
}

FactBatch infoFacts(const std::string &text, const Target &target = {})
{
    return written([&](FactWriter &writer) { addInfoFacts(writer, parseInfo(text), {}, target); });
}

/// Growth facts between two INFOs a minute apart.
FactBatch growth(const std::string &before, const std::string &after, const Traffic &ownAfter = {})
{
    CounterWindow window;
    window.add(at(0s), countersOf(parseInfo(before), {}));
    window.add(at(60s), countersOf(parseInfo(after), ownAfter));
    return written([&](FactWriter &writer) { addCounterFacts(writer, window, parseInfo(after)); });
}

Reply bulk(const std::string &text)
{
    return {Reply::Kind::Bulk, 0, text, {}};
}

Reply integer(long long value)
{
    return {Reply::Kind::Integer, value, {}, {}};
}

Reply list(std::vector<Reply> elements)
{
    return {Reply::Kind::Array, 0, {}, std::move(elements)};
}

} // namespace

class TestRedisFacts : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void growthForgetsOldSamples();
    void growthOfAnErrorThatIsNew();
    void ownErrorsDoNotCount();
    void errorsAreSortedByMeaning();
    void lateFsyncsAndResyncsGrow();
    void floodedErrorStatisticsAreUnknown();
    void oldServersHaveNoErrorKinds();
    void commandsAreTimedWithoutTheConsole();
    void cpuIsOfTheMainThread();
    void wasteNeedsBytesBehindTheRatio();
    void swappedMemoryIsSuspected();
    void evictableFollowsThePolicy();
    void sharedRolesNeedAnEvictingCache();
    void replicaLinkAndLag();
    void emptySnapshotAfterFlushallIsSeen();
    void snapshotOfALostLoadIsSeen();
    void healthySnapshotIsNotBlamed();
    void clientNamesMayHoldEqualsSigns();
    void latencyIsOfTheTimeBetween();
    void usersAreShownWithoutHashes();
    void limitersAreBounded();
    void keySizesAreRead();
    void vulnerabilitiesByVersion();
    void readsRealNewServers_data();
    void readsRealNewServers();
};

void TestRedisFacts::growthForgetsOldSamples()
{
    CounterWindow window;
    QVERIFY(!window.growth("x"));
    for (int i = 0; i <= 1200; ++i)
        window.add(at(1s * i), {{"x", i}});
    QVERIFY(window.span() >= 280 && window.span() <= 330);
    QCOMPARE(*window.growth("x"), window.span());
    window.clear();
    QVERIFY(!window.isReady());
}

void TestRedisFacts::growthOfAnErrorThatIsNew()
{
    const auto facts = growth("total_error_replies:0", "total_error_replies:3\nerrorstat_OOM:count=3");
    QCOMPARE(valueOf(facts, "redis.write_errors"), Value(3.0));
    QVERIFY(asText(valueOf(facts, "redis.write_errors_kinds"))->find("OOM 3") != std::string::npos);
}

void TestRedisFacts::ownErrorsDoNotCount()
{
    Traffic own;
    own.errors = {{"NOPERM", 5}, {"NOAUTH", 1}};
    own.connections = 4;
    const std::string before = "total_error_replies:0\ntotal_connections_received:10";
    const auto facts = growth(before, "total_error_replies:8\nerrorstat_NOPERM:count=7\nerrorstat_NOAUTH:count=1\ntotal_connections_received:74", own);
    QCOMPARE(valueOf(facts, "redis.permission_errors"), Value(2.0));
    QCOMPARE(valueOf(facts, "redis.auth_errors"), Value(0.0));
    QCOMPARE(valueOf(facts, "redis.connections_rate"), Value(1.0));
}

void TestRedisFacts::errorsAreSortedByMeaning()
{
    const auto facts = growth("total_error_replies:1\nerrorstat_MISCONF:count=1", "total_error_replies:9\nerrorstat_MISCONF:count=2\nerrorstat_READONLY:count=1\nerrorstat_WRONGPASS:count=4\nerrorstat_LOADING:count=2");
    QCOMPARE(valueOf(facts, "redis.write_errors"), Value(2.0));
    QCOMPARE(valueOf(facts, "redis.auth_errors"), Value(4.0));
    QCOMPARE(valueOf(facts, "redis.busy_errors"), Value(2.0));
    const auto value = valueOf(facts, "redis.errors_table");
    QVERIFY(asTable(value));
    QCOMPARE(asTable(value)->rows.size(), 4U);
    QCOMPARE(asTable(value)->number(1, "lately"), std::optional(1.0)); // MISCONF: one of two
    QCOMPARE(asTable(value)->number(1, "since_start"), std::optional(2.0));
}

void TestRedisFacts::lateFsyncsAndResyncsGrow()
{
    const auto facts = growth("aof_enabled:1\naof_delayed_fsync:5\nsync_full:1", "aof_enabled:1\naof_delayed_fsync:9\nsync_full:4");
    QCOMPARE(valueOf(facts, "redis.aof_delayed_fsyncs"), Value(4.0));
    QCOMPARE(valueOf(facts, "redis.resyncs"), Value(3.0));
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(growth("aof_enabled:0", "aof_enabled:0"), "redis.aof_delayed_fsyncs")));
}

void TestRedisFacts::floodedErrorStatisticsAreUnknown()
{
    const auto facts = growth("total_error_replies:1", "total_error_replies:900\nerrorstat_ERRORSTATS_DISABLED:count=1");
    QVERIFY(std::holds_alternative<Unknown>(valueOf(facts, "redis.write_errors")));
}

void TestRedisFacts::oldServersHaveNoErrorKinds()
{
    const auto facts = growth("total_commands_processed:1", "total_commands_processed:2");
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(facts, "redis.write_errors")));
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(facts, "redis.clients_evicted")));
}

void TestRedisFacts::commandsAreTimedWithoutTheConsole()
{
    const auto facts = growth("cmdstat_get:calls=10,usec=1000,usec_per_call=100.00\ncmdstat_info:calls=1,usec=1",
                              "cmdstat_get:calls=30,usec=2000,usec_per_call=66.00,rejected_calls=1,failed_calls=2\ncmdstat_info:calls=9,usec=90000\ncmdstat_slowlog|get:calls=2,usec=70000");
    QCOMPARE(valueOf(facts, "redis.command_time"), Value(0.001 / 20));
    const auto value = valueOf(facts, "redis.commands_table");
    const auto *table = asTable(value);
    QVERIFY(table);
    QCOMPARE(table->rows.size(), 1U);
    QCOMPARE(table->text(0, "command"), "get");
    QCOMPARE(table->number(0, "calls_rate"), std::optional(20.0 / 60));
    QCOMPARE(table->number(0, "refused"), std::optional(3.0));
}

void TestRedisFacts::cpuIsOfTheMainThread()
{
    const auto facts = growth("used_cpu_sys:100\nused_cpu_user:100\nused_cpu_sys_main_thread:1\nused_cpu_user_main_thread:1", "used_cpu_sys:200\nused_cpu_user:200\nused_cpu_sys_main_thread:10\nused_cpu_user_main_thread:22");
    QCOMPARE(valueOf(facts, "redis.cpu_used"), Value(0.5));
    QCOMPARE(valueOf(growth("used_cpu_sys:0\nused_cpu_user:0", "used_cpu_sys:6\nused_cpu_user:6"), "redis.cpu_used"), Value(0.2));
}

void TestRedisFacts::wasteNeedsBytesBehindTheRatio()
{
    const std::string small = "used_memory:1000000\nused_memory_rss:9000000\nmem_fragmentation_ratio:9\nmem_fragmentation_bytes:8000000";
    QCOMPARE(valueOf(infoFacts(small), "redis.fragmentation_ok"), Value(true)); // a fresh server; ratio alone is noise
    const std::string big = "used_memory:100000000\nused_memory_rss:160000000\nmem_fragmentation_ratio:1.6\nmem_fragmentation_bytes:60000000";
    const auto facts = infoFacts(big);
    QCOMPARE(valueOf(facts, "redis.fragmentation_ok"), Value(false));
    QVERIFY(asText(valueOf(facts, "redis.fragmentation_reason"))->find("resident") != std::string::npos);
    QCOMPARE(valueOf(infoFacts(big + "\nmem_clients_normal:0"), "redis.swap_suspected"), Value(false));
}

void TestRedisFacts::swappedMemoryIsSuspected()
{
    QCOMPARE(valueOf(infoFacts("used_memory:100000000\nused_memory_rss:50000000"), "redis.swap_suspected"), Value(true));
    QCOMPARE(valueOf(infoFacts("used_memory:100000000\nused_memory_rss:99000000"), "redis.swap_suspected"), Value(false));
    QCOMPARE(valueOf(infoFacts("used_memory:1000000\nused_memory_rss:500000"), "redis.swap_suspected"), Value(false));
}

void TestRedisFacts::evictableFollowsThePolicy()
{
    const std::string keys = "\ndb0:keys=10,expires=1,avg_ttl=0";
    QCOMPARE(valueOf(infoFacts("maxmemory_policy:volatile-lru" + keys), "redis.evictable_ratio"), Value(0.1));
    QCOMPARE(valueOf(infoFacts("maxmemory_policy:allkeys-lru" + keys), "redis.evictable_ratio"), Value(1.0));
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(infoFacts("maxmemory_policy:noeviction" + keys), "redis.evictable_ratio")));
}

void TestRedisFacts::sharedRolesNeedAnEvictingCache()
{
    Target target;
    target.prefixes = {"cache:", "sess:"};
    QCOMPARE(valueOf(infoFacts("maxmemory_policy:allkeys-lru", target), "redis.roles_shared"), Value(true));
    QCOMPARE(valueOf(infoFacts("maxmemory_policy:volatile-lru", target), "redis.roles_shared"), Value(false));
    target.prefixes = {"cache:"};
    QCOMPARE(valueOf(infoFacts("maxmemory_policy:allkeys-lru", target), "redis.roles_shared"), Value(false));
    target.declaredRole = Purpose::Store;
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(infoFacts("maxmemory_policy:allkeys-lru", target), "redis.roles_shared")));
}

void TestRedisFacts::replicaLinkAndLag()
{
    const auto replica = infoFacts("role:slave\nmaster_link_status:down\nmaster_link_down_since_seconds:-1\nuptime_in_seconds:77");
    QCOMPARE(valueOf(replica, "redis.replication_link_down_for"), Value(77.0)); // -1: never up
    QVERIFY(std::holds_alternative<NotApplicable>(valueOf(replica, "redis.replica_lag")));
    const auto primary = infoFacts("role:master\nconnected_slaves:2\nmaster_repl_offset:1000\nrepl_backlog_size:500\n"
                                   "slave0:ip=a,port=1,state=online,offset=1000,lag=0\nslave1:ip=b,port=1,state=wait_bgsave,offset=700,lag=12");
    QCOMPARE(valueOf(primary, "redis.replica_lag"), Value(12.0));
    QCOMPARE(valueOf(primary, "redis.replicas_not_online"), Value(1.0));
    QCOMPARE(valueOf(primary, "redis.replication_backlog_ratio"), Value(0.6));
}

void TestRedisFacts::emptySnapshotAfterFlushallIsSeen()
{
    SnapshotWatch watch;
    const auto full = parseInfo("role:master\nrdb_last_save_time:100\nserver_time_usec:200000000\nuptime_in_seconds:500\nrdb_saves:3\ndb0:keys=12000,expires=0");
    const auto empty = parseInfo("role:master\nrdb_last_save_time:300\nserver_time_usec:301000000\nuptime_in_seconds:601\nrdb_saves:4\nrdb_last_bgsave_status:ok\n");
    watch.observe(full, at(0s));
    watch.observe(empty, at(100s));
    const auto facts = written([&](FactWriter &writer) { watch.addFacts(writer, empty); });
    QCOMPARE(valueOf(facts, "redis.snapshot_content_ok"), Value(false));
    QVERIFY(asText(valueOf(facts, "redis.snapshot_reason"))->find("12000") != std::string::npos);
    // Without having watched: FLUSHALL in the statistics, no keys, and a save of this life.
    const auto seen = parseInfo("role:master\nrdb_last_save_time:300\nserver_time_usec:301000000\nuptime_in_seconds:601\ncmdstat_flushall:calls=1,usec=9\n");
    const auto fresh = written([&](FactWriter &writer) { SnapshotWatch().addFacts(writer, seen); });
    QCOMPARE(valueOf(fresh, "redis.snapshot_content_ok"), Value(false));
}

void TestRedisFacts::snapshotOfALostLoadIsSeen()
{
    const auto lost = parseInfo("role:master\nrdb_last_save_time:900\nserver_time_usec:1000000000\nuptime_in_seconds:500\nrdb_saves:1\nrdb_last_load_keys_loaded:5000\ndb0:keys=3,expires=0");
    QCOMPARE(valueOf(written([&](FactWriter &writer) { SnapshotWatch().addFacts(writer, lost); }), "redis.snapshot_content_ok"), Value(false));
}

void TestRedisFacts::healthySnapshotIsNotBlamed()
{
    SnapshotWatch watch;
    const auto before = parseInfo("rdb_last_save_time:100\nserver_time_usec:200000000\nuptime_in_seconds:500\nrdb_saves:3\ndb0:keys=12000,expires=0");
    const auto after = parseInfo("rdb_last_save_time:300\nserver_time_usec:301000000\nuptime_in_seconds:601\nrdb_saves:4\ndb0:keys=9000,expires=0\nrdb_last_load_keys_loaded:8000");
    watch.observe(before, at(0s));
    watch.observe(after, at(100s));
    const auto facts = written([&](FactWriter &writer) { watch.addFacts(writer, after); });
    QCOMPARE(valueOf(facts, "redis.snapshot_content_ok"), Value(true));
    QCOMPARE(valueOf(facts, "redis.snapshot_keys"), Value(9000.0));
    QVERIFY(std::holds_alternative<Unknown>(valueOf(written([&](FactWriter &writer) { watch.addFacts(writer, {}); }), "redis.snapshot_content_ok")));
}

void TestRedisFacts::clientNamesMayHoldEqualsSigns()
{
    const auto table = clientsTable("id=3 addr=127.0.0.1:5 name=a=b=c age=1 idle=0 omem=10 tot-mem=20 cmd=get user=u\r\nid=4 addr=127.0.0.1:6 name= age=9 idle=2 omem=5000 tot-mem=9000 cmd=info user=v\nrubbish\n", 10);
    QCOMPARE(table.rows.size(), 2U);
    QCOMPARE(table.text(0, "client"), "127.0.0.1:6"); // the largest first
    QCOMPARE(table.text(1, "name"), "a=b=c");
    QCOMPARE(table.number(1, "memory"), std::optional(20.0));
    QVERIFY(clientsTable("id=1 addr=a\nid=2 addr=b\n", 1).isTruncated);
}

void TestRedisFacts::latencyIsOfTheTimeBetween()
{
    const auto reply = [](long long fast, long long slow) {
        return list({bulk("get"), list({bulk("calls"), integer(fast + slow), bulk("histogram_usec"), list({integer(1), integer(fast), integer(1024), integer(fast + slow)})}),
                     bulk("info"), list({bulk("calls"), integer(slow), bulk("histogram_usec"), list({integer(4096), integer(slow * 9)})})});
    };
    const auto before = latencyCounts(reply(1000, 500)); // a slow past
    const auto reading = latencyBetween(before, latencyCounts(reply(2000, 500)));
    QCOMPARE(reading.p99, std::optional(1e-6));
    QCOMPARE(reading.commands.rows.size(), 1U); // INFO is the console's
    QCOMPARE(reading.commands.number(0, "calls"), std::optional(1000.0));
    QVERIFY(!latencyBetween(before, before).p99);
    QCOMPARE(latencyBetween(before, latencyCounts(reply(1000, 600))).p99, std::optional(1024e-6));
    QVERIFY(latencyCounts(bulk("?")).empty());
}

void TestRedisFacts::usersAreShownWithoutHashes()
{
    const auto table = usersTable(list({bulk("user default on nopass ~* &* +@all"), bulk("user app on #abc123 ~cache:* resetchannels -@all +get"),
                                        bulk("user ops off #def456 ~* &* -@all +@admin"), bulk("user dev on #0 ~* +@all -@dangerous")}));
    QCOMPARE(table.rows.size(), 4U);
    QVERIFY(!table.truth(0, "needs_password"));
    QCOMPARE(table.text(0, "commands"), "all");
    QCOMPARE(table.text(1, "commands"), "some");
    QCOMPARE(table.text(1, "keys"), "some");
    QCOMPARE(table.text(2, "commands"), "dangerous");
    QCOMPARE(table.text(3, "commands"), "some");
    for (const auto &row : table.rows) {
        for (const auto &cell : row)
            QVERIFY(!std::holds_alternative<std::string>(cell) || std::get<std::string>(cell).find("abc123") == std::string::npos);
    }
}

void TestRedisFacts::limitersAreBounded()
{
    const auto judged = [](double limiters, double keys, double expires, bool isExact = true, double margin = 0) {
        ShareEstimate guess;
        guess.keys = limiters;
        guess.keysMargin = margin;
        return limitersWithoutTtl(guess, isExact, parseInfo("db0:keys=" + std::to_string(static_cast<int>(keys)) + ",expires=" + std::to_string(static_cast<int>(expires))), 0);
    };
    QCOMPARE(judged(50, 1000, 1000), Value(0.0));                  // everything expires
    QCOMPARE(judged(0, 1000, 10), Value(0.0));                     // there are none
    QCOMPARE(judged(900, 1000, 200), Value(700.0));                // 800 last, only 100 of them can be something else
    QVERIFY(std::holds_alternative<Unknown>(judged(50, 1000, 600))); // may be, may not be
    QVERIFY(std::holds_alternative<Unknown>(judged(900, 1000, 200, false, 800)));
    QVERIFY(std::holds_alternative<Unknown>(limitersWithoutTtl({}, true, {}, 0)));
}

void TestRedisFacts::keySizesAreRead()
{
    const auto info = parseInfo("db0_distrib_strings_sizes:1=2,8=4,1K=3\ndb0_distrib_lists_items:2M=1\ndb0_distrib_x\ndbx_distrib_a_b:1=1\n");
    QCOMPARE(info.keySizes.size(), 4U);
    const auto it = std::ranges::find(info.keySizes, 1024.0, &KeySizeEntry::from);
    QVERIFY(it != info.keySizes.end());
    QCOMPARE(it->keys, 3.0);
    QCOMPARE(info.keySizes.back().type, "lists");
}

void TestRedisFacts::vulnerabilitiesByVersion()
{
    QVERIFY(knownCves("redis", "7.2.5").find("CVE-2024-31228") != std::string::npos);
    QVERIFY(knownCves("redis", "7.2.11").empty());
    QVERIFY(knownCves("valkey", "8.0.0").find("CVE-2024-31228") != std::string::npos);
    QVERIFY(knownCves("redis", "rubbish").empty());
}

/// INFO ALL as Debian 13's servers gave it, after one SET and one GET.
void TestRedisFacts::readsRealNewServers_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("flavour");
    QTest::addColumn<QString>("version");
    QTest::newRow("Redis 8") << QStringLiteral("8.0.2-all") << QStringLiteral("redis") << QStringLiteral("8.0.2");
    QTest::newRow("Valkey 8.1") << QStringLiteral("valkey-8.1.1-all") << QStringLiteral("valkey") << QStringLiteral("8.1.1");
}

void TestRedisFacts::readsRealNewServers()
{
    QFETCH(QString, file);
    QFETCH(QString, flavour);
    QFETCH(QString, version);
    QFile input(QStringLiteral(MUSTER_TEST_DATA "/redis/") + file + QStringLiteral(".txt"));
    QVERIFY(input.open(QIODevice::ReadOnly));
    const auto text = input.readAll().toStdString();
    const auto facts = infoFacts(text);
    QCOMPARE(valueOf(facts, "redis.flavour"), Value(flavour.toStdString()));
    QCOMPARE(valueOf(facts, "redis.version"), Value(version.toStdString()));
    QCOMPARE(valueOf(facts, "redis.keys"), Value(1.0));
    QVERIFY(asNumber(valueOf(facts, "redis.eventloop_time"))); // from 7.2 on
    QCOMPARE(asTable(valueOf(facts, "redis.key_sizes")) != nullptr, flavour == u"redis");
    QCOMPARE(parseInfo(text).commands.at("get").calls, 1.0);
    QVERIFY(counterSample(parseInfo(text), {}));
    QVERIFY(!topologyFault({}, parseInfo(text)));
    for (const auto &fact : facts.facts) {
        const auto *unknown = std::get_if<Unknown>(&fact.value);
        QVERIFY2(!unknown || *unknown != kMissing, fact.name.c_str()); // nothing that these versions leave out
    }
    const auto grown = growth(text, text);
    QCOMPARE(valueOf(grown, "redis.write_errors"), Value(0.0));
    QCOMPARE(valueOf(grown, "redis.clients_dropped_by_buffer"), Value(0.0)); // from 7.4 and Valkey 8 on
}

QTEST_APPLESS_MAIN(TestRedisFacts)
#include "tst_redisfacts.moc"
