// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format/format.h"

#include <QTest>

#include <limits>

using namespace muster;

class TestFormat : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void valuesReadInTheirUnit_data();
    void valuesReadInTheirUnit();
    void valuesOfOtherKindsAreWords();
    void wordsFollowTheirCount();
    void scoreIsOneNumberWhereTheEndsMeet();
    void shareMeasuredIsSilentWhenAllIs();
    void agesAreWholeSeconds();
    void timesAreUtc();
    void localTimeStandsBesideUtc();
};

void TestFormat::valuesReadInTheirUnit_data()
{
    QTest::addColumn<double>("number");
    QTest::addColumn<QString>("unit");
    QTest::addColumn<QString>("text");
    const auto row = [](double number, const char *unit, const char *text) {
        QTest::addRow("%s %g", unit, number) << number << QString::fromUtf8(unit) << QString::fromUtf8(text);
    };
    row(0, "s", "0 s");
    row(0.00032, "s", "320 µs");
    row(0.0042, "s", "4.2 ms");
    row(0.042, "s", "42 ms");
    row(0.9999, "s", "1 s");
    row(2, "s", "2 s");
    row(90, "s", "90 s");
    row(119.4, "s", "119 s");
    row(300, "s", "5 min");
    row(111600, "s", "31 h");
    row(7199, "s", "119 min");
    row(7200, "s", "2 h");
    row(172800, "s", "2 d");
    row(-90, "s", "-90 s");
    row(1e12, "s", "never");
    row(std::numeric_limits<double>::infinity(), "s", "never");
    row(512, "B", "512 B");
    row(999, "B", "999 B");
    row(999.7, "B", "1 kB");
    row(3.1e9, "B", "3.1 GB");
    row(42e6, "B", "42 MB");
    row(999.6e6, "B", "1 GB");
    row(0.931, "ratio", "93.1 %");
    row(1, "ratio", "100.0 %");
    row(0.99999, "ratio", "> 99.9 %");
    row(0, "ratio", "0.0 %");
    row(0.00001, "ratio", "< 0.1 %");
    row(12.54, "1/s", "12.5/s");
    row(150, "1/s", "150/s");
    row(0, "1/s", "0/s");
    row(0.12, "1/s", "0.1/s");
    row(0.0167, "1/s", "1/min");
    row(0.00117, "1/s", "4.2/h");
    row(1e-7, "1/s", "0/d");
    row(3.1e6, "B/s", "3.1 MB/s");
    row(7, "count", "7");
    row(1250, "count", "1250");
    row(12500, "count", "12\u202F500");
    row(-1250000, "count", "-1\u202F250\u202F000");
    row(0.5, "", "0.5");
    row(1769860800, "epoch", "2026-01-31 12:00:00 UTC");
    row(3, "orders", "3 orders");
    row(std::numeric_limits<double>::quiet_NaN(), "count", "NaN");
}

void TestFormat::valuesReadInTheirUnit()
{
    QFETCH(double, number);
    QFETCH(QString, unit);
    QFETCH(QString, text);
    QCOMPARE(QString::fromStdString(format::value(number, unit.toStdString())), text);
}

void TestFormat::valuesOfOtherKindsAreWords()
{
    QCOMPARE(format::value(Value(true), ""), std::string("yes"));
    QCOMPARE(format::value(Value(false), ""), std::string("no"));
    QCOMPARE(format::value(Value(std::string("a\nb")), ""), std::string("a⏎b"));
    QCOMPARE(format::value(Value(Unknown{ "no traffic", {} }), ""), std::string("unknown: no traffic"));
    QCOMPARE(format::value(Value(NotApplicable{ "a standby" }), ""), std::string("not applicable: a standby"));
    QCOMPARE(format::value(Value(Table{ { { "name", "" } }, { { std::string("x") } }, 1, false }), ""), std::string("1 row"));
    QCOMPARE(format::value(Value(Table{ { { "name", "" } }, { { std::string("x") } }, 1, true }), ""), std::string("1+ rows"));
}

void TestFormat::wordsFollowTheirCount()
{
    QCOMPARE(format::counted(1, "index", "indexes"), std::string("1 index"));
    QCOMPARE(format::counted(0, "index", "indexes"), std::string("0 indexes"));
    QCOMPARE(format::counted(12500, "index", "indexes"), std::string("12\u202F500 indexes"));
}

void TestFormat::scoreIsOneNumberWhereTheEndsMeet()
{
    QCOMPARE(format::score({ 87.3, 87.3 }), std::string("87.3"));
    QCOMPARE(format::score({ 87.2999999, 87.3000001 }), std::string("87.3"));
    QCOMPARE(format::score({ 76, 91 }), std::string("76.0–91.0"));
}

void TestFormat::shareMeasuredIsSilentWhenAllIs()
{
    QCOMPARE(format::measured(1), std::string());
    QCOMPARE(format::measured(0.85), std::string("85 % measured"));
    QCOMPARE(format::measured(0.999), std::string("99 % measured"));
}

void TestFormat::agesAreWholeSeconds()
{
    QCOMPARE(format::age(Millis(2900)), std::string("2 s"));
    QCOMPARE(format::age(Millis(200)), std::string("0 s"));
    QCOMPARE(format::ago(Millis(2900)), std::string("2 s ago"));
    QCOMPARE(format::ago(Millis(200)), std::string("just now"));
    QCOMPARE(format::ago(Millis(700)), std::string("1 s ago"));
}

void TestFormat::timesAreUtc()
{
    const WallTime at(Millis(1769860800123));
    QCOMPARE(format::utc(at), std::string("2026-01-31 12:00:00 UTC"));
    QCOMPARE(format::iso(at), std::string("2026-01-31T12:00:00.123Z"));
}

void TestFormat::localTimeStandsBesideUtc()
{
    const auto before = qgetenv("TZ");
    qputenv("TZ", "Asia/Tokyo");
    tzset();
    QVERIFY(format::utcAndLocal(WallTime(Millis(1769860800000))).starts_with("2026-01-31 12:00:00 UTC · 21:00:00 "));
    QVERIFY(format::utcAndLocal(WallTime(Millis(1769889600000))).starts_with("2026-01-31 20:00:00 UTC · 2026-02-01 05:00:00 "));
    qputenv("TZ", before);
    tzset();
}

QTEST_GUILESS_MAIN(TestFormat)
#include "tst_format.moc"
