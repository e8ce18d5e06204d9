// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/errors.h"
#include "connectors/redis/protocol.h"
#include "connectors/redis/redisclient.h"
#include "connectors/redis/scan.h"
#include "connectors/redis/serverversion.h"
#include "connectors/redis/slowlog.h"

#include <QTest>

using namespace muster;
using namespace muster::redis;
using namespace std::string_literals;

class TestRedisProtocol : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void encodesBinarySafe();
    void readsEveryType();
    void readsByteByByte();
    void readsPipelinedReplies();
    void refusesHostileReplies_data();
    void refusesHostileReplies();
    void capsBytes();
    void countsElementsPerReply();
    void mapsErrorsToSentences_data();
    void mapsErrorsToSentences();
    void namesTheMissingRight();
    void masksSlowlogArguments();
    void mergesLargeRequestsAndReplies();
    void readsScanPages();
    void namesTheClient();
};

namespace {

std::expected<std::optional<Reply>, Fault> read(std::string_view bytes, const ReplyLimits &limits = {})
{
    ReplyReader reader(limits);
    if (const auto fed = reader.feed(bytes); !fed)
        return std::unexpected(fed.error());
    return reader.next();
}

} // namespace

void TestRedisProtocol::encodesBinarySafe()
{
    QCOMPARE(encode({"GET", "a\0\r\n"s}), "*2\r\n$3\r\nGET\r\n$4\r\na\0\r\n\r\n"s);
    QCOMPARE(encode({"SET", "k", ""}), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"s);
}

void TestRedisProtocol::readsEveryType()
{
    const auto reply = read("*6\r\n:42\r\n$3\r\na\0b\r\n$-1\r\n+OK\r\n-ERR no\r\n*2\r\n:1\r\n*0\r\n"s);
    QVERIFY(reply && *reply);
    const auto &parts = (*reply)->elements;
    QCOMPARE(parts.size(), 6U);
    QCOMPARE(parts[0].integer, 42LL);
    QCOMPARE(parts[1].text, "a\0b"s);
    QVERIFY(parts[2].kind == Reply::Kind::Nil);
    QVERIFY(parts[3].isStatus("OK"));
    QVERIFY(parts[4].isError());
    QCOMPARE(parts[5].elements.size(), 2U);
    QVERIFY(parts[5].elements[1].isArray());
}

void TestRedisProtocol::readsByteByByte()
{
    const auto bytes = "*2\r\n$1\r\n0\r\n*1\r\n$20\r\nkey-of-twenty-bytes!\r\n"s;
    ReplyReader reader;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        QVERIFY(reader.feed(bytes.substr(i, 1)));
        const auto early = reader.next();
        QVERIFY(early && !*early);
    }
    QVERIFY(reader.feed(bytes.substr(bytes.size() - 1)));
    const auto reply = reader.next();
    QVERIFY(reply && *reply);
    QCOMPARE((*reply)->elements[1].elements[0].text, "key-of-twenty-bytes!");
}

void TestRedisProtocol::readsPipelinedReplies()
{
    ReplyReader reader;
    QVERIFY(reader.feed("+A\r\n:2\r\n$1\r\nC"));
    QCOMPARE((*reader.next())->text, "A");
    QCOMPARE((*reader.next())->integer, 2LL);
    QVERIFY(!*reader.next());
    QVERIFY(reader.feed("\r\n"));
    QCOMPARE((*reader.next())->text, "C");
}

void TestRedisProtocol::refusesHostileReplies_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("kind");
    const auto tooLarge = static_cast<int>(FaultKind::TooLarge);
    const auto protocol = static_cast<int>(FaultKind::Protocol);
    QTest::newRow("huge multi-bulk") << QByteArray("*2147483647\r\n") << tooLarge;
    QTest::newRow("multi-bulk over 32 bit") << QByteArray("*99999999999\r\n") << tooLarge;
    QTest::newRow("just over the cap") << QByteArray("*200001\r\n") << tooLarge;
    QTest::newRow("too deep") << QByteArray("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n") << tooLarge;
    QTest::newRow("HTTP") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << protocol;
    QTest::newRow("TLS alert") << QByteArray("\x15\x03\x01\x00\x02\x02\x50", 7) << protocol;
    QTest::newRow("RESP3 map") << QByteArray("%1\r\n+a\r\n+b\r\n") << protocol;
    QTest::newRow("RESP3 push in array") << QByteArray("*1\r\n>1\r\n+a\r\n") << protocol;
    QTest::newRow("RESP3 double") << QByteArray(",1.5\r\n") << protocol;
}

