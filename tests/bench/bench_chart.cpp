// SPDX-License-Identifier: GPL-3.0-or-later
// One frame of a chart over a million stored points (decimate, hand over, paint), against painting the same chart over a hundred points.
#include "ui/charts/timeserieschart.h"

#include <QElapsedTimer>
#include <QPainter>
#include <QTest>

#include <cmath>
#include <iostream>

using namespace muster;

class BenchChart : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void frameOverAMillionPoints();
};

namespace {

double frame(std::size_t count)
{
    constexpr int kFrames = 20;
    constexpr qint64 kNow = 1'769'000'000'000;
    std::vector<SeriesPoint> points;
    for (std::size_t i = 0; i < count; ++i)
        points.push_back({kNow - qint64(count - i) * 10, std::sin(double(i) / 1000)});
    TimeSeriesChart chart(QStringLiteral("c"), QStringLiteral("Hit rate"), "ratio");
    chart.resize(1200, 400);
    chart.setSpan(qint64(count) * 10);
    QPixmap canvas(chart.size());
    QPainter painter(&canvas);
    QElapsedTimer clock;
    clock.start();
    for (int i = 0; i < kFrames; ++i) {
        chart.refresh({{QStringLiteral("hits"), points}}, kNow + i, 0);
        chart.QGraphicsView::render(&painter);
    }
    return double(clock.nsecsElapsed()) / 1e6 / kFrames;
}

} // namespace

void BenchChart::frameOverAMillionPoints()
{
    const double small = frame(100);
    const double large = frame(1'000'000);
    std::cout << "chart frame: " << large << " ms over 1 000 000 points, " << small << " ms over 100; ratio " << large / small << '\n';
    QVERIFY(large > 0);
}

QTEST_MAIN(BenchChart)
#include "bench_chart.moc"
