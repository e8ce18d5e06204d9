// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupfacts.h"
#include "connectors/backup/backupsource.h"
#include "connectors/backup/barmanparser.h"
#include "connectors/backup/basebackup.h"
#include "connectors/backup/commandcontract.h"
#include "connectors/backup/dumpreader.h"
#include "connectors/backup/dumprestore.h"
#include "connectors/backup/pgbackrestparser.h"
#include "connectors/process/host.h"

#include <QTest>

using namespace muster;
using namespace muster::backup;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kSegment = std::uint64_t{16} << 20U;

Backup good(const std::string &id)
{
    Backup backup;
    backup.id = id;
    backup.isPhysical = true;
    backup.major = 15;
    backup.systemIdentifier = "7";
    backup.proofs = {{"files", Proof::State::Good, {}}};
    backup.verifiedAt = WallTime(1h);
    return backup;
}

Live live15()
{
    Live live;
    live.systemIdentifier = "7";
    live.major = 15;
    return live;
}

WalArchive archiveOf(const std::vector<std::string> &names)
{
    WalArchive archive;
    for (std::size_t i = 0; i < names.size(); ++i)
        archive.add(names[i], WallTime(std::chrono::minutes(i)));
    return archive;
}

std::string segment(unsigned timeline, unsigned number)
{
    return segmentName({timeline, number}, kSegment);
}

} // namespace

class tst_BackupLadder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void judges_data();
    void judges();
    void chainIsWorthItsWorstMember();
    void endsACircleOfReferences();
    void namesSegments();
    void findsMissingSegments();
    void followsATimelineSwitch();
    void reachesOnlyToTheFirstHole();
    void idleServerLosesNothing();
    void estimatesARestoreByTheDrill();
    void aDeclaredLimitWantsADrill();
    void needsEachDeclaredDatabase();
    void quotesWordsForAShell_data();
    void quotesWordsForAShell();
    void remoteCommandsCarryNoShellText();
    void saysStalled();
    void readsPgBackRestInfo();
    void comparesAManifestWithTheListing();
    void readsVerifyText();
    void readsLogLines();
    void readsPgBackRestConfigAndLock();
    void readsBarman();
    void readsBaseManifests();
    void readsTheCommandContract();
    void refusesBadContracts_data();
    void refusesBadContracts();
    void readsTimersAndCrontabs();
    void leavesTablespacesOut();
    void comparesTableNumbers();
};

void tst_BackupLadder::judges_data()
{
    using Change = std::function<void(Backup &, Live &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("rung");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, Change change, const char *rung, const char *reason) { QTest::newRow(name) << change << QString::fromUtf8(rung) << QString::fromUtf8(reason); };
    row("verified", [](Backup &, Live &) {}, "verified", "");
    row("not read back", [](Backup &backup, Live &) { backup.verifiedAt.reset(); }, "complete", "not read back yet");
    row("restored", [](Backup &backup, Live &) { backup.drill = Drill{}; }, "restored", "");
    row("drill failed", [](Backup &backup, Live &) { backup.drill = Drill{{}, {}, "query 1 answered false", 0, 0}; }, "damaged", "query 1 answered false");
    row("a bad proof beats all", [](Backup &backup, Live &) { backup.proofs.push_back({"WAL", Proof::State::Bad, "WAL is missing"}); backup.drill = Drill{}; }, "damaged", "WAL is missing");
    row("an unknown proof is not complete", [](Backup &backup, Live &) { backup.proofs.push_back({"WAL", Proof::State::Unknown, "not listed"}); backup.drill = Drill{}; }, "finished", "WAL: not listed");
    row("damaged when read", [](Backup &backup, Live &) { backup.verifyProblem = "checksum"; }, "damaged", "checksum");
    row("another cluster", [](Backup &backup, Live &) { backup.systemIdentifier = "8"; }, "unusable", "another cluster");
    row("server not known", [](Backup &, Live &live) { live = {}; }, "verified", "");
    row("physical of an older major", [](Backup &, Live &live) { live.major = 16; }, "unusable", "version mismatch");
    row("dump of a newer major", [](Backup &backup, Live &) { backup.isPhysical = false; backup.major = 17; }, "unusable", "older than the dump");
    row("dump from before the upgrade", [](Backup &backup, Live &) { backup.isPhysical = false; backup.major = 14; }, "unusable", "version mismatch");
    row("no globals", [](Backup &backup, Live &) { backup.obstacle = "its globals are missing"; }, "unusable", "globals");
    row("running", [](Backup &backup, Live &) { backup.isRunning = true; backup.state = "by ada"; }, "running", "by ada");
    row("killed writer", [](Backup &backup, Live &) { backup.isInterrupted = true; backup.state = "its maker is gone"; }, "interrupted", "gone");
}

