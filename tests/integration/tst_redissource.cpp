// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/redisinfoparser.h"
#include "connectors/redis/redissource.h"
#include "connectors/redis/serverversion.h"
#include "tests/integration/rediskit.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>

using namespace muster;
using namespace muster::test;
using redis::RedisSource;

namespace {

std::expected<FactBatch, Fault> round(RedisSource &source)
{
    return source.collect(Deadline::after(Millis{5000}), {});
}

double number(const FactBatch &batch, std::string_view name)
{
    const auto *value = factOf(batch, name);
    const auto *found = value ? asNumber(*value) : nullptr;
    return found ? *found : -1;
}

const Unknown *unknown(const FactBatch &batch, std::string_view name)
{
    const auto *value = factOf(batch, name);
    return value ? std::get_if<Unknown>(value) : nullptr;
}

} // namespace

class TestRedisSource : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void producesTheWholeCatalogue();
    void agreesWithRedisCli();
    void leavesHitCountersAlone();
    void cutsWindowAtReset();
    void worksOverTls();
    void refusesUntrustedCertificate();
    void leastRightsAreEnough();
    void fewerRightsGiveUnknownWithTheLine();
    void seesThatStrangersAreTurnedAway();
    void seesOpenDoor();
    void samplesPrefixes();
    void masksSlowlog();
    void readsLargeCommandsWhereTheyAreLogged();
    void seesReplication();
    void diagnosesStages();
    void diagnosesMissingRights();

private:
    [[nodiscard]] bool hasCommandLog() { return redis::hasCommandLog(redis::parseInfo(m_admin->call({"INFO"}).text)); }

    [[nodiscard]] redis::Target userWith(const std::string &name, const std::vector<std::string> &rights);

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<RedisAdmin> m_admin;
};

void TestRedisSource::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis"), QStringLiteral("redis-tls"), QStringLiteral("redis-replica")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_admin = std::make_unique<RedisAdmin>(redisTarget(*m_servers, u"redis", true));
    QVERIFY(m_admin->call({"PING"}).isStatus("PONG"));
    QVERIFY(m_admin->fill("cache:", 300));
    QVERIFY(m_admin->fill("sess:", 100));
    QVERIFY(m_admin->fill("rl:", 20));
}

redis::Target TestRedisSource::userWith(const std::string &name, const std::vector<std::string> &rights)
{
    redis::Command command{"ACL", "SETUSER", name, "reset", "on", ">pw", "~cache:*", "-@all"};
    command.insert(command.end(), rights.begin(), rights.end());
    const auto made = m_admin->call(command);
    if (!made.isStatus("OK"))
        qFatal("%s", made.text.c_str());
    auto target = redisTarget(*m_servers, u"redis");
    target.user = name;
    target.secret = [] { return std::expected<Secret, Fault>(Secret("pw")); };
    return target;
}

void TestRedisSource::producesTheWholeCatalogue()
{
    QFile catalogue(QStringLiteral(MUSTER_SOURCE_DIR "/resources/readiness/facts.md"));
    QVERIFY(catalogue.open(QIODevice::ReadOnly));
    RedisSource source(redisTarget(*m_servers, u"redis"));
    const auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    static const QRegularExpression name(QStringLiteral("\\bredis\\.[a-z0-9_]+"));
    std::vector<std::string> names;
    for (auto it = name.globalMatch(QString::fromUtf8(catalogue.readAll())); it.hasNext();)
        names.push_back(it.next().captured().toStdString());
    QVERIFY(names.size() > 50);
    for (const auto &wanted : names)
        QVERIFY2(factOf(*batch, wanted), wanted.c_str());
    for (const auto &fact : batch->facts)
        QVERIFY2(std::ranges::find(names, fact.name) != names.end(), fact.name.c_str());
}

