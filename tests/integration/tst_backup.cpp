// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/backupsource.h"
#include "connectors/backup/catalogue.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/verifybackupaction.h"
#include "connectors/process/child.h"
#include "tests/integration/backupkit.h"

#include <QTest>

#include <filesystem>
#include <fstream>

using namespace muster;
using namespace muster::backup;
using muster::test::namesIn;
using muster::test::perform;
namespace fs = std::filesystem;

class tst_Backup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void makesAVerifiedBackupThatRestores();
    void reportsTheFacts();
    void findsDamage_data();
    void findsDamage();
    void refusesTheSecondOperatorByName();
    void refusesAPooler();
    void refusesAnUnwritableDirectory();
    void refusesTheWrongTool();
    void refusesUnreadableTables();
    void refusesAnotherServerThanThePlans();
    void leavesOutPasswordsThatItMayNotRead();
    void removesOnlyWhatIsOutdated();
    void dumpsADatabaseWithAHostileName();
    void readsForeignDumpsBack();
    void showsDamagedForeignDumpsRed_data();
    void showsDamagedForeignDumpsRed();
    void knowsADumpOfAnotherCluster();
    void restoresInADrill();
    void restoresAForeignDumpInADrill_data();
    void restoresAForeignDumpInADrill();
    void failsADrillWhoseTableCameBackEmpty();
    void countsADumpOfTheWholeCluster();

