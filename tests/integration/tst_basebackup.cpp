// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupaction.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/owner.h"
#include "connectors/backup/scratch.h"
#include "connectors/backup/verifybackupaction.h"
#include "tests/integration/repokit.h"

#include <QTest>

#include <fstream>

using namespace muster;
using namespace muster::backup;
using muster::test::namesIn;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

class tst_BaseBackup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void makesAVerifiedBackup();
    void showsDamageRed_data();
    void showsDamageRed();
    void judgesAnybodysBaseBackup();
    void restoresInADrill();
    void findsItsWalInTheArchive();
    void cancelLeavesNothing();
    void removesOnlyWhatIsOutdated();
    void removesWhatAKilledDrillLeft();

private:
    std::unique_ptr<RepoKit> m_kit;

    std::vector<Backup> scanned(const Set &set) { return muster::test::scan(set, m_kit->live()).value(); }
    std::string make(const Set &set)
    {
        m_kit->sql("CHECKPOINT");
        BackupAction action(set);
        const auto run = perform(action);
        if (run.outcome.kind != OutcomeKind::Succeeded)
            qWarning("%s", run.plan ? (run.outcome.summary + run.plan->firstObstacle() + run.outcome.transcript).c_str() : run.plan.error().detail.c_str());
        const auto all = scanned(set);
        return all.empty() ? std::string() : all.front().path;
    }
};

void tst_BaseBackup::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::None);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    fs::create_directories(m_kit->root() / "space=1");
    QCOMPARE(m_kit->sql("CREATE TABLESPACE fast LOCATION '" + (m_kit->root() / "space=1").string() + "'"), std::string());
    m_kit->sql("CREATE TABLE fast_items TABLESPACE fast AS SELECT * FROM items");
}

void tst_BaseBackup::makesAVerifiedBackup()
{
    const auto set = m_kit->makeSet("pg_basebackup");
    m_kit->sql("CHECKPOINT");
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    const auto backup = scanned(set).at(0);
    QVERIFY2(backup.rung == Rung::Verified, backup.reason.c_str());
    QCOMPARE(backup.systemIdentifier, m_kit->live().systemIdentifier);
    QCOMPARE(backup.major, m_kit->live().major);
    QVERIFY(!backup.walFirst.empty());
    QVERIFY(backup.took && backup.files > 500);
    QCOMPARE(namesIn(set.directory), (std::vector<std::string>{".muster-notes", backup.id}));
}

void tst_BaseBackup::showsDamageRed_data()
{
    using Damage = std::function<void(const fs::path &, const Backup &)>;
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, Damage damage, const char *reason) { QTest::newRow(name) << damage << QString::fromUtf8(reason); };
    const auto file = [](const fs::path &data) { return data / "base/1/1255"; };
    row("deleted file", [=](const fs::path &data, const Backup &) { fs::remove(file(data)); }, "base/1/1255 is missing");
    row("cut file", [=](const fs::path &data, const Backup &) { fs::resize_file(file(data), 8192); }, "8192 bytes instead of");
    row("flipped byte", [=](const fs::path &data, const Backup &) { (void)muster::test::flipByte(file(data), 5000); }, "checksum");
    row("deleted WAL", [](const fs::path &data, const Backup &backup) { fs::remove(data / "pg_wal" / backup.walFirst); }, "WAL segment");
    row("broken manifest", [](const fs::path &data, const Backup &) { fs::resize_file(data / "backup_manifest", 1000); }, "backup_manifest");
    row("extra file", [](const fs::path &data, const Backup &) { fs::copy_file(data / "PG_VERSION", data / "base/1/999999"); }, "not in the manifest");
}

void tst_BaseBackup::showsDamageRed()
{
    using Damage = std::function<void(const fs::path &, const Backup &)>;
    QFETCH(Damage, damage);
    QFETCH(QString, reason);
    auto set = m_kit->makeSet("pg_basebackup");
    set.archive.clear(); // its own WAL is all there is
    const auto path = make(set);
    damage(fs::path(path) / "data", scanned(set).at(0));
    if (scanned(set).at(0).rung != Rung::Damaged) {
        VerifyBackupAction action(set, {});
        QVERIFY(perform(action).outcome.kind == OutcomeKind::Failed);
    }
    const auto backup = scanned(set).at(0);
    QVERIFY(backup.rung == Rung::Damaged);
    QVERIFY2(backup.reason.find(reason.toStdString()) != std::string::npos, backup.reason.c_str());
}

