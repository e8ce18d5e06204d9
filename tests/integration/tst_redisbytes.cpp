// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/flushaction.h"
#include "connectors/redis/keypattern.h"
#include "connectors/redis/redissource.h"
#include "models/format/text.h"
#include "tests/integration/ctlkit.h"
#include "tests/integration/rediskit.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

#include <algorithm>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

extern char **environ; // NOLINT

using namespace muster;
using namespace muster::test;
using redis::FlushAction;
using Scope = FlushRequest::Scope;
using namespace std::string_literals;

namespace {

/// What keys may be: any bytes at all.
const std::vector<std::string> &hostileKeys()
{
    static const std::vector<std::string> keys{
        "k:plain",
        "k:\xff\xfe\x80 not UTF-8",
        "k:\xc3(" "broken UTF-8",
        "k:\0zero\0"s,
        "k:line\r\nbreak\ttab\x1b[31mred\x07",
        "k:*?[a-z]\\",
        "k:<script>alert(1)</script><img src=x onerror=y>&amp;",
        "k:\xe2\x80\xae" "right to left, \xe2\x80\x8b" "invisible",
        "k:\xf0\x9f\x92\xa9",
        "k:" + std::string(1U << 20U, 'x'),
        "k:" + std::string(1U << 20U, '\xfe'),
    };
    return keys;
}

bool isInert(const std::string &text)
{
    return std::ranges::all_of(text, [](unsigned char byte) { return byte >= 0x20 && byte != 0x7f; }) && text.size() < 2000;
}

FlushRequest request(Scope scope, std::string pattern)
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = std::move(pattern);
    result.maxLatency = Millis{1000};
    return result;
}

} // namespace

class TestRedisBytes : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void sourceShowsThemInert();
    void planShowsThemInert();
    void prefixTakesAllOfThem();
    void eachIsMatchedAndFlushedAlone();
    void pagesOfLongKeysStaySmall();
    void commandLineTakesBytes();

private:
    /// musterctl with arguments of any bytes; {exit code, output}.
    [[nodiscard]] std::pair<int, QByteArray> ctl(const std::vector<std::string> &arguments) const;

    std::unique_ptr<TestServers> m_servers;
    std::unique_ptr<RedisAdmin> m_admin;
    std::unique_ptr<CtlKit> m_ctl;
    redis::Target m_target;
};

void TestRedisBytes::initTestCase()
{
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("redis")});
    QVERIFY2(m_servers->isRunning(), m_servers->errorText());
    m_target = redisTarget(*m_servers, u"redis", true);
    m_target.prefixes = {"k:", "k:\xff", "k:<script>"};
    m_admin = std::make_unique<RedisAdmin>(m_target);
    m_ctl = std::make_unique<CtlKit>(*m_servers);
    QVERIFY(m_admin->call({"ACL", "SETUSER", "oncall", "~*"}).isStatus("OK"));
}

void TestRedisBytes::init()
{
    QVERIFY(m_admin->call({"FLUSHALL"}).isStatus("OK"));
    for (const auto &key : hostileKeys())
        QVERIFY(m_admin->call({"SET", key, "1", "EX", "5000"}).isStatus("OK"));
    QVERIFY(m_admin->call({"SET", "other", "1"}).isStatus("OK"));
}

