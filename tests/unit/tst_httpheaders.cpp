// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/cdn.h"
#include "connectors/http/headers.h"
#include "connectors/http/httpdate.h"
#include "connectors/http/ratelimit.h"
#include "connectors/http/redirects.h"
#include "connectors/http/securityheaders.h"
#include "connectors/http/url.h"

#include <QtTest>

using namespace muster;
using namespace muster::http;

Q_DECLARE_METATYPE(muster::http::Headers)
Q_DECLARE_METATYPE(muster::http::Chain)

/// Analysers that look at header fields and addresses only.
class TestHttpHeaders : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void resolvesAddresses_data();
    void resolvesAddresses();
    void refusesOtherAddresses();
    void readsHsts_data();
    void readsHsts();
    void judgesWhereAPathLeads_data();
    void judgesWhereAPathLeads();
    void judgesEnforcement_data();
    void judgesEnforcement();
    void namesMissingSecurityHeaders_data();
    void namesMissingSecurityHeaders();
    void judgesCookies_data();
    void judgesCookies();
    void judgesCors_data();
    void judgesCors();
    void knowsRateLimitDialects_data();
    void knowsRateLimitDialects();
    void seesCaches_data();
    void seesCaches();
    void readsDates();
};

void TestHttpHeaders::resolvesAddresses_data()
{
    QTest::addColumn<QByteArray>("base");
    QTest::addColumn<QByteArray>("location");
    QTest::addColumn<QByteArray>("result");
    QTest::newRow("absolute") << QByteArray("http://h/a") << QByteArray("https://H/b?c=1") << QByteArray("https://h/b?c=1");
    QTest::newRow("relative path") << QByteArray("http://h/a/b") << QByteArray("c") << QByteArray("http://h/a/c");
    QTest::newRow("rooted path") << QByteArray("http://h:81/a/b") << QByteArray("/c") << QByteArray("http://h:81/c");
    QTest::newRow("other host, same scheme") << QByteArray("https://h/") << QByteArray("//evil/x") << QByteArray("https://evil/x");
    QTest::newRow("IPv6") << QByteArray("http://h/") << QByteArray("https://[::1]:8443/x") << QByteArray("https://[::1]:8443/x");
    QTest::newRow("file is none of ours") << QByteArray("http://h/") << QByteArray("file:///etc/passwd") << QByteArray("");
    QTest::newRow("gopher is none of ours") << QByteArray("http://h/") << QByteArray("gopher://h/") << QByteArray("");
    QTest::newRow("user data is none of ours") << QByteArray("http://h/") << QByteArray("https://h@evil/") << QByteArray("");
}

void TestHttpHeaders::resolvesAddresses()
{
    QFETCH(QByteArray, base);
    QFETCH(QByteArray, location);
    QFETCH(QByteArray, result);
    const auto url = Url::parse(base.toStdString());
    QVERIFY(url);
    const auto to = url->resolved(location.toStdString());
    QCOMPARE(QByteArray::fromStdString(to ? to->text() : std::string()), result);
}

void TestHttpHeaders::refusesOtherAddresses()
{
    for (const char *bad : {"", "h", "ftp://h/", "https://", "https://u:p@h/", "javascript:alert(1)"})
        QVERIFY2(!Url::parse(bad), bad);
    QVERIFY(!Url::parse("http://h/" + std::string(5000, 'a')));
    const auto url = Url::parse("https://H.example:443/base/");
    QVERIFY(url);
    QCOMPARE(url->origin(), "https://h.example:443");
    QCOMPARE(url->withPath("/items?x=1").text(), "https://h.example/base/items?x=1");
}