void tst_BaseBackup::judgesAnybodysBaseBackup()
{
    const auto set = m_kit->makeSet("pg_basebackup");
    m_kit->sql("CHECKPOINT; DROP TABLE fast_items");
    m_kit->sql("DROP TABLESPACE fast");
    const auto sock = (m_kit->root() / "sock").string();
    QCOMPARE(m_kit->tool({m_kit->binaries() + "/pg_basebackup", "-h", sock, "-U", "postgres", "-D", set.directory + "/sunday"}), std::string());
    QCOMPARE(m_kit->tool({m_kit->binaries() + "/pg_basebackup", "-h", sock, "-U", "postgres", "-Ft", "-z", "-D", set.directory + "/tars"}), std::string());
    for (const auto &backup : scanned(set))
        QVERIFY2(backup.rung == (backup.id == "tars" ? Rung::Finished : Rung::Complete), (backup.id + ' ' + backup.reason).c_str());
    VerifyBackupAction action(set, "sunday");
    QVERIFY(perform(action).outcome.kind == OutcomeKind::Succeeded);
    auto live = m_kit->live();
    live.systemIdentifier = "7000000000000000000";
    const auto elsewhere = muster::test::scan(set, live).value();
    QVERIFY(std::ranges::any_of(elsewhere, [](const Backup &backup) { return backup.id == "sunday" && backup.rung == Rung::Unusable; }));
}

void tst_BaseBackup::restoresInADrill()
{
    fs::create_directories(m_kit->root() / "space2");
    m_kit->sql("CREATE TABLESPACE second LOCATION '" + (m_kit->root() / "space2").string() + "'");
    m_kit->sql("CREATE TABLE second_items TABLESPACE second AS SELECT * FROM items");
    auto set = m_kit->makeSet("pg_basebackup");
    set.drillQueries = {"SELECT count(*) = 20000 FROM second_items"};
    const auto path = make(set);
    DrillAction action(set, {});
    const auto run = perform(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY(scanned(set).at(0).rung == Rung::Restored);
    QVERIFY(namesIn(set.drillDirectory).empty());
    // The drill worked on a copy: the backup is what it was.
    VerifyBackupAction verify(set, {});
    QVERIFY(perform(verify).outcome.kind == OutcomeKind::Succeeded);
}

void tst_BaseBackup::findsItsWalInTheArchive()
{
    auto set = m_kit->makeSet("pg_basebackup");
    m_kit->sql("CHECKPOINT");
    QCOMPARE(m_kit->tool({m_kit->binaries() + "/pg_basebackup", "-h", (m_kit->root() / "sock").string(), "-U", "postgres", "-Xnone", "-D", set.directory + "/bare",
                          "--tablespace-mapping=" + (m_kit->root() / "space2").string() + '=' + set.directory + "/bare-space"}), std::string());
    m_kit->archiveWal();
    QVERIFY2(scanned(set).at(0).rung == Rung::Complete, scanned(set).at(0).reason.c_str());
    const auto catalogue = makeDriver(set)->list(m_kit->live(), Deadline::after(Millis(30000)), {});
    QVERIFY(catalogue->recovery && catalogue->recovery->to && catalogue->recovery->gaps.empty());
    auto without = set;
    without.archive.clear();
    QVERIFY(scanned(without).at(0).rung == Rung::Damaged);
}

void tst_BaseBackup::cancelLeavesNothing()
{
    const auto set = m_kit->makeSet("pg_basebackup");
    m_kit->sql("CHECKPOINT");
    BackupAction action(set);
    const auto run = perform(action, [](const Progress &progress, std::stop_source &stop) {
        if (progress.phase == "starting" || progress.phase.find("checkpoint") != std::string::npos || progress.phase.find("streaming") != std::string::npos || progress.phase.starts_with("writing"))
            stop.request_stop();
    });
    QVERIFY2(run.outcome.kind == OutcomeKind::Cancelled, run.outcome.summary.c_str());
    QVERIFY(namesIn(set.directory).empty());
}

void tst_BaseBackup::removesOnlyWhatIsOutdated()
{
    auto set = m_kit->makeSet("pg_basebackup");
    set.keep = 1;
    const auto first = make(set);
    const auto second = make(set);
    QVERIFY(first != second);
    QVERIFY(!fs::exists(first));
    QVERIFY(fs::exists(second));
}

void tst_BaseBackup::removesWhatAKilledDrillLeft()
{
    const auto set = m_kit->makeSet("pg_basebackup");
    const auto make = [&](const std::string &name, const std::string &owner) {
        const auto folder = fs::path(set.drillDirectory) / name;
        fs::create_directories(folder / "data");
        if (!owner.empty())
            std::ofstream(folder / kOwnerName) << owner;
        return folder;
    };
    auto dead = Owner::self("ada@laptop");
    ++dead.startTicks;
    auto elsewhere = dead;
    elsewhere.host = "elsewhere";
    const auto left = make("muster-drill-nightly-4711-abcdef", dead.toJson());
    const auto others = make("muster-drill-nightly-4712-abcdef", elsewhere.toJson());
    const auto living = make("muster-drill-nightly-4713-abcdef", Owner::self("ada@laptop").toJson());
    const auto unmarked = make("muster-drill-nightly-4714-abcdef", {});
    const auto stranger = make("muster-drill-weekly-4715-abcdef", dead.toJson());
    QCOMPARE(Scratch::removeLeftovers(set), std::vector<std::string>{left.string()});
    QVERIFY(!fs::exists(left));
    for (const auto &kept : {others, living, unmarked, stranger}) {
        QVERIFY(fs::exists(kept));
        fs::remove_all(kept);
    }
}

int main(int count, char **arguments)
{
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    tst_BaseBackup test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_basebackup.moc"
