// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupset.h"
#include "connectors/backup/backupsource.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/owner.h"
#include "connectors/backup/retention.h"
#include "connectors/backup/tools.h"
#include "connectors/files/sha256.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

using namespace muster;
using namespace muster::backup;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr WallTime kNow{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};

/// One letter a backup, newest first: V verified, C complete, D damaged, F foreign verified, O other cluster's, R running, I interrupted (maker gone), i (maker unknown).
std::vector<Backup> backupsFrom(const std::string &letters)
{
    std::vector<Backup> backups;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        Backup backup;
        backup.id = std::to_string(i);
        backup.isOwn = letters[i] != 'F';
        backup.isOtherCluster = letters[i] == 'O';
        backup.isRemovable = letters[i] == 'I';
        switch (letters[i]) {
        case 'C':
            backup.rung = Rung::Complete;
            break;
        case 'D':
            backup.rung = Rung::Damaged;
            break;
        case 'R':
            backup.rung = Rung::Running;
            break;
        case 'I':
        case 'i':
            backup.rung = Rung::Interrupted;
            break;
        default:
            backup.rung = Rung::Verified;
        }
        backups.push_back(backup);
    }
    return backups;
}

Manifest makeManifest()
{
    Manifest manifest;
    manifest.id = "nightly-20260131T000000Z-90123456";
    manifest.set = "nightly";
    manifest.operatorName = "ada@laptop";
    manifest.toolVersion = "15.18";
    manifest.serverVersion = "15.18 (Debian)";
    manifest.systemIdentifier = "7301234567890123456";
    manifest.startedAt = kNow - 60s;
    manifest.finishedAt = kNow;
    manifest.databases = {{"shop", "shop", 1000, {{"public.items", 5}}}};
    return manifest;
}

/// What the driver of a directory of dumps shows.
std::expected<std::vector<Backup>, Fault> scan(const std::string &directory, const std::string &name, const std::string &systemIdentifier)
{
    Set set;
    set.name = name;
    set.directory = directory;
    Live live;
    live.systemIdentifier = systemIdentifier;
    auto catalogue = makeDriver(set)->list(live, Deadline::after(5s), {});
    return catalogue ? std::expected<std::vector<Backup>, Fault>(std::move(catalogue->backups)) : std::unexpected(catalogue.error());
}

void write(const fs::path &path, const std::string &text)
{
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

/// As a file of last night.
void age(const fs::path &path)
{
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::minutes(3));
}

} // namespace

class tst_BackupCatalogue : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void manifestSurvivesARoundTrip();
    void refusesAManifest_data();
    void refusesAManifest();
    void keepsTheRightOnes_data();
    void keepsTheRightOnes();
    void climbsTheLadder();
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void showsWhoMakesAPartialOne();
    void recognisesForeignDumps_data();
    void recognisesForeignDumps();
    void takesAFreshCutOneForOneThatIsBeingWritten();
    void showsADirectoryWithoutItsContents();
    void survivesCutArchiveHeads();
    void namesAreSafe_data();
    void namesAreSafe();
    void lockKeysDifferBySet();
    void readsToolVersions();
    void refusesToolsOfAnotherMajor();
    void seesASchedule_data();
    void seesASchedule();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_root;

    /// A finished backup on disk whose files fit its manifest.
    fs::path makeBackup(const std::function<void(Manifest &, const fs::path &)> &change = {})
    {
        auto manifest = makeManifest();
        manifest.verifiedAt = Stamp::now().wall;
        const auto path = m_root / manifest.id;
        for (const auto &[name, text] : {std::pair("shop/toc.dat", "PGDMP-toc"), {"shop/1.dat.gz", "rows"}, {"globals.sql", "CREATE ROLE x;"}}) {
            write(path / name, text);
            manifest.files.push_back({name, std::string(text).size(), files::sha256(text)});
        }
        if (change)
            change(manifest, path);
        [[maybe_unused]] const auto written = writeManifest(path.string(), manifest);
        return path;
    }
    Backup only() const { return scan(m_root.string(), "nightly", "7301234567890123456").value().at(0); }
};

