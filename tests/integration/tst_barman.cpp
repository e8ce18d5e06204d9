// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupaction.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/verifybackupaction.h"
#include "tests/integration/repokit.h"

#include <QTest>

#include <csignal>

using namespace muster;
using namespace muster::backup;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

class tst_Barman : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void makesAVerifiedBackup();
    void restoresInADrill();
    void showsDamageRed_data();
    void showsDamageRed();
    void knowsAnotherCluster();
    void knowsARunningOneFromAKilledOne();

private:
    std::unique_ptr<RepoKit> m_kit;
    Set m_set;
    std::vector<Backup> scanned() { return muster::test::scan(m_set, m_kit->live()).value_or(std::vector<Backup>()); }
};

void tst_Barman::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::Barman);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    m_set = m_kit->makeSet("barman");
}

void tst_Barman::makesAVerifiedBackup()
{
    BackupAction action(m_set);
    // Barman waits for the WAL that only the next switch brings.
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &) {
        if (progress.phase.starts_with("waiting"))
            m_kit->archiveWal();
    });
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    const auto backup = scanned().at(0);
    QVERIFY2(backup.rung == Rung::Verified, backup.reason.c_str());
    QCOMPARE(backup.systemIdentifier, m_kit->live().systemIdentifier);
    m_kit->archiveWal();
    const auto catalogue = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(60000)), {});
    QVERIFY(catalogue && catalogue->recovery && catalogue->recovery->to && catalogue->recovery->gaps.empty());
}

void tst_Barman::restoresInADrill()
{
    DrillAction action(m_set, {});
    const auto run = perform(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + (run.plan ? run.plan->firstObstacle() : run.plan.error().detail) + run.outcome.transcript).c_str());
    QVERIFY(scanned().at(0).rung == Rung::Restored);
    QVERIFY(muster::test::namesIn(m_set.drillDirectory).empty());
}

void tst_Barman::showsDamageRed_data()
{
    using Damage = std::function<void(const fs::path &, const Backup &)>;
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, Damage damage, const char *reason) { QTest::newRow(name) << damage << QString::fromUtf8(reason); };
    row("deleted WAL", [](const fs::path &home, const Backup &backup) { fs::remove(home / "wals" / backup.walFirst.substr(0, 16) / backup.walFirst); }, "WAL segment");
    row("deleted file", [](const fs::path &home, const Backup &backup) { fs::remove(home / "base" / backup.id / "data/base/1/1255"); }, "is missing");
    row("cut file", [](const fs::path &home, const Backup &backup) { fs::resize_file(home / "base" / backup.id / "data/base/1/1255", 8192); }, "8192 bytes instead of");
    row("flipped byte", [](const fs::path &home, const Backup &backup) { (void)muster::test::flipByte(home / "base" / backup.id / "data/base/1/1255", 5000); }, "verify-backup");
}

void tst_Barman::showsDamageRed()
{
    using Damage = std::function<void(const fs::path &, const Backup &)>;
    QFETCH(Damage, damage);
    QFETCH(QString, reason);
    const auto home = m_kit->root() / "barman/demo";
    const auto kept = m_kit->root() / "kept";
    fs::copy(home, kept, fs::copy_options::recursive);
    damage(home, scanned().at(0));
    if (scanned().at(0).rung != Rung::Damaged) {
        VerifyBackupAction action(m_set, {});
        QVERIFY(perform(action).outcome.kind == OutcomeKind::Failed);
    }
    const auto backup = scanned().at(0);
    fs::remove_all(home);
    fs::rename(kept, home);
    QVERIFY(backup.rung == Rung::Damaged);
    QVERIFY2(backup.reason.find(reason.toStdString()) != std::string::npos, backup.reason.c_str());
}

void tst_Barman::knowsAnotherCluster()
{
    auto live = m_kit->live();
    live.systemIdentifier = "7000000000000000000";
    const auto all = muster::test::scan(m_set, live).value();
    QVERIFY(all.at(0).reason.find("another cluster") != std::string::npos || all.at(0).rung == Rung::Damaged);
    QVERIFY(all.at(0).isOtherCluster);
}

void tst_Barman::knowsARunningOneFromAKilledOne()
{
    const auto base = m_kit->root() / "barman/demo/base";
    const auto before = muster::test::namesIn(base.string()).size();
    QProcess barman; // cron's own run, stopped in its middle
    barman.start(QStringLiteral("/usr/bin/barman"), {QStringLiteral("--config"), QString::fromStdString(m_kit->config()), QStringLiteral("backup"), QStringLiteral("demo")});
    const auto isBegun = [&] {
        const auto names = muster::test::namesIn(base.string());
        return names.size() > before && fs::exists(base / names.back() / "backup.info");
    };
    const auto limit = Deadline::after(Millis(60000));
    while (!isBegun() && barman.state() != QProcess::NotRunning && !limit.isOver())
        QTest::qSleep(1);
    const auto pid = pid_t(barman.processId());
    QVERIFY2(isBegun() && pid > 0, barman.readAllStandardError().constData());
    QCOMPARE(::kill(pid, SIGSTOP), 0);

    const auto seen = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(60000)), {});
    BackupAction second(m_set);
    const auto plan = second.preflight(Deadline::after(Millis(60000)), {});
    ::kill(pid, SIGKILL);
    barman.waitForFinished(20000);
    QVERIFY(seen && seen->running);
    QVERIFY2(seen->running->who.find("process " + std::to_string(pid)) != std::string::npos, seen->running->who.c_str());
    QVERIFY(plan && !plan->isAllowed());
    QVERIFY2(plan->firstObstacle().find("someone else is running") != std::string::npos, plan->firstObstacle().c_str());

    const auto after = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(60000)), {});
    QVERIFY(after && !after->running);
    const auto killed = std::ranges::find(after->backups, Rung::Interrupted, &Backup::rung);
    QVERIFY(killed != after->backups.end());
    QVERIFY2(killed->reason.find("no process holds its lock") != std::string::npos, killed->reason.c_str());
    std::string order;
    for (const auto &backup : after->backups)
        order += backup.id + ' ' + std::string(backup::toString(backup.rung)) + ' ' + std::to_string(toSeconds(backup.finishedAt.time_since_epoch())) + "; ";
    QVERIFY2(killed == after->backups.begin(), order.c_str()); // the newest that was tried
}

int main(int count, char **arguments)
{
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    tst_Barman test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_barman.moc"