void tst_BackupLadder::judges()
{
    using Change = std::function<void(Backup &, Live &)>;
    QFETCH(Change, change);
    QFETCH(QString, rung);
    QFETCH(QString, reason);
    std::vector<Backup> backups{good("a")};
    auto live = live15();
    change(backups[0], live);
    judge(backups, live);
    QCOMPARE(std::string(backup::toString(backups[0].rung)), rung.toStdString());
    QVERIFY2(reason.isEmpty() ? backups[0].reason.empty() : backups[0].reason.find(reason.toStdString()) != std::string::npos, backups[0].reason.c_str());
}

void tst_BackupLadder::chainIsWorthItsWorstMember()
{
    auto full = good("full");
    auto diff = good("diff");
    auto incr = good("incr");
    diff.references = {"full"};
    incr.references = {"full", "diff"};
    std::vector<Backup> backups{incr, diff, full};
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Verified);
    backups = {incr, diff, full};
    backups[2].proofs[0] = {"files", Proof::State::Bad, "a file is missing"};
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Damaged && backups[1].rung == Rung::Damaged);
    QVERIFY2(backups[0].reason.find("builds on full: a file is missing") != std::string::npos, backups[0].reason.c_str());
    backups = {incr, full};
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Damaged);
    QVERIFY2(backups[0].reason.find("diff, which is gone") != std::string::npos, backups[0].reason.c_str());
    backups = {incr, diff, full};
    backups[2].verifiedAt.reset();
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Complete);
    backups = {incr, diff, full};
    backups[2].verifiedAt.reset();
    backups[1].verifiedAt.reset();
    backups[0].drill = Drill{}; // which read the whole chain
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Restored);
}

void tst_BackupLadder::endsACircleOfReferences()
{
    auto a = good("a");
    auto b = good("b");
    a.references = {"b"};
    b.references = {"a", "b"};
    std::vector<Backup> backups{a, b};
    judge(backups, live15());
    QVERIFY(backups[0].rung == Rung::Verified);
}

void tst_BackupLadder::namesSegments()
{
    QCOMPARE(segmentName({1, 2}, kSegment), std::string("000000010000000000000002"));
    QCOMPARE(segmentName({1, 256}, kSegment), std::string("000000010000000100000000"));
    QCOMPARE(segmentName({1, 4096}, std::uint64_t{1} << 20U), std::string("000000010000000100000000"));
    for (const auto size : {std::uint64_t{1} << 20U, kSegment, std::uint64_t{1} << 30U}) {
        for (const std::uint64_t number : {0, 1, 255, 256, 4095, 4096, 70000}) {
            const auto parsed = parseSegment(segmentName({3, number}, size), size);
            QVERIFY(parsed && parsed->number == number && parsed->timeline == 3);
        }
    }
    for (const auto *name : {"", "00000001000000000000000", "0000000100000000000000zz", "000000010000000000000100", "00000001000000000000000a"})
        QVERIFY2(!parseSegment(name, kSegment), name);
    QCOMPARE(parseLsn("1/2000028").value(), (std::uint64_t{1} << 32U) + 0x2000028);
    QVERIFY(!parseLsn("2000028") && !parseLsn("x/1") && !parseLsn("1/"));
}

