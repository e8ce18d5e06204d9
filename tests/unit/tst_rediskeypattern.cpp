// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/redis/keypattern.h"
#include "connectors/redis/prefixsample.h"

#include <QTest>

using namespace muster;
using namespace muster::redis;
using Scope = FlushRequest::Scope;
using namespace std::string_literals;

class TestRedisKeyPattern : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void escapesLiteralPrefix();
    void prefixMatchesItselfOnly_data();
    void prefixMatchesItselfOnly();
    void matchesAsServerDoes_data();
    void matchesAsServerDoes();
    void endsOnHostilePatterns();
    void refusesDangerousPatterns();
    void showsKeysInert();
    void estimatesShares();
};

namespace {

FlushRequest request(Scope scope, std::string pattern)
{
    FlushRequest result;
    result.scope = scope;
    result.pattern = std::move(pattern);
    return result;
}

} // namespace

void TestRedisKeyPattern::escapesLiteralPrefix()
{
    QCOMPARE(patternForPrefix("cache:"), "cache:*");
    QCOMPARE(patternForPrefix("a*b?c[d]e\\"), "a\\*b\\?c\\[d\\]e\\\\*");
    QCOMPARE(patternForPrefix("\xff\0x"s.substr(0, 3)), "\xff\0x*"s);
}

void TestRedisKeyPattern::prefixMatchesItselfOnly_data()
{
    QTest::addColumn<QByteArray>("prefix");
    for (const auto *prefix : {"a*", "a?", "a[bc]", "a[^b]", "a\\", "[", "]", "**", "a\\*", "[]*?\\", "\xff\xfe[", "a[b-"})
        QTest::newRow(displayKey(prefix).c_str()) << QByteArray(prefix);
}

void TestRedisKeyPattern::prefixMatchesItselfOnly()
{
    QFETCH(QByteArray, prefix);
    const auto literal = prefix.toStdString();
    const auto pattern = patternForPrefix(literal);
    QVERIFY(isMatch(pattern, literal));
    QVERIFY(isMatch(pattern, literal + "tail*[?"));
    for (const auto *other : {"ab", "aXb", "a", "b", "", "ac", "abc", "a*", "a?", "a[bc]", "a\\", "**", "[", "]", "\xff\xfe"}) {
        const std::string key = other;
        QCOMPARE(isMatch(pattern, key), key.starts_with(literal));
    }
}

void TestRedisKeyPattern::matchesAsServerDoes_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<bool>("expected");
    QTest::newRow("star in the middle") << QByteArray("a*c") << QByteArray("abbc") << true;
    QTest::newRow("star backtracks") << QByteArray("*ab*ab") << QByteArray("abxabab") << true;
    QTest::newRow("question takes one") << QByteArray("a?c") << QByteArray("ac") << false;
    QTest::newRow("class") << QByteArray("h[ae]llo") << QByteArray("hallo") << true;
    QTest::newRow("negated class") << QByteArray("h[^e]llo") << QByteArray("hello") << false;
    QTest::newRow("range") << QByteArray("k[0-9]") << QByteArray("k7") << true;
    QTest::newRow("reversed range") << QByteArray("k[9-0]") << QByteArray("k7") << true;
    QTest::newRow("escape in class") << QByteArray("k[\\]]") << QByteArray("k]") << true;
    QTest::newRow("unclosed class") << QByteArray("k[ab") << QByteArray("kb") << true;
    QTest::newRow("slash and dot are plain") << QByteArray("a*") << QByteArray("a/.b") << true;
    QTest::newRow("case matters") << QByteArray("A") << QByteArray("a") << false;
    QTest::newRow("only stars on nothing") << QByteArray("**") << QByteArray("") << true;
}

void TestRedisKeyPattern::matchesAsServerDoes()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, key);
    QFETCH(bool, expected);
    QCOMPARE(isMatch(pattern.toStdString(), key.toStdString()), expected);
}

void TestRedisKeyPattern::endsOnHostilePatterns()
{
    std::string pattern;
    for (int i = 0; i < 100; ++i)
        pattern += "a*";
    QVERIFY(!isMatch(pattern + "b", std::string(5000, 'a'))); // exponential in a naive matcher
}

void TestRedisKeyPattern::refusesDangerousPatterns()
{
    QVERIFY(patternProblem(request(Scope::Prefix, "")));
    QVERIFY(patternProblem(request(Scope::Glob, "")));
    QVERIFY(patternProblem(request(Scope::Glob, "*")));
    QVERIFY(patternProblem(request(Scope::Glob, "?**")));
    QVERIFY(patternProblem(request(Scope::Glob, "a*b*c*d*e*")));
    QVERIFY(patternProblem(request(Scope::Glob, std::string(600, 'a'))));
    QVERIFY(patternProblem(request(Scope::Prefix, std::string(70'000, 'a'))));
    QVERIFY(!patternProblem(request(Scope::Prefix, std::string(600, 'a')))); // literal: it costs the server nothing
    QVERIFY(!patternProblem(request(Scope::Prefix, "*")));
    QVERIFY(!patternProblem(request(Scope::Glob, "cache:*:v1")));
    QVERIFY(!patternProblem(request(Scope::Database, "")));
}

void TestRedisKeyPattern::showsKeysInert()
{
    QCOMPARE(displayKey("plain:1"), "plain:1");
    QCOMPARE(displayKey("a\x1b[31m\n\xff\\"), "a\\x1b[31m\\x0a\\xff\\\\");
    QCOMPARE(displayKey("abcdef", 3), "abc…");
}

void TestRedisKeyPattern::estimatesShares()
{
    PrefixSample sample(2);
    sample.addPrefixes({"a:", "b:", "none:"});
    for (int i = 0; i < 1000; ++i)
        sample.take((i % 10 == 0 ? "a:" : "b:") + std::to_string(i));
    const auto guess = sample.estimate(0, 100'000);
    QCOMPARE(guess.share, 0.1);
    QVERIFY(guess.margin > 0.018 && guess.margin < 0.0187); // 1.96 · sqrt(0.1 · 0.9 / 1000), a little narrower for the finite database
    QCOMPARE(guess.keys, 10'000.0);
    QVERIFY(sample.estimate(2, 100'000).margin > 0.0029); // nothing seen is not nothing there
    QCOMPARE(sample.groups()[0].examples.size(), 2U);
    sample.setComplete();
    QCOMPARE(sample.estimate(0, 1003).margin, 0.0);
    QCOMPARE(sample.estimate(0, 1003).keys, 100.0); // three of DBSIZE have expired
    const auto table = sample.table(1000);
    QCOMPARE(table.rows.size(), 3U);
    QCOMPARE(table.number(1, "keys_estimate"), std::optional(900.0));
    QCOMPARE(PrefixSample().table(5).rows.size(), 0U);
}

QTEST_APPLESS_MAIN(TestRedisKeyPattern)
#include "tst_rediskeypattern.moc"
