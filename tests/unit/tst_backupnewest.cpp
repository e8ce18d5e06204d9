// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/barmanparser.h"
#include "connectors/backup/dumpheader.h"
#include "connectors/backup/dumpreader.h"
#include "connectors/backup/newest.h"
#include "connectors/backup/plaintables.h"
#include "connectors/backup/tarscan.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace muster;
using namespace muster::backup;

class tst_BackupNewest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void findsTheTablesOfAPlainDump();
    void looksAtNoRowOfData();
    void findsTablesAcrossPieces();
    void knowsWhoseTablesTheyAre();
    void believesNoClosingCommentInsideData();
    void knowsAWholeClusterFromItsGlobals();
    void saysTheNewestInWords();
    void namesTheDatabaseWithoutABackup();
    void passesByWhatIsBeingMade();
    void findsTheHolderOfAFileLock();
    void seesACutTar();
    void comparesSizesWithTheLikes();

private:
    static Backup made(const std::string &id, Rung rung, std::uint64_t size, int hour, const std::string &database = "shop")
    {
        Backup backup;
        backup.id = id;
        backup.kind = "dump";
        backup.format = "custom";
        backup.rung = rung;
        backup.size = size;
        backup.databases = {database};
        backup.finishedAt = WallTime(std::chrono::hours(hour));
        return backup;
    }
    static PlainTables read(std::string_view text)
    {
        PlainTables tables;
        tables.add(text);
        return tables;
    }
};

void tst_BackupNewest::findsTheTablesOfAPlainDump()
{
    const auto tables = read("CREATE TABLE public.items (\n    id integer\n);\nCREATE UNLOGGED TABLE \"Odd schema\".\"a\"\"b\" (\n);\nCREATE TABLESPACE x;\n  CREATE TABLE public.indented (\nCREATE TABLE nothing\n");
    QCOMPARE(tables.names(), (std::set<std::string>{"public items", "Odd schema a\"b"}));
}

void tst_BackupNewest::looksAtNoRowOfData()
{
    const std::string wide(3000, 'c');
    const auto tables = read("COPY public.notes (text) FROM stdin;\nCREATE TABLE public.never (\n\\.\nCREATE TABLE public.one (\nCOPY public.wide (" + wide + ") FROM stdin;\nCREATE TABLE public.nor (\n\\.\nCREATE TABLE public.two (\n");
    QCOMPARE(tables.names(), (std::set<std::string>{"public one", "public two"}));
}

void tst_BackupNewest::findsTablesAcrossPieces()
{
    const std::string text = "CREATE TABLE public.items (\nCOPY public.items (id) FROM stdin;\n1\n\\.\nCREATE TABLE public.orders (\n";
    for (std::size_t size = 1; size < text.size(); ++size) {
        PlainTables tables;
        for (std::size_t at = 0; at < text.size(); at += size)
            tables.add(std::string_view(text).substr(at, size));
        QCOMPARE(tables.names().size(), std::size_t{2});
    }
}

void tst_BackupNewest::knowsWhoseTablesTheyAre()
{
    const auto dump = read("CREATE TABLE public.items (\nCREATE TABLE public.orders (\n");
    QCOMPARE(identityProblem(dump, {{"public items", "1"}}), std::string());
    QVERIFY(identityProblem(dump, {{"public other", "1"}}).find("none of its 2 tables exists") != std::string::npos);
    QVERIFY(identityProblem(read("SET x = 1;\n"), {{"public items", "1"}, {"public other", "2"}}).find("it holds no table; the server's database has 2") != std::string::npos);
    QCOMPARE(identityProblem(read("SET x = 1;\n"), {}), std::string());
    QVERIFY(identityProblem(";\n; Archive created at x\n", {{"public items", "1"}}).find("it holds no table") != std::string::npos);
}

void tst_BackupNewest::believesNoClosingCommentInsideData()
{
    const std::string end = "--\n-- PostgreSQL database dump complete\n--\n\n";
    QVERIFY(isPlainEnd(end, false));
    QVERIFY(isPlainEnd(end + "\\unrestrict abc\n", false));
    QVERIFY(!isPlainEnd(end + "7\tmore rows\n", false));
    QVERIFY(!isPlainEnd(end, true)); // of a database inside a cluster's dump
    QVERIFY(isPlainEnd("-- PostgreSQL database cluster dump complete\n--\n\n", true));
    QVERIFY(!isPlainEnd("", false));
}

void tst_BackupNewest::knowsAWholeClusterFromItsGlobals()
{
    const std::string head = "--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE a;\n";
    const auto globals = parseHead(head);
    QVERIFY(globals && globals->isCluster && !globals->isWhole);
    const auto whole = parseHead(head + "--\n-- Databases\n--\n\n--\n-- Database \"template1\" dump\n--\n");
    QVERIFY(whole && whole->isCluster && whole->isWhole);
}

