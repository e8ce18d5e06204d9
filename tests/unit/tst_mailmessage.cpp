// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/mailaddress.h"
#include "connectors/smtp/mailmessage.h"

#include <QTest>

using namespace muster;
using namespace muster::smtp;

class TestMailMessage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void takesRealAddresses_data();
    void takesRealAddresses();
    void refusesWhatCouldInject_data();
    void refusesWhatCouldInject();
    void makesLineEndsCanonical();
    void doublesLeadingDots();
    void writesTheWholeHead();
    void letsNoSubjectMakeAHeader();
    void encodesSubjectsBeyondAscii();
    void choosesTheEncodingByBodyAndServer();
    void writesQuotedPrintable();
    void keepsEveryLineShort();
    void datesInUtcWhateverTheLocale();

private:
    static MailDraft draft()
    {
        return {{"alerts", "shop.example"}, {{"oncall", "shop.example"}, {"boss", "shop.example"}}, "Hello", "body\n", "00ff", WallTime(Millis{1769860800000})};
    }
};

void TestMailMessage::takesRealAddresses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isAscii");
    QTest::newRow("plain") << QByteArray("oncall@shop.example") << true;
    QTest::newRow("plus") << QByteArray("on.call+muster@a-b.shop.example") << true;
    QTest::newRow("literal") << QByteArray("root@[127.0.0.1]") << true;
    QTest::newRow("literal 6") << QByteArray("root@[IPv6:::1]") << true;
    QTest::newRow("localhost") << QByteArray("root@localhost") << true;
    QTest::newRow("utf-8") << QByteArray("j\xc3\xb6rg@b\xc3\xbc"
                                        "cher.example")
                           << false;
}

void TestMailMessage::takesRealAddresses()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isAscii);
    const auto address = parseAddress(text.toStdString());
    QVERIFY2(address, address ? "" : address.error().c_str());
    QCOMPARE(address->text(), text.toStdString());
    QCOMPARE(address->isAscii(), isAscii);
}

void TestMailMessage::refusesWhatCouldInject_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("crlf") << QByteArray("a@b.example\r\nRCPT TO:<c@d.example>");
    QTest::newRow("lf") << QByteArray("a\n@b.example");
    QTest::newRow("nul") << QByteArray("a\0@b.example", 12);
    QTest::newRow("tab") << QByteArray("a\t@b.example");
    QTest::newRow("space") << QByteArray("a@b.example SIZE=1");
    QTest::newRow("angle") << QByteArray("a@b.example>");
    QTest::newRow("angle in local") << QByteArray("a><b@c.example");
    QTest::newRow("list") << QByteArray("a@b.example,c@d.example");
    QTest::newRow("display name") << QByteArray("A<a@b.example>");
    QTest::newRow("quoted") << QByteArray("\"a b\"@c.example");
    QTest::newRow("no at") << QByteArray("oncall");
    QTest::newRow("no local") << QByteArray("@b.example");
    QTest::newRow("no domain") << QByteArray("a@");
    QTest::newRow("two dots") << QByteArray("a..b@c.example");
    QTest::newRow("dot first") << QByteArray(".a@c.example");
    QTest::newRow("dot last") << QByteArray("a.@c.example");
    QTest::newRow("hyphen first") << QByteArray("a@-c.example");
    QTest::newRow("empty label") << QByteArray("a@c..example");
    QTest::newRow("underscore") << QByteArray("a@c_d.example");
    QTest::newRow("long local") << QByteArray(65, 'a') + "@b.example";
    QTest::newRow("long label") << "a@" + QByteArray(64, 'b') + ".example";
    QTest::newRow("long all") << "a@" + QByteArray("bbbbbbb.").repeated(40) + "example";
    QTest::newRow("bad utf-8") << QByteArray("a\xff@b.example");
    QTest::newRow("overlong newline") << QByteArray("a\xc0\x8a@b.example");
    QTest::newRow("surrogate") << QByteArray("a\xed\xa0\x80@b.example");
}

void TestMailMessage::refusesWhatCouldInject()
{
    QFETCH(QByteArray, text);
    QVERIFY(!parseAddress(text.toStdString()));
}

void TestMailMessage::makesLineEndsCanonical()
{
    QCOMPARE(canonical("a\nb\rc\r\nd"), std::string("a\r\nb\r\nc\r\nd\r\n"));
    QCOMPARE(canonical("\r\r\n\n"), std::string("\r\n\r\n\r\n"));
    QCOMPARE(canonical(""), std::string("\r\n"));
}