private:
    std::unique_ptr<muster::test::BackupKit> m_kit;

    std::string tool(const char *name) { return m_kit->servers().text(u"postgres", u"binaries").toStdString() + '/' + name; }
    process::Finished runTool(const char *name, const std::vector<std::string> &arguments)
    {
        process::Command command;
        command.program = tool(name);
        command.arguments = arguments;
        command.environment = process::baseEnvironment();
        command.environment.emplace_back("PGPASSWORD", m_kit->servers().text(u"postgres", u"adminPassword").toStdString());
        return process::run(command, Deadline::after(Millis(60000))).value_or(process::Finished{});
    }
    /// host, port and user of the administrator, as every tool takes them.
    std::vector<std::string> access(std::vector<std::string> more)
    {
        std::vector<std::string> arguments{"-h", "127.0.0.1", "-p", std::to_string(m_kit->servers().port(u"postgres")), "-U",
                                           m_kit->servers().text(u"postgres", u"adminUser").toStdString()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    std::string makeBackup(const Set &set)
    {
        BackupAction action(set);
        const auto run = perform(action);
        if (run.outcome.kind != OutcomeKind::Succeeded)
            qWarning("%s", run.plan ? (run.outcome.summary + run.plan->firstObstacle()).c_str() : run.plan.error().detail.c_str());
        const auto names = namesIn(set.directory);
        return names.empty() ? std::string() : set.directory + '/' + names.back();
    }
    std::vector<Backup> scanned(const Set &set)
    {
        Live live;
        live.systemIdentifier = identity();
        live.major = std::stoi(m_kit->sql("SHOW server_version"));
        return muster::test::scan(set, live).value();
    }
    std::string reasonOf(const Set &set, const std::string &id)
    {
        const auto all = scanned(set);
        const auto it = std::ranges::find(all, id, &Backup::id);
        return it == all.end() ? "not there" : it->reason;
    }
    bool isRed(const Set &set, const std::string &id)
    {
        const auto all = scanned(set);
        const auto it = std::ranges::find(all, id, &Backup::id);
        return it != all.end() && (it->rung == Rung::Damaged || it->rung == Rung::Unusable);
    }
    void pack(const Set &set, const std::string &packer, const std::vector<std::string> &names)
    {
        for (const auto &name : names) {
            process::Command command;
            command.program = "/usr/bin/" + packer;
            command.arguments = {"-k", "-f", set.directory + '/' + name};
            command.environment = process::baseEnvironment();
            QVERIFY(process::run(command, Deadline::after(Millis(60000))).value().isGood());
        }
    }
    std::string identity() { return m_kit->sql("SELECT system_identifier FROM pg_control_system()"); }
};

void tst_Backup::initTestCase()
{
    m_kit = std::make_unique<muster::test::BackupKit>();
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
}

void tst_Backup::makesAVerifiedBackupThatRestores()
{
    const auto set = m_kit->makeSet();
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan, run.plan ? "" : run.plan.error().detail.c_str());
    QVERIFY2(run.plan->isAllowed(), run.plan->firstObstacle().c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
    QCOMPARE(run.plan->identity, identity());
    QVERIFY(run.plan->command.find("/pg_dump --format=directory") != std::string::npos);
    QVERIFY(std::ranges::any_of(run.messages, [](const std::string &message) { return message.find("items") != std::string::npos; }));
    for (const auto &progress : run.progress)
        QVERIFY(!progress.total || progress.done <= *progress.total);

    const auto names = namesIn(set.directory);
    QCOMPARE(names.size(), std::size_t{1});
    const auto path = set.directory + '/' + names[0];
    const auto backups = scanned(set);
    QVERIFY2(backups.at(0).rung == Rung::Verified, backups.at(0).reason.c_str());
    const auto manifest = readManifest(path).value();
    QCOMPARE(manifest.databases.at(0).tables.at(0).rows, 50000.0);
    QVERIFY(!fs::exists(path + '/' + kOwnerName));
    QCOMPARE(fs::status(path).permissions() & fs::perms{0777}, fs::perms{0700});
    std::ifstream globals(path + "/globals.sql");
    const std::string text((std::istreambuf_iterator<char>(globals)), {});
    QVERIFY(text.find("CREATE ROLE oncall") != std::string::npos);

    QCOMPARE(m_kit->sql("CREATE DATABASE restored"), std::string());
    const auto restored = runTool("pg_restore", access({"-d", "restored", path + "/shop"}));
    QVERIFY2(restored.isGood(), restored.errors.c_str());
    const auto sum = "SELECT md5(string_agg(i::text, ',' ORDER BY id)) FROM items i";
    QCOMPARE(m_kit->sql(sum, "restored"), m_kit->sql(sum, "shop"));
    m_kit->sql("DROP DATABASE restored");
}

void tst_Backup::reportsTheFacts()
{
    const auto set = m_kit->makeSet();
    BackupSource source(set);
    const auto fact = [&](const FactBatch &batch, const std::string &name) {
        const auto it = std::ranges::find(batch.facts, name, &Fact::name);
        return it == batch.facts.end() ? Value(Unknown{"absent", {}}) : it->value;
    };
    auto batch = source.collect(Deadline::after(Millis(5000)), {});
    QVERIFY(batch);
    QCOMPARE(batch->source, std::string("backup/nightly"));
    QVERIFY(fact(*batch, "backup.usable_age") == Value(1e12));
    QVERIFY(fact(*batch, "backup.within_window") == Value(false));
    QVERIFY(fact(*batch, "backup.holder") == Value(std::string()));

    makeBackup(set);
    batch = source.collect(Deadline::after(Millis(5000)), {});
    QVERIFY(batch);
    QVERIFY(fact(*batch, "backup.count") == Value(1.0));
    QVERIFY(*asNumber(fact(*batch, "backup.usable_age")) < 60);
    QVERIFY(fact(*batch, "backup.within_window") == Value(true));
    QVERIFY(fact(*batch, "backup.schedule_seen") == Value(true));
    QVERIFY(*asNumber(fact(*batch, "backup.free_bytes")) > 0);
    const auto value = fact(*batch, "backup.backups");
    QCOMPARE(asTable(value)->text(0, "rung"), std::string("verified"));
    QCOMPARE(asTable(value)->text(0, "system_identifier"), identity());

    Server holder(set, Server::Purpose::MakeBackup);
    QVERIFY(holder.connect(Deadline::after(Millis(5000))));
    QVERIFY(holder.tryLock(Deadline::after(Millis(5000))).value());
    batch = source.collect(Deadline::after(Millis(5000)), {});
    const auto held = fact(*batch, "backup.holder");
    QVERIFY(asText(held));
    QVERIFY2(asText(held)->starts_with("muster backup nightly ada@laptop, since 20"), asText(held)->c_str());
}

void tst_Backup::findsDamage_data()
{
    using Damage = std::function<void(const fs::path &)>;
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto largest = [](const fs::path &path) {
        fs::path found;
        for (const auto &entry : fs::directory_iterator(path / "shop")) {
            if (found.empty() || entry.file_size() > fs::file_size(found))
                found = entry.path();
        }
        return found;
    };
    const auto row = [](const char *name, Damage damage, const char *reason) { QTest::newRow(name) << damage << QString::fromUtf8(reason); };
    row("cut in half", [=](const fs::path &path) { fs::resize_file(largest(path), fs::file_size(largest(path)) / 2); }, "bytes instead of");
    row("one byte flipped, times kept", [=](const fs::path &path) {
        const auto file = largest(path);
        const auto time = fs::last_write_time(file);
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        stream.seekg(5000);
        const auto byte = char(stream.get() ^ 1);
        stream.seekp(5000);
        stream.put(byte);
        stream.close();
        fs::last_write_time(file, time);
    }, "SHA-256");
    row("data file deleted", [=](const fs::path &path) { fs::remove(largest(path)); }, "dat");
    row("zero bytes", [=](const fs::path &path) { fs::resize_file(largest(path), 0); }, "0 bytes");
    row("globals missing", [](const fs::path &path) { fs::remove(path / "globals.sql"); }, "globals.sql");
}

void tst_Backup::findsDamage()
{
    QFETCH(std::function<void(const fs::path &)>, damage);
    QFETCH(QString, reason);
    const auto set = m_kit->makeSet();
    damage(makeBackup(set));
    VerifyBackupAction action(set, {});
    const auto run = perform(action);
    QVERIFY(run.plan);
    QVERIFY(run.outcome.kind == OutcomeKind::Failed);
    QVERIFY2(run.outcome.summary.find(reason.toStdString()) != std::string::npos, run.outcome.summary.c_str());
    QVERIFY(scanned(set).at(0).rung == Rung::Damaged);
    QVERIFY2(scanned(set).at(0).reason.find(reason.toStdString()) != std::string::npos, scanned(set).at(0).reason.c_str());
}

void tst_Backup::refusesTheSecondOperatorByName()
{
    const auto set = m_kit->makeSet("bob@desk");
    BackupAction early(set);
    auto plan = early.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY(plan && plan->isAllowed());
    auto others = m_kit->makeSet("ada@laptop");
    Server first(others, Server::Purpose::MakeBackup);
    QVERIFY(first.connect(Deadline::after(Millis(5000))));
    QVERIFY(first.tryLock(Deadline::after(Millis(5000))).value());
    // Planned before, run after the first began.
    RunControl control({}, [](const Progress &) { });
    const auto outcome = early.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QVERIFY2(outcome.summary.find("ada@laptop") != std::string::npos, outcome.summary.c_str());
    QVERIFY(namesIn(set.directory).empty());
    // Planned after.
    BackupAction late(set);
    plan = late.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY(plan && !plan->isAllowed());
    first.close();
    BackupAction again(set);
    QVERIFY(perform(again).outcome.kind == OutcomeKind::Succeeded);
}

void tst_Backup::refusesAPooler()
{
    auto set = m_kit->makeSet();
    set.server->url = "postgresql://oncall@127.0.0.1:" + std::to_string(m_kit->servers().port(u"pgbouncer")) + "/shop";
    set.server->caFile.clear();
    BackupAction action(set);
    const auto plan = action.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY2(plan, plan ? "" : plan.error().detail.c_str());
    QVERIFY(!plan->isAllowed());
    QVERIFY(plan->firstObstacle().find("server itself") != std::string::npos);
}

void tst_Backup::refusesAnUnwritableDirectory()
{
    auto set = m_kit->makeSet();
    fs::create_directory_symlink(set.directory, set.directory + "-link");
    for (const auto &directory : {set.directory + "-link", set.directory + "/absent"}) {
        set.directory = directory;
        BackupAction action(set);
        const auto plan = action.preflight(Deadline::after(Millis(10000)), {});
        QVERIFY(plan);
        QVERIFY(!plan->isAllowed());
        QVERIFY2(plan->firstObstacle().starts_with("The directory can be written"), plan->firstObstacle().c_str());
    }
}

void tst_Backup::refusesTheWrongTool()
{
    auto set = m_kit->makeSet();
    for (const auto *name : {"pg_dump", "pg_dumpall", "pg_restore"}) {
        std::ofstream(set.directory + '/' + name) << "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n";
        fs::permissions(set.directory + '/' + name, fs::perms::owner_all);
    }
    set.toolFolders = {set.directory};
    BackupAction action(set);
    const auto plan = action.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY(plan);
    QVERIFY(!plan->isAllowed());
    QVERIFY(std::ranges::any_of(plan->checks, [](const PlanCheck &check) { return check.state == PlanCheckState::Failed && check.detail.find("9.6.24") != std::string::npos; }));
}

void tst_Backup::refusesUnreadableTables()
{
    m_kit->sql("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    auto set = m_kit->makeSet();
    set.server = m_kit->target(QStringLiteral("plain"), QStringLiteral("plain"));
    BackupAction action(set);
    const auto plan = action.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY2(plan, plan ? "" : plan.error().detail.c_str());
    QVERIFY(!plan->isAllowed());
    QVERIFY(std::ranges::any_of(plan->checks, [](const PlanCheck &check) { return check.detail.find("GRANT pg_read_all_data") != std::string::npos; }));
}

void tst_Backup::refusesAnotherServerThanThePlans()
{
    const auto set = m_kit->makeSet();
    BackupAction action(set);
    auto plan = action.preflight(Deadline::after(Millis(10000)), {});
    QVERIFY(plan);
    plan->identity = "7000000000000000000";
    RunControl control({}, [](const Progress &) { });
    const auto outcome = action.run(*plan, control);
    QVERIFY(outcome.kind == OutcomeKind::Refused);
    QVERIFY(namesIn(set.directory).empty());
}

void tst_Backup::leavesOutPasswordsThatItMayNotRead()
{
    m_kit->sql("CREATE ROLE dumper LOGIN PASSWORD 'dumper'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO dumper; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO dumper");
    auto set = m_kit->makeSet();
    set.server = m_kit->target(QStringLiteral("dumper"), QStringLiteral("dumper"));
    set.server->databases = {"shop"};
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan, run.plan ? "" : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.plan->firstObstacle()).c_str());
    QVERIFY(run.plan->command.find("--no-role-passwords") != std::string::npos);
    QVERIFY(!readManifest(set.directory + '/' + namesIn(set.directory).at(0))->hasRolePasswords);
}

