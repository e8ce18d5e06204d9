// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/series.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace muster;

class TestSeries : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void keepsTheNewest();
    void dropsWhatComesOutOfOrder();
    void prependsOnlyWhatIsOlder();
    void marksAGapOnce();
    void keepsExtremesOfEachColumn();
    void splitsAtGapsAndAtSilence();
    void takesNoMoreThanTwoPointsAColumn_data();
    void takesNoMoreThanTwoPointsAColumn();
    void survivesAnEmptyRange();
};

void TestSeries::keepsTheNewest()
{
    SeriesBuffer buffer(100);
    for (int i = 0; i < 1000; ++i)
        buffer.append({i, double(i)});
    QCOMPARE(buffer.points().size(), std::size_t{100});
    QCOMPARE(buffer.points().front().at, qint64{900});
    QCOMPARE(buffer.points().back().at, qint64{999});
}

void TestSeries::dropsWhatComesOutOfOrder()
{
    SeriesBuffer buffer;
    buffer.append({10, 1});
    buffer.append({10, 2});
    buffer.append({9, 3});
    QCOMPARE(buffer.points().size(), std::size_t{1});
    QCOMPARE(buffer.points().front().value, 1.0);
}

void TestSeries::prependsOnlyWhatIsOlder()
{
    SeriesBuffer buffer(5);
    buffer.append({100, 1});
    buffer.prepend({{10, 0}, {20, 0}, {100, 9}, {110, 9}});
    QCOMPARE(buffer.points().size(), std::size_t{3});
    QCOMPARE(buffer.points().back().value, 1.0);
    SeriesBuffer empty(2);
    empty.prepend({{1, 0}, {2, 0}, {3, 0}});
    QCOMPARE(empty.points().size(), std::size_t{2});
    QCOMPARE(empty.points().front().at, qint64{2});
}

void TestSeries::marksAGapOnce()
{
    SeriesBuffer buffer;
    buffer.breakAt(1);
    QVERIFY(buffer.isEmpty());
    buffer.append({2, 1});
    buffer.breakAt(3);
    buffer.breakAt(4);
    QCOMPARE(buffer.points().size(), std::size_t{2});
    QVERIFY(std::isnan(buffer.points().back().value));
}

void TestSeries::keepsExtremesOfEachColumn()
{
    std::vector<SeriesPoint> points;
    for (int i = 0; i < 1000; ++i)
        points.push_back({i, i == 503 ? 100.0 : i == 507 ? -100.0 : 0.0});
    const auto segments = decimate(points, 0, 1000, 10, 0);
    QCOMPARE(segments.size(), std::size_t{1});
    QVERIFY(std::ranges::find(segments[0], SeriesPoint{503, 100.0}) != segments[0].end());
    QVERIFY(std::ranges::find(segments[0], SeriesPoint{507, -100.0}) != segments[0].end());
    QVERIFY(std::ranges::is_sorted(segments[0], {}, &SeriesPoint::at));
}

void TestSeries::splitsAtGapsAndAtSilence()
{
    const double gap = std::numeric_limits<double>::quiet_NaN();
    const std::vector<SeriesPoint> points{{0, 1}, {10, 2}, {15, gap}, {20, 3}, {30, 4}, {500, 5}};
    QCOMPARE(decimate(points, 0, 1000, 100, 100).size(), std::size_t{3});
    QCOMPARE(decimate(points, 0, 1000, 100, 0).size(), std::size_t{2});
}

void TestSeries::takesNoMoreThanTwoPointsAColumn_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("columns");
    for (const int count : {1, 2, 999, 100'000}) {
        for (const int columns : {1, 7, 640})
            QTest::addRow("%d points, %d columns", count, columns) << count << columns;
    }
}

void TestSeries::takesNoMoreThanTwoPointsAColumn()
{
    QFETCH(int, count);
    QFETCH(int, columns);
    std::vector<SeriesPoint> points;
    for (int i = 0; i < count; ++i)
        points.push_back({1'769'000'000'000 + i * 37, std::sin(i * 0.7)});
    const qint64 from = points.front().at;
    const qint64 to = points.back().at + 1;
    std::size_t taken = 0;
    for (const auto &segment : decimate(points, from, to, columns, 0))
        taken += segment.size();
    QVERIFY(taken >= 1);
    QVERIFY2(taken <= std::size_t(2 * columns) + 2, qPrintable(QString::number(taken)));
}

void TestSeries::survivesAnEmptyRange()
{
    const std::vector<SeriesPoint> points{{1, 1}};
    QVERIFY(decimate(points, 10, 10, 100, 0).empty());
    QVERIFY(decimate(points, 0, 10, 0, 0).empty());
    QVERIFY(decimate({}, 0, 10, 10, 0).empty());
}

QTEST_GUILESS_MAIN(TestSeries)
#include "tst_series.moc"
