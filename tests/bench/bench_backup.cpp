// SPDX-License-Identifier: GPL-3.0-or-later
// Muster's pg_dump and pg_basebackup against the bare tools, in pairs on one server: throughput of the copy itself; what Muster adds (globals, syncing,
// SHA-256, reading back) is counted apart.
//   bench_backup          300 k rows, 3 pairs (smoke: prints, and asserts half the bare tool's throughput)
//   bench_backup --full   2 M rows, 9 pairs, asserts 0.95 of it
#include "connectors/backup/backupaction.h"
#include "tests/integration/repokit.h"

#include <QTest>

#include <cstdio>
#include <cstring>
#include <map>

using namespace muster;
using namespace muster::backup;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

namespace {

bool isFull = false;

double secondsSince(BootTime begun)
{
    return std::chrono::duration<double>(BootClock::now() - begun).count();
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double bytesOf(const fs::path &root)
{
    double total = 0;
    for (const auto &entry : fs::recursive_directory_iterator(root))
        total += entry.is_regular_file() ? static_cast<double>(entry.file_size()) : 0;
    return total;
}

/// Which part of a run a phase belongs to.
std::string partOf(const std::string &phase)
{
    for (const auto &[start, part] : {std::pair("dumping roles", "globals"), {"writing to the disk", "sync"}, {"hashing", "hash"}, {"reading back", "read back"}}) {
        if (phase.starts_with(start))
            return part;
    }
    return "copy";
}

} // namespace

class bench_Backup : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void dump();
    void baseBackup();

private:
    using Parts = std::map<std::string, double>; ///< seconds
    Parts muster(const Set &set, double &bytes);
    double bare(const std::vector<std::string> &words, const fs::path &target);
    void compare(const char *name, bool isDump, const std::function<double(const fs::path &)> &bareTool);

    std::unique_ptr<RepoKit> m_kit;
};

void bench_Backup::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::None, isFull ? 2000000 : 300000);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    m_kit->sql("CREATE TABLE orders AS SELECT i AS id, md5((i * 7)::text) || md5((i * 11)::text) AS body FROM generate_series(1, " + std::to_string(isFull ? 2000000 : 300000) + ") i; CHECKPOINT");
}

bench_Backup::Parts bench_Backup::muster(const Set &set, double &bytes)
{
    Parts parts;
    std::string part;
    BootTime since{};
    const auto change = [&](const std::string &next) {
        if (next == part)
            return;
        if (!part.empty())
            parts[part] += secondsSince(since);
        part = next;
        since = BootClock::now();
    };
    BackupAction action(set);
    auto plan = action.preflight(Deadline::after(Millis(15000)), {});
    if (!plan || !plan->isAllowed())
        qFatal("%s", plan ? plan->firstObstacle().c_str() : plan.error().detail.c_str());
    RunControl control({}, [&](const Progress &progress) { change(partOf(progress.phase)); });
    change("copy");
    auto outcome = action.run(*plan, control);
    change("verify");
    outcome = action.verify(*plan, std::move(outcome), control);
    change("end");
    if (outcome.kind != OutcomeKind::Succeeded)
        qFatal("%s", outcome.summary.c_str());
    for (const auto &entry : fs::directory_iterator(set.directory)) {
        if (entry.is_directory() && entry.path().filename().string()[0] != '.') {
            bytes = bytesOf(entry.path());
            fs::remove_all(entry.path());
        }
    }
    return parts;
}

double bench_Backup::bare(const std::vector<std::string> &words, const fs::path &target)
{
    const auto begun = BootClock::now();
    if (const auto said = m_kit->tool(words); !said.empty())
        qFatal("%s", said.c_str());
    const auto took = secondsSince(begun);
    fs::remove_all(target);
    return took;
}

void bench_Backup::compare(const char *name, bool isDump, const std::function<double(const fs::path &)> &bareTool)
{
    auto set = m_kit->makeSet(isDump ? "pg_dump" : "pg_basebackup");
    set.archive.clear();
    std::vector<double> ratios, copies, bares;
    std::map<std::string, std::vector<double>> asides;
    double bytes = 0;
    const int pairs = isFull ? 9 : 3;
    for (int pair = 0; pair < pairs; ++pair) {
        m_kit->sql("CHECKPOINT");
        const auto target = fs::path(set.directory) / "bare.tmp";
        double bareTook = pair % 2 == 0 ? bareTool(target) : 0;
        m_kit->sql("CHECKPOINT");
        const auto parts = muster(set, bytes);
        m_kit->sql("CHECKPOINT");
        bareTook = pair % 2 == 0 ? bareTook : bareTool(target);
        ratios.push_back(bareTook / parts.at("copy"));
        copies.push_back(parts.at("copy"));
        bares.push_back(bareTook);
        for (const auto &[part, took] : parts)
            asides[part].push_back(took);
    }
    std::printf("%s: %.0f MB written; copy %.2f s, bare tool %.2f s (medians of %d pairs); throughput %.3f of the bare tool's (median of the pairs' ratios)\n", name, bytes / 1e6, median(copies),
                median(bares), pairs, median(ratios));
    for (const auto &[part, took] : asides) {
        if (part != "copy" && part != "end")
            std::printf("    apart: %-10s %.2f s\n", part.c_str(), median(took));
    }
    std::fflush(stdout);
    QVERIFY2(median(ratios) >= (isFull ? 0.95 : 0.5), qPrintable(QString::number(median(ratios))));
}

void bench_Backup::dump()
{
    compare("pg_dump", true, [this](const fs::path &target) {
        return bare({m_kit->binaries() + "/pg_dump", "-h", (m_kit->root() / "sock").string(), "-U", "postgres", "-d", "shop", "--format=directory", "--jobs=2", "--file=" + target.string()}, target);
    });
}

void bench_Backup::baseBackup()
{
    compare("pg_basebackup", false, [this](const fs::path &target) {
        return bare({m_kit->binaries() + "/pg_basebackup", "-h", (m_kit->root() / "sock").string(), "-U", "postgres", "--format=plain", "--wal-method=stream", "--pgdata=" + target.string()}, target);
    });
}

int main(int count, char **arguments)
{
    isFull = count > 1 && std::strcmp(arguments[1], "--full") == 0;
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    bench_Backup bench;
    return QTest::qExec(&bench, 1, arguments);
}
#include "bench_backup.moc"