void TestRedisSource::agreesWithRedisCli()
{
    RedisSource source(redisTarget(*m_servers, u"redis"));
    QVERIFY(round(source));
    for (int i = 0; i < 300; ++i)
        (void)m_admin->call({"GET", i < 200 ? "cache:" + std::to_string(i) : "missing:" + std::to_string(i)});
    const auto batch = round(source);
    QVERIFY(batch);
    QCOMPARE(number(*batch, "redis.hit_ratio"), 200.0 / 300.0);
    const auto info = redis::parseInfo(redisCli(*m_servers, u"redis", {QStringLiteral("info")}).toStdString());
    QVERIFY(std::abs(number(*batch, "redis.memory_used") / *info.number("used_memory") - 1) < 0.05);
    QCOMPARE(number(*batch, "redis.keys"), redisCli(*m_servers, u"redis", {QStringLiteral("dbsize")}).toDouble());
    QCOMPARE(*asText(*factOf(*batch, "redis.run_id")), *info.text("run_id"));
    QCOMPARE(number(*batch, "redis.hit_ratio_lifetime"), *info.number("keyspace_hits") / (*info.number("keyspace_hits") + *info.number("keyspace_misses")));
    QVERIFY(number(*batch, "redis.operations_rate") > 0);
    QVERIFY(number(*batch, "redis.rtt") > 0);
    QVERIFY(!*asTruth(*factOf(*batch, "redis.tls_in_use")));
    QVERIFY(*asTruth(*factOf(*batch, "redis.user_matches")));
}

void TestRedisSource::leavesHitCountersAlone()
{
    const auto lookups = [this] {
        const auto info = redis::parseInfo(m_admin->call({"INFO", "stats"}).text);
        return *info.number("keyspace_hits") + *info.number("keyspace_misses");
    };
    const auto before = lookups();
    for (int i = 0; i < 3; ++i) {
        RedisSource source(redisTarget(*m_servers, u"redis")); // a new one does all its slow work too
        QVERIFY(round(source));
        QVERIFY(round(source));
    }
    QCOMPARE(lookups(), before);
}

void TestRedisSource::cutsWindowAtReset()
{
    RedisSource source(redisTarget(*m_servers, u"redis"));
    (void)m_admin->call({"GET", "cache:1"});
    QVERIFY(round(source));
    QVERIFY(m_admin->call({"CONFIG", "RESETSTAT"}).isStatus("OK"));
    const auto batch = round(source);
    QVERIFY(batch);
    const auto *reason = unknown(*batch, "redis.hit_ratio");
    QVERIFY(reason);
    QVERIFY2(reason->reason.find("reset") != std::string::npos, reason->reason.c_str());
}

void TestRedisSource::worksOverTls()
{
    RedisSource source(redisTarget(*m_servers, u"redis-tls"));
    const auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(*asTruth(*factOf(*batch, "redis.tls_in_use")));
    QVERIFY(*asTruth(*factOf(*batch, "redis.requires_auth")));
    QVERIFY(round(source)); // on the same connection
}

void TestRedisSource::refusesUntrustedCertificate()
{
    auto target = redisTarget(*m_servers, u"redis-tls");
    target.tls.caFile.clear(); // the system's roots do not know the test's CA
    RedisSource source(target);
    const auto batch = round(source);
    QVERIFY(!batch);
    QVERIFY(batch.error().kind == FaultKind::Tls);
    target = redisTarget(*m_servers, u"redis-tls");
    target.tls.verifyName = "somewhere.example";
    RedisSource elsewhere(target);
    const auto named = round(elsewhere);
    QVERIFY(!named);
    QVERIFY(named.error().kind == FaultKind::Tls);
}

void TestRedisSource::leastRightsAreEnough()
{
    RedisSource source(userWith("least", leastRights()));
    const auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    // Nothing of the score hangs on these: they are there for who wants to see more.
    std::vector<std::string> more{"redis.key_memory_max", "redis.big_keys", "redis.users_table"};
    if (hasCommandLog())
        more.emplace_back("redis.large_commands"); // Redis 7 refuses a line that grants a command which it does not know
    for (const auto &fact : batch->facts) {
        const auto *value = std::get_if<Unknown>(&fact.value);
        const bool isAsking = value && value->hint.find("ACL SETUSER") != std::string::npos;
        QVERIFY2(isAsking == (std::ranges::find(more, fact.name) != more.end()), fact.name.c_str());
    }
}