void tst_Backup::removesOnlyWhatIsOutdated()
{
    auto set = m_kit->makeSet();
    set.keep = 2;
    std::ofstream(set.directory + "/foreign.sql") << "-- PostgreSQL database dump\n-- PostgreSQL database dump complete\n";
    std::vector<std::string> made;
    for (int i = 0; i < 3; ++i) {
        if (i > 0)
            QTest::qWait(1100); // ids are to the second
        BackupAction action(set);
        const auto run = perform(action);
        QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, run.outcome.summary.c_str());
        const auto backups = scanned(set);
        made.push_back(backups.at(0).id);
        const auto removes = std::ranges::find(run.plan->changes, "Removes when verified", &PlanLine::label);
        QCOMPARE(removes->value, i < 2 ? std::string("nothing") : made[0]);
    }
    QCOMPARE(namesIn(set.directory), (std::vector<std::string>{"foreign.sql", made[1], made[2]}));
}

void tst_Backup::dumpsADatabaseWithAHostileName()
{
    const std::string name = "host=evil' user=x --file=/tmp/x";
    QCOMPARE(m_kit->sql("CREATE DATABASE \"host=evil' user=x --file=/tmp/x\""), std::string());
    m_kit->sql("CREATE TABLE t AS SELECT 42 AS answer", name);
    auto set = m_kit->makeSet();
    set.server->databases = {"shop", name};
    const auto path = makeBackup(set);
    QVERIFY2(scanned(set).at(0).rung == Rung::Verified, scanned(set).at(0).reason.c_str());
    QCOMPARE(readManifest(path)->databases.at(0).name, name);
    QVERIFY(fs::exists(path + '/' + safeName(name) + "/toc.dat"));
    m_kit->sql("DROP DATABASE \"host=evil' user=x --file=/tmp/x\"");
}

