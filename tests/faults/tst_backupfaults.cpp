// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/audit/jsonlauditlog.h"
#include "connectors/backup/backupsource.h"
#include "connectors/backup/catalogue.h"
#include "connectors/process/child.h"
#include "connectors/secrets/secretstore.h"
#include "tests/integration/backupkit.h"
#include "tests/support/tied.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace muster;
using namespace muster::backup;
using muster::test::namesIn;
using muster::test::perform;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path &path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes; // << catches what rdbuf() throws when a process of /proc ends under the reader
    bytes << file.rdbuf();
    return bytes.str();
}

/// Command lines of all living processes that contain `mark`, NULs as spaces.
std::vector<std::string> commandLines(const std::string &mark)
{
    std::vector<std::string> found;
    for (const auto &entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos)
            continue;
        auto line = slurp(entry.path() / "cmdline");
        std::ranges::replace(line, '\0', ' ');
        if (line.find(mark) != std::string::npos)
            found.push_back(line);
    }
    return found;
}

} // namespace

class tst_BackupFaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cancelLeavesNothing_data();
    void cancelLeavesNothing();
    void anotherConsoleFollowsTheRunningOne();
    void killedConsoleLeavesAnInterruptedOne();
    void namesTheSizeLimit();
    void namesTheFullDisk_data();
    void namesTheFullDisk();
    void serverKilledMidDumpFails();
    void lostLockEndsTheDump();
    void tellsNoSecret();

private:
    std::unique_ptr<muster::test::BackupKit> m_kit;

    /// A text fact, of a poll made now.
    static std::string text(BackupSource &source, const std::string &name)
    {
        const auto batch = source.collect(Deadline::after(Millis(30000)), {});
        const auto it = batch ? std::ranges::find(batch->facts, name, &Fact::name) : std::vector<Fact>::const_iterator();
        const auto *found = batch && it != batch->facts.end() ? asText(it->value) : nullptr;
        return found ? *found : "not a text";
    }
    void startChild(QProcess &process, const Set &set, const QStringList &more = {})
    {
        muster::test::tieToUs(process);
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(QCoreApplication::applicationDirPath() % QStringLiteral("/backupchild"),
                      QStringList{QString::fromStdString(set.server->url), QString::fromStdString(set.server->caFile),
                                  m_kit->servers().text(u"postgres", u"passwordFile"), QString::fromStdString(set.directory)}
                          + more);
    }
};

void tst_BackupFaults::initTestCase()
{
    m_kit = std::make_unique<muster::test::BackupKit>(400000);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
}

void tst_BackupFaults::cancelLeavesNothing_data()
{
    QTest::addColumn<QString>("phase");
    for (const char *phase : {"dumping shop", "dumping roles", "hashing", "reading back", "comparing hashes"})
        QTest::newRow(phase) << QString::fromUtf8(phase);
}

void tst_BackupFaults::cancelLeavesNothing()
{
    QFETCH(QString, phase);
    const auto set = m_kit->makeSet();
    BackupAction action(set);
    BootTime cancelledAt{};
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &stop) {
        // In the middle of the dump, not before its first byte.
        if (progress.phase.starts_with(phase.toStdString()) && (phase != QStringLiteral("dumping shop") || progress.done > 100000) && !stop.stop_requested()) {
            cancelledAt = BootClock::now();
            stop.request_stop();
        }
    });
    const auto took = BootClock::now() - cancelledAt;
    QVERIFY(cancelledAt != BootTime{});
    QVERIFY2(run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    QVERIFY2(took < std::chrono::seconds(1), std::to_string(toSeconds(took)).c_str());
    QVERIFY(namesIn(set.directory).empty());
    QVERIFY(commandLines(set.directory).empty());
}