void TestRedisBytes::sourceShowsThemInert()
{
    redis::RedisSource source(m_target);
    const auto batch = source.collect(Deadline::after(Millis{10'000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    const auto *prefixes = asTable(*factOf(*batch, "redis.prefixes"));
    QVERIFY(prefixes);
    QCOMPARE(prefixes->number(0, "keys_estimate"), std::optional(static_cast<double>(hostileKeys().size())));
    QCOMPARE(prefixes->number(1, "keys_estimate"), std::optional(1.0));
    QCOMPARE(prefixes->text(1, "prefix"), "k:\\xff");
    const auto *keys = asTable(*factOf(*batch, "redis.big_keys"));
    QVERIFY(keys);
    QVERIFY(keys->rows.size() >= hostileKeys().size() - 2); // the two long ones are not asked about
    for (std::size_t row = 0; row < keys->rows.size(); ++row)
        QVERIFY2(isInert(keys->text(row, "key")), keys->text(row, "key").c_str());
}

void TestRedisBytes::planShowsThemInert()
{
    for (const auto &key : hostileKeys()) {
        FlushAction action(m_target, request(Scope::Prefix, key.substr(0, 20)));
        const auto plan = action.preflight(Deadline::after(Millis{10'000}), {});
        QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
        QVERIFY2(isInert(plan->title) && isInert(plan->command), plan->title.c_str());
        bool isShown = false;
        for (const auto &line : plan->changes) {
            QVERIFY2(isInert(line.value), line.value.c_str());
            isShown |= line.label == "Example" && line.value.starts_with(redis::displayKey(key.substr(0, 20)));
            // As a tooltip it is markup that says nothing but its own text.
            QVERIFY(!text::toolTip(line.value).contains(QLatin1String("<script")) && !text::toolTip(line.value).contains(QLatin1String("<img")));
        }
        QVERIFY2(isShown, redis::displayKey(key).c_str());
    }
}

void TestRedisBytes::prefixTakesAllOfThem()
{
    FlushAction action(m_target, request(Scope::Prefix, "k:"));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(detailOf(run.outcome, "Deleted"), std::to_string(hostileKeys().size()));
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 1LL);
}

void TestRedisBytes::eachIsMatchedAndFlushedAlone()
{
    auto left = static_cast<long long>(hostileKeys().size());
    for (const auto &key : hostileKeys()) {
        if (key.size() > 1000)
            continue; // no operator types these; the prefix takes them
        // As a glob without a star: this very key and no other.
        std::string pattern = redis::patternForPrefix(key);
        pattern.pop_back();
        FlushAction action(m_target, request(Scope::Glob, pattern));
        const auto run = runAction(action);
        QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
        QCOMPARE(detailOf(run.outcome, "Deleted"), "1");
        QCOMPARE(m_admin->call({"EXISTS", key}).integer, 0LL);
        QCOMPARE(m_admin->call({"DBSIZE"}).integer, --left + 1);
    }
}

/// Two hundred keys of a megabyte: a page of the usual size would be larger than any reply may be.
void TestRedisBytes::pagesOfLongKeysStaySmall()
{
    for (int i = 0; i < 100; ++i)
        QVERIFY(m_admin->call({"SET", "k:" + std::to_string(i) + std::string(1U << 20U, 'y'), "1"}).isStatus("OK"));
    redis::RedisSource source(m_target);
    const auto batch = source.collect(Deadline::after(Millis{20'000}), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    FlushAction action(m_target, request(Scope::Prefix, "k:"));
    const auto run = runAction(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, 1LL);
}

std::pair<int, QByteArray> TestRedisBytes::ctl(const std::vector<std::string> &arguments) const
{
    const auto output = m_ctl->writeFile(QStringLiteral("ctl.out"), {}).toStdString();
    const auto binary = CtlKit::binary().toStdString();
    std::vector<char *> words{const_cast<char *>(binary.c_str())};
    for (const auto &argument : arguments)
        words.push_back(const_cast<char *>(argument.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t child = 0;
    const auto started = posix_spawn(&child, binary.c_str(), &files, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    int status = -1;
    if (started == 0)
        waitpid(child, &status, 0);
    QFile file(QString::fromStdString(output));
    if (!file.open(QIODevice::ReadOnly))
        return {-1, {}};
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, file.readAll()};
}

void TestRedisBytes::commandLineTakesBytes()
{
    qputenv("XDG_STATE_HOME", (m_ctl->home() + QStringLiteral("/state")).toUtf8());
    const auto environment = m_ctl->writeEnvironment(QStringLiteral("bytes"), QStringLiteral("development"), {{QStringLiteral("redis"), QJsonArray{m_ctl->redis()}}}).toStdString();
    const std::vector<std::string> common{"-e", environment, "--pattern", "k:\xff\xfe*", "--max-latency", "1000"};
    auto count = common;
    count.insert(count.begin(), {"cache", "count"});
    const auto counted = ctl(count);
    QVERIFY2(counted.first == 0, counted.second.constData());
    QVERIFY2(counted.second.contains("1 key matches"), counted.second.constData());
    QVERIFY(!counted.second.contains('\xff'));
    auto flush = common;
    flush.insert(flush.begin(), {"cache", "flush"});
    flush.emplace_back("--yes");
    const auto flushed = ctl(flush);
    QVERIFY2(flushed.first == 0, flushed.second.constData());
    QVERIFY2(flushed.second.contains("k:\\xff\\xfe"), flushed.second.constData()); // as it is shown, escaped
    QVERIFY(!flushed.second.contains('\xff'));
    QCOMPARE(m_admin->call({"EXISTS", hostileKeys()[1]}).integer, 0LL);
    QCOMPARE(m_admin->call({"DBSIZE"}).integer, static_cast<long long>(hostileKeys().size()));
}

QTEST_GUILESS_MAIN(TestRedisBytes)
#include "tst_redisbytes.moc"