void TestRedisSource::fewerRightsGiveUnknownWithTheLine()
{
    RedisSource source(userWith("small", {"+ping", "+acl|whoami"}));
    const auto batch = round(source);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(*asTruth(*factOf(*batch, "redis.reachable")));
    QVERIFY(*asTruth(*factOf(*batch, "redis.user_matches")));
    const std::pair<const char *, const char *> expected[]{{"redis.memory_used", "ACL SETUSER small +info"},
                                                           {"redis.hit_ratio", "ACL SETUSER small +info"},
                                                           {"redis.writes_refused", "ACL SETUSER small +info"},
                                                           {"redis.slowlog", "ACL SETUSER small +slowlog|get"},
                                                           {"redis.slowlog_length", "ACL SETUSER small +slowlog|len"},
                                                           {"redis.prefixes", "ACL SETUSER small +scan"}};
    for (const auto &[name, line] : expected) {
        const auto *value = unknown(*batch, name);
        QVERIFY2(value, name);
        QCOMPARE(value->hint, line);
    }
    RedisSource nameless(userWith("mute", {"+ping", "+info"}));
    const auto mute = round(nameless);
    QVERIFY(mute);
    QCOMPARE(unknown(*mute, "redis.user")->hint, "ACL SETUSER mute +acl|whoami");
}

void TestRedisSource::seesThatStrangersAreTurnedAway()
{
    RedisSource source(redisTarget(*m_servers, u"redis"));
    QVERIFY(*asTruth(*factOf(*round(source), "redis.requires_auth")));
}

void TestRedisSource::seesOpenDoor()
{
    auto tls = RedisAdmin(redisTarget(*m_servers, u"redis-tls", true));
    QVERIFY(tls.call({"ACL", "SETUSER", "default", "nopass"}).isStatus("OK"));
    RedisSource source(redisTarget(*m_servers, u"redis-tls"));
    QVERIFY(!*asTruth(*factOf(*round(source), "redis.requires_auth")));
    const auto password = m_servers->text(u"redis-tls", u"adminPassword").toStdString();
    QVERIFY(tls.call({"ACL", "SETUSER", "default", "resetpass", ">" + password}).isStatus("OK"));
}

void TestRedisSource::samplesPrefixes()
{
    RedisSource source(redisTarget(*m_servers, u"redis"));
    const auto batch = round(source);
    const auto *table = asTable(*factOf(*batch, "redis.prefixes"));
    QVERIFY(table);
    QCOMPARE(table->rows.size(), 2U);
    QCOMPARE(table->text(0, "prefix"), "cache:");
    QCOMPARE(table->number(0, "keys_estimate"), std::optional(300.0)); // small enough to be seen whole
    QCOMPARE(table->number(1, "keys_estimate"), std::optional(100.0));
    QCOMPARE(number(*batch, "redis.limiter_keys"), 20.0);
}

void TestRedisSource::masksSlowlog()
{
    QVERIFY(m_admin->call({"CONFIG", "SET", "slowlog-log-slower-than", "0"}).isStatus("OK"));
    (void)m_admin->call({"GET", "canary-personal-data"});
    QVERIFY(m_admin->call({"CONFIG", "SET", "slowlog-log-slower-than", "10000"}).isStatus("OK"));
    RedisSource source(redisTarget(*m_servers, u"redis"));
    const auto batch = round(source);
    const auto *table = asTable(*factOf(*batch, "redis.slowlog"));
    QVERIFY(table && !table->rows.empty());
    bool isGetSeen = false;
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
        isGetSeen |= table->text(i, "command") == "GET (1 argument)";
        for (const auto &cell : table->rows[i]) {
            if (const auto *text = std::get_if<std::string>(&cell))
                QVERIFY(text->find("canary") == std::string::npos);
        }
    }
    QVERIFY(isGetSeen);
}