void tst_BackupLadder::findsMissingSegments()
{
    const auto archive = archiveOf({segment(1, 2) + "-559fe2e8.gz", segment(1, 3), segment(1, 6), segment(1, 4) + ".partial", segment(1, 5) + ".00000028.backup"});
    QVERIFY(missingSegments(archive, segment(1, 2), segment(1, 3)).empty());
    const auto gaps = missingSegments(archive, segment(1, 2), segment(1, 7));
    QCOMPARE(gaps.size(), std::size_t{2});
    QCOMPARE(describe(gaps[0]), "WAL segments " + segment(1, 4) + " to " + segment(1, 5) + " (2) are missing");
    QCOMPARE(describe(gaps[1]), "WAL segment " + segment(1, 7) + " is missing");
    for (const auto &[first, last] : {std::pair{segment(1, 3), segment(1, 2)}, {std::string("x"), segment(1, 2)}, {segment(1, 2), std::string()}, {segment(1, 0), segment(1, 1U << 30U)}})
        QVERIFY(!missingSegments(archive, first, last).empty());
}

void tst_BackupLadder::followsATimelineSwitch()
{
    auto archive = archiveOf({segment(1, 2), segment(1, 3), segment(2, 4), segment(2, 5)});
    QVERIFY(missingSegments(archive, segment(1, 3), segment(2, 4)).empty());
    QCOMPARE(reachFrom(archive, segment(1, 2)).newest, segment(1, 3)); // without the history nobody knows that 2 follows 1
    archive.add("00000002.history", {});
    const auto reach = reachFrom(archive, segment(1, 2));
    QCOMPARE(reach.newest, segment(2, 5));
    QVERIFY(reach.gaps.empty());
}

void tst_BackupLadder::reachesOnlyToTheFirstHole()
{
    const auto archive = archiveOf({segment(1, 2), segment(1, 3), segment(1, 5), segment(1, 6)});
    auto full = good("full");
    full.walLast = segment(1, 2);
    std::vector<Backup> backups{full};
    judge(backups, live15());
    const auto recovery = recoveryOf(backups, archive);
    QVERIFY(recovery.to == WallTime(1min));
    QVERIFY(recovery.newestWalAt == WallTime(3min));
    QCOMPARE(recovery.gaps.size(), std::size_t{1});
    QCOMPARE(recovery.gaps[0].first, segment(1, 4));
    QVERIFY(!recoveryOf({}, archive).from);
}

void tst_BackupLadder::idleServerLosesNothing()
{
    Recovery recovery;
    recovery.newestWalAt = WallTime(1h);
    recovery.newestWal = segment(1, 5);
    auto live = live15();
    live.walInsert = segment(1, 6);
    live.isSegmentFresh = true;
    QCOMPARE(walAge(recovery, live, WallTime(3h)), 0.0);
    live.isSegmentFresh = false;
    QCOMPARE(walAge(recovery, live, WallTime(3h)), 7200.0);
    live.isSegmentFresh = true;
    live.walInsert = segment(1, 7); // 6 is not archived
    QCOMPARE(walAge(recovery, live, WallTime(3h)), 7200.0);
}

void tst_BackupLadder::estimatesARestoreByTheDrill()
{
    auto newest = good("b");
    newest.restoredSize = 3000;
    auto drilled = good("a");
    drilled.restoredSize = 1000;
    QVERIFY(!restoreEstimate({newest, drilled}, newest));
    drilled.drill = Drill{WallTime(1h), Millis(10000), {}, 1, 1};
    QVERIFY(restoreEstimate({newest, drilled}, newest) == Millis(30000));
    drilled.drill->problem = "failed";
    QVERIFY(!restoreEstimate({newest, drilled}, newest));
}

