// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/sqlitehistory.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace muster;
using namespace std::chrono_literals;
using history::Limits;
using history::SqliteHistory;

namespace {

constexpr WallTime kStart{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31)};

} // namespace

class tst_History : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void readsBackWhatWasAppended();
    void leavesGapsAsGaps();
    void mergesIntoAtMostSoManyPoints();
    void sumsUpMinutesAndQuarters();
    void readsAcrossTheLevels();
    void forgetsByAge();
    void staysUnderItsSize();
    void keepsEvents();
    void answersWhenItDroppedAndWhy();
    void survivesKill();
    void movesADamagedFileAside();
    void refusesANewerFile();
    void faultsOnAReadOnlyFolder();
    void faultsOnAFullDiskAndGoesOn();
    void dropsValuesThatAreNoNumbers();
    void servesSeveralThreads();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_path;
    WallTime m_now = kStart;

    std::unique_ptr<SqliteHistory> open(Limits limits = {})
    {
        return std::make_unique<SqliteHistory>(m_path, limits, [this] { return m_now; });
    }
    /// One point a `step` from kStart on, values 0, 1, 2 ...; the clock goes along.
    void fill(SqliteHistory &store, int count, std::chrono::seconds step, const std::string &series = "s")
    {
        std::vector<HistorySample> samples;
        for (int i = 0; i < count; ++i) {
            m_now = kStart + i * step;
            samples.push_back({series, m_now, double(i)});
            if (samples.size() == 600) {
                QVERIFY(store.append({samples, {}, {}}));
                samples.clear();
            }
        }
        QVERIFY(store.append({samples, {}, {}}));
    }
};

void tst_History::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(QStringLiteral("history/shop.sqlite")).toStdString();
    m_now = kStart;
}

void tst_History::readsBackWhatWasAppended()
{
    auto store = open();
    fill(*store, 10, 2s);
    const auto points = store->read("s", kStart, kStart + 1h, 10000);
    QVERIFY(points);
    QCOMPARE(points->size(), std::size_t{10});
    QVERIFY(points->at(3).at == kStart + 6s);
    QCOMPARE(points->at(3).value, 3.0);
    QCOMPARE(store->read("other", kStart, kStart + 1h, 100)->size(), std::size_t{0});
    QCOMPARE(store->read("s", kStart + 4s, kStart + 8s, 100)->size(), std::size_t{3});
}

void tst_History::leavesGapsAsGaps()
{
    auto store = open();
    QVERIFY(store->append({{{"s", kStart, 1}, {"s", kStart + 600s, 3}}, {}, {}}));
    m_now = kStart + 600s;
    const auto points = store->read("s", kStart, kStart + 600s, 20);
    QVERIFY(points);
    QCOMPARE(points->size(), std::size_t{2});
    QVERIFY(points->back().at == kStart + 600s);
}

void tst_History::mergesIntoAtMostSoManyPoints()
{
    auto store = open();
    fill(*store, 1000, 1s);
    const auto points = store->read("s", kStart, kStart + 999s, 20);
    QVERIFY(points);
    QCOMPARE(points->size(), std::size_t{20});
    QCOMPARE(points->front().min, 0.0);
    QCOMPARE(points->front().max, 49.0);
    QCOMPARE(points->front().value, 24.5);
}

void tst_History::sumsUpMinutesAndQuarters()
{
    auto store = open();
    fill(*store, 7200, 1s);
    // Two hours, asked as seven days: quarters, the last one from finer points.
    const auto points = store->read("s", kStart - 168h, kStart + 7199s, 100000 / 150);
    QVERIFY(points);
    double last = 0;
    for (const auto &point : *points)
        last = point.max;
    QCOMPARE(last, 7199.0);
    QCOMPARE(points->front().min, 0.0);
    const auto wide = store->read("s", kStart - std::chrono::days(400), kStart + 7199s, 1);
    QVERIFY(wide);
    QCOMPARE(wide->size(), std::size_t{1});
    QCOMPARE(wide->front().value, 3599.5); // weighted by the points, not by the buckets
}

void tst_History::readsAcrossTheLevels()
{
    auto store = open();
    fill(*store, 3 * 24 * 360, 10s); // three days
    const auto points = store->read("s", kStart, m_now, 100000);
    QVERIFY(points);
    QVERIFY(points->size() >= 3 * 1440);
    for (std::size_t i = 1; i < points->size(); ++i)
        QVERIFY(points->at(i).at > points->at(i - 1).at && points->at(i).min >= points->at(i - 1).max);
    const auto recent = store->read("s", m_now - 1h, m_now, 100000);
    QCOMPARE(recent->size(), std::size_t{361}); // raw
}

