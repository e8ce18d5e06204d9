// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a user may not ask, whatever is renamed away: unknown with the way out, never red and never green by accident, and the round goes on.
#include "connectors/redis/redisinfoparser.h"
#include "connectors/redis/redissource.h"
#include "models/facts/factbook.h"
#include "models/readiness/profile.h"
#include "models/readiness/readiness.h"
#include "resources/readiness/defaultprofile.h"
#include "tests/integration/rediskit.h"
#include "tests/support/tied.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace muster;
using namespace muster::test;
using redis::RedisSource;

namespace {

/// Facts that need the right, and that are unknown without it.
struct Right {
    const char *right;
    std::vector<std::string> facts;
};

const std::vector<Right> &rights()
{
    static const std::vector<Right> table{
        {"+info", {"redis.memory_used", "redis.hit_ratio", "redis.version", "redis.role", "redis.writes_refused", "redis.policy_fits", "redis.write_errors", "redis.replication_link_up",
                   "redis.fragmentation_ok", "redis.snapshot_content_ok", "redis.turns", "redis.clients_used_ratio"}},
        {"+config|get", {"redis.save_points", "redis.protected_mode", "redis.bind", "redis.latency_monitor_on"}},
        {"+slowlog|get", {"redis.slowlog", "redis.slowlog_rate"}},
        {"+slowlog|len", {"redis.slowlog_length"}},
        {"+scan", {"redis.prefixes", "redis.limiter_keys", "redis.limiter_without_ttl", "redis.big_keys"}},
        {"+client|list", {"redis.clients_table", "redis.client_memory_max"}},
        {"+latency|latest", {"redis.latency_events"}},
        {"+latency|histogram", {"redis.latency_table", "redis.command_p99"}},
        {"+acl|whoami", {"redis.user", "redis.user_matches"}},
        {"+ping", {}},
        {"+client|setname", {}},
        {"+select", {}},
        {"+time", {}},
        {"+dbsize", {}},
    };
    return table;
}

Snapshot snapshotOf(const FactBatch &batch)
{
    FactBook book;
    book.declare(batch.source, "redis");
    book.accept(batch);
    return book.snapshot(Stamp::now());
}

quint16 freePort()
{
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    const bool isBound = ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
    ::close(probe);
    return isBound ? ntohs(address.sin_port) : 0;
}

/// A server of its own that does not know one command, as a provider's might.
class RenamedServer {
public:
    explicit RenamedServer(const QString &command)
    {
        m_port = freePort();
        QStringList arguments{QStringLiteral("--port"), QString::number(m_port), QStringLiteral("--bind"), QStringLiteral("127.0.0.1"), QStringLiteral("--save"), QString(),
                              QStringLiteral("--dir"), m_folder.path()};
        if (!command.isEmpty())
            arguments += {QStringLiteral("--rename-command"), command, QString()};
        tieToUs(m_process);
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(QStringLiteral("redis-server"), arguments);
    }
    ~RenamedServer()
    {
        m_process.kill();
        m_process.waitForFinished();
    }
    RenamedServer(const RenamedServer &) = delete;
    RenamedServer &operator=(const RenamedServer &) = delete;

    [[nodiscard]] redis::Target target() const
    {
        redis::Target target;
        target.id = "redis/renamed";
        target.host = "127.0.0.1";
        target.port = m_port;
        target.prefixes = {"cache:"};
        return target;
    }
    [[nodiscard]] bool isRunning() const
    {
        return QTest::qWaitFor([this] { return RedisAdmin(target()).call({"ECHO", "x"}).isText(); }, 20'000);
    }
    [[nodiscard]] QByteArray log() { return m_process.readAll(); }

private:
    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
};

} // namespace

class TestRedisRights : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void defaultUserSeesEverything();
    void withoutOneRight_data();
    void withoutOneRight();
    void withNothingButAuth();
    void renamedCommand_data();
    void renamedCommand();
    void probesDoNotCountAsErrors();

private:
    [[nodiscard]] std::expected<FactBatch, Fault> twoRounds(const redis::Target &target) const;
    [[nodiscard]] redis::Target user(const std::vector<std::string> &rights);
    /// Statuses of the checks over Redis alone.
    [[nodiscard]] std::map<std::string, CheckStatus> judged(const FactBatch &batch) const;
    /// No check got better or worse by what the user may not see.
    void compare(const FactBatch &batch) const;

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<RedisAdmin> m_admin;
    std::map<std::string, CheckStatus> m_whole; ///< as the least user sees them
};