void tst_BackupCatalogue::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_root = m_folder->path().toStdString();
}

void tst_BackupCatalogue::manifestSurvivesARoundTrip()
{
    auto manifest = makeManifest();
    manifest.files = {{"shop/toc.dat", 42, "ab"}};
    manifest.verifiedAt = kNow + 5s;
    manifest.databases[0].name = "näme \"with\" all\n";
    const auto back = parseManifest(toJson(manifest));
    QVERIFY2(back, back ? "" : back.error().c_str());
    QCOMPARE(toJson(*back), toJson(manifest));
    QVERIFY(back->verifiedAt == manifest.verifiedAt);
    QCOMPARE(back->databases[0].tables[0].rows, 5.0);
}

void tst_BackupCatalogue::refusesAManifest_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::newRow("cut") << QByteArray("\"files\"") << QByteArray("\"fi");
    QTest::newRow("path outside") << QByteArray("shop/toc.dat") << QByteArray("shop/../../etc/passwd");
    QTest::newRow("absolute path") << QByteArray("shop/toc.dat") << QByteArray("/etc/passwd");
    QTest::newRow("negative size") << QByteArray("\"size\": 42") << QByteArray("\"size\": -42");
    QTest::newRow("folder outside") << QByteArray("\"folder\": \"shop\"") << QByteArray("\"folder\": \"..\"");
    QTest::newRow("no identity") << QByteArray("\"system_identifier\"") << QByteArray("\"x\"");
}

void tst_BackupCatalogue::refusesAManifest()
{
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    auto manifest = makeManifest();
    manifest.files = {{"shop/toc.dat", 42, "ab"}};
    const auto text = QByteArray::fromStdString(toJson(manifest));
    QVERIFY(text.contains(from));
    auto changed = text;
    QVERIFY(!parseManifest(changed.replace(from, to).toStdString()));
}

void tst_BackupCatalogue::keepsTheRightOnes_data()
{
    QTest::addColumn<QString>("backups");
    QTest::addColumn<int>("keep");
    QTest::addColumn<QString>("removed");
    QTest::newRow("fewer than kept") << QStringLiteral("VVV") << 7 << QStringLiteral("");
    QTest::newRow("the oldest good one goes") << QStringLiteral("VVV") << 2 << QStringLiteral("2");
    QTest::newRow("bad ones do not count") << QStringLiteral("DVDV") << 2 << QStringLiteral("");
    QTest::newRow("bad ones behind the kept go") << QStringLiteral("VVDC") << 2 << QStringLiteral("23");
    QTest::newRow("last good one stays") << QStringLiteral("CCDV") << 1 << QStringLiteral("");
    QTest::newRow("none is good: nothing goes") << QStringLiteral("CCDD") << 1 << QStringLiteral("");
    QTest::newRow("foreign and other cluster's never go") << QStringLiteral("VFOV") << 1 << QStringLiteral("3");
    QTest::newRow("foreign does not count as ours") << QStringLiteral("FFV") << 1 << QStringLiteral("");
    QTest::newRow("keep 0 keeps all") << QStringLiteral("VVVV") << 0 << QStringLiteral("");
    QTest::newRow("dead partial goes, living and unknown stay") << QStringLiteral("RIiV") << 3 << QStringLiteral("1");
}

void tst_BackupCatalogue::keepsTheRightOnes()
{
    QFETCH(QString, backups);
    QFETCH(int, keep);
    QFETCH(QString, removed);
    std::string ids;
    for (const auto &id : outdated(backupsFrom(backups.toStdString()), keep))
        ids += id;
    QCOMPARE(ids, removed.toStdString());
}

