// SPDX-License-Identifier: GPL-3.0-or-later
// Appends and reads 1 M points, and says what that costs beside a plain file of the same points written in the same run.
#include "connectors/history/sqlitehistory.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace muster;
using namespace std::chrono_literals;

class bench_History : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void appendsAndReadsAMillionPoints();
};

void bench_History::appendsAndReadsAMillionPoints()
{
    constexpr int kSeries = 100, kSteps = 10000; // one batch of 100 points a step of 8 s, as a console with 100 numeric facts
    constexpr WallTime kStart{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};
    QTemporaryDir folder;
    const auto path = folder.filePath(QStringLiteral("history.sqlite")).toStdString();
    WallTime now = kStart;
    history::SqliteHistory store(path, {}, [&] { return now; });
    QElapsedTimer timer;
    timer.start();
    qint64 worst = 0;
    for (int step = 0; step < kSteps; ++step) {
        now = kStart + step * 8s;
        std::vector<HistorySample> samples;
        for (int series = 0; series < kSeries; ++series)
            samples.push_back({"redis/cache fact." + std::to_string(series), now, double(step)});
        const auto before = timer.nsecsElapsed();
        QVERIFY(store.append({samples, {}, {}}));
        worst = std::max(worst, timer.nsecsElapsed() - before);
    }
    const auto appended = double(timer.nsecsElapsed()) / 1e9;
    timer.restart();
    {
        std::ofstream plain(folder.filePath(QStringLiteral("plain")).toStdString());
        for (int step = 0; step < kSteps; ++step) {
            for (int series = 0; series < kSeries; ++series)
                plain << series << ' ' << step << ' ' << double(step) << '\n';
            plain.flush();
        }
    }
    const auto plain = double(timer.nsecsElapsed()) / 1e9;
    timer.restart();
    for (int series = 0; series < kSeries; ++series)
        QCOMPARE(store.read("redis/cache fact." + std::to_string(series), kStart, now, 100000)->size(), std::size_t{kSteps});
    const auto readAll = double(timer.nsecsElapsed()) / 1e9;
    timer.restart();
    const auto chart = store.read("redis/cache fact.7", kStart, now, 1600);
    const auto readChart = double(timer.nsecsElapsed()) / 1e6;
    QVERIFY(chart && !chart->empty() && chart->size() <= 1600);
    std::printf("history: append 1 M points %.2f s (%.1f x a plain file; %.0f points/s; worst batch %.1f ms), read all raw %.2f s (%.0f points/s), one chart of a day %.2f ms, file %.1f MB\n",
                appended, appended / plain, kSeries * kSteps / appended, double(worst) / 1e6, readAll, kSeries * kSteps / readAll, readChart,
                double(std::filesystem::file_size(path)) / 1e6);
}

QTEST_GUILESS_MAIN(bench_History)
#include "bench_history.moc"
