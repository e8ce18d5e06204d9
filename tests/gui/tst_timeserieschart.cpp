// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/timeserieschart.h"

#include <QTest>

#include <cmath>

using namespace muster;

class TestTimeSeriesChart : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void handsOverAtMostTwoPointsAColumn();
    void keepsGapsAsGaps();
    void saysWhatItShows();
    void saysThatThereIsNoData();
    void dropsPointsOutsideItsSpan();
    void followsTheTheme();
};

namespace {

constexpr qint64 kNow = 1'769'000'000'000;

std::vector<SeriesPoint> sine(std::size_t count, qint64 step)
{
    std::vector<SeriesPoint> points;
    for (std::size_t i = 0; i < count; ++i)
        points.push_back({kNow - qint64(count - i) * step, std::sin(double(i) / 100)});
    return points;
}

} // namespace

void TestTimeSeriesChart::handsOverAtMostTwoPointsAColumn()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Hit rate"), "ratio");
    chart.resize(600, 160);
    const auto points = sine(1'000'000, 1);
    chart.setSpan(1'000'000);
    chart.refresh({{QStringLiteral("hits"), points}}, kNow, 0);
    QVERIFY(chart.pointCount() > 500);
    QVERIFY2(chart.pointCount() <= 2 * 600, qPrintable(QString::number(chart.pointCount())));
    QCOMPARE(chart.segmentCount(), 1);
}

void TestTimeSeriesChart::keepsGapsAsGaps()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Hit rate"), "ratio");
    chart.resize(600, 160);
    auto points = sine(300, 1000);
    points[150].value = std::nan("");
    chart.refresh({{QStringLiteral("hits"), points}}, kNow, 0);
    QCOMPARE(chart.segmentCount(), 2);
    points.erase(points.begin() + 40, points.begin() + 120);
    chart.refresh({{QStringLiteral("hits"), points}}, kNow, 0);
    QCOMPARE(chart.segmentCount(), 3);
}

void TestTimeSeriesChart::saysWhatItShows()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Hit rate"), "ratio");
    const std::vector<SeriesPoint> points{{kNow - 2000, 0.5}, {kNow - 1000, 0.931}};
    chart.refresh({{QStringLiteral("hits"), points}}, kNow, 0);
    QVERIFY2(chart.accessibleDescription().contains(QStringLiteral("93.1 %")), qPrintable(chart.accessibleDescription()));
}

void TestTimeSeriesChart::saysThatThereIsNoData()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Hit rate"), "ratio");
    chart.refresh({{QStringLiteral("hits"), {}}}, kNow, 30'000);
    QCOMPARE(chart.pointCount(), 0);
    QVERIFY(chart.accessibleDescription().contains(QStringLiteral("no data")));
    QVERIFY(!chart.grab().isNull());
}

void TestTimeSeriesChart::dropsPointsOutsideItsSpan()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Commits"), "1/s");
    chart.resize(600, 160);
    const auto points = sine(2000, 1000);
    chart.setSpan(10'000);
    chart.refresh({{QStringLiteral("commits"), points}}, kNow, 0);
    QVERIFY(chart.pointCount() <= 11);
    QVERIFY(chart.pointCount() >= 9);
}

void TestTimeSeriesChart::followsTheTheme()
{
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Commits"), "1/s");
    chart.resize(300, 140);
    chart.setPalette(theme::paletteOf(theme::dark()));
    const auto points = sine(100, 1000);
    chart.refresh({{QStringLiteral("commits"), points}}, kNow, 0);
    const QImage image = chart.grab().toImage();
    QCOMPARE(image.pixelColor(2, image.height() - 2), theme::dark().panel);
}

QTEST_MAIN(TestTimeSeriesChart)
#include "tst_timeserieschart.moc"
