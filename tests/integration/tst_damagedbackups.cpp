// SPDX-License-Identifier: GPL-3.0-or-later
// Every kind of backup × every kind of damage, on real tools and one real server each: red with the reason that names the object, the healthy twin green.
// The table goes to stdout and to damaged-backups.txt beside the program.
#include "connectors/backup/backupaction.h"
#include "connectors/backup/verifybackupaction.h"
#include "tests/integration/repokit.h"

#include <QTest>

#include <csignal>
#include <fstream>
#include <iostream>

using namespace muster;
using namespace muster::backup;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

namespace {

std::ofstream report; // opened before root is left

/// What lies in a repository, and how to get at its parts.
struct Place {
    RepoKit &kit;
    RepoKit &other; ///< another cluster
    Set set;
    std::string id;
    fs::path root; ///< the repository, or the dump itself
};

struct Damage {
    const char *name;
    std::function<void(Place &)> make;
    const char *reason; ///< words of it; "" = the healthy twin, kNoChecksum = nothing in this format can tell
};
constexpr const char *kNoChecksum = "cannot be told: this format has no checksums";

void age(const fs::path &path)
{
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::minutes(3));
}

void ageAll(const fs::path &path)
{
    if (!fs::is_directory(path))
        return age(path);
    for (const auto &entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file())
            age(entry.path());
    }
}

/// The largest file below a folder, by the end of its name.
fs::path largest(const fs::path &root, const std::string &end)
{
    fs::path found;
    std::uintmax_t most = 0;
    for (const auto &entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_regular_file() && entry.path().string().ends_with(end) && entry.file_size() > most) {
            most = entry.file_size();
            found = entry.path();
        }
    }
    return found;
}

void removeWal(const fs::path &root, const std::string &segment)
{
    std::vector<fs::path> doomed;
    for (const auto &entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_regular_file() && entry.path().filename().string().starts_with(segment))
            doomed.push_back(entry.path());
    }
    for (const auto &path : doomed)
        fs::remove(path);
}

void halve(const fs::path &path)
{
    fs::resize_file(path, fs::file_size(path) / 2);
    age(path);
}

void flip(const fs::path &path)
{
    if (const auto problem = muster::test::flipByte(path, fs::file_size(path) / 2); !problem.empty())
        qFatal("%s", problem.c_str());
}

void replaceIn(const fs::path &path, const std::string &from, const std::string &to)
{
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    in.close();
    const auto at = bytes.find(from);
    if (at == std::string::npos)
        qFatal("%s holds no %s", path.c_str(), from.c_str());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.replace(at, from.size(), to);
}

void empty(const fs::path &path)
{
    fs::resize_file(path, 0);
    age(path);
}

} // namespace

class tst_DamagedBackups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void dumps_data();
    void dumps() { judge(); }
    void baseBackups_data();
    void baseBackups() { judge(); }
    void repositories_data();
    void repositories() { judge(); }

private:
    using Make = std::function<Place()>;
    void add(const std::string &kind, Make make, const std::vector<Damage> &damages);
    void judge();
    Place dump(const std::string &name);
    Place baseBackup();
    Place pgBackRest();
    Place barman();
    Backup verdict(const Place &place);
    /// PostgreSQL's tool ends with SIGKILL as soon as it has written something.
    void killWriter(const std::vector<std::string> &words, const fs::path &written);
    std::string sock(RepoKit &kit) const { return (kit.root() / "sock").string(); }

    std::unique_ptr<RepoKit> m_kit;    // with pgBackRest
    std::unique_ptr<RepoKit> m_barman; // another cluster, with Barman
    Set m_pgBackRest;
    Set m_barmanSet;
};