void tst_BackupFaults::anotherConsoleFollowsTheRunningOne()
{
    const auto set = m_kit->makeSet();
    // A table that nobody may read holds the dump where we want it.
    const auto admin = m_kit->target(m_kit->servers().text(u"postgres", u"adminUser"), m_kit->servers().text(u"postgres", u"adminPassword"));
    postgres::PgClient locker;
    postgres::SessionOptions options;
    options.isReadOnly = false;
    QVERIFY(locker.connect(*postgres::ConnectionParameters::from(admin), admin.password().value(), options, Deadline::after(Millis(10000))));
    QVERIFY(locker.simpleQuery("BEGIN; LOCK TABLE public.items IN ACCESS EXCLUSIVE MODE", Deadline::after(Millis(10000))));
    QProcess process;
    startChild(process, set);
    QTRY_VERIFY_WITH_TIMEOUT(!commandLines("--file=" + set.directory).empty(), 20000);
    BackupSource other(set); // a console that was started meanwhile
    const auto running = text(other, "backup.running");
    QVERIFY2(running.find("being made by ada@laptop since 20") != std::string::npos && running.find("dumping") != std::string::npos, running.c_str());
    QVERIFY2(text(other, "backup.holder").find("muster backup nightly ada@laptop, since 20") != std::string::npos, text(other, "backup.holder").c_str());
    BackupAction second(set);
    const auto plan = second.preflight(Deadline::after(Millis(15000)), {});
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY2(plan->firstObstacle().find("ada@laptop") != std::string::npos, plan->firstObstacle().c_str());
    locker.close();
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 0);
    QCOMPARE(text(other, "backup.running"), std::string());
    QVERIFY(text(other, "backup.newest_state").ends_with("verified"));
}

void tst_BackupFaults::killedConsoleLeavesAnInterruptedOne()
{
    const auto set = m_kit->makeSet();
    QProcess process;
    startChild(process, set);
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += process.readAllStandardOutput()).count("dumping shop") >= 3, 20000);
    QVERIFY(!commandLines("--file=" + set.directory).empty());
    ::kill(pid_t(process.processId()), SIGKILL);
    QVERIFY(process.waitForFinished(5000));
    QTRY_VERIFY_WITH_TIMEOUT(commandLines("--file=" + set.directory).empty(), 5000); // pg_dump and its workers ended too
    const auto backups = muster::test::scan(set).value();
    QCOMPARE(backups.size(), std::size_t{1});
    QVERIFY(backups[0].rung == Rung::Interrupted);
    QVERIFY(backups[0].id.ends_with(".partial"));
    QVERIFY2(backups[0].reason.find("is gone") != std::string::npos, backups[0].reason.c_str());
    BackupSource fresh(set); // the console that is started next
    QCOMPARE(text(fresh, "backup.running"), std::string());
    QVERIFY2(text(fresh, "backup.newest_state").find("interrupted: its maker") != std::string::npos, text(fresh, "backup.newest_state").c_str());
    // The lock went with the session; the next run works and clears the leftover.
    QTRY_VERIFY_WITH_TIMEOUT(m_kit->sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0", 5000);
    BackupAction next(set);
    const auto run = perform(next);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(namesIn(set.directory).size(), std::size_t{1});
    QVERIFY(!namesIn(set.directory)[0].ends_with(".partial"));
}

void tst_BackupFaults::namesTheSizeLimit()
{
    const auto set = m_kit->makeSet();
    QProcess process;
    startChild(process, set, {QStringLiteral("1000000")});
    QVERIFY(process.waitForFinished(60000));
    const auto said = process.readAllStandardOutput();
    QCOMPARE(process.exitCode(), 1);
    QVERIFY2(said.contains("file size limit"), said.constData());
    QVERIFY(namesIn(set.directory).empty());
}

void tst_BackupFaults::namesTheFullDisk_data()
{
    QTest::addColumn<QString>("size");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("seen before") << QStringLiteral("2m") << QByteArray("refused: Free space");
    QTest::newRow("fills up meanwhile") << QStringLiteral("600m") << QByteArray("No space left on device");
}

