// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/benchkit.h"
#include "tests/support/tied.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>

#include <algorithm>
#include <cstdio>

using namespace muster::test;

namespace {

constexpr int kPatience = 20000; // ms

struct Start {
    double painted = 0;  ///< ms since the start
    double complete = 0; ///< ms since the start
    double size = 0;     ///< MiB once complete
};

Start measure(const QString &program, const QStringList &arguments, bool isConsole)
{
    QProcess process;
    tieToUs(process);
    process.setProcessChannelMode(QProcess::MergedChannels);
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    variables.insert(QStringLiteral("QT_LOGGING_RULES"), QStringLiteral("muster.start.info=true"));
    process.setProcessEnvironment(variables);
    Start start;
    QByteArray said;
    QElapsedTimer timer;
    timer.start();
    process.start(program, arguments);
    while ((start.painted == 0 || (isConsole && start.complete == 0)) && process.waitForReadyRead(kPatience)) {
        said += process.readAll();
        const double now = double(timer.nsecsElapsed()) / 1e6;
        if (start.painted == 0 && said.contains("first window painted"))
            start.painted = now;
        if (start.complete == 0 && said.contains("first complete readiness"))
            start.complete = now;
    }
    start.size = residentSize(process.processId());
    process.terminate();
    if (!process.waitForFinished(5000))
        process.kill();
    process.waitForFinished(5000);
    if (start.painted == 0)
        std::fprintf(stderr, "%s\n", said.constData());
    return start;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const BenchEnvironment environment(argc, argv);
    if (environment.file().isEmpty())
        return 1;
    std::vector<double> empty;
    std::vector<double> painted;
    std::vector<double> complete;
    std::vector<double> size;
    for (int i = 0; i < (environment.isFull() ? 9 : 3); ++i) {
        empty.push_back(measure(QStringLiteral(EMPTY_PROGRAM), {}, false).painted);
        const Start start = measure(QStringLiteral(MUSTER_PROGRAM), {QStringLiteral("-e"), environment.file()}, true);
        painted.push_back(start.painted);
        complete.push_back(start.complete - start.painted);
        size.push_back(start.size);
    }
    std::printf("to the first painted window, medians of %zu, platform %s\n", painted.size(), qPrintable(qEnvironmentVariable("QT_QPA_PLATFORM", QStringLiteral("of the display"))));
    std::printf("%-34s %8.0f ms  1.00 x\n", "empty QMainWindow", median(empty));
    std::printf("%-34s %8.0f ms  %4.2f x   (goal: 3 x, 400 ms)\n", "muster", median(painted), median(painted) / median(empty));
    std::printf("%-34s %8.0f ms after that   (goal: 1500 ms)\n", "first complete readiness", median(complete));
    std::printf("%-34s %8.0f MiB   (goal: 150)\n", "resident then", median(size));
    const auto isZero = [](double value) { return value <= 0; };
    return std::ranges::any_of(painted, isZero) || std::ranges::any_of(empty, isZero) ? 1 : 0;
}
