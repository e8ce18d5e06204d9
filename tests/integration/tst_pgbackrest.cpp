// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupaction.h"
#include "connectors/backup/backupsource.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/pgbackrestdriver.h"
#include "connectors/backup/verifybackupaction.h"
#include "tests/integration/repokit.h"
#include "tests/support/tied.h"

#include <QTest>

#include <csignal>
#include <fstream>

using namespace muster;
using namespace muster::backup;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

class tst_PgBackRest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void makesVerifiedBackups();
    void reportsTheFacts();
    void restoresInADrill();
    void showsDamageRed_data();
    void showsDamageRed();
    void knowsAnotherClusterAndMajor();
    void showsHolesOfTheRecoveryWindow();
    void showsBadPagesRed();
    void warnsOfAnExpiryThatLeavesNothingGood();
    void saysThatSomebodyElseIsRunning();
    void killedRunLeavesNothingThatCounts();

private:
    std::unique_ptr<RepoKit> m_kit;
    Set m_set;

    std::vector<Backup> scanned(const Set &set) { return muster::test::scan(set, m_kit->live()).value_or(std::vector<Backup>()); }
    static const Backup *find(const std::vector<Backup> &all, const std::string &kind)
    {
        const auto it = std::ranges::find(all, kind, &Backup::kind);
        return it == all.end() ? nullptr : &*it;
    }
};

void tst_PgBackRest::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::PgBackRest);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    m_set = m_kit->makeSet("pgbackrest");
}

void tst_PgBackRest::makesVerifiedBackups()
{
    for (const auto *kind : {"full", "incremental"}) {
        BackupAction action(m_set);
        const auto run = perform(action);
        QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
        QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
        QVERIFY(std::ranges::any_of(run.progress, [](const Progress &progress) { return progress.phase.starts_with("copying") && progress.total == 100.0; }));
        QVERIFY(std::ranges::any_of(run.progress, [](const Progress &progress) { return progress.phase.starts_with("waiting for its WAL"); }));
        const auto newest = scanned(m_set).at(0);
        QCOMPARE(newest.kind, std::string(kind));
        QVERIFY2(newest.rung == Rung::Verified, newest.reason.c_str());
    }
    m_kit->archiveWal();
}

void tst_PgBackRest::reportsTheFacts()
{
    BackupSource source(m_set);
    const auto batch = source.collect(Deadline::after(Millis(30000)), {});
    QVERIFY2(batch, batch ? "" : batch.error().detail.c_str());
    const auto fact = [&](const std::string &name) {
        const auto it = std::ranges::find(batch->facts, name, &Fact::name);
        return it == batch->facts.end() ? Value(Unknown{"absent", {}}) : it->value;
    };
    QVERIFY(fact("backup.within_window") == Value(true));
    QVERIFY(*asNumber(fact("backup.wal_age")) < 120);
    QVERIFY(fact("backup.recovery_gaps") == Value(0.0));
    QVERIFY(asNumber(fact("backup.recovery_to")) && *asNumber(fact("backup.recovery_to")) >= *asNumber(fact("backup.recovery_from")));
    QVERIFY(fact("backup.running") == Value(std::string()));
    QVERIFY(fact("backup.expiry_safe") == Value(true));
    QVERIFY(asText(fact("backup.next_expiry"))->find("keeps 2 full backups") != std::string::npos);
}

void tst_PgBackRest::restoresInADrill()
{
    DrillAction action(m_set, {});
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY(scanned(m_set).at(0).rung == Rung::Restored);
    QVERIFY(muster::test::namesIn(m_set.drillDirectory).empty());
    QCOMPARE(m_kit->sql("SELECT count(*) FROM items"), std::string("20000")); // the live one was not touched
}

void tst_PgBackRest::showsDamageRed_data()
{
    using Damage = std::function<void(const fs::path &, const Backup &full)>;
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, Damage damage, const char *reason) { QTest::newRow(name) << damage << QString::fromUtf8(reason); };
    const auto file = [](const fs::path &repository, const Backup &full) { return repository / "backup/demo" / full.id / "pg_data/base/1/1255.gz"; };
    row("deleted WAL", [](const fs::path &repository, const Backup &full) {
        for (const auto &entry : fs::recursive_directory_iterator(repository / "archive")) {
            if (entry.path().filename().string().starts_with(full.walLast + '-')) {
                fs::remove(entry.path());
                return;
            }
        }
    }, "WAL segment");
    row("deleted file", [=](const fs::path &repository, const Backup &full) { fs::remove(file(repository, full)); }, "is missing");
    row("cut file", [=](const fs::path &repository, const Backup &full) { fs::resize_file(file(repository, full), 100); }, "has 100 bytes instead of");
    row("flipped byte", [=](const fs::path &repository, const Backup &full) { (void)muster::test::flipByte(file(repository, full), 3000); }, "checksum invalid: 1");
    row("deleted manifest", [](const fs::path &repository, const Backup &full) { fs::remove(repository / "backup/demo" / full.id / "backup.manifest"); }, "manifest is missing");
}