std::expected<FactBatch, Fault> TestRedisRights::twoRounds(const redis::Target &target) const
{
    RedisSource source(target);
    auto first = source.collect(Deadline::after(Millis{8000}), {});
    if (!first)
        return first;
    auto second = source.collect(Deadline::after(Millis{8000}), {});
    if (!second)
        return second;
    for (auto &fact : first->facts) { // what only the first round asked stays, as in the console
        if (!factOf(*second, fact.name))
            second->facts.push_back(std::move(fact));
    }
    return second;
}

redis::Target TestRedisRights::user(const std::vector<std::string> &list)
{
    redis::Command command{"ACL", "SETUSER", "limited", "reset", "on", ">pw", "~*", "-@all"};
    command.insert(command.end(), list.begin(), list.end());
    const auto made = m_admin->call(command);
    if (!made.isStatus("OK"))
        qFatal("%s", made.text.c_str());
    auto target = redisTarget(*m_servers, u"redis");
    target.user = "limited";
    target.secret = [] { return std::expected<Secret, Fault>(Secret("pw")); };
    return target;
}

std::map<std::string, CheckStatus> TestRedisRights::judged(const FactBatch &batch) const
{
    static const auto profile = Profile::parse(defaultProfileJson());
    std::map<std::string, CheckStatus> statuses;
    for (const auto &check : readiness::evaluate(*profile, snapshotOf(batch), {}).checks) {
        // How fast the machine is says nothing about rights.
        const bool isSpeed = check.id == "performance/redis-latency" || check.id == "performance/redis-commands";
        if (check.id.find("/redis-") != std::string::npos && !isSpeed)
            statuses[check.id] = check.status;
    }
    return statuses;
}

void TestRedisRights::compare(const FactBatch &batch) const
{
    for (const auto &[id, status] : judged(batch)) {
        const auto whole = m_whole.at(id);
        const bool isSame = status == whole || status == CheckStatus::Unknown;
        // A fault that is seen may stay hidden behind an unknown, but a fact that is missing makes nothing red or green.
        QVERIFY2(isSame, (id + ": " + std::to_string(static_cast<int>(whole)) + " became " + std::to_string(static_cast<int>(status))).c_str());
    }
}

void TestRedisRights::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_admin = std::make_unique<RedisAdmin>(redisTarget(*m_servers, u"redis", true));
    QVERIFY(m_admin->call({"SET", "cache:1", "1", "EX", "1000"}).isStatus("OK"));
    const auto batch = twoRounds(user(leastRights()));
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    m_whole = judged(*batch);
    QVERIFY(m_whole.size() > 10);
}

void TestRedisRights::defaultUserSeesEverything()
{
    const auto batch = twoRounds(redisTarget(*m_servers, u"redis", true));
    QVERIFY(batch);
    for (const auto &fact : batch->facts) {
        const auto *unknown = std::get_if<Unknown>(&fact.value);
        QVERIFY2(!unknown || unknown->reason.find("permission") == std::string::npos, fact.name.c_str());
    }
    compare(*batch);
}

void TestRedisRights::withoutOneRight_data()
{
    QTest::addColumn<int>("row");
    for (std::size_t i = 0; i < rights().size(); ++i)
        QTest::newRow(rights()[i].right) << static_cast<int>(i);
}