void tst_DamagedBackups::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::PgBackRest, 200000);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    m_barman = std::make_unique<RepoKit>(RepoKit::Tool::Barman);
    QVERIFY2(m_barman->isReady(), m_barman->errorText());
    m_pgBackRest = m_kit->makeSet("pgbackrest");
    m_barmanSet = m_barman->makeSet("barman");
    BackupAction first(m_pgBackRest);
    const auto made = perform(first);
    QVERIFY2(made.outcome.kind == OutcomeKind::Succeeded, (made.outcome.summary + made.outcome.transcript).c_str());
    BackupAction second(m_barmanSet);
    const auto madeByBarman = perform(second, [&](const Progress &progress, std::stop_source &) {
        if (progress.phase.starts_with("waiting"))
            m_barman->archiveWal();
    });
    QVERIFY2(madeByBarman.outcome.kind == OutcomeKind::Succeeded, (madeByBarman.outcome.summary + madeByBarman.outcome.transcript).c_str());
    m_barman->sql("ALTER TABLE items RENAME TO strangers; DROP TABLE nudge"); // no name of the one is in the other
}

Place tst_DamagedBackups::dump(const std::string &name)
{
    Place place{*m_kit, *m_barman, m_kit->makeSet("pg_dump"), name, {}};
    const fs::path folder = place.set.directory;
    const auto packed = name.ends_with(".gz") ? "gzip" : name.ends_with(".zst") ? "zstd" : "";
    const auto bare = *packed ? name.substr(0, name.rfind('.')) : name;
    const char *format = bare.ends_with(".dir") ? "d" : bare.ends_with(".tar") ? "t" : bare.ends_with(".sql") ? "p" : "c";
    const auto from = std::vector<std::string>{"-h", sock(*m_kit), "-U", "postgres"};
    std::vector<std::string> words{m_kit->binaries() + "/pg_dump", "-d", "shop", "-F", format, "-f", (folder / bare).string()};
    words.insert(words.end(), from.begin(), from.end());
    std::string said = m_kit->tool(words);
    words = {m_kit->binaries() + "/pg_dumpall", "--globals-only", "-f", (folder / "globals.sql").string()};
    words.insert(words.end(), from.begin(), from.end());
    said += m_kit->tool(words);
    if (*packed)
        said += m_kit->tool({std::string("/usr/bin/") + packed, "-q", (folder / bare).string()});
    if (std::string_view(packed) == "zstd")
        fs::remove(folder / bare);
    if (!said.empty())
        qFatal("%s", said.c_str());
    place.root = folder / name;
    return place;
}

Place tst_DamagedBackups::baseBackup()
{
    Place place{*m_kit, *m_barman, m_kit->makeSet("pg_basebackup"), "sunday", {}};
    place.set.archive.clear(); // its own WAL is all there is
    place.root = fs::path(place.set.directory) / "sunday";
    m_kit->sql("CHECKPOINT");
    if (const auto said = m_kit->tool({m_kit->binaries() + "/pg_basebackup", "-h", sock(*m_kit), "-U", "postgres", "-c", "fast", "-D", place.root.string()}); !said.empty())
        qFatal("%s", said.c_str());
    return place;
}

Place tst_DamagedBackups::pgBackRest()
{
    Place place{*m_kit, *m_barman, {}, {}, {}};
    place.set = m_kit->onCopy(m_pgBackRest, &place.root);
    place.id = muster::test::scan(place.set, m_kit->live()).value().at(0).id;
    return place;
}

Place tst_DamagedBackups::barman()
{
    // Barman's home cannot move: the damaged one is put back after the row.
    Place place{*m_barman, *m_kit, m_barmanSet, {}, m_barman->root() / "barman/demo"};
    const auto kept = m_barman->root() / "kept";
    if (fs::exists(kept)) {
        fs::remove_all(place.root);
        fs::rename(kept, place.root);
    }
    fs::copy(place.root, kept, fs::copy_options::recursive);
    for (auto *kit : {m_kit.get(), m_barman.get()}) // what was noted of the row before
        fs::remove_all(kit->root() / "state");
    place.id = muster::test::scan(place.set, m_barman->live()).value().at(0).id;
    return place;
}

Backup tst_DamagedBackups::verdict(const Place &place)
{
    const auto seen = [&]() -> std::optional<Backup> {
        Server server(place.set, Server::Purpose::Watch);
        Live live;
        if (server.connect(Deadline::after(Millis(5000))))
            live = server.live(Deadline::after(Millis(5000))).value_or(Live{});
        const auto all = muster::test::scan(place.set, live);
        const auto it = all ? std::ranges::find(*all, place.id, &Backup::id) : std::vector<Backup>::const_iterator();
        return all && it != all->end() ? std::optional(*it) : std::nullopt;
    };
    auto backup = seen();
    if (backup && backup->rung >= Rung::Unusable) { // what only reading shows
        VerifyBackupAction action(place.set, place.id);
        (void)perform(action);
        backup = seen();
    }
    return backup.value_or(Backup{});
}