void tst_BackupCatalogue::climbsTheLadder()
{
    makeBackup([](Manifest &manifest, const fs::path &) { manifest.verifiedAt.reset(); });
    QVERIFY(only().rung == Rung::Complete);
    QVERIFY(!only().isUsable());
    makeBackup();
    QVERIFY(only().rung == Rung::Verified);
    QVERIFY(only().reason.empty());
    QVERIFY(only().finishedAt == kNow);
    const auto elsewhere = scan(m_root.string(), "nightly", "1");
    QVERIFY(elsewhere->at(0).rung == Rung::Unusable);
    QVERIFY(elsewhere->at(0).reason.find("another cluster") != std::string::npos);
    QVERIFY(scan(m_root.string(), "weekly", {})->empty());
    QVERIFY(!scan((m_root / "absent").string(), "nightly", {}));
}

void tst_BackupCatalogue::saysWhatIsWrong_data()
{
    using Damage = std::function<void(const fs::path &)>;
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, Damage damage, const char *reason) { QTest::newRow(name) << damage << QString::fromUtf8(reason); };
    row("deleted data file", [](const fs::path &path) { fs::remove(path / "shop/1.dat.gz"); }, "1.dat.gz is missing");
    row("cut", [](const fs::path &path) { fs::resize_file(path / "shop/1.dat.gz", 2); }, "has 2 bytes instead of 4");
    row("empty", [](const fs::path &path) { fs::resize_file(path / "shop/toc.dat", 0); }, "has 0 bytes");
    row("no globals", [](const fs::path &path) { fs::remove(path / "globals.sql"); }, "globals.sql is missing");
    row("symlink for a file", [](const fs::path &path) { fs::remove(path / "globals.sql"); fs::create_symlink("/etc/passwd", path / "globals.sql"); }, "globals.sql is missing");
    row("broken manifest", [](const fs::path &path) { write(path / kManifestName, "{"); }, "not readable JSON");
    row("endless manifest", [](const fs::path &path) { write(path / kManifestName, std::string(100, '[')); }, "not readable JSON");
}

void tst_BackupCatalogue::saysWhatIsWrong()
{
    QFETCH(std::function<void(const fs::path &)>, damage);
    QFETCH(QString, reason);
    damage(makeBackup());
    const auto backup = only();
    QVERIFY(backup.rung == Rung::Damaged);
    QVERIFY2(backup.reason.find(reason.toStdString()) != std::string::npos, backup.reason.c_str());
}

void tst_BackupCatalogue::showsWhoMakesAPartialOne()
{
    const auto path = m_root / "nightly-20260131T000000Z-90123456.partial";
    write(path / kOwnerName, Owner::self("ada@laptop").toJson());
    QVERIFY(only().rung == Rung::Running);
    QVERIFY(only().reason.find("ada@laptop") != std::string::npos);

    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    auto owner = Owner::self("ada@laptop");
    ::waitpid(child, nullptr, 0);
    owner.pid = child;
    write(path / kOwnerName, owner.toJson());
    QVERIFY(only().rung == Rung::Interrupted);
    QVERIFY(only().isRemovable);

    owner = Owner::self("ada@laptop");
    ++owner.startTicks; // the number was taken by another process
    write(path / kOwnerName, owner.toJson());
    QVERIFY(only().rung == Rung::Interrupted);

    owner = Owner::self("ada@laptop");
    owner.host = "elsewhere";
    write(path / kOwnerName, owner.toJson());
    QVERIFY(only().rung == Rung::Running); // it changed just now
    fs::last_write_time(path / kOwnerName, fs::file_time_type::clock::now() - std::chrono::minutes(11));
    QVERIFY2(only().reason.starts_with("interrupted: left behind by ada@laptop on elsewhere"), only().reason.c_str());
    QVERIFY(!only().isRemovable);

    fs::remove(path / kOwnerName);
    QVERIFY(only().rung == Rung::Interrupted);
    QVERIFY(!only().isRemovable);
}