void tst_BackupLadder::aDeclaredLimitWantsADrill()
{
    Catalogue catalogue;
    catalogue.backups = {good("b")};
    catalogue.backups.front().rung = Rung::Verified;
    Set set;
    set.name = "nightly";
    const auto fact = [&](const char *name) {
        FactBatch batch{"backup/nightly", Stamp::now(), {}};
        addCatalogueFacts(batch, catalogue, set, Live{});
        return std::ranges::find(batch.facts, name, &Fact::name)->value;
    };
    QVERIFY(std::holds_alternative<NotApplicable>(fact("backup.restore_limit")));
    QVERIFY(std::holds_alternative<NotApplicable>(fact("backup.restore_estimate")));
    set.restoreWithin = std::chrono::minutes(5);
    QVERIFY(fact("backup.restore_limit") == Value(300.0));
    const auto undrilled = fact("backup.restore_estimate");
    QVERIFY(std::holds_alternative<Unknown>(undrilled) && std::get<Unknown>(undrilled).hint.contains("musterctl backup drill nightly"));
    catalogue.backups.front().drill = Drill{WallTime(1h), Millis(10000), {}, 1, 1};
    QVERIFY(fact("backup.restore_estimate") == Value(10.0));
}

void tst_BackupLadder::needsEachDeclaredDatabase()
{
    auto shop = good("shop");
    shop.isPhysical = false;
    shop.databases = {"shop"};
    shop.rung = Rung::Verified;
    shop.finishedAt = WallTime(5h);
    auto stock = shop;
    stock.id = "stock";
    stock.databases = {"stock"};
    stock.finishedAt = WallTime(3h);
    auto globals = shop;
    globals.kind = "globals";
    globals.databases.clear();
    globals.finishedAt = WallTime(9h);
    const std::vector<Backup> all{globals, shop, stock};
    QCOMPARE(newestUsable(all, {"shop", "stock"})->id, std::string("stock"));
    QCOMPARE(newestUsable(all, {"shop"})->id, std::string("shop"));
    QVERIFY(!newestUsable({globals, shop}, {"shop", "stock"}));
    QVERIFY(!newestUsable({globals}, {}));
}

void tst_BackupLadder::quotesWordsForAShell_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("quoted");
    QTest::newRow("plain") << QStringLiteral("abc") << QStringLiteral("'abc'");
    QTest::newRow("empty") << QString() << QStringLiteral("''");
    QTest::newRow("quote") << QStringLiteral("it's") << QStringLiteral("'it'\\''s'");
    QTest::newRow("command") << QStringLiteral("$(rm -rf /)`x`;&|") << QStringLiteral("'$(rm -rf /)`x`;&|'");
}

void tst_BackupLadder::quotesWordsForAShell()
{
    QFETCH(QString, word);
    QFETCH(QString, quoted);
    QCOMPARE(process::shellWord(word.toStdString()), quoted.toStdString());
}

void tst_BackupLadder::remoteCommandsCarryNoShellText()
{
    const process::Host host{"db1", {}};
    const auto command = host.command({"barman", "list-backups", "a b"});
    QVERIFY(command.program.ends_with("/ssh"));
    const auto has = [&](const std::string &word) { return std::ranges::find(command.arguments, word) != command.arguments.end(); };
    QVERIFY(has("BatchMode=yes") && has("ConnectTimeout=8") && has("'a b'") && has("'barman'") && has("--"));
    const auto destination = std::ranges::find(command.arguments, std::string("db1"));
    QVERIFY(destination != command.arguments.begin() && *(destination - 1) == "--"); // never read as an option
    const process::Host here;
    QCOMPARE(here.command({"/bin/echo", "a b"}).arguments, std::vector<std::string>{"a b"});
}

void tst_BackupLadder::saysStalled()
{
    QVERIFY(stallText(299s, 5min).empty());
    QVERIFY(stallText(7min, 5min).starts_with("stalled: no change for 7 min"));
}