void TestHttpHeaders::readsHsts_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<bool>("isValid");
    QTest::addColumn<qlonglong>("age");
    const auto sts = [](const char *value) { return Headers{{"Strict-Transport-Security", value}}; };
    QTest::newRow("absent") << Headers{} << false << 0LL;
    QTest::newRow("plain") << sts("max-age=31536000") << true << 31536000LL;
    QTest::newRow("quoted") << sts("max-age=\"600\"; includeSubDomains") << true << 600LL;
    QTest::newRow("case") << sts("MAX-AGE=5") << true << 5LL;
    QTest::newRow("no age") << sts("includeSubDomains") << false << 0LL;
    QTest::newRow("no number") << sts("max-age=1year") << false << 0LL;
    QTest::newRow("negative") << sts("max-age=-1") << false << 0LL;
    QTest::newRow("age twice") << sts("max-age=1; max-age=2") << false << 0LL;
    QTest::newRow("joined by a proxy") << sts("max-age=1, max-age=2") << false << 0LL;
    QTest::newRow("sent twice") << Headers{{"Strict-Transport-Security", "max-age=1"}, {"strict-transport-security", "max-age=1"}} << false << 0LL;
}

void TestHttpHeaders::readsHsts()
{
    QFETCH(Headers, headers);
    QFETCH(bool, isValid);
    QFETCH(qlonglong, age);
    const auto hsts = parseHsts(headers);
    QCOMPARE(hsts.isValid, isValid);
    QCOMPARE(hsts.maxAge, age);
}

void TestHttpHeaders::judgesWhereAPathLeads_data()
{
    QTest::addColumn<QList<Hop>>("hops");
    QTest::addColumn<bool>("isLost"); // the last Location could not be asked
    QTest::addColumn<bool>("isGood");
    QTest::addColumn<QByteArray>("word");
    const std::string far = "https://static.h/a";
    QTest::newRow("for a while, elsewhere") << QList<Hop>{{"https://h/a", 302, far}, {far, 200, ""}} << false << true << QByteArray("to https://static.h/a");
    QTest::newRow("for good, on the host") << QList<Hop>{{"https://h/a", 301, "https://h/a/"}, {"https://h/a/", 200, ""}} << false << true << QByteArray("to https://h/a/");
    QTest::newRow("for good, elsewhere") << QList<Hop>{{"https://h/a", 301, far}, {far, 200, ""}} << false << false << QByteArray("another host, for good");
    QTest::newRow("no such host") << QList<Hop>{{"https://h/a", 302, "https://statich/a"}} << true << false << QByteArray("does not resolve");
    QTest::newRow("not found there") << QList<Hop>{{"https://h/a", 302, far}, {far, 404, ""}} << false << false << QByteArray("the answer is 404");
    QTest::newRow("in a circle") << QList<Hop>{{"https://h/a", 302, "https://h/a"}, {"https://h/a", 302, "https://h/a"}} << false << false << QByteArray("do not end (2 hops)");
    QTest::newRow("in clear") << QList<Hop>{{"https://h/a", 307, "http://h/a"}, {"http://h/a", 200, ""}} << false << false << QByteArray("leaves https");
    QTest::newRow("nowhere") << QList<Hop>{{"https://h/a", 302, ""}} << false << false << QByteArray("to nowhere");
}

void TestHttpHeaders::judgesWhereAPathLeads()
{
    QFETCH(QList<Hop>, hops);
    QFETCH(bool, isLost);
    QFETCH(bool, isGood);
    QFETCH(QByteArray, word);
    const auto fault = isLost ? std::optional(Fault{FaultKind::Dns, "dns", "no address", {}}) : std::nullopt;
    const auto verdict = judgeLead({hops.begin(), hops.end()}, fault);
    QCOMPARE(*verdict.isGood, isGood);
    QVERIFY2(verdict.why.contains(word.toStdString()), verdict.why.c_str());
}