void tst_BackupCatalogue::recognisesForeignDumps_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("rung");
    const QByteArray plain = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n";
    const QByteArray end = "\n--\n-- PostgreSQL database dump complete\n--\n\n";
    QTest::newRow("plain") << plain + end << QStringLiteral("shop.sql") << QStringLiteral("plain") << QStringLiteral("unusable");
    QTest::newRow("plain of a new minor") << plain + end + "\\unrestrict abc\n" << QStringLiteral("shop.sql") << QStringLiteral("plain") << QStringLiteral("unusable");
    QTest::newRow("plain, cut") << plain << QStringLiteral("shop.sql") << QStringLiteral("plain") << QStringLiteral("damaged");
    QTest::newRow("gzip") << QByteArray("\x1f\x8b\x08") << QStringLiteral("shop.sql.gz") << QStringLiteral("unknown, gzip") << QStringLiteral("damaged");
    QTest::newRow("custom, cut in its head") << QByteArray("PGDMP\x01\x0e\x00", 8) << QStringLiteral("shop.dump") << QStringLiteral("tar") << QStringLiteral("damaged");
    QTest::newRow("something else") << QByteArray("hello") << QStringLiteral("README") << QStringLiteral("") << QStringLiteral("");
    QTest::newRow("globals") << QByteArray("--\n-- PostgreSQL database cluster dump\n--\n\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n") << QStringLiteral("globals.sql") << QStringLiteral("plain") << QStringLiteral("complete");
    QTest::newRow("empty file") << QByteArray() << QStringLiteral("shop.sql") << QStringLiteral("unknown") << QStringLiteral("damaged");
}

void tst_BackupCatalogue::recognisesForeignDumps()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, name);
    QFETCH(QString, format);
    QFETCH(QString, rung);
    write(m_root / name.toStdString(), bytes.toStdString());
    age(m_root / name.toStdString());
    const auto found = scan(m_root.string(), "nightly", {});
    QVERIFY(found);
    QCOMPARE(found->size(), std::size_t(format.isEmpty() ? 0 : 1));
    if (format.isEmpty())
        return;
    QCOMPARE(only().format, format.toStdString());
    QCOMPARE(std::string(backup::toString(only().rung)), rung.toStdString());
    QVERIFY(!only().isUsable());
    QVERIFY(!only().reason.empty());
}

void tst_BackupCatalogue::takesAFreshCutOneForOneThatIsBeingWritten()
{
    write(m_root / "shop.sql", "--\n-- PostgreSQL database dump\n--\n\n");
    QVERIFY(only().rung == Rung::Running);
    QVERIFY2(only().reason.starts_with("being written, or cut"), only().reason.c_str());
    age(m_root / "shop.sql");
    QVERIFY(only().rung == Rung::Damaged);
}

void tst_BackupCatalogue::showsADirectoryWithoutItsContents()
{
    write(m_root / "shop.dir/3350.dat.gz", "x");
    write(m_root / "notes/2026.txt", "x");
    QCOMPARE(only().id, std::string("shop.dir"));
    QVERIFY(only().rung == Rung::Damaged);
    QVERIFY2(only().reason.starts_with("toc.dat is missing"), only().reason.c_str());
}

void tst_BackupCatalogue::survivesCutArchiveHeads()
{
    const std::string head("PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x00\x00\x00\x00\x05\x00\x00\x00", 21);
    for (std::size_t length = 0; length <= head.size(); ++length) {
        const auto parsed = parseArchiveHead(std::string_view(head).substr(0, length));
        QVERIFY(!parsed || !parsed->problem.empty());
    }
    QVERIFY(!parseArchiveHead(std::string("PGDMP") + std::string(100, '\xff'))->problem.empty());
    // Whole, made in the year 2147485547.
    std::string whole("PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x00\x00\x00\x00\x05\x00\x00\x00", 21);
    whole.append(10, '\0').append("\0\x01\0\0\0\0\x01\0\0\0", 10).append("\0\xff\xff\xff\x7f", 5).append(20, '\0');
    const auto late = parseArchiveHead(whole);
    QVERIFY2(late->problem.empty(), late->problem.c_str());
    QVERIFY(!late->createdAt);
    // A sign before the smallest number of eight bytes.
    QVERIFY(parseArchiveHead(std::string("PGDMP\x01\x0e\x00\x08\x08\x01\x01\0\0\0\0\0\0\0\x80", 20)).has_value());
}