void tst_DamagedBackups::killWriter(const std::vector<std::string> &words, const fs::path &written)
{
    QProcess process;
    QStringList arguments;
    for (std::size_t i = 1; i < words.size(); ++i)
        arguments.push_back(QString::fromStdString(words[i]));
    process.start(QString::fromStdString(words.front()), arguments);
    QVERIFY(process.waitForStarted());
    const auto isWriting = [&] {
        std::error_code error;
        if (fs::is_directory(written, error))
            return !largest(written, "").empty();
        return fs::file_size(written, error) > 0 && !error;
    };
    const auto limit = Deadline::after(Millis(20000));
    while (!isWriting() && process.state() == QProcess::Running && !limit.isOver())
        QTest::qSleep(1);
    ::kill(pid_t(process.processId()), SIGKILL);
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitStatus(), QProcess::CrashExit);
}

void tst_DamagedBackups::add(const std::string &kind, Make make, const std::vector<Damage> &damages)
{
    for (const auto &damage : damages)
        QTest::newRow((kind + ": " + damage.name).c_str()) << QString::fromStdString(kind) << make << damage;
}

void tst_DamagedBackups::judge()
{
    QFETCH(QString, kind);
    QFETCH(Make, make);
    QFETCH(Damage, damage);
    auto place = make();
    damage.make(place);
    const auto backup = verdict(place);
    const bool isTold = damage.reason != kNoChecksum;
    const auto line = QStringLiteral("%1 %2 %3 %4").arg(kind, -18).arg(QString::fromUtf8(damage.name), -24).arg(QString::fromStdString(std::string(backup::toString(backup.rung))), -12)
                          .arg(QString::fromStdString(isTold ? backup.reason : damage.reason));
    report << line.toStdString() << std::endl;
    std::cout << line.toStdString() << std::endl;
    QVERIFY2(!backup.id.empty(), "it is not in the catalogue");
    if (!*damage.reason || !isTold) {
        QVERIFY2(backup.rung == Rung::Verified, line.toUtf8().constData());
        return;
    }
    QVERIFY2(backup.rung < Rung::Finished && backup.rung != Rung::Running, line.toUtf8().constData());
    QVERIFY2(backup.reason.find(damage.reason) != std::string::npos, line.toUtf8().constData());
}