void tst_Backup::readsForeignDumpsBack()
{
    const auto set = m_kit->makeSet();
    for (const auto &[format, name] : {std::pair("c", "shop.dump"), {"t", "shop.tar"}, {"d", "shop.dir"}, {"p", "shop.sql"}}) {
        const auto dumped = runTool("pg_dump", access({"-d", "shop", "-F", format, "-f", set.directory + '/' + name}));
        QVERIFY2(dumped.isGood(), dumped.errors.c_str());
    }
    pack(set, "gzip", {"shop.dump", "shop.tar", "shop.sql"});
    pack(set, "zstd", {"shop.dump", "shop.tar", "shop.sql"});
    for (const auto &backup : scanned(set)) {
        QVERIFY2(backup.rung == Rung::Unusable, backup.id.c_str());
        QVERIFY2(backup.reason.find("globals") != std::string::npos, backup.reason.c_str());
    }
    QVERIFY(runTool("pg_dumpall", access({"--globals-only", "-f", set.directory + "/globals.sql"})).isGood());
    const auto all = scanned(set);
    QCOMPARE(all.size(), std::size_t{11});
    for (const auto &backup : all) {
        QVERIFY2(backup.rung == Rung::Complete, (backup.id + ": " + backup.reason).c_str());
        QVERIFY(backup.kind == "globals" || backup.serverVersion.starts_with("15"));
        VerifyBackupAction action(set, backup.id);
        const auto run = perform(action);
        QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (backup.id + ": " + run.outcome.summary + (run.plan ? run.plan->firstObstacle() : run.plan.error().detail)).c_str());
    }
    for (const auto &backup : scanned(set))
        QVERIFY2(backup.rung == Rung::Verified, (backup.id + ": " + backup.reason).c_str());
}