void TestHttpHeaders::judgesEnforcement_data()
{
    QTest::addColumn<Chain>("chain");
    QTest::addColumn<qlonglong>("age");
    QTest::addColumn<int>("good"); // 1 good, 0 bad, -1 unknown
    const auto hops = [](std::vector<Hop> list) { return Chain(std::move(list)); };
    const qlonglong year = 31536000;
    QTest::newRow("308 to https") << hops({{"http://h/", 308, "https://h/"}, {"https://h/", 200, "", true}}) << year << 1;
    QTest::newRow("302 to https") << hops({{"http://h/", 302, "https://h/"}, {"https://h/", 404, "", true}}) << year << 1;
    QTest::newRow("short HSTS") << hops({{"http://h/", 308, "https://h/"}, {"https://h/", 200, "", true}}) << 86400LL << 0;
    QTest::newRow("a hop without HSTS") << hops({{"http://h/", 308, "https://h/a"}, {"https://h/a", 301, "https://h/"}, {"https://h/", 200, "", true}}) << year << 0;
    QTest::newRow("no HSTS") << hops({{"http://h/", 308, "https://h/"}, {"https://h/", 200, "", true}}) << -1LL << 0;
    QTest::newRow("served in clear") << hops({{"http://h/", 200, ""}}) << year << 0;
    QTest::newRow("to clear") << hops({{"http://h/", 301, "http://h/x"}, {"http://h/x", 301, "https://h/"}}) << year << 0;
    QTest::newRow("off the host") << hops({{"http://h/", 301, "https://www.h/"}, {"https://www.h/", 200, "", true}}) << year << 0;
    QTest::newRow("back to clear") << hops({{"http://h/", 301, "https://h/"}, {"https://h/", 302, "http://h/y", true}, {"http://h/y", 200, ""}}) << year << 0;
    QTest::newRow("loop") << hops({{"http://h/", 301, "https://h/"}, {"https://h/", 302, "https://h/", true}}) << year << 0;
    QTest::newRow("redirect to nowhere") << hops({{"http://h/", 301, ""}}) << year << 0;
    QTest::newRow("server error in clear") << hops({{"http://h/", 500, ""}}) << year << 0;
    QTest::newRow("refused with 403") << hops({{"http://h/", 403, ""}}) << year << 1;
    QTest::newRow("port closed") << Chain(std::unexpected(Fault{FaultKind::Refused, "tcp", "closed", {}})) << year << 1;
    QTest::newRow("silent") << Chain(std::unexpected(Fault{FaultKind::Timeout, "protocol", "silent", {}})) << year << -1;
    QTest::newRow("no name") << Chain(std::unexpected(Fault{FaultKind::Dns, "dns", "no name", {}})) << year << -1;
}

void TestHttpHeaders::judgesEnforcement()
{
    QFETCH(Chain, chain);
    QFETCH(qlonglong, age);
    QFETCH(int, good);
    const auto verdict = judgeEnforcement(chain, "h", {age >= 0, age >= 0, age, false, false});
    QCOMPARE(verdict.isGood ? (*verdict.isGood ? 1 : 0) : -1, good);
    QVERIFY(!verdict.why.empty());
    QVERIFY(!chainWords(chain).empty());
}

void TestHttpHeaders::namesMissingSecurityHeaders_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<int>("missing");
    const Header sniff{"x-content-type-options", "nosniff"};
    const Header csp{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"};
    const Header referrer{"Referrer-Policy", "no-referrer"};
    QTest::newRow("all") << Headers{sniff, csp, referrer} << 0;
    QTest::newRow("none") << Headers{} << 4;
    QTest::newRow("CSP without frame-ancestors") << Headers{sniff, {"Content-Security-Policy", "default-src 'self'"}, referrer} << 1;
    QTest::newRow("framing by the old header") << Headers{sniff, {"Content-Security-Policy", "default-src 'self'"}, {"X-Frame-Options", "deny"}, referrer} << 0;
    QTest::newRow("ALLOW-FROM earns nothing") << Headers{sniff, {"Content-Security-Policy", "default-src 'self'"}, {"X-Frame-Options", "ALLOW-FROM https://a"}, referrer} << 1;
    QTest::newRow("report-only") << Headers{sniff, {"Content-Security-Policy-Report-Only", "default-src 'none'"}, {"X-Frame-Options", "DENY"}, referrer} << 1;
    QTest::newRow("weak referrer") << Headers{sniff, csp, {"Referrer-Policy", "unsafe-url"}} << 1;
    QTest::newRow("last known referrer token counts") << Headers{sniff, csp, {"Referrer-Policy", "unsafe-url, strict-origin, new-thing"}} << 0;
    QTest::newRow("sniff with another word") << Headers{{"X-Content-Type-Options", "sniff"}, csp, referrer} << 1;
}

