// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/files/durable.h"
#include "connectors/process/child.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace muster;
using process::Command;
using process::Ending;

namespace {

/// sh only stands in for a tool that misbehaves; the product itself never starts one.
Command script(const std::string &text)
{
    Command command;
    command.program = "/bin/sh";
    command.arguments = {"-c", text};
    command.environment = {{"PATH", "/usr/bin:/bin"}, {"MARK", "42"}};
    return command;
}

bool isAlive(pid_t pid)
{
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    return !text.empty() && text.find(") Z ") == std::string::npos;
}

} // namespace

class tst_Child : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void reportsExitStatusAndBothOutputs();
    void passesOnlyTheGivenEnvironment();
    void passesNoDescriptors();
    void namesTheMissingProgram();
    void refusesARelativeProgram();
    void handsOverErrorLines();
    void keepsTheEndOfALongOutput();
    void endsTheWholeGroupAtTheDeadline();
    void killsWhatIgnoresTerm();
    void endsAStoppedChildOnRequest();
    void doesNotWaitForAGrandchildThatHoldsThePipe();
    void reportsASignal();
    void passesOneDescriptorAsThree();
};

void tst_Child::reportsExitStatusAndBothOutputs()
{
    const auto done = process::run(script("echo out; echo err >&2; exit 3"), Deadline::after(Millis(5000)));
    QVERIFY(done);
    QCOMPARE(done->ending, Ending::Exited);
    QCOMPARE(done->exitStatus, 3);
    QCOMPARE(done->output, std::string("out\n"));
    QCOMPARE(done->errors, std::string("err\n"));
    QVERIFY(!done->isGood());
}

void tst_Child::passesOnlyTheGivenEnvironment()
{
    ::setenv("MUSTER_CANARY", "leaked", 1);
    const auto done = process::run(script("/usr/bin/env; umask; read line && echo input"), Deadline::after(Millis(5000)));
    QVERIFY(done);
    QVERIFY(done->output.find("MARK=42") != std::string::npos);
    QVERIFY(done->output.find("leaked") == std::string::npos);
    QVERIFY(done->output.find("0077") != std::string::npos);
    QVERIFY(done->output.find("input") == std::string::npos);
}

void tst_Child::passesNoDescriptors()
{
    QTemporaryDir folder;
    std::ofstream open(folder.filePath(QStringLiteral("open")).toStdString());
    const int copy = ::dup(2); // without CLOEXEC, as a library might leave one
    const auto done = process::run(script("ls /proc/self/fd | wc -l"), Deadline::after(Millis(5000)));
    ::close(copy);
    QVERIFY(done);
    QCOMPARE(done->output, std::string("4\n")); // 0, 1, 2 and ls's own
}

void tst_Child::namesTheMissingProgram()
{
    Command command;
    command.program = "/nowhere/pg_dump";
    const auto done = process::run(command, Deadline::after(Millis(1000)));
    QVERIFY(!done);
    QVERIFY(done.error().kind == FaultKind::Config);
    QVERIFY(done.error().detail.find("/nowhere/pg_dump") != std::string::npos);
}

void tst_Child::refusesARelativeProgram()
{
    Command command;
    command.program = "ls";
    QVERIFY(!process::run(command, Deadline::after(Millis(1000))));
}

void tst_Child::handsOverErrorLines()
{
    std::vector<std::string> lines;
    auto command = script("echo one >&2; printf tw >&2; echo o >&2; printf three >&2");
    command.onErrorLine = [&](std::string_view line) { lines.emplace_back(line); };
    QVERIFY(process::run(command, Deadline::after(Millis(5000))));
    QCOMPARE(lines, (std::vector<std::string>{"one", "two", "three"}));
}

void tst_Child::keepsTheEndOfALongOutput()
{
    auto command = script("head -c 20000000 /dev/zero | tr '\\0' x; echo end");
    command.outputLimit = 1000;
    const auto done = process::run(command, Deadline::after(Millis(20000)));
    QVERIFY(done);
    QCOMPARE(done->output.size(), std::size_t{1000});
    QVERIFY(done->output.ends_with("xend\n"));
    QCOMPARE(done->outputBytes, std::uint64_t{20000004});
}

void tst_Child::endsTheWholeGroupAtTheDeadline()
{
    QTemporaryDir folder;
    const auto file = folder.filePath(QStringLiteral("pid")).toStdString();
    const auto started = BootClock::now();
    const auto done = process::run(script("sleep 60 & echo $! > " + file + "; wait"), Deadline::after(Millis(300)));
    QVERIFY(done);
    QCOMPARE(done->ending, Ending::TimedOut);
    QVERIFY(BootClock::now() - started < std::chrono::seconds(1));
    pid_t grandchild = 0;
    std::ifstream(file) >> grandchild;
    QVERIFY(grandchild > 0);
    QTRY_VERIFY(!isAlive(grandchild));
}

void tst_Child::killsWhatIgnoresTerm()
{
    const auto started = BootClock::now();
    const auto done = process::run(script("trap '' TERM; while true; do sleep 1; done"), Deadline::after(Millis(200)));
    QVERIFY(done);
    QCOMPARE(done->ending, Ending::TimedOut);
    QVERIFY(BootClock::now() - started < std::chrono::milliseconds(1000));
}

void tst_Child::endsAStoppedChildOnRequest()
{
    std::stop_source stop;
    auto command = script("kill -STOP $$; sleep 60");
    command.tick = Millis(50);
    command.onTick = [&] { stop.request_stop(); };
    const auto done = process::run(command, Deadline::after(Millis(20000)), stop.get_token());
    QVERIFY(done);
    QCOMPARE(done->ending, Ending::Cancelled);
    QVERIFY(done->took < Millis(1000));
}

void tst_Child::doesNotWaitForAGrandchildThatHoldsThePipe()
{
    const auto done = process::run(script("/usr/bin/setsid sleep 4 & echo done"), Deadline::after(Millis(20000)));
    QVERIFY(done);
    QVERIFY(done->isGood());
    QCOMPARE(done->output, std::string("done\n"));
    QVERIFY(done->took < Millis(2000));
}

void tst_Child::reportsASignal()
{
    const auto done = process::run(script("kill -9 $$"), Deadline::after(Millis(5000)));
    QVERIFY(done);
    QCOMPARE(done->ending, Ending::Killed);
    QCOMPARE(done->signal, SIGKILL);
    QCOMPARE(done->describe(), std::string("killed by signal 9 (Killed)"));
}

void tst_Child::passesOneDescriptorAsThree()
{
    QTemporaryDir folder;
    const auto path = folder.filePath(QStringLiteral("text")).toStdString();
    std::ofstream(path) << "from three";
    const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    auto command = script("cat <&3; cat /proc/self/fd/3; ls /proc/self/fd | wc -l");
    command.passedDescriptor = file.get();
    const auto done = process::run(command, Deadline::after(Millis(5000)));
    QVERIFY(done);
    QCOMPARE(done->output, std::string("from threefrom three5\n"));
}

QTEST_GUILESS_MAIN(tst_Child)
#include "tst_child.moc"