void tst_BackupLadder::readsPgBackRestInfo()
{
    const std::string json = "[{\"name\":\"demo\",\"status\":{\"code\":0,\"message\":\"ok\",\"lock\":{\"backup\":{\"held\":true,\"size\":967412859,\"size-cplt\":155385856}}},"
                             "\"repo\":[{\"key\":1,\"cipher\":\"none\",\"status\":{\"code\":0,\"message\":\"ok\"}}],\"db\":[{\"id\":1,\"repo-key\":1,\"system-id\":7711964930388947302,\"version\":\"15\"}],"
                             "\"archive\":[{\"database\":{\"id\":1,\"repo-key\":1},\"id\":\"15-1\",\"max\":null,\"min\":null}],"
                             "\"backup\":[{\"archive\":{\"start\":\"000000010000000000000002\",\"stop\":\"000000010000000000000003\"},\"backrest\":{\"format\":5,\"version\":\"2.45\"},\"database\":{\"id\":1,\"repo-key\":1},"
                             "\"error\":false,\"info\":{\"delta\":10,\"repository\":{\"delta\":5},\"size\":22992683},\"label\":\"20261124-231642F\",\"prior\":null,\"reference\":null,"
                             "\"timestamp\":{\"start\":1795562202,\"stop\":1795562207},\"type\":\"full\"},{\"label\":\"20261124-231642F_20261125-000000I\",\"database\":{\"id\":1,\"repo-key\":1},"
                             "\"reference\":[\"20261124-231642F\"],\"type\":\"incr\"}]}]";
    const auto info = pgbackrest::parseInfo(json, "demo");
    QVERIFY(info && info->isHeld);
    QCOMPARE(info->done.value(), 155385856.0);
    QCOMPARE(info->backups.size(), std::size_t{2});
    const auto &full = info->backups[0];
    QCOMPARE(full.backup.systemIdentifier, std::string("7711964930388947302"));
    QCOMPARE(full.backup.major, 15);
    QCOMPARE(full.backup.size, std::uint64_t{5}); // block-incremental sets have no size, but a delta
    QVERIFY(full.hasPageErrors == false);
    QVERIFY(!info->backups[1].hasPageErrors); // made before 2.36: not known
    QCOMPARE(info->backups[1].backup.references, std::vector<std::string>{"20261124-231642F"});
    QVERIFY(!pgbackrest::parseInfo("[]", "demo"));
    QVERIFY(!pgbackrest::parseInfo("WARN: x", "demo"));
    for (std::size_t length = 0; length < json.size(); length += 7)
        (void)pgbackrest::parseInfo(json.substr(0, length), "demo");
}

void tst_BackupLadder::comparesAManifestWithTheListing()
{
    const auto manifest = pgbackrest::parseManifest("[backup]\nbackup-label=\"a\"\n[target:file]\npg_data/base/1={\"reference\":\"F\",\"repo-size\":10,\"size\":99}\npg_data/two={\"repo-size\":7,\"size\":8}\n"
                                                    "pg_data/none={\"size\":0}\npg_data/packed={\"bni\":3,\"size\":5}\n[target:file:default]\nuser=\"x\"\n");
    QCOMPARE(manifest.size(), std::size_t{4});
    std::map<std::string, pgbackrest::Listed> listing{{"F/pg_data/base/1.gz", {10, {}}}, {"I/pg_data/two.zst", {7, {}}}, {"I/bundle/3", {500, {}}}};
    QCOMPARE(pgbackrest::missingFile("I", manifest, listing), std::string());
    listing["I/pg_data/two.zst"].size = 6;
    QVERIFY(pgbackrest::missingFile("I", manifest, listing).find("6 bytes instead of 7") != std::string::npos);
    listing.erase("F/pg_data/base/1.gz");
    QVERIFY(pgbackrest::missingFile("I", manifest, listing).find("F/pg_data/base/1 is missing") != std::string::npos);
    listing = {{"F/pg_data/base/1.gz", {10, {}}}, {"I/pg_data/two.zst", {7, {}}}};
    QVERIFY(pgbackrest::missingFile("I", manifest, listing).find("bundle 3") != std::string::npos);
}

