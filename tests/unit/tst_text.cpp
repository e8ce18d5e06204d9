// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format/text.h"

#include <QTest>

using namespace muster;

class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hostileCharactersBecomeVisible_data();
    void hostileCharactersBecomeVisible();
    void blockKeepsLinesAndTabs();
    void longTextIsCutBetweenCharacters();
    void megabyteCostsNoMoreThanItsHead();
    void toolTipIsEscapedAndNotGuessedAt();
    void stackedMarksAreCut();
};

void TestText::hostileCharactersBecomeVisible_data()
{
    QTest::addColumn<QByteArray>("in");
    QTest::addColumn<QString>("out");
    QTest::newRow("plain words stay") << QByteArray("käse ✓") << QStringLiteral("käse ✓");
    QTest::newRow("line breaks") << QByteArray("a\r\nb\nc") << QStringLiteral("a⏎b⏎c");
    QTest::newRow("escape sequence") << QByteArray("\x1b[31mred") << QStringLiteral("␛[31mred");
    QTest::newRow("nul and delete") << QByteArray("a\0b\x7f", 4) << QStringLiteral("a␀b␡");
    QTest::newRow("right-to-left override") << QByteArray("\xe2\x80\xaegpj.exe") << QStringLiteral("‹U+202E›gpj.exe");
    QTest::newRow("isolate") << QByteArray("\xe2\x81\xa6x") << QStringLiteral("‹U+2066›x");
    QTest::newRow("zero width") << QByteArray("a\xe2\x80\x8b"
                                              "b")
                                << QStringLiteral("a‹U+200B›b");
    QTest::newRow("line separator") << QByteArray("a\xe2\x80\xa8"
                                                  "b")
                                    << QStringLiteral("a‹U+2028›b");
    QTest::newRow("C1 control") << QByteArray("\xc2\x9b"
                                              "31m")
                                << QStringLiteral("‹U+009B›31m");
    QTest::newRow("broken UTF-8") << QByteArray("a\xff"
                                                "b")
                                  << QStringLiteral("a\uFFFDb");
    QTest::newRow("markup stays text") << QByteArray("<b>x</b>") << QStringLiteral("<b>x</b>");
}

void TestText::hostileCharactersBecomeVisible()
{
    QFETCH(QByteArray, in);
    QFETCH(QString, out);
    QCOMPARE(QString::fromStdString(text::plain(in.toStdString())), out);
    QCOMPARE(text::label(in.toStdString()), out);
}

void TestText::blockKeepsLinesAndTabs()
{
    QCOMPARE(text::block("a\tb\r\nc\x1b"), std::string("a\tb\nc␛"));
}

void TestText::longTextIsCutBetweenCharacters()
{
    QCOMPARE(text::plain("ääää", 3), std::string("äää…"));
    QCOMPARE(text::plain("äää", 3), std::string("äää"));
    QCOMPARE(text::plain("😀😀", 1), std::string("😀…"));
}

void TestText::megabyteCostsNoMoreThanItsHead()
{
    const std::string bytes(1 << 20, '\x01');
    const auto shown = text::label(bytes);
    QCOMPARE(shown.size(), static_cast<qsizetype>(text::kLabelLimit + 1));
    QVERIFY(shown.endsWith(QChar(0x2026)));
    // Marks without end are dropped, not counted: still bounded by the head.
    std::string marks;
    for (int i = 0; i < 100000; ++i)
        marks += "\xcc\x81";
    QVERIFY(text::label(marks).size() <= static_cast<qsizetype>(text::kLabelLimit + 1));
}

void TestText::toolTipIsEscapedAndNotGuessedAt()
{
    QCOMPARE(text::toolTip("<img src=\"file:///etc/passwd\"> & co"),
             QStringLiteral("<span>&lt;img src=&quot;file:///etc/passwd&quot;&gt; &amp; co</span>"));
}

void TestText::stackedMarksAreCut()
{
    const auto shown = text::label("a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81z");
    QCOMPARE(shown.size(), 6); // a, four marks, z
}

QTEST_GUILESS_MAIN(TestText)
#include "tst_text.moc"