/// On Valkey 8.1 (tests/versions/redisversions) really; elsewhere it says that there is no such log.
void TestRedisSource::readsLargeCommandsWhereTheyAreLogged()
{
    RedisSource source(redisTarget(*m_servers, u"redis", true));
    if (!hasCommandLog()) {
        QVERIFY(std::holds_alternative<NotApplicable>(*factOf(*round(source), "redis.large_commands")));
        return;
    }
    QVERIFY(m_admin->call({"CONFIG", "SET", "commandlog-request-larger-than", "500", "commandlog-reply-larger-than", "500"}).isStatus("OK"));
    QVERIFY(m_admin->call({"SET", "canary-key", std::string(2000, 'x')}).isStatus("OK"));
    QVERIFY(m_admin->call({"GET", "canary-key"}).isText());
    QVERIFY(m_admin->call({"DEL", "canary-key"}).isInteger());
    QVERIFY(m_admin->call({"CONFIG", "SET", "commandlog-request-larger-than", "1048576", "commandlog-reply-larger-than", "1048576"}).isStatus("OK"));
    const auto batch = round(source);
    const auto *table = asTable(*factOf(*batch, "redis.large_commands"));
    QVERIFY(table);
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
        QVERIFY(table->number(i, "size").value_or(0) >= 500);
        QVERIFY(table->text(i, "command").find("canary") == std::string::npos);
        seen.push_back(table->text(i, "what") + " " + table->text(i, "command"));
    }
    QVERIFY(std::ranges::find(seen, "request SET (2 arguments)") != seen.end());
    QVERIFY(std::ranges::find(seen, "reply GET (1 argument)") != seen.end());
    RedisSource small(userWith("small", {"+ping", "+info"}));
    QCOMPARE(unknown(*round(small), "redis.large_commands")->hint, "ACL SETUSER small +commandlog|get");
}

void TestRedisSource::seesReplication()
{
    RedisSource primary(redisTarget(*m_servers, u"redis"));
    QCOMPARE(number(*round(primary), "redis.replicas"), 1.0);
    RedisSource replica(redisTarget(*m_servers, u"redis-replica"));
    const auto batch = round(replica);
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QCOMPARE(*asText(*factOf(*batch, "redis.role")), "replica");
    QVERIFY(*asTruth(*factOf(*batch, "redis.replication_link_up")));
    QVERIFY(*asTruth(*factOf(*batch, "redis.writes_refused")));
}

void TestRedisSource::diagnosesStages()
{
    RedisSource source(redisTarget(*m_servers, u"redis-tls"));
    const auto stages = source.diagnose(Deadline::after(Millis{5000}), {});
    QCOMPARE(stages.size(), 8U);
    const char *names[]{"dns", "tcp", "tls", "protocol", "auth", "privileges", "version", "role"};
    for (std::size_t i = 0; i < stages.size(); ++i) {
        QCOMPARE(stages[i].name, names[i]);
        QVERIFY2(stages[i].isGood, stages[i].detail.c_str());
    }
}

void TestRedisSource::diagnosesMissingRights()
{
    RedisSource source(userWith("small", {"+ping", "+acl|whoami"}));
    const auto stages = source.diagnose(Deadline::after(Millis{5000}), {});
    QVERIFY(stages.size() > 5);
    QVERIFY(!stages[5].isGood);
    QCOMPARE(stages[5].hint, "ACL SETUSER small +info +slowlog|len +slowlog|get +config|get +scan +client|list +latency|latest");
    auto wrong = redisTarget(*m_servers, u"redis");
    wrong.user = "nobody";
    RedisSource stranger(wrong);
    const auto failed = stranger.diagnose(Deadline::after(Millis{5000}), {});
    QCOMPARE(failed.back().name, "auth");
    QVERIFY(!failed.back().isGood);
}

QTEST_GUILESS_MAIN(TestRedisSource)
#include "tst_redissource.moc"