void TestRedisProtocol::refusesHostileReplies()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, kind);
    const auto reply = read(bytes.toStdString());
    QVERIFY(!reply);
    QCOMPARE(static_cast<int>(reply.error().kind), kind);
}

void TestRedisProtocol::capsBytes()
{
    ReplyLimits limits;
    limits.bytes = 1000;
    ReplyReader reader(limits);
    QVERIFY(reader.feed("$999999999\r\n"));
    std::expected<std::optional<Reply>, Fault> reply;
    int feeds = 0;
    for (; feeds < 20 && reply; ++feeds) {
        QVERIFY(reader.feed(std::string(100, 'x')));
        reply = reader.next();
    }
    QVERIFY(!reply);
    QVERIFY(reply.error().kind == FaultKind::TooLarge);
    QVERIFY(feeds <= 11);
}

void TestRedisProtocol::countsElementsPerReply()
{
    ReplyLimits limits;
    limits.elements = 4;
    ReplyReader reader(limits);
    for (int i = 0; i < 3; ++i) {
        QVERIFY(reader.feed("*3\r\n:1\r\n:2\r\n*1\r\n:3\r\n"));
        const auto reply = reader.next();
        QVERIFY(reply && *reply);
    }
    QVERIFY(reader.feed("*3\r\n:1\r\n:2\r\n*2\r\n:3\r\n:4\r\n"));
    QVERIFY(!reader.next());
}

void TestRedisProtocol::mapsErrorsToSentences_data()
{
    QTest::addColumn<QByteArray>("error");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *error, FaultKind kind) { QTest::newRow(error) << QByteArray(error) << static_cast<int>(kind); };
    row("NOAUTH Authentication required.", FaultKind::Auth);
    row("WRONGPASS invalid username-password pair or user is disabled.", FaultKind::Auth);
    row("ERR invalid password", FaultKind::Auth);
    row("ERR Client sent AUTH, but no password is set", FaultKind::Auth);
    row("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?", FaultKind::Auth);
    row("NOPERM this user has no permissions to run the 'info' command", FaultKind::Denied);
    row("LOADING Redis is loading the dataset in memory", FaultKind::Unavailable);
    row("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", FaultKind::Unavailable);
    row("OOM command not allowed when used memory > 'maxmemory'.", FaultKind::Unavailable);
    row("READONLY You can't write against a read only replica.", FaultKind::Unavailable);
    row("MASTERDOWN Link with MASTER is down", FaultKind::Unavailable);
    row("NOREPLICAS Not enough good replicas to write.", FaultKind::Unavailable);
    row("BUSY Redis is busy running a script.", FaultKind::Unavailable);
    row("CLUSTERDOWN The cluster is down", FaultKind::Unavailable);
    row("MOVED 3999 127.0.0.1:6381", FaultKind::Config);
    row("DENIED Redis is running in protected mode", FaultKind::Refused);
    row("ERR max number of clients reached", FaultKind::Refused);
    row("ERR unknown command `CONFIG`, with args beginning with: `GET`", FaultKind::Denied);
    row("ERR DB index is out of range", FaultKind::Config);
    row("EXECABORT something new", FaultKind::Unavailable);
}

void TestRedisProtocol::mapsErrorsToSentences()
{
    QFETCH(QByteArray, error);
    QFETCH(int, kind);
    const auto fault = faultFromError(error.toStdString(), "query");
    QCOMPARE(static_cast<int>(fault.kind), kind);
    QVERIFY(fault.detail.find(error.toStdString()) != std::string::npos); // the server's own words stay
    QVERIFY(!fault.hint.empty());
}