void tst_BackupLadder::readsVerifyText()
{
    const auto verdict = pgbackrest::parseVerify("stanza: demo\nstatus: error\n  archiveId: 15-1, total WAL checked: 6, total valid WAL: 5\n    missing: 0, checksum invalid: 1, size invalid: 0, other: 0\n"
                                                 "  backup: A, status: invalid, total files checked: 967, total valid files: 965\n    missing: 1, checksum invalid: 1, size invalid: 0, other: 0\n"
                                                 "  backup: B, status: valid, total files checked: 968, total valid files: 968\n    missing: 0, checksum invalid: 0, size invalid: 0, other: 0\n");
    QVERIFY(verdict.isJudged);
    QVERIFY2(verdict.backups.at("A").find("missing: 1, checksum invalid: 1") != std::string::npos, verdict.backups.at("A").c_str());
    QCOMPARE(verdict.backups.at("B"), std::string());
    QVERIFY(!verdict.archive.empty());
    QVERIFY(!pgbackrest::parseVerify("").isJudged);
}

void tst_BackupLadder::readsLogLines()
{
    const auto line = pgbackrest::parseLogLine("P01 DETAIL: backup file /pg/base/5/16384 (384.2MB, 80.41%) checksum 5f");
    QCOMPARE(line.percent.value(), 80.41);
    QCOMPARE(line.phase, std::string("copying, in finished files"));
    QCOMPARE(pgbackrest::parseLogLine("P00   INFO: new backup label = 20261125-070942F\r").label, std::string("20261125-070942F"));
    QCOMPARE(pgbackrest::parseLogLine("P00   INFO: execute non-exclusive backup start: backup begins after the next regular checkpoint completes").phase, std::string("waiting for the checkpoint"));
    QVERIFY(pgbackrest::parseLogLine("P00 INFO: backup command begin").phase.empty());
}

void tst_BackupLadder::readsPgBackRestConfigAndLock()
{
    const auto config = pgbackrest::parseConfig("[global]\nrepo1-retention-full=2\n# repo2-retention-full=9\nrepo2-retention-full = 14\nrepo2-retention-full-type=time\nlock-path=/run/x\n[other]\nlock-path=/no\n", "demo");
    QCOMPARE(config.lockPath, std::string("/run/x"));
    QCOMPARE(config.retentionFull.at(1), 2);
    QVERIFY(config.retentionFull.at(2) == 14 && config.isRetentionInDays.at(2));
    const auto lock = pgbackrest::parseLock("{\"execId\":\"15530-f1\",\"pctCplt\":1606,\"pid\":15530}");
    QVERIFY(lock && lock->pid == 15530 && lock->percent == 16.06);
    QVERIFY(!pgbackrest::parseLock(""));
}

void tst_BackupLadder::readsBarman()
{
    std::vector<std::string> removes;
    auto entries = barman::parseList("{\"demo\":[{\"backup_id\":\"20261125T071705\",\"end_time_timestamp\":\"1795591026\",\"retention_status\":\"OBSOLETE\",\"size_bytes\":41505358,\"status\":\"DONE\"},"
                                     "{\"backup_id\":\"20261125T081705\",\"backup_type\":\"incremental\",\"status\":\"FAILED\"}]}", "demo", removes);
    QVERIFY(entries && entries->size() == 2);
    QCOMPARE(removes, std::vector<std::string>{"20261125T071705"});
    barman::addDetails("{\"demo\":{\"base_backup_information\":{\"begin_wal\":\"000000010000000000000002\",\"end_wal\":\"000000010000000000000002\",\"begin_time_timestamp\":\"1795591025\","
                       "\"end_time_timestamp\":\"1795591026\"},\"postgresql_version\":150020,\"status\":\"DONE\"}}", "demo", entries->at(0));
    QCOMPARE(entries->at(0).backup.major, 15);
    QCOMPARE(entries->at(0).backup.serverVersion, std::string("15.20"));
    QVERIFY(entries->at(0).backup.took == Millis(1000));
    QVERIFY(entries->at(1).backup.isInterrupted);
    QVERIFY(!barman::parseList("{\"_ERROR\":[\"Unknown server 'x'\"]}", "x", removes));
    const auto found = barman::parseFound(std::string("8192 1795591026.25 data/base/1/a b\0" "garbage\0" "0 1 c\0" "7 9223372036854775807 d\0", 73));
    QCOMPARE(found.at("data/base/1/a b").size, std::uint64_t{8192});
    QVERIFY(!found.contains("garbage"));
    QVERIFY(found.contains("c") && !found.contains("d")); // no calendar holds the time of d
}