void tst_History::forgetsByAge()
{
    const Limits limits{1h, 2h, 4h};
    auto store = open(limits);
    fill(*store, 6 * 3600 / 5, 5s);
    for (int i = 0; i < 5; ++i)
        QVERIFY(store->append({{{"s", m_now, 1}}, {}, {}}));
    const auto raw = store->read("s", m_now - 3600s, m_now, 100000);
    QCOMPARE(raw->size(), std::size_t{721});
    const auto all = store->read("s", kStart, m_now, 100000);
    QVERIFY(all);
    QVERIFY(all->front().at >= m_now - 4h - 15min);
    QVERIFY(all->front().at <= m_now - 4h + 15min);
}

void tst_History::staysUnderItsSize()
{
    Limits limits;
    limits.bytes = 2 << 20;
    auto store = open(limits);
    for (int round = 0; round < 120; ++round) {
        std::vector<HistorySample> samples;
        for (int i = 0; i < 60; ++i) {
            m_now += 10s;
            for (int series = 0; series < 30; ++series)
                samples.push_back({"series " + std::to_string(series), m_now, double(i)});
        }
        QVERIFY(store->append({samples, {}, {}}));
    }
    store.reset();
    QVERIFY(std::filesystem::file_size(m_path) < std::uintmax_t{3} << 20);
    store = open(limits);
    QVERIFY(!store->read("series 3", m_now - 10min, m_now, 1000)->empty());
}

void tst_History::keepsEvents()
{
    auto store = open();
    QVERIFY(store->append({{}, {{kStart, "a/b", "pass", "fail", "newest: 31 h"}, {kStart + 5s, "a/c", "fail", "pass", ""}, {kStart + 9s, "a/d", "pass", "warn", ""}}, {}}));
    const auto events = store->events(kStart, kStart + 1h, 2);
    QVERIFY(events);
    QCOMPARE(events->size(), std::size_t{2});
    QCOMPARE(events->front().check, std::string("a/c"));
    QCOMPARE(events->back().to, std::string("warn"));
    QCOMPARE(store->events(kStart, kStart, 10)->front().evidence, std::string("newest: 31 h"));
}

void tst_History::answersWhenItDroppedAndWhy()
{
    const HistoryState good{{96.8, 96.8}, Verdict::Ready};
    const HistoryState bad{{96.05, 96.05}, Verdict::NotReady};
    const auto dropped = kStart + 60s;
    auto store = open();
    m_now = dropped;
    QVERIFY(store->append({{},
                           {{dropped, "database/automated-backups", "pass", "fail", "newest usable backup is 31 h old; window 26 h", -0.75},
                            {dropped, "gate:no-usable-backup", "pass", "fail", "no usable backup inside the window", 0},
                            {dropped, "api/load-test", "fail", "pass", "fresh again", 0.1}},
                           {{dropped, dropped - 2s, good, bad}}}));
    m_now = dropped + 60s;
    QVERIFY(store->append({{}, {{m_now, "database/automated-backups", "fail", "pass", "2 h old", 0.75}}, {{m_now, m_now - 2s, bad, good}}}));
    store = open(); // from the disk, not from memory
    const auto drops = store->drops(kStart, kStart + 1h, 10);
    QVERIFY(drops);
    QCOMPARE(drops->size(), std::size_t{1}); // the way back is no drop
    const auto &drop = drops->front();
    QVERIFY(drop.at == dropped);
    QVERIFY(drop.lastSeen == dropped - 2s);
    QCOMPARE(drop.before.score.low, 96.8);
    QCOMPARE(drop.after.score.low, 96.05);
    QCOMPARE(drop.causes.size(), std::size_t{2}); // what became better then is no cause
    QCOMPARE(drop.causes.front().check, std::string("database/automated-backups"));
    QVERIFY(drop.causes.front().evidence.find("31 h") != std::string::npos);
    QCOMPARE(drop.causes.back().check, std::string("gate:no-usable-backup"));
    QCOMPARE(store->drops(kStart, kStart + 30s, 10)->size(), std::size_t{0});
}