void TestRedisRights::withoutOneRight()
{
    QFETCH(int, row);
    const auto &[right, facts] = rights().at(static_cast<std::size_t>(row));
    auto list = leastRights();
    std::erase(list, right);
    const auto batch = twoRounds(user(list));
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    for (const auto &name : facts) {
        const auto *value = factOf(*batch, name);
        QVERIFY2(value, name.c_str());
        const auto *unknown = std::get_if<Unknown>(value);
        QVERIFY2(unknown, name.c_str());
        QVERIFY2(unknown->hint.find("ACL SETUSER limited " + std::string(right)) != std::string::npos, (name + ": " + unknown->reason + " / " + unknown->hint).c_str());
    }
    compare(*batch);
}

void TestRedisRights::withNothingButAuth()
{
    const auto batch = twoRounds(user({}));
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str()); // it answers: that much is known
    QVERIFY(*asTruth(*factOf(*batch, "redis.reachable")));
    compare(*batch);
    RedisSource source(user({}));
    for (const auto &stage : source.diagnose(Deadline::after(Millis{5000}), {})) {
        if (stage.name == "privileges")
            QVERIFY(!stage.isGood && stage.hint.find("+info") != std::string::npos);
    }
}

void TestRedisRights::renamedCommand_data()
{
    QTest::addColumn<QString>("command");
    for (const auto *command : {"config", "slowlog", "latency", "scan", "client", "acl", "info", "ping", "memory", "cluster"})
        QTest::newRow(command) << QString::fromLatin1(command);
}

/// A provider takes commands away: the server does not know them.
void TestRedisRights::renamedCommand()
{
    QFETCH(QString, command);
    RenamedServer server(command);
    QVERIFY2(server.isRunning(), server.log().constData());
    const auto batch = twoRounds(server.target());
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    QVERIFY(*asTruth(*factOf(*batch, "redis.reachable")));
    RenamedServer whole(QString{});
    QVERIFY2(whole.isRunning(), whole.log().constData());
    const auto complete = twoRounds(whole.target());
    QVERIFY(complete);
    const auto expected = judged(*complete);
    for (const auto &[id, status] : judged(*batch))
        QVERIFY2(status == expected.at(id) || status == CheckStatus::Unknown || status == CheckStatus::NotApplicable, id.c_str());
    if (command == u"info")
        QVERIFY(std::get_if<Unknown>(factOf(*batch, "redis.memory_used"))->reason.find("renamed") != std::string::npos);
}

/// Fourteen kinds of NOPERM to ourselves must not look like somebody being locked out.
void TestRedisRights::probesDoNotCountAsErrors()
{
    QVERIFY(m_admin->call({"CONFIG", "RESETSTAT"}).isStatus("OK"));
    RedisSource source(user({"+info", "+ping", "+acl|whoami"}));
    std::expected<FactBatch, Fault> batch;
    for (int i = 0; i < 4; ++i) {
        source.wantAll();
        batch = source.collect(Deadline::after(Millis{8000}), {});
        QVERIFY(batch);
    }
    const auto info = redis::parseInfo(m_admin->call({"INFO"}).text);
    if (!info.number("total_error_replies")) { // not counted before Redis 6.2
        QVERIFY(std::holds_alternative<Unknown>(*factOf(*batch, "redis.errors_rate")));
        return;
    }
    QVERIFY(m_admin->call({"INFO", "errorstats"}).text.find("NOPERM") != std::string::npos); // the server did count them
    QCOMPARE(*asNumber(*factOf(*batch, "redis.permission_errors")), 0.0);
    QCOMPARE(*asNumber(*factOf(*batch, "redis.auth_errors")), 0.0);
    QCOMPARE(*asNumber(*factOf(*batch, "redis.errors_rate")), 0.0);
}

QTEST_GUILESS_MAIN(TestRedisRights)
#include "tst_redisrights.moc"