void TestRedisProtocol::namesTheMissingRight()
{
    const auto unknown = unknownFromError("NOPERM this user has no permissions to run the 'slowlog|get' command", "oncall", "slowlog|get");
    QCOMPARE(unknown.hint, "ACL SETUSER oncall +slowlog|get");
    QCOMPARE(errorPrefix("WRONGPASS x y"), std::string_view("WRONGPASS"));
    QVERIFY(faultFromError("ERR " + std::string(100'000, 'x'), "query").detail.size() < 600);
}

void TestRedisProtocol::masksSlowlogArguments()
{
    const auto reply = **read("*2\r\n*6\r\n:7\r\n:1700000000\r\n:12500\r\n*3\r\n$3\r\nset\r\n$9\r\nuser:jane\r\n$6\r\nsecret\r\n$14\r\n10.0.0.1:50000\r\n$3\r\napp\r\n"
                              "*4\r\n:8\r\n:1700000001\r\n:20000\r\n*4\r\n$6\r\nconfig\r\n$3\r\nset\r\n$11\r\nrequirepass\r\n$6\r\nsecret\r\n");
    const auto table = slowlogTable(reply, 10);
    QCOMPARE(table.rows.size(), 2U);
    QCOMPARE(table.text(0, "command"), "SET (2 arguments)");
    QCOMPARE(table.number(0, "took"), std::optional(0.0125));
    QCOMPARE(table.text(0, "client_name"), "app");
    QCOMPARE(table.text(1, "command"), "CONFIG SET (2 arguments)");
    QVERIFY(slowlogTable(reply, 1).isTruncated);
    QCOMPARE(slowlogTable(**read("*2\r\n:1\r\n*1\r\n:1\r\n"), 10).rows.size(), 0U);
}

void TestRedisProtocol::mergesLargeRequestsAndReplies()
{
    const auto requests = **read("*1\r\n*6\r\n:1\r\n:1700000000\r\n:2097152\r\n*3\r\n$3\r\nset\r\n$9\r\nuser:jane\r\n$6\r\nsecret\r\n$14\r\n10.0.0.1:50000\r\n$3\r\napp\r\n");
    const auto replies = **read("*2\r\n*4\r\n:8\r\n:1700000001\r\n:9000000\r\n*2\r\n$7\r\nhgetall\r\n$6\r\nsecret\r\n:1\r\n");
    const auto table = largeCommandsTable(requests, replies, 10);
    QCOMPARE(table.rows.size(), 2U);
    QCOMPARE(table.text(0, "what"), "reply"); // the newest first
    QCOMPARE(table.number(0, "size"), std::optional(9000000.0));
    QCOMPARE(table.text(0, "command"), "HGETALL (1 argument)");
    QCOMPARE(table.text(1, "what"), "request");
    QCOMPARE(table.text(1, "command"), "SET (2 arguments)");
    QCOMPARE(table.text(1, "client_name"), "app");
    QVERIFY(largeCommandsTable(requests, replies, 1).isTruncated);
    QVERIFY(hasCommandLog(parseInfo("redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.3\n")));
    QVERIFY(hasCommandLog(parseInfo("valkey_version:10.0.0\n")));
    QVERIFY(!hasCommandLog(parseInfo("valkey_version:8.0.9\n")));
    QVERIFY(!hasCommandLog(parseInfo("redis_version:8.4.0\n")));
}

void TestRedisProtocol::readsScanPages()
{
    const auto page = scanPage(**read("*2\r\n$20\r\n18446744073709551615\r\n*1\r\n$1\r\nk\r\n"));
    QVERIFY(page);
    QCOMPARE(page->cursor, 18446744073709551615ULL);
    QCOMPARE(page->keys.size(), 1U);
    QVERIFY(!scanPage(**read("*2\r\n$1\r\nx\r\n*0\r\n")));
    QVERIFY(!scanPage(**read("*1\r\n$1\r\n0\r\n")));
    QCOMPARE(scanCommand(5, 10, "a*"), (Command{"SCAN", "5", "MATCH", "a*", "COUNT", "10"}));
}

void TestRedisProtocol::namesTheClient()
{
    QCOMPARE(clientName(""), "muster");
    QCOMPARE(clientName("jane doe@höst\n"), "muster:jane_doe@h__st_");
}

QTEST_APPLESS_MAIN(TestRedisProtocol)
#include "tst_redisprotocol.moc"