void tst_BackupLadder::readsBaseManifests()
{
    const std::string json = "{\"PostgreSQL-Backup-Manifest-Version\": 1, \"Files\": [{\"Path\": \"base/1/1255\", \"Size\": 786432}, {\"Encoded-Path\": \"666f6f\", \"Size\": 1}],"
                             "\"WAL-Ranges\": [{\"Timeline\": 1, \"Start-LSN\": \"0/2000028\", \"End-LSN\": \"0/4000000\"}], \"Manifest-Checksum\": \"ab\"}";
    const auto manifest = parseBaseManifest(json);
    QVERIFY(manifest);
    QCOMPARE(manifest->files[1].path, std::string("foo"));
    const auto need = walNeed(*manifest, kSegment);
    QCOMPARE(need.first, segment(1, 2));
    QCOMPARE(need.last, segment(1, 3)); // the end on a boundary needs nothing of the next one
    QVERIFY(!parseBaseManifest(json.substr(0, 100)));
    QVERIFY(!parseBaseManifest("{\"Files\": [{\"Path\": \"../../etc/passwd\", \"Size\": 1}], \"Manifest-Checksum\": \"a\"}"));
    QCOMPARE(identifierOf(std::string("\x01\x00\x00\x00\x00\x00\x00\x01rest", 12)), std::string("72057594037927937"));
    QCOMPARE(identifierOf("short"), std::string());
}

void tst_BackupLadder::readsTheCommandContract()
{
    const auto catalogue = parseCatalogue("{\"schema\":1,\"backups\":[{\"id\":\"s1\",\"state\":\"finished\",\"kind\":\"snapshot\",\"started\":\"2026-01-31T02:00:00Z\",\"finished\":\"2026-01-31T02:10:00.5Z\","
                                          "\"size\":12,\"system_identifier\":\"7\",\"server_version\":\"15.18\",\"references\":[\"s0\"]},{\"id\":\"s0\",\"state\":\"finished\",\"finished\":1769824800,\"problem\":\"block 7\"}],"
                                          "\"archive\":{\"newest\":1769824800,\"gaps\":[{\"first\":\"a\",\"last\":\"a\",\"count\":1}]},\"running\":{\"who\":\"cron\",\"phase\":\"copying\",\"done\":1,\"total\":2},"
                                          "\"expiry\":{\"rule\":\"7\",\"removes\":[\"s0\"]},\"warnings\":[\"w\"]}");
    QVERIFY2(catalogue, catalogue ? "" : catalogue.error().c_str());
    QVERIFY(catalogue->backups[0].took == Millis(600500));
    QVERIFY(catalogue->backups[1].proofs.size() == 2); // a problem, and no word of its cluster
    QCOMPARE(catalogue->recovery->gaps.size(), std::size_t{1});
    QCOMPARE(catalogue->running->total.value(), 2.0);
    QCOMPARE(catalogue->expiry->removes, std::vector<std::string>{"s0"});
    QCOMPARE(parseRunLine("{\"id\": \"s2\"}").id, std::string("s2"));
    QCOMPARE(parseRunLine("{\"phase\":\"p\",\"done\":1,\"total\":2,\"unit\":\"B\"}").progress->total.value(), 2.0);
    QVERIFY(!parseRunLine("hello").progress && parseRunLine("{").id.empty());
    QCOMPARE(parseProblem("{\"problem\":\"x\"}"), std::string("x"));
}