void tst_BackupFaults::namesTheFullDisk()
{
    QFETCH(QString, size);
    QFETCH(QByteArray, said);
    // A small file system in a mount namespace of its own: gone with its processes.
    const auto set = m_kit->makeSet();
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(QStringLiteral("/usr/bin/unshare"),
                  {QStringLiteral("--map-root-user"), QStringLiteral("--mount"), QStringLiteral("/bin/sh"), QStringLiteral("-c"),
                   QStringLiteral("mount -t tmpfs -o size=%1 tmpfs \"$4\"; \"$0\" \"$@\"; status=$?; echo left: $(ls -A \"$4\"); exit $status").arg(size),
                   QCoreApplication::applicationDirPath() % QStringLiteral("/backupchild"), QString::fromStdString(set.server->url),
                   QString::fromStdString(set.server->caFile), m_kit->servers().text(u"postgres", u"passwordFile"), QString::fromStdString(set.directory),
                   QStringLiteral("fill")});
    QVERIFY(process.waitForFinished(60000));
    const auto output = process.readAllStandardOutput();
    QCOMPARE(process.exitCode(), 1);
    QVERIFY2(output.contains(said), output.constData());
    QVERIFY2(!output.contains(".partial") && !output.contains("nightly-"), output.constData());
}

void tst_BackupFaults::serverKilledMidDumpFails()
{
    muster::test::BackupKit own(400000);
    QVERIFY2(own.isReady(), own.errorText());
    const auto set = own.makeSet();
    const auto server = pid_t(own.servers().pid(u"postgres"));
    BackupAction action(set);
    bool isKilled = false;
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &) {
        if (!isKilled && progress.phase.starts_with("dumping shop") && progress.done > 100000)
            isKilled = ::kill(server, SIGQUIT) == 0; // immediate shutdown, as after a crash
    });
    QVERIFY(isKilled);
    QVERIFY(run.outcome.kind == OutcomeKind::Failed);
    QVERIFY(!run.outcome.summary.empty());
    QVERIFY(namesIn(set.directory).empty());
}

void tst_BackupFaults::lostLockEndsTheDump()
{
    const auto set = m_kit->makeSet();
    BackupAction action(set);
    bool isTerminated = false;
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &) {
        if (isTerminated || !progress.phase.starts_with("dumping shop") || progress.done < 100000)
            return;
        isTerminated = true;
        m_kit->sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    });
    QVERIFY(isTerminated);
    QVERIFY(run.outcome.kind == OutcomeKind::Failed);
    QVERIFY2(run.outcome.summary.find("lock") != std::string::npos, run.outcome.summary.c_str());
    QVERIFY(namesIn(set.directory).empty());
}

void tst_BackupFaults::tellsNoSecret()
{
    const auto secret = m_kit->servers().text(u"postgres", u"password").toStdString();
    QVERIFY(secret.size() >= 8);
    const auto set = m_kit->makeSet();
    BackupAction action(set);
    std::string said;
    bool hasLooked = false;
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &) {
        said += progress.phase + progress.message;
        for (const auto &entry : fs::directory_iterator("/proc")) {
            const auto name = entry.path().filename().string();
            if (name.find_first_not_of("0123456789") != std::string::npos)
                continue;
            const auto line = slurp(entry.path() / "cmdline");
            hasLooked = hasLooked || line.find("pg_dump") != std::string::npos;
            QVERIFY(line.find(secret) == std::string::npos);
            if (line.find("pg_dump") != std::string::npos)
                QVERIFY(slurp(entry.path() / "environ").find(secret) == std::string::npos);
        }
    });
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QVERIFY(hasLooked);
    QTemporaryDir state;
    audit::JsonlAuditLog log(state.filePath(QStringLiteral("audit.jsonl")).toStdString(), "ada@laptop");
    QVERIFY(log.intent("1", "shop", *run.plan, "why"));
    QVERIFY(log.outcome("1", "shop", *run.plan, run.outcome, Millis(1)));
    said += slurp(log.path()) + run.outcome.transcript + run.outcome.summary + run.plan->command;
    for (const auto &line : run.outcome.details)
        said += line.value;
    for (const auto &entry : fs::recursive_directory_iterator(set.directory)) {
        if (entry.is_regular_file())
            said += slurp(entry.path());
    }
    QVERIFY(said.find(secret) == std::string::npos);
}

QTEST_GUILESS_MAIN(tst_BackupFaults)
#include "tst_backupfaults.moc"