void tst_DamagedBackups::dumps_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Make>("make");
    QTest::addColumn<Damage>("damage");
    const Damage twin{"healthy twin", [](Place &) { }, ""};
    const Damage noGlobals{"missing globals", [](Place &place) { fs::remove(fs::path(place.set.directory) / "globals.sql"); }, "its globals (roles, tablespaces) are missing"};
    const Damage elsewhere{"dump of another cluster", [](Place &place) { place.set.server = place.other.target(); place.set.server->databases = {"shop"}; }, "of another cluster: none of its"};
    const Damage older{"version mismatch", [](Place &place) {
        // The dump of a later server, as far as anybody can see: one major is installed.
        const auto *packer = place.id.ends_with(".gz") ? "/usr/bin/gzip" : place.id.ends_with(".zst") ? "/usr/bin/zstd" : "";
        auto path = fs::is_directory(place.root) ? place.root / "toc.dat" : place.root;
        if (*packer) {
            place.kit.tool({packer, "-q", "-d", path.string()});
            fs::remove(path); // zstd leaves it
            path.replace_extension();
        }
        replaceIn(path, "15.", "19.");
        if (*packer) {
            place.kit.tool({packer, "-q", path.string()});
            fs::remove(path);
        }
    }, "version mismatch: of PostgreSQL 19"};
    for (const std::string name : {"shop.dir", "shop.dump", "shop.tar", "shop.sql", "shop.sql.gz", "shop.sql.zst", "shop.dump.gz"}) {
        const bool isFolder = name.ends_with(".dir");
        const bool isPacked = name.ends_with(".gz") || name.ends_with(".zst");
        const bool isPlain = name.starts_with("shop.sql");
        const auto data = [isFolder](Place &place) { return isFolder ? largest(place.root, ".dat.gz") : place.root; };
        std::vector<Damage> damages{twin, noGlobals};
        if (isFolder) {
            damages.push_back({"deleted file", [=](Place &place) { fs::remove(data(place)); }, "cannot be read back"});
            damages.push_back({"deleted toc.dat", [](Place &place) { fs::remove(place.root / "toc.dat"); }, "toc.dat is missing"});
        }
        damages.push_back({"flipped byte", [=](Place &place) { flip(data(place)); }, name == "shop.sql" || name == "shop.tar" ? kNoChecksum : "cannot be read back"});
        damages.push_back({"truncated", [=](Place &place) { halve(data(place)); }, isPlain && !isPacked ? "cut: the closing comment is missing" : "cannot be read back"});
        if (name == "shop.tar")
            damages.back().reason = "cut inside";
        damages.push_back({"0 bytes", [=](Place &place) {
            empty(data(place));
            if (isFolder)
                ageAll(place.root);
        }, isFolder ? ".dat.gz has 0 bytes" : "0 bytes: the tool wrote nothing"});
        damages.push_back(elsewhere);
        damages.push_back(older);
        if (!isPacked) {
            damages.push_back({"killed writer", [this](Place &place) {
                fs::remove_all(place.root);
                const auto end = place.id.substr(place.id.rfind('.') + 1);
                killWriter({m_kit->binaries() + "/pg_dump", "-h", sock(*m_kit), "-U", "postgres", "-d", "shop", "-F", end == "dir" ? "d" : end == "tar" ? "t" : end == "sql" ? "p" : "c", "-f", place.root.string()}, place.root);
                ageAll(place.root);
            }, isFolder ? ".dat" : isPlain ? "the closing comment is missing" : name == "shop.tar" ? "cut" : "cannot be read back"});
        }
        add("pg_dump " + name.substr(5), [this, name] { return dump(name); }, damages);
    }
}

void tst_DamagedBackups::baseBackups_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Make>("make");
    QTest::addColumn<Damage>("damage");
    const auto file = [](Place &place) { return place.root / "base/1/1255"; };
    add("pg_basebackup", [this] { return baseBackup(); }, {
        {"healthy twin", [](Place &) { }, ""},
        {"deleted WAL", [](Place &place) {
            for (const auto &entry : fs::directory_iterator(place.root / "pg_wal")) {
                if (entry.is_regular_file())
                    fs::remove(entry.path());
            }
        }, "WAL segment"},
        {"deleted file", [=](Place &place) { fs::remove(file(place)); }, "base/1/1255 is missing"},
        {"flipped byte", [=](Place &place) { flip(file(place)); }, "base/1/1255"},
        {"truncated", [=](Place &place) { fs::resize_file(file(place), 8192); }, "base/1/1255 has 8192 bytes instead of"},
        {"0 bytes", [=](Place &place) { empty(file(place)); }, "base/1/1255 has 0 bytes instead of"},
        {"of another cluster", [](Place &place) { place.set.server = place.other.target(); }, "of another cluster: system identifier"},
        {"version mismatch", [](Place &place) { std::ofstream(place.root / "PG_VERSION", std::ios::trunc) << "14\n"; }, "version mismatch: of PostgreSQL 14"},
        {"cut manifest", [](Place &place) { halve(place.root / "backup_manifest"); }, "backup_manifest"},
        {"killed writer", [this](Place &place) {
            fs::remove_all(place.root);
            m_kit->sql("CHECKPOINT");
            killWriter({m_kit->binaries() + "/pg_basebackup", "-h", sock(*m_kit), "-U", "postgres", "-c", "fast", "-D", place.root.string()}, place.root / "base");
            ageAll(place.root);
        }, "interrupted: backup_manifest is missing"},
    });
}