void tst_BackupLadder::refusesBadContracts_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("problem");
    QTest::newRow("no JSON") << QByteArray("hello") << QByteArray("did not answer");
    QTest::newRow("no schema") << QByteArray("{\"backups\":[]}") << QByteArray("did not answer");
    QTest::newRow("no id") << QByteArray("{\"schema\":1,\"backups\":[{\"state\":\"finished\",\"finished\":1}]}") << QByteArray("backups[0].id");
    QTest::newRow("state") << QByteArray("{\"schema\":1,\"backups\":[{\"id\":\"a\",\"state\":\"ok\",\"finished\":1}]}") << QByteArray("backups[0].state");
    QTest::newRow("time") << QByteArray("{\"schema\":1,\"backups\":[{\"id\":\"a\",\"state\":\"finished\",\"finished\":\"yesterday\"}]}") << QByteArray("backups[0].finished");
    QTest::newRow("no time") << QByteArray("{\"schema\":1,\"backups\":[{\"id\":\"a\",\"state\":\"finished\"}]}") << QByteArray("finished: is missing");
    QTest::newRow("size") << QByteArray("{\"schema\":1,\"backups\":[{\"id\":\"a\",\"state\":\"finished\",\"finished\":1,\"size\":-1}]}") << QByteArray("size");
}

void tst_BackupLadder::refusesBadContracts()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, problem);
    const auto catalogue = parseCatalogue(json.toStdString());
    QVERIFY(!catalogue);
    QVERIFY2(catalogue.error().find(problem.toStdString()) != std::string::npos, catalogue.error().c_str());
}

void tst_BackupLadder::readsTimersAndCrontabs()
{
    const auto timers = parseTimers("[{\"next\":1769860800000000,\"left\":1,\"last\":0,\"passed\":0,\"unit\":\"muster-backup@nightly.timer\",\"activates\":\"muster-backup@nightly.service\"},"
                                    "{\"next\":1,\"unit\":\"apt-daily.timer\",\"activates\":\"apt-daily.service\"}]");
    QCOMPARE(timers.size(), std::size_t{1});
    QVERIFY(timers[0].next == WallTime(std::chrono::seconds(1769860800)));
    QVERIFY(!timers[0].last);
    const auto lines = parseCrontab("# 1 2 * * * root pg_dump\nMAILTO=x\n30 2 * * * postgres pgbackrest --stanza=demo backup\n@daily root /usr/local/bin/other\n@weekly root pg_dumpall -f /x\n", "/etc/cron.d/x", true);
    QCOMPARE(lines.size(), std::size_t{2});
    QCOMPARE(lines[0].when, std::string("30 2 * * *"));
    QCOMPARE(lines[0].command, std::string("pgbackrest --stanza=demo backup"));
    QCOMPARE(lines[1].when, std::string("@weekly"));
    QCOMPARE(parseCrontab("5 4 * * * barman cron", "me", false).at(0).command, std::string("barman cron"));
    const Set set;
    QVERIFY(scheduleNote({{}, "this machine", {}}, set).find("laptop is no scheduler") != std::string::npos);
    QVERIFY(scheduleNote({timers, "db1", {}}, set).find("Seen is not proved") != std::string::npos);
}

void tst_BackupLadder::leavesTablespacesOut()
{
    const auto kept = withoutTablespaces("CREATE ROLE a;\nCREATE TABLESPACE fast OWNER a LOCATION '/x';\nALTER TABLESPACE fast SET (x=1);\nGRANT CREATE ON TABLESPACE fast TO a;\nALTER ROLE a LOGIN;\n");
    QCOMPARE(kept, std::string("CREATE ROLE a;\nALTER ROLE a LOGIN;\n"));
}

void tst_BackupLadder::comparesTableNumbers()
{
    const std::string contents = ";\n; Archive created at x\n215; 1259 16389 TABLE public items oncall\n216; 1259 16392 TABLE public orders oncall\n3350; 0 16389 TABLE DATA public items oncall\n";
    QCOMPARE(identityProblem(contents, {{"public items", "16389"}, {"public orders", "99999"}}), std::string());
    QVERIFY(identityProblem(contents, {{"public items", "1"}, {"public orders", "2"}}).find("another cluster") != std::string::npos);
    QVERIFY(identityProblem(contents, {{"public others", "1"}}).find("none of its 2 tables exists") != std::string::npos);
    QCOMPARE(identityProblem(contents, {}), std::string());
    QCOMPARE(identityProblem("", {{"public items", "1"}}), std::string());
}

QTEST_GUILESS_MAIN(tst_BackupLadder)
#include "tst_backupladder.moc"
