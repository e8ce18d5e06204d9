// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/audit/jsonlauditlog.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace muster;
using audit::JsonlAuditLog;

namespace {

Plan makePlan()
{
    Plan plan;
    plan.action = "backup";
    plan.title = "Back up “nightly” from primary";
    plan.target = "postgres/primary";
    plan.identity = "7301234567890123456";
    plan.command = "pg_dump of shop";
    return plan;
}

std::vector<std::string> linesOf(const std::string &path)
{
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

void writeLines(const std::string &path, const std::vector<std::string> &lines)
{
    std::ofstream file(path, std::ios::trunc);
    for (const auto &line : lines)
        file << line << '\n';
}

} // namespace

class tst_AuditLog : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void chainsIntentAndOutcome();
    void isEmptyBeforeTheFirstAction();
    void readsTheLastEntries();
    void namesTheBrokenLine_data();
    void namesTheBrokenLine();
    void saysThatAnActionHasNoOutcome();
    void keepsShowingACutAfterNewLines();
    void refusesASymlink();
    void refusesAFolderThatCannotBeWritten();
    void leavesNoHalfLineOnAFullDisk();
    void goesOnAfterATornLine();
    void letsSeveralWritersShareIt();
    void isPrivate();
    void makesServerTextHarmless();
    void hashesAllOfThePlan();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_path;

    void fill(int actions)
    {
        JsonlAuditLog log(m_path, "ada@laptop");
        for (int i = 0; i < actions; ++i) {
            const auto id = "run-" + std::to_string(i);
            QVERIFY(log.intent(id, "shop", makePlan(), "because"));
            QVERIFY(log.outcome(id, "shop", makePlan(), {OutcomeKind::Succeeded, "done", {}, {}, {}}, Millis(1500)));
        }
    }
    AuditVerdict verdict() const { return JsonlAuditLog(m_path, "ada@laptop").verify().value(); }
};

void tst_AuditLog::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(QStringLiteral("state/muster/audit.jsonl")).toStdString();
}

void tst_AuditLog::chainsIntentAndOutcome()
{
    fill(3);
    const auto lines = linesOf(m_path);
    QCOMPARE(lines.size(), std::size_t{6});
    const auto first = audit::openLine(lines[0]);
    const auto second = audit::openLine(lines[1]);
    QVERIFY(first && second);
    QCOMPARE(first->previous, std::string(audit::kGenesis));
    QCOMPARE(second->previous, first->hash);
    QCOMPARE(first->planHash, audit::hashOf(makePlan()));
    QCOMPARE(first->entry.reason, std::string("because"));
    QCOMPARE(second->entry.outcome, std::string("succeeded"));
    QCOMPARE(second->entry.duration, 1.5);
    QVERIFY(verdict().isIntact);
    QCOMPARE(verdict().lines, std::size_t{6});
    QVERIFY(verdict().why.empty());
}

void tst_AuditLog::isEmptyBeforeTheFirstAction()
{
    QVERIFY(verdict().isIntact);
    QCOMPARE(JsonlAuditLog(m_path, "x").read(10)->size(), std::size_t{0});
    QVERIFY(!std::filesystem::exists(m_path));
}

void tst_AuditLog::readsTheLastEntries()
{
    fill(5);
    const auto entries = JsonlAuditLog(m_path, "x").read(3);
    QVERIFY(entries);
    QCOMPARE(entries->size(), std::size_t{3});
    QCOMPARE(entries->back().id, std::string("run-4"));
    QCOMPARE(entries->back().phase, std::string("outcome"));
    QCOMPARE(entries->back().operatorName, std::string("ada@laptop"));
    QCOMPARE(entries->front().id, std::string("run-3"));
}

void tst_AuditLog::namesTheBrokenLine_data()
{
    QTest::addColumn<int>("broken");
    QTest::addColumn<std::function<void(std::vector<std::string> &)>>("damage");
    using Lines = std::vector<std::string>;
    const auto edit = [](std::string &line) { line.replace(line.find("\"ada@laptop\""), 12, "\"eve@laptop\""); };
    QTest::newRow("edited first") << 1 << std::function<void(Lines &)>([=](Lines &lines) { edit(lines[0]); });
    QTest::newRow("edited middle") << 3 << std::function<void(Lines &)>([=](Lines &lines) { edit(lines[2]); });
    QTest::newRow("edited last") << 6 << std::function<void(Lines &)>([=](Lines &lines) { edit(lines[5]); });
    QTest::newRow("removed first") << 1 << std::function<void(Lines &)>([](Lines &lines) { lines.erase(lines.begin()); });
    QTest::newRow("removed middle") << 4 << std::function<void(Lines &)>([](Lines &lines) { lines.erase(lines.begin() + 3); });
    QTest::newRow("swapped") << 3 << std::function<void(Lines &)>([](Lines &lines) { std::swap(lines[2], lines[3]); });
    QTest::newRow("doubled") << 3 << std::function<void(Lines &)>([](Lines &lines) { lines.insert(lines.begin() + 2, lines[1]); });
    QTest::newRow("cut end") << 5 << std::function<void(Lines &)>([](Lines &lines) { lines.resize(4); });
    QTest::newRow("half a line") << 6 << std::function<void(Lines &)>([](Lines &lines) { lines[5].resize(40); });
    QTest::newRow("rubbish") << 2 << std::function<void(Lines &)>([](Lines &lines) { lines[1] = "{\"phase\":"; });
    QTest::newRow("emptied") << 1 << std::function<void(Lines &)>([](Lines &lines) { lines.clear(); });
    QTest::newRow("one endless line") << 2 << std::function<void(Lines &)>([](Lines &lines) { lines[1] = std::string(1 << 20, 'x'); });
}