void tst_Backup::showsDamagedForeignDumpsRed_data()
{
    using Damage = std::function<void(const fs::path &)>;
    QTest::addColumn<QString>("name");
    QTest::addColumn<Damage>("damage");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *title, const char *name, Damage damage, const char *reason) {
        QTest::newRow(title) << QString::fromUtf8(name) << damage << QString::fromUtf8(reason);
    };
    const Damage cut = [](const fs::path &path) { fs::resize_file(path, fs::file_size(path) / 2); };
    const Damage empty = [](const fs::path &path) { fs::resize_file(path, 0); };
    const Damage flip = [](const fs::path &path) {
        std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
        const auto at = std::streamoff(fs::file_size(path) / 2);
        stream.seekg(at);
        const auto byte = char(stream.get() ^ 0x55);
        stream.seekp(at);
        stream.put(byte);
    };
    row("custom cut", "shop.dump", cut, "cannot be read back");
    row("custom flipped", "shop.dump", flip, "cannot be read back");
    row("custom empty", "shop.dump", empty, "0 bytes");
    row("plain cut", "shop.sql", cut, "closing comment");
    row("plain empty", "shop.sql", empty, "0 bytes");
    row("gzip of plain cut", "shop.sql.gz", cut, "unexpected end of file");
    row("gzip of plain flipped", "shop.sql.gz", flip, "cannot be read back");
    row("zstd of custom cut", "shop.dump.zst", cut, "cannot be read back");
    row("directory without a file", "shop.dir", [](const fs::path &path) {
        for (const auto &entry : fs::directory_iterator(path)) {
            if (entry.path().extension() == ".gz" && fs::file_size(entry.path()) > 1000) {
                fs::remove(entry.path());
                return;
            }
        }
    }, "cannot be read back");
}