void tst_BackupNewest::saysTheNewestInWords()
{
    QCOMPARE(newestState({}, {}), std::string("there is none"));
    auto bad = made("b.dump", Rung::Damaged, 20, 2);
    bad.reason = "cut: the head is incomplete";
    QCOMPARE(newestState({bad, made("a.dump", Rung::Verified, 400, 1)}, {}), std::string("b.dump (20 B): damaged: cut: the head is incomplete"));
    QCOMPARE(newestState({made("a.dump", Rung::Verified, 400, 1)}, {"shop"}), std::string("a.dump (400 B): verified"));
    bad.rung = Rung::Interrupted;
    bad.reason = "interrupted: its maker is gone";
    QCOMPARE(newestState({bad}, {}), std::string("b.dump (20 B): interrupted: its maker is gone"));
}

void tst_BackupNewest::namesTheDatabaseWithoutABackup()
{
    const auto text = newestState({made("a.dump", Rung::Verified, 400, 1)}, {"shop", "orders"});
    QVERIFY2(text.ends_with("; no usable one of database orders"), text.c_str());
}

void tst_BackupNewest::passesByWhatIsBeingMade()
{
    auto globals = made("globals.sql", Rung::Complete, 900, 2);
    globals.kind = "globals";
    const std::vector<Backup> all{made("c", Rung::Running, 5, 3), globals, made("a", Rung::Verified, 400, 1)};
    QCOMPARE(newestAttempt(all)->id, std::string("a"));
    QVERIFY(!newestAttempt({all[0]}));
}

void tst_BackupNewest::findsTheHolderOfAFileLock()
{
    constexpr const char *kLocks = "1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF\n2: FLOCK  ADVISORY  WRITE 4711 08:01:1077 0 EOF\n3: FLOCK  ADVISORY  READ 12 fe:00:78 0 EOF\n";
    QVERIFY(barman::flockHolder(kLocks, "1077") == std::optional<long>(4711));
    QVERIFY(barman::flockHolder(kLocks, "78") == std::optional<long>(12));
    QVERIFY(!barman::flockHolder(kLocks, "77")); // another kind of lock, and the end of another number
    QVERIFY(!barman::flockHolder("", "77"));
    QVERIFY(!barman::flockHolder("garbage\n: : :\n", "77"));
}

void tst_BackupNewest::seesACutTar()
{
    const auto member = [](const std::string &name, std::size_t size) {
        std::string head(512, '\0');
        head.replace(0, name.size(), name);
        char text[13];
        std::snprintf(text, sizeof text, "%011zo", size);
        head.replace(124, 11, text);
        head.replace(148, 8, 8, ' ');
        unsigned sum = 0;
        for (const char c : head)
            sum += static_cast<unsigned char>(c);
        std::snprintf(text, sizeof text, "%06o", sum);
        head.replace(148, 7, text, 7);
        return head + std::string(size, 'x') + std::string((512 - size % 512) % 512, '\0');
    };
    const auto members = member("toc.dat", 700) + member("3350.dat", 2000);
    const auto whole = members + std::string(1024, '\0');
    QTemporaryDir folder;
    const auto path = folder.filePath(QStringLiteral("x.tar"));
    const auto problems = [&](const std::string &bytes) {
        TarScan scan;
        for (std::size_t at = 0; at < bytes.size(); at += 100)
            scan.add(std::string_view(bytes).substr(at, 100));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0)
            return std::pair(std::string("no file"), std::string());
        file.close();
        return std::pair(scan.problem(), tarProblem(path.toStdString()));
    };
    QCOMPARE(problems(whole), std::pair(std::string(), std::string()));
    for (std::size_t size = 1; size < members.size() + 512; size += 37) {
        const auto [stream, file] = problems(whole.substr(0, size));
        QVERIFY2(stream.starts_with("cut"), stream.c_str());
        QVERIFY2(file.starts_with("cut"), file.c_str());
    }
    QCOMPARE(problems(whole.substr(0, 3000)), std::pair(std::string("cut inside 3350.dat"), std::string("cut inside 3350.dat")));
    auto damaged = whole;
    damaged[1536 + 3] = 'Y'; // in the head of the second
    QVERIFY(problems(damaged).first.starts_with("damaged behind toc.dat"));
    QVERIFY(problems(damaged).second.starts_with("damaged behind toc.dat"));
}

void tst_BackupNewest::comparesSizesWithTheLikes()
{
    QVERIFY(!sizeChange({made("a", Rung::Verified, 400, 1)}));
    QVERIFY(!sizeChange({made("b", Rung::Verified, 10, 2, "orders"), made("a", Rung::Verified, 400, 1)}));
    const auto fallen = sizeChange({made("d", Rung::Complete, 100, 4), made("c", Rung::Damaged, 1, 3), made("b", Rung::Verified, 410, 2), made("a", Rung::Verified, 400, 1)});
    QVERIFY(fallen);
    QVERIFY(fallen->ratio < 0.26);
    QCOMPARE(fallen->text, std::string("d has 100 B, the 2 before it about 410 B"));
}

QTEST_GUILESS_MAIN(tst_BackupNewest)
#include "tst_backupnewest.moc"