void tst_History::survivesKill()
{
    std::array<int, 2> ends{};
    QCOMPARE(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        SqliteHistory store(m_path, {}, [] { return kStart; });
        for (int i = 0;; ++i) {
            std::vector<HistorySample> samples;
            for (int series = 0; series < 50; ++series)
                samples.push_back({"series " + std::to_string(series), kStart + i * 1s, double(i)});
            if (!store.append({samples, {}, {}}) || ::write(ends[1], &i, sizeof i) != sizeof i)
                ::_exit(1);
        }
    }
    int last = 0;
    while (last < 40)
        QCOMPARE(::read(ends[0], &last, sizeof last), ssize_t(sizeof last));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[1]);
    for (int next = 0; ::read(ends[0], &next, sizeof next) == sizeof next;)
        last = next;
    ::close(ends[0]);
    auto store = open();
    const auto points = store->read("series 49", kStart, kStart + 1h, 100000);
    QVERIFY(points);
    QVERIFY(points->size() >= std::size_t(last) + 1); // all that was acknowledged
    QVERIFY(store->notice().empty());
}

void tst_History::movesADamagedFileAside()
{
    fill(*open(), 100, 1s);
    {
        std::fstream file(m_path, std::ios::in | std::ios::out | std::ios::binary);
        file << std::string(4096, 'x');
    }
    auto store = open();
    QVERIFY(store->append({{{"s", kStart, 7}}, {}, {}}));
    QVERIFY(store->notice().find(".corrupt-") != std::string::npos);
    QCOMPARE(store->read("s", kStart, kStart + 1h, 100)->size(), std::size_t{1});
    int asides = 0;
    for (const auto &entry : std::filesystem::directory_iterator(std::filesystem::path(m_path).parent_path()))
        asides += entry.path().filename().string().find(".corrupt-20") != std::string::npos ? 1 : 0;
    QVERIFY(asides >= 1);
}

void tst_History::refusesANewerFile()
{
    fill(*open(), 1, 1s);
    {
        std::fstream file(m_path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(60); // user_version, big-endian: sqlite.org/fileformat.html
        file.write("\0\0\0\x63", 4);
    }
    auto store = open();
    const auto appended = store->append({{{"s", kStart, 7}}, {}, {}});
    QVERIFY(!appended);
    QVERIFY(appended.error().kind == FaultKind::Config);
}

void tst_History::faultsOnAReadOnlyFolder()
{
    std::ofstream(m_folder->filePath(QStringLiteral("history")).toStdString()) << "a file where the folder should be";
    auto store = open();
    const auto appended = store->append({{{"s", kStart, 7}}, {}, {}});
    QVERIFY(!appended);
    QCOMPARE(appended.error().stage, std::string("history"));
    QVERIFY(!store->read("s", kStart, kStart + 1h, 10));
}

void tst_History::faultsOnAFullDiskAndGoesOn()
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit limit{256 * 1024, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        SqliteHistory store(m_path, {}, [] { return kStart; });
        std::vector<HistorySample> samples;
        for (int i = 0; i < 50000; ++i)
            samples.push_back({"s", kStart + i * 1s, double(i)});
        const bool hasFailed = !store.append({samples, {}, {}});
        limit.rlim_cur = RLIM_INFINITY;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto again = store.append({{{"s", kStart, 5}}, {}, {}});
        if (!again)
            std::fprintf(stderr, "%s\n", again.error().detail.c_str());
        const bool goesOn = store.append({{{"s", kStart, 5}}, {}, {}}) && store.read("s", kStart, kStart + 1h, 10)->size() == 1;
        ::_exit(hasFailed && goesOn ? 0 : hasFailed ? 2 : 3);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    QCOMPARE(status, 0);
}

void tst_History::dropsValuesThatAreNoNumbers()
{
    auto store = open();
    QVERIFY(store->append({{{"s", kStart, std::numeric_limits<double>::quiet_NaN()}, {"s", kStart + 1s, std::numeric_limits<double>::infinity()}}, {}, {}}));
    QCOMPARE(store->read("s", kStart, kStart + 1h, 100)->size(), std::size_t{0});
}

void tst_History::servesSeveralThreads()
{
    auto store = open();
    std::atomic<int> failures{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 20; ++i) {
                    failures += store->append({{{"t" + std::to_string(t), kStart + i * 1s, double(i)}}, {}, {}}) ? 0 : 1;
                    failures += store->read("t0", kStart, kStart + 1h, 100) ? 0 : 1;
                }
            });
        }
    }
    QCOMPARE(failures.load(), 0);
    QCOMPARE(store->read("t3", kStart, kStart + 1h, 10000)->size(), std::size_t{20});
}

QTEST_GUILESS_MAIN(tst_History)
#include "tst_history.moc"
