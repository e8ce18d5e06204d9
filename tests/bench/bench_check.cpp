// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/benchkit.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>

#include <cstdio>

using namespace muster::test;

/// The wall time of one `musterctl check` of all sources, its two samples a second apart included.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const BenchEnvironment environment(argc, argv);
    if (environment.file().isEmpty())
        return 1;
    const auto run = [](const QStringList &arguments, int most) {
        QProcess process;
        QElapsedTimer timer;
        timer.start();
        process.start(QStringLiteral(MUSTERCTL_PROGRAM), arguments);
        const bool hasEnded = process.waitForFinished(30000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() <= most;
        if (!hasEnded)
            std::fprintf(stderr, "%s\n", process.readAllStandardError().constData());
        return hasEnded ? double(timer.nsecsElapsed()) / 1e6 : 0;
    };
    std::vector<double> checks;
    std::vector<double> versions;
    bool isGood = true;
    for (int i = 0; i < (environment.isFull() ? 9 : 2); ++i) {
        versions.push_back(run({QStringLiteral("--version")}, 0));
        checks.push_back(run({QStringLiteral("check"), QStringLiteral("-e"), environment.file(), QStringLiteral("--output"), QStringLiteral("json")}, 2));
        isGood = isGood && versions.back() > 0 && checks.back() > 0;
    }
    std::printf("musterctl, medians of %zu\n%-34s %8.0f ms\n", checks.size(), "--version", median(versions));
    std::printf("%-34s %8.0f ms   (goal: 2500 ms, 1000 of them between the samples)\n", "check --output json", median(checks));
    return isGood ? 0 : 1;
}