void tst_BackupCatalogue::namesAreSafe_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("safe");
    QTest::newRow("plain") << QStringLiteral("shop_1.x-y") << QStringLiteral("shop_1.x-y");
    QTest::newRow("up") << QStringLiteral("..") << QStringLiteral("%2E.");
    QTest::newRow("option") << QStringLiteral("--file=x") << QStringLiteral("%2D-file%3Dx");
    QTest::newRow("path") << QStringLiteral("a/b") << QStringLiteral("a%2Fb");
    QTest::newRow("empty") << QStringLiteral("") << QStringLiteral("%00");
    QTest::newRow("no clash") << QStringLiteral("a%2Fb") << QStringLiteral("a%252Fb");
}

void tst_BackupCatalogue::namesAreSafe()
{
    QFETCH(QString, name);
    QFETCH(QString, safe);
    QCOMPARE(safeName(name.toStdString()), safe.toStdString());
}

void tst_BackupCatalogue::lockKeysDifferBySet()
{
    QVERIFY(lockKey("nightly") != lockKey("weekly"));
    QCOMPARE(lockKey("nightly") >> 32, std::int64_t{0x4D555354});
    QCOMPARE(backupId("nightly", kNow, "7301234567890123456"), std::string("nightly-20260131T000000Z-90123456"));
}

void tst_BackupCatalogue::readsToolVersions()
{
    QCOMPARE(parseToolVersion("pg_dump (PostgreSQL) 15.18 (Debian 15.18-1.pgdg120+1)\n"), std::string("15.18"));
    QCOMPARE(parseToolVersion("pg_dump (PostgreSQL) 18beta1\n"), std::string("18beta1"));
    QCOMPARE(parseToolVersion("pg_dump: error"), std::string());
}

void tst_BackupCatalogue::refusesToolsOfAnotherMajor()
{
    for (const auto *name : {"pg_dump", "pg_dumpall", "pg_restore"}) {
        write(m_root / name, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 14.9'\n");
        fs::permissions(m_root / name, fs::perms::owner_all);
    }
    const auto tools = findTools(15, {m_root.string()}, Deadline::after(5s), {});
    QVERIFY(!tools);
    QVERIFY(tools.error().detail.find("14.9") != std::string::npos);
    QVERIFY(tools.error().hint.find("postgresql-client-15") != std::string::npos);
    QVERIFY(findTools(14, {m_root.string()}, Deadline::after(5s), {}));
}

void tst_BackupCatalogue::seesASchedule_data()
{
    QTest::addColumn<QList<int>>("hoursAgo");
    QTest::addColumn<bool>("isSeen");
    QTest::newRow("none") << QList<int>() << false;
    QTest::newRow("first one, fresh") << QList<int>{1} << true;
    QTest::newRow("one, too old") << QList<int>{30} << false;
    QTest::newRow("daily") << QList<int>{2, 26, 50, 74} << true;
    QTest::newRow("daily, last one missed") << QList<int>{28, 52, 76} << false;
    QTest::newRow("a gap lately") << QList<int>{2, 40, 64} << false;
}

void tst_BackupCatalogue::seesASchedule()
{
    QFETCH(QList<int>, hoursAgo);
    QFETCH(bool, isSeen);
    auto backups = backupsFrom(std::string(std::size_t(hoursAgo.size()), 'V'));
    for (qsizetype i = 0; i < hoursAgo.size(); ++i)
        backups[std::size_t(i)].finishedAt = kNow - std::chrono::hours(hoursAgo[i]);
    QCOMPARE(isScheduleSeen(backups, 26h, kNow), isSeen);
}

QTEST_GUILESS_MAIN(tst_BackupCatalogue)
#include "tst_backupcatalogue.moc"