void tst_Backup::showsDamagedForeignDumpsRed()
{
    QFETCH(QString, name);
    QFETCH(std::function<void(const fs::path &)>, damage);
    QFETCH(QString, reason);
    const auto set = m_kit->makeSet();
    const auto id = name.toStdString();
    const auto bare = name.endsWith(QStringLiteral(".gz")) || name.endsWith(QStringLiteral(".zst")) ? id.substr(0, id.rfind('.')) : id;
    const char *format = bare == "shop.dump" ? "c" : bare == "shop.dir" ? "d" : "p";
    QVERIFY(runTool("pg_dumpall", access({"--globals-only", "-f", set.directory + "/globals.sql"})).isGood());
    QVERIFY(runTool("pg_dump", access({"-d", "shop", "-F", format, "-f", set.directory + '/' + bare})).isGood());
    if (bare != id) {
        pack(set, id.ends_with(".gz") ? "gzip" : "zstd", {bare});
        fs::remove(set.directory + '/' + bare);
    }
    damage(set.directory + '/' + id);
    if (bare != "shop.dir") // what is cut and fresh may still be being written
        fs::last_write_time(set.directory + '/' + id, fs::file_time_type::clock::now() - std::chrono::minutes(3));
    if (!isRed(set, id)) {
        VerifyBackupAction action(set, id);
        const auto run = perform(action);
        QVERIFY(run.outcome.kind == OutcomeKind::Failed);
    }
    QVERIFY(isRed(set, id));
    QVERIFY2(reasonOf(set, id).find(reason.toStdString()) != std::string::npos, reasonOf(set, id).c_str());
}

void tst_Backup::knowsADumpOfAnotherCluster()
{
    const auto set = m_kit->makeSet();
    QVERIFY(runTool("pg_dumpall", access({"--globals-only", "-f", set.directory + "/globals.sql"})).isGood());
    // The same names with other numbers: what the dump of a copy looks like.
    m_kit->sql("CREATE SCHEMA copy; CREATE TABLE copy.items AS SELECT * FROM items LIMIT 5; CREATE TABLE copy.orders AS SELECT * FROM orders LIMIT 5");
    QVERIFY(runTool("pg_dump", access({"-d", "shop", "-n", "copy", "-F", "c", "-f", set.directory + "/other.dump"})).isGood());
    m_kit->sql("DROP SCHEMA copy CASCADE");
    VerifyBackupAction action(set, "other.dump");
    QVERIFY(perform(action).outcome.kind == OutcomeKind::Failed);
    QVERIFY(isRed(set, "other.dump"));
    QVERIFY2(reasonOf(set, "other.dump").find("another cluster") != std::string::npos, reasonOf(set, "other.dump").c_str());
}

void tst_Backup::restoresInADrill()
{
    auto set = m_kit->makeSet();
    QTemporaryDir scratch;
    set.drillDirectory = scratch.path().toStdString();
    fs::permissions(set.drillDirectory, fs::perms{0755});
    set.drillQueries = {"SELECT count(*) = 50000 FROM items", "SELECT max(id) FROM orders"};
    makeBackup(set);
    DrillAction action(set, {});
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    const auto backup = scanned(set).at(0);
    QVERIFY2(backup.rung == Rung::Restored, backup.reason.c_str());
    QVERIFY(backup.drill && backup.drill->took > Millis(0) && backup.drill->rows >= 51000);
    QVERIFY(namesIn(set.drillDirectory).empty());
    // A query that is not true any more is a failed drill.
    set.drillQueries = {"SELECT count(*) = 7 FROM items"};
    DrillAction again(set, {});
    const auto failed = perform(again);
    QVERIFY(failed.outcome.kind == OutcomeKind::Failed);
    QVERIFY2(failed.outcome.summary.find("query 1 answered false") != std::string::npos, failed.outcome.summary.c_str());
    QVERIFY(isRed(set, backup.id));
    QVERIFY(namesIn(set.drillDirectory).empty());
}