void tst_PgBackRest::showsDamageRed()
{
    using Damage = std::function<void(const fs::path &, const Backup &)>;
    QFETCH(Damage, damage);
    QFETCH(QString, reason);
    fs::path repository;
    const auto set = m_kit->onCopy(m_set, &repository);
    const auto all = scanned(set);
    const auto *full = find(all, "full");
    QVERIFY(full);
    damage(repository, *full);
    const auto seen = scanned(set);
    const auto *listed = find(seen, "full");
    QVERIFY(listed);
    if (listed->rung != Rung::Damaged) { // what only reading shows
        VerifyBackupAction action(set, full->id);
        QVERIFY(perform(action).outcome.kind == OutcomeKind::Failed);
    }
    const auto now = scanned(set);
    QVERIFY(find(now, "full")->rung == Rung::Damaged);
    QVERIFY2(find(now, "full")->reason.find(reason.toStdString()) != std::string::npos, find(now, "full")->reason.c_str());
    QVERIFY2(find(now, "incremental")->rung == Rung::Damaged, find(now, "incremental")->reason.c_str());
    QVERIFY(newestUsable(now, {}) == nullptr);
}

void tst_PgBackRest::knowsAnotherClusterAndMajor()
{
    auto live = m_kit->live();
    live.systemIdentifier = "7000000000000000000";
    auto all = muster::test::scan(m_set, live).value();
    QVERIFY(std::ranges::all_of(all, [](const Backup &backup) { return backup.rung == Rung::Unusable && backup.reason.find("another cluster") != std::string::npos; }));
    live = m_kit->live();
    live.major = 17;
    all = muster::test::scan(m_set, live).value();
    QVERIFY(std::ranges::all_of(all, [](const Backup &backup) { return backup.rung == Rung::Unusable && backup.reason.find("version mismatch") != std::string::npos; }));
}

void tst_PgBackRest::showsHolesOfTheRecoveryWindow()
{
    m_kit->archiveWal();
    const auto hole = m_kit->sql("SELECT last_archived_wal FROM pg_stat_archiver");
    m_kit->archiveWal();
    fs::path repository;
    const auto set = m_kit->onCopy(m_set, &repository);
    for (const auto &entry : fs::recursive_directory_iterator(repository / "archive")) {
        if (entry.path().filename().string().starts_with(hole + '-'))
            fs::remove(entry.path());
    }
    const auto catalogue = makeDriver(set)->list(m_kit->live(), Deadline::after(Millis(30000)), {});
    QVERIFY(catalogue && catalogue->recovery);
    QCOMPARE(catalogue->recovery->gaps.size(), std::size_t{1});
    QCOMPARE(catalogue->recovery->gaps[0].first, hole);
    QVERIFY(catalogue->recovery->newestWal > hole);
}

void tst_PgBackRest::showsBadPagesRed()
{
    // A page of a table changes on the disk behind the server's back; pgBackRest ends with 0 and says "error": true.
    m_kit->sql("CREATE TABLE doomed AS SELECT i, repeat('x', 100) AS t FROM generate_series(1, 2000) i; CHECKPOINT");
    const auto relative = m_kit->sql("SELECT pg_relation_filepath('doomed')");
    m_kit->stop();
    QVERIFY(muster::test::flipByte(m_kit->data() / relative, 8192 + 4000).empty());
    m_kit->start();
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    fs::path repository;
    const auto set = m_kit->onCopy(m_set, &repository);
    QCOMPARE(m_kit->tool({"pgbackrest", "--config=" + set.config, "--stanza=demo", "--type=full", "--no-archive-check", "--log-level-console=off", "--log-level-stderr=off", "backup"}), std::string());
    const auto newest = scanned(set).at(0);
    QVERIFY2(newest.rung == Rung::Damaged, newest.reason.c_str());
    const auto all = scanned(set);
    QVERIFY(std::ranges::any_of(newest.proofs, [&](const Proof &proof) { return proof.state == Proof::State::Bad && proof.detail.find(relative) != std::string::npos; }));
    m_kit->sql("DROP TABLE doomed");
}