void TestHttpHeaders::namesMissingSecurityHeaders()
{
    QFETCH(Headers, headers);
    QFETCH(int, missing);
    QCOMPARE(static_cast<int>(missingSecurityHeaders(headers).size()), missing);
}

void TestHttpHeaders::judgesCookies_data()
{
    QTest::addColumn<QByteArray>("cookie");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("none") << QByteArray() << true;
    QTest::newRow("good session") << QByteArray("sid=1; Path=/; Secure; HttpOnly; SameSite=Lax") << true;
    QTest::newRow("session without HttpOnly") << QByteArray("sessionid=1; Secure; SameSite=Lax") << false;
    QTest::newRow("without Secure") << QByteArray("theme=dark; SameSite=Lax") << false;
    QTest::newRow("without SameSite") << QByteArray("theme=dark; Secure") << false;
    QTest::newRow("readable CSRF token") << QByteArray("csrftoken=1; Secure; SameSite=Strict") << true;
    QTest::newRow("__Host- with a domain") << QByteArray("__Host-a=1; Path=/; Domain=h; Secure; SameSite=Lax") << false;
    QTest::newRow("__Host- right") << QByteArray("__Host-a=1; Path=/; Secure; SameSite=Lax") << true;
}

void TestHttpHeaders::judgesCookies()
{
    QFETCH(QByteArray, cookie);
    QFETCH(bool, isGood);
    Headers headers;
    if (!cookie.isEmpty())
        headers.add("Set-Cookie", cookie.toStdString());
    const auto verdict = judgeCookies(headers);
    QCOMPARE(verdict.isGood, std::optional(isGood));
    QCOMPARE(verdict.why.empty(), isGood);
}

void TestHttpHeaders::judgesCors_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("none") << Headers{} << true;
    QTest::newRow("public") << Headers{{"Access-Control-Allow-Origin", "*"}} << true;
    QTest::newRow("reflected without credentials") << Headers{{"Access-Control-Allow-Origin", "https://evil.invalid"}} << true;
    QTest::newRow("reflected with credentials") << Headers{{"Access-Control-Allow-Origin", "https://EVIL.invalid"}, {"Access-Control-Allow-Credentials", "true"}} << false;
    QTest::newRow("own origin with credentials") << Headers{{"Access-Control-Allow-Origin", "https://shop.example"}, {"Access-Control-Allow-Credentials", "true"}} << true;
    QTest::newRow("null with credentials") << Headers{{"Access-Control-Allow-Origin", "null"}, {"Access-Control-Allow-Credentials", "true"}} << false;
    QTest::newRow("twice") << Headers{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Origin", "https://a"}} << false;
}

void TestHttpHeaders::judgesCors()
{
    QFETCH(Headers, headers);
    QFETCH(bool, isGood);
    QCOMPARE(judgeCors("https://evil.invalid", headers, {}).isGood, std::optional(isGood));
    QCOMPARE(judgeCors("https://evil.invalid", {}, headers).isGood, std::optional(isGood));
}