void tst_DamagedBackups::repositories_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Make>("make");
    QTest::addColumn<Damage>("damage");
    const auto file = [](Place &place) { return place.root / "backup/demo" / place.id / "pg_data/base/1/1255.gz"; };
    const auto wal = [](Place &place, bool isLast) {
        const auto backup = muster::test::scan(place.set, place.kit.live()).value().at(0);
        return isLast ? backup.walLast : backup.walFirst;
    };
    add("pgBackRest", [this] { return pgBackRest(); }, {
        {"healthy twin", [](Place &) { }, ""},
        {"deleted WAL", [=](Place &place) { removeWal(place.root / "archive", wal(place, true)); }, "WAL segment"},
        {"deleted file", [=](Place &place) { fs::remove(file(place)); }, "1255"},
        {"flipped byte", [=](Place &place) { flip(file(place)); }, "checksum invalid: 1"},
        {"truncated", [=](Place &place) { fs::resize_file(file(place), 100); }, "has 100 bytes instead of"},
        {"0 bytes", [=](Place &place) { empty(file(place)); }, "has 0 bytes instead of"},
        {"deleted manifest", [](Place &place) { fs::remove(place.root / "backup/demo" / place.id / "backup.manifest"); }, "manifest is missing"},
        {"of another cluster", [](Place &place) { place.set.server = place.other.target(); }, "of another cluster: system identifier"},
        {"page checksum", [this](Place &place) {
            place.set = m_pgBackRest; // the server archives into this one; the copies were made before
            auto &kit = place.kit;
            kit.sql("CREATE TABLE doomed AS SELECT i, repeat('x', 100) AS t FROM generate_series(1, 2000) i; CHECKPOINT");
            const auto relative = kit.sql("SELECT pg_relation_filepath('doomed')");
            kit.stop();
            (void)muster::test::flipByte(kit.data() / relative, 8192 + 4000);
            kit.start();
            kit.tool({"pgbackrest", "--config=" + place.set.config, "--stanza=demo", "--type=full", "--log-level-console=off", "--log-level-stderr=off", "backup"});
            place.id = muster::test::scan(place.set, kit.live()).value().at(0).id;
            kit.sql("DROP TABLE doomed; CHECKPOINT");
        }, "bad page checksums in "},
        {"its full is gone", [this](Place &place) {
            place.set = m_pgBackRest;
            place.kit.tool({"pgbackrest", "--config=" + place.set.config, "--stanza=demo", "--type=incr", "--log-level-console=off", "--log-level-stderr=off", "backup"});
            const auto newest = muster::test::scan(place.set, place.kit.live()).value().at(0);
            place.id = newest.id;
            if (newest.references.empty())
                qFatal("%s is no incremental one", newest.id.c_str());
            place.set = place.kit.onCopy(m_pgBackRest, &place.root);
            for (const auto &full : newest.references)
                fs::remove_all(place.root / "backup/demo" / full);
        }, "F/pg_data/PG_VERSION is missing"},
    });
    const auto base = [](Place &place) { return place.root / "base" / place.id / "data/base/1/1255"; };
    add("Barman", [this] { return barman(); }, {
        {"healthy twin", [](Place &) { }, ""},
        {"deleted WAL", [=](Place &place) { removeWal(place.root / "wals", wal(place, false)); }, "WAL segment"},
        {"deleted file", [=](Place &place) { fs::remove(base(place)); }, "1255 is missing"},
        {"flipped byte", [=](Place &place) { flip(base(place)); }, "verify-backup"},
        {"truncated", [=](Place &place) { fs::resize_file(base(place), 8192); }, "8192 bytes instead of"},
        {"0 bytes", [=](Place &place) { empty(base(place)); }, "0 bytes instead of"},
        {"of another cluster", [](Place &place) { place.set.server = place.other.target(); }, "of another cluster"},
        {"version mismatch", [](Place &place) { replaceIn(place.root / "base" / place.id / "backup.info", "version=15", "version=14"); }, "version mismatch: of PostgreSQL 14"},
        {"status FAILED", [](Place &place) { replaceIn(place.root / "base" / place.id / "backup.info", "status=DONE", "status=FAILED"); }, "Barman says FAILED"},
    });
}

int main(int count, char **arguments)
{
    report.open(fs::path(arguments[0]).replace_filename("damaged-backups.txt"));
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    tst_DamagedBackups test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_damagedbackups.moc"