void tst_PgBackRest::warnsOfAnExpiryThatLeavesNothingGood()
{
    const auto good = scanned(m_set);
    std::vector<pgbackrest::Entry> entries;
    std::vector<Backup> judged;
    for (int i = 0; i < 2; ++i) {
        pgbackrest::Entry entry;
        entry.label = entry.backup.id = std::to_string(i);
        entry.backup.kind = "full";
        entry.backup.finishedAt = WallTime(std::chrono::hours(i));
        entry.backup.rung = i == 0 ? Rung::Verified : Rung::Damaged;
        entries.push_back(entry);
        judged.push_back(entry.backup);
    }
    pgbackrest::Config config;
    config.retentionFull[1] = 2;
    const auto expiry = pgbackrest::expiryOf(entries, judged, config, WallTime(std::chrono::hours(50)));
    QCOMPARE(expiry.removes, std::vector<std::string>{"0"});
    QVERIFY2(!expiry.warning.empty(), "the last good one would go");
}

void tst_PgBackRest::saysThatSomebodyElseIsRunning()
{
    BackupAction action(m_set);
    auto plan = action.preflight(Deadline::after(Millis(30000)), {});
    QVERIFY2(plan && plan->isAllowed(), plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    // Cron's own run, stopped where it holds the lock.
    QProcess other;
    muster::test::tieToUs(other);
    other.start(QStringLiteral("/usr/bin/pgbackrest"), {QString::fromStdString("--config=" + m_set.config), QStringLiteral("--stanza=demo"), QStringLiteral("--type=full"), QStringLiteral("backup")});
    const auto lock = m_kit->root() / "lock/demo-backup.lock";
    const auto limit = Deadline::after(Millis(20000));
    while (!(fs::exists(lock) && fs::file_size(lock) > 0) && !limit.isOver())
        QTest::qSleep(1);
    const auto pid = pid_t(other.processId());
    QCOMPARE(::kill(pid, SIGSTOP), 0);
    RunControl control({}, [](const Progress &) { });
    const auto outcome = action.run(*plan, control);
    const auto catalogue = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(30000)), {});
    BackupAction late(m_set);
    plan = late.preflight(Deadline::after(Millis(30000)), {});
    ::kill(pid, SIGCONT);
    QVERIFY(other.waitForFinished(60000));
    QVERIFY2(outcome.kind == OutcomeKind::Refused, outcome.summary.c_str());
    QVERIFY2(outcome.summary.find("someone else is running") != std::string::npos, outcome.summary.c_str());
    QVERIFY(catalogue && catalogue->running);
    QVERIFY2(catalogue->running->who.find("process " + std::to_string(pid)) != std::string::npos, catalogue->running->who.c_str());
    QVERIFY(!catalogue->running->isOrphan);
    QVERIFY(plan && !plan->isAllowed());
}

void tst_PgBackRest::killedRunLeavesNothingThatCounts()
{
    const auto before = scanned(m_set).size();
    BackupAction action(m_set);
    bool isKilled = false;
    const auto run = perform(action, [&](const Progress &progress, std::stop_source &) {
        if (isKilled || !progress.phase.starts_with("waiting"))
            return;
        isKilled = true;
        for (const auto pid : muster::test::processesOf(m_set.config)) // the server's own archive-push comes again by itself
            ::kill(pid, SIGKILL);
    });
    QVERIFY(isKilled);
    QVERIFY2(run.outcome.kind == OutcomeKind::Failed, run.outcome.summary.c_str());
    QCOMPARE(scanned(m_set).size(), before);
    // The next one works, once the lock is gone with the last worker.
    const auto limit = Deadline::after(Millis(90000));
    for (auto catalogue = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(30000)), {}); catalogue && catalogue->running && !limit.isOver();
         catalogue = makeDriver(m_set)->list(m_kit->live(), Deadline::after(Millis(30000)), {}))
        QTest::qWait(200);
    BackupAction next(m_set);
    const auto again = perform(next);
    QVERIFY2(again.outcome.kind == OutcomeKind::Succeeded, (again.plan ? again.plan->firstObstacle() + again.outcome.summary : again.plan.error().detail).c_str());
}

int main(int count, char **arguments)
{
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    tst_PgBackRest test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_pgbackrest.moc"