void tst_Backup::restoresAForeignDumpInADrill_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"shop.dump", "shop.dir", "shop.sql.gz", "shop.tar.zst", "all.sql.gz"})
        QTest::newRow(name) << QString::fromUtf8(name);
}

void tst_Backup::restoresAForeignDumpInADrill()
{
    QFETCH(QString, name);
    auto set = m_kit->makeSet();
    QTemporaryDir scratch;
    set.drillDirectory = scratch.path().toStdString();
    fs::permissions(set.drillDirectory, fs::perms{0755});
    set.drillQueries = {"SELECT count(*) = 50000 FROM items"};
    const auto id = name.toStdString();
    const bool isPacked = id.ends_with(".gz") || id.ends_with(".zst");
    const auto bare = isPacked ? id.substr(0, id.rfind('.')) : id;
    const char *format = bare == "shop.dump" ? "c" : bare == "shop.dir" ? "d" : bare == "shop.tar" ? "t" : "p";
    QVERIFY(runTool("pg_dumpall", access({"--globals-only", "-f", set.directory + "/globals.sql"})).isGood());
    if (bare == "all.sql") {
        fs::remove(set.directory + "/globals.sql"); // it has its own
        QVERIFY(runTool("pg_dumpall", access({"-f", set.directory + '/' + bare})).isGood());
    } else {
        QVERIFY(runTool("pg_dump", access({"-d", "shop", "-F", format, "-f", set.directory + '/' + bare})).isGood());
    }
    if (isPacked)
        pack(set, id.ends_with(".gz") ? "gzip" : "zstd", {bare});
    DrillAction action(set, id);
    const auto run = perform(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY(namesIn(set.drillDirectory).empty());
}

void tst_Backup::failsADrillWhoseTableCameBackEmpty()
{
    auto set = m_kit->makeSet();
    QTemporaryDir scratch;
    set.drillDirectory = scratch.path().toStdString();
    fs::permissions(set.drillDirectory, fs::perms{0755});
    QVERIFY(runTool("pg_dumpall", access({"--globals-only", "-f", set.directory + "/globals.sql"})).isGood());
    QVERIFY(runTool("pg_dump", access({"-d", "shop", "-F", "c", "--exclude-table-data=items", "-f", set.directory + "/shop.dump"})).isGood());
    DrillAction action(set, "shop.dump");
    const auto run = perform(action);
    QVERIFY(run.outcome.kind == OutcomeKind::Failed);
    QVERIFY2(run.outcome.summary.find("table public.items has about 50") != std::string::npos, run.outcome.summary.c_str());
    QVERIFY(isRed(set, "shop.dump"));
    QVERIFY(namesIn(set.drillDirectory).empty());
}

void tst_Backup::countsADumpOfTheWholeCluster()
{
    auto set = m_kit->makeSet();
    set.server->databases = {"shop", "postgres"};
    QVERIFY(runTool("pg_dumpall", access({"-f", set.directory + "/all.sql"})).isGood());
    VerifyBackupAction action(set, "all.sql");
    const auto run = perform(action);
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + (run.plan ? run.plan->firstObstacle() : run.plan.error().detail)).c_str());
    const auto all = scanned(set);
    QCOMPARE(all.at(0).kind, std::string("dump"));
    QVERIFY2(newestUsable(all, set.server->databases), all.at(0).reason.c_str());
    // Its middle has closing comments too, of the single databases.
    fs::resize_file(set.directory + "/all.sql", fs::file_size(set.directory + "/all.sql") - 60);
    fs::last_write_time(set.directory + "/all.sql", fs::file_time_type::clock::now() - std::chrono::minutes(3));
    QVERIFY(isRed(set, "all.sql"));
}

QTEST_GUILESS_MAIN(tst_Backup)
#include "tst_backup.moc"