void TestMailMessage::doublesLeadingDots()
{
    QCOMPARE(dotStuffed("a\r\n.\r\n..b\r\nc.d\r\n"), std::string("a\r\n..\r\n...b\r\nc.d\r\n"));
    QCOMPARE(dotStuffed(".\r\n"), std::string("..\r\n"));
    // A smuggled end: the bare LF is made canonical first, so that the dot stands at the head of a line and is doubled.
    QCOMPARE(dotStuffed(canonical("x\n.\nMAIL FROM:<>")), std::string("x\r\n..\r\nMAIL FROM:<>\r\n"));
}

void TestMailMessage::writesTheWholeHead()
{
    QCOMPARE(compose(draft(), BodyEncoding::SevenBit),
             std::string("Date: Sat, 31 Jan 2026 12:00:00 +0000\r\n"
                         "From: <alerts@shop.example>\r\n"
                         "To: <oncall@shop.example>,\r\n <boss@shop.example>\r\n"
                         "Subject: Hello\r\n"
                         "Message-ID: <muster.00ff@shop.example>\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n"
                         "Auto-Submitted: auto-generated\r\n"
                         "X-Muster-Run: 00ff\r\n"
                         "\r\n"
                         "body\r\n"));
}

void TestMailMessage::letsNoSubjectMakeAHeader()
{
    MailDraft evil = draft();
    evil.subject = "hi\r\nBcc: <all@shop.example>\r\n\r\nbody";
    const std::string message = compose(evil, BodyEncoding::SevenBit);
    QVERIFY(message.find("\r\nBcc:") == std::string::npos);
    QVERIFY(message.find("Subject: hi  Bcc: <all@shop.example>    body\r\n") != std::string::npos);
    QCOMPARE(message.find("\r\n\r\n"), message.size() - std::string("\r\n\r\nbody\r\n").size());
}

void TestMailMessage::encodesSubjectsBeyondAscii()
{
    QCOMPARE(encodedHeader("f\xc3\xbcr"), std::string("=?UTF-8?B?ZsO8cg==?="));
    QVERIFY(encodedHeader("=?UTF-8?B?eA==?=").starts_with("=?UTF-8?B?PT9V"));
    std::string umlauts;
    for (int i = 0; i < 100; ++i)
        umlauts += "\xc3\xbc";
    const std::string folded = encodedHeader(umlauts);
    QByteArray decoded;
    for (const QByteArray &line : QByteArray::fromStdString(folded).split('\n')) {
        QVERIFY(line.trimmed().size() <= 75);
        const QByteArray part = QByteArray::fromBase64(line.trimmed().mid(10).chopped(2));
        QVERIFY(isUtf8(part.toStdString())); // no character is cut in two
        decoded += part;
    }
    QCOMPARE(decoded.toStdString(), umlauts);
}

void TestMailMessage::choosesTheEncodingByBodyAndServer()
{
    QVERIFY(chooseEncoding("plain\n", true) == BodyEncoding::SevenBit);
    QVERIFY(chooseEncoding("gr\xc3\xbc\xc3\x9f", true) == BodyEncoding::EightBit);
    QVERIFY(chooseEncoding("gr\xc3\xbc\xc3\x9f", false) == BodyEncoding::QuotedPrintable);
    QVERIFY(chooseEncoding(std::string(1000, 'x'), true) == BodyEncoding::QuotedPrintable);
}

void TestMailMessage::writesQuotedPrintable()
{
    QCOMPARE(quotedPrintable("1+1=2 \nf\xc3\xbcr\t\n"), std::string("1+1=3D2=20\r\nf=C3=BCr=09\r\n"));
    const std::string folded = quotedPrintable(std::string(200, 'x'));
    QCOMPARE(folded, std::string(75, 'x') + "=\r\n" + std::string(75, 'x') + "=\r\n" + std::string(50, 'x') + "\r\n");
}

void TestMailMessage::keepsEveryLineShort()
{
    MailDraft large = draft();
    large.subject = std::string(5000, 'y');
    large.body = std::string(5000, 'x') + "\n";
    for (int i = 0; i < 100; ++i)
        large.to.push_back({"someone" + std::to_string(i), "shop.example"});
    for (const QByteArray &line : QByteArray::fromStdString(compose(large, chooseEncoding(large.body, true))).split('\n'))
        QVERIFY(line.size() <= 999);
}

void TestMailMessage::datesInUtcWhateverTheLocale()
{
    QCOMPARE(dateHeader(WallTime(Millis{0})), std::string("Thu, 01 Jan 1970 00:00:00 +0000"));
    QCOMPARE(dateHeader(WallTime(Millis{-1})), std::string("Wed, 31 Dec 1969 23:59:59 +0000"));
}

QTEST_APPLESS_MAIN(TestMailMessage)
#include "tst_mailmessage.moc"