void TestHttpHeaders::knowsRateLimitDialects_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<QByteArray>("dialect");
    QTest::addColumn<double>("limit");
    QTest::addColumn<double>("remaining");
    QTest::addColumn<double>("reset");
    QTest::newRow("none") << Headers{} << QByteArray() << -1.0 << -1.0 << -1.0;
    QTest::newRow("draft 6") << Headers{{"RateLimit-Limit", "100, 100;w=60"}, {"RateLimit-Remaining", "50"}, {"RateLimit-Reset", "30"}}
                             << QByteArray("RateLimit-* (draft 6)") << 100.0 << 50.0 << 30.0;
    QTest::newRow("draft 7") << Headers{{"RateLimit", "limit=100, remaining=50, reset=30"}, {"RateLimit-Policy", "100;w=60"}} << QByteArray("draft 7") << 100.0 << 50.0 << 30.0;
    QTest::newRow("structured") << Headers{{"RateLimit-Policy", "\"burst\";q=10;w=10, \"daily\";q=5000;w=86400"}, {"RateLimit", "\"burst\";r=8;t=1"}}
                                << QByteArray("structured (draft 8+)") << 10.0 << 8.0 << 1.0;
    QTest::newRow("policy alone, separators quoted") << Headers{{"RateLimit-Policy", "\"a;b,c\";q=7;w=1"}} << QByteArray("structured (draft 8+)") << 7.0 << -1.0 << -1.0;
    QTest::newRow("delta") << Headers{{"X-RateLimit-Limit", "60"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "17"}} << QByteArray("X-RateLimit-*") << 60.0 << 0.0 << 17.0;
    QTest::newRow("epoch") << Headers{{"X-RateLimit-Limit", "60"}, {"X-RateLimit-Remaining", "1"}, {"X-RateLimit-Reset", "1700000017"}} << QByteArray("X-RateLimit-*") << 60.0 << 1.0 << 17.0;
    QTest::newRow("in the wild") << Headers{{"RateLimit", "\"fixed window\";\"resolvers\";q=3000;w=300"}} << QByteArray("unknown form") << -1.0 << -1.0 << -1.0;
}

void TestHttpHeaders::knowsRateLimitDialects()
{
    QFETCH(Headers, headers);
    QFETCH(QByteArray, dialect);
    QFETCH(double, limit);
    QFETCH(double, remaining);
    QFETCH(double, reset);
    const auto seen = parseRateLimit(headers, 1700000000);
    QCOMPARE(QByteArray::fromStdString(seen.dialect), dialect);
    QCOMPARE(seen.limit.value_or(-1), limit);
    QCOMPARE(seen.remaining.value_or(-1), remaining);
    QCOMPARE(seen.resetsIn.value_or(-1), reset);
}

void TestHttpHeaders::seesCaches_data()
{
    QTest::addColumn<Headers>("headers");
    QTest::addColumn<bool>("isSeen");
    QTest::addColumn<bool>("isHit");
    QTest::newRow("none") << Headers{{"Server", "nginx"}} << false << false;
    QTest::newRow("Age") << Headers{{"Age", "12"}} << true << true;
    QTest::newRow("Age 0") << Headers{{"Age", "0"}} << true << false;
    QTest::newRow("Cache-Status hit") << Headers{{"Cache-Status", "Origin; fwd=miss, Edge; hit; ttl=3"}} << true << true;
    QTest::newRow("a cache that is called hit") << Headers{{"Cache-Status", "\"hit\"; fwd=uri-miss"}} << true << false;
    QTest::newRow("CF miss") << Headers{{"CF-Cache-Status", "DYNAMIC"}} << true << false;
    QTest::newRow("CF hit") << Headers{{"cf-cache-status", "HIT"}} << true << true;
    QTest::newRow("X-Cache") << Headers{{"X-Cache", "Hit from cloudfront"}} << true << true;
    QTest::newRow("Via") << Headers{{"Via", "1.1 edge"}} << true << false;
}

void TestHttpHeaders::seesCaches()
{
    QFETCH(Headers, headers);
    QFETCH(bool, isSeen);
    QFETCH(bool, isHit);
    QCOMPARE(!cdnEvidence(headers).empty(), isSeen);
    QCOMPARE(isCacheHit(headers), isHit);
}

void TestHttpHeaders::readsDates()
{
    QCOMPARE(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), std::optional(784111777.0));
    for (const char *bad : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET"})
        QVERIFY2(!parseHttpDate(bad), bad);
}

QTEST_APPLESS_MAIN(TestHttpHeaders)
#include "tst_httpheaders.moc"