void tst_AuditLog::namesTheBrokenLine()
{
    QFETCH(int, broken);
    QFETCH(std::function<void(std::vector<std::string> &)>, damage);
    fill(3);
    auto lines = linesOf(m_path);
    damage(lines);
    writeLines(m_path, lines);
    QVERIFY(!verdict().isIntact);
    QCOMPARE(int(verdict().firstBroken), broken);
    QVERIFY(!verdict().why.empty());
}

void tst_AuditLog::saysThatAnActionHasNoOutcome()
{
    fill(1);
    JsonlAuditLog log(m_path, "ada@laptop");
    QVERIFY(log.intent("run-lost", "shop", makePlan(), {}));
    QVERIFY(verdict().isIntact);
    QVERIFY(verdict().why.find("run-lost") != std::string::npos);
}

void tst_AuditLog::keepsShowingACutAfterNewLines()
{
    fill(3);
    auto lines = linesOf(m_path);
    lines.resize(3);
    writeLines(m_path, lines);
    fill(2);
    QVERIFY(!verdict().isIntact);
    QCOMPARE(verdict().firstBroken, std::size_t{4});
}

void tst_AuditLog::refusesASymlink()
{
    const auto folder = std::filesystem::path(m_path).parent_path();
    std::filesystem::create_directories(folder);
    const auto elsewhere = m_folder->filePath(QStringLiteral("elsewhere")).toStdString();
    std::ofstream(elsewhere) << "";
    std::filesystem::create_symlink(elsewhere, m_path);
    const auto written = JsonlAuditLog(m_path, "x").intent("1", "shop", makePlan(), {});
    QVERIFY(!written);
    QVERIFY(written.error().kind == FaultKind::Config);
    QCOMPARE(std::filesystem::file_size(elsewhere), std::uintmax_t{0});
}

void tst_AuditLog::refusesAFolderThatCannotBeWritten()
{
    // A file where the folder should be refuses root as well.
    std::ofstream(m_folder->filePath(QStringLiteral("state")).toStdString()) << "";
    const auto written = JsonlAuditLog(m_path, "x").intent("1", "shop", makePlan(), {});
    QVERIFY(!written);
    QCOMPARE(written.error().stage, std::string("audit"));
    QVERIFY(!written.error().hint.empty());
}

void tst_AuditLog::leavesNoHalfLineOnAFullDisk()
{
    fill(1);
    const auto before = std::filesystem::file_size(m_path);
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit{before + 100, before + 100};
        ::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto written = JsonlAuditLog(m_path, "x").intent("2", "shop", makePlan(), {});
        ::_exit(written ? 1 : 0);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    QCOMPARE(status, 0);
    QCOMPARE(std::filesystem::file_size(m_path), before);
    QVERIFY(verdict().isIntact);
}

void tst_AuditLog::goesOnAfterATornLine()
{
    fill(1);
    std::ofstream(m_path, std::ios::app) << "{\"phase\":\"int";
    fill(1);
    QCOMPARE(linesOf(m_path).size(), std::size_t{5});
    QVERIFY(!verdict().isIntact);
    QCOMPARE(verdict().firstBroken, std::size_t{3});
    QCOMPARE(JsonlAuditLog(m_path, "x").read(10)->at(2).phase, std::string("broken"));
}

void tst_AuditLog::letsSeveralWritersShareIt()
{
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            JsonlAuditLog log(m_path, "ada@laptop");
            for (int n = 0; n < 25; ++n) {
                const auto id = std::to_string(i) + '-' + std::to_string(n);
                if (!log.intent(id, "shop", makePlan(), {}) || !log.outcome(id, "shop", makePlan(), {}, Millis(1)))
                    ::_exit(1);
            }
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (const auto child : children) {
        int status = -1;
        ::waitpid(child, &status, 0);
        QCOMPARE(status, 0);
    }
    QVERIFY(verdict().isIntact);
    QCOMPARE(verdict().lines, std::size_t{200});
}

void tst_AuditLog::isPrivate()
{
    fill(1);
    struct stat info {};
    QCOMPARE(::stat(m_path.c_str(), &info), 0);
    QCOMPARE(info.st_mode & 0777U, 0600U);
    QCOMPARE(::stat(std::filesystem::path(m_path).parent_path().c_str(), &info), 0);
    QCOMPARE(info.st_mode & 0777U, 0700U);
}

void tst_AuditLog::makesServerTextHarmless()
{
    JsonlAuditLog log(m_path, "ada@laptop");
    Outcome outcome;
    outcome.summary = "bad \xff utf-8, \"quotes\",\n line break, \"hash\":\"x\" " + std::string(100000, 'z');
    QVERIFY(log.intent("1", "shop", makePlan(), {}));
    QVERIFY(log.outcome("1", "shop", makePlan(), outcome, Millis(1)));
    QCOMPARE(linesOf(m_path).size(), std::size_t{2});
    QVERIFY(linesOf(m_path)[1].size() < 4096);
    QVERIFY(verdict().isIntact);
}

void tst_AuditLog::hashesAllOfThePlan()
{
    const auto hash = audit::hashOf(makePlan());
    auto other = makePlan();
    other.changes.push_back({"Removes", "one backup"});
    QVERIFY(audit::hashOf(other) != hash);
    other = makePlan();
    other.identity += '1';
    QVERIFY(audit::hashOf(other) != hash);
}

QTEST_GUILESS_MAIN(tst_AuditLog)
#include "tst_auditlog.moc"
