// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/benchkit.h"
#include "tests/faults/windowkit.h"

#include <QApplication>
#include <QFile>
#include <QTimer>

#include <cstdio>
#include <sys/resource.h>

using namespace muster::test;

namespace {

/// s of CPU of all threads so far.
double cpuTime()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// QTest::qWait() would wake a hundred times a second and be measured too.
void rest(int milliseconds)
{
    QTimer::singleShot(milliseconds, qApp, [] { QCoreApplication::exit(); }); // quit() would close the window
    QCoreApplication::exec();
}

/// Percent of one core over some seconds.
double share(int seconds)
{
    const double before = cpuTime();
    QElapsedTimer timer;
    timer.start();
    rest(seconds * 1000);
    return (cpuTime() - before) / (double(timer.nsecsElapsed()) / 1e9) * 100;
}

} // namespace

/// What the console costs while nobody touches it: pages in sight, then out of sight.
int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setQuitOnLastWindowClosed(false);
    const BenchEnvironment environment(argc, argv);
    QFile file(environment.file());
    if (!file.open(QIODevice::ReadOnly))
        return 1;
    OpenWindow open(file.readAll(), "readiness", environment.file());
    if (!open.isOpen()) {
        std::fprintf(stderr, "%s\n", open.errorText());
        return 1;
    }
    const int seconds = environment.isFull() ? 20 : 2;
    rest(seconds * 1000); // the first round of everything is not idle
    std::printf("CPU of one core over %d s each\n", seconds);
    for (const char *page : {"readiness", "database", "cache", "endpoints"}) {
        open.window().openPage(page);
        rest(500);
        std::printf("%-34s %6.2f %%   (goal: 1.5)\n", page, share(seconds));
    }
    open.window().hide();
    rest(500);
    std::printf("%-34s %6.2f %%   (goal: 0.5)\n", "hidden", share(seconds));
    std::printf("%-34s %6.0f MiB   (goal: 150)\n", "resident after these pages", residentSize(QCoreApplication::applicationPid()));
    return 0;
}
