// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/sqlitehistory.h"

#include "connectors/history/database.h"
#include "connectors/history/rollup.h"
#include "connectors/history/seriesreader.h"
#include "connectors/history/turns.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include <pthread.h>

namespace muster::history {

namespace {

qint64 secondsOf(WallTime at)
{
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

} // namespace

/// The thread, its connection, and the queue of calls that wait for it.
class SqliteHistory::Worker {
public:
    Worker(std::string path, Limits limits, Now now)
        : m_path(std::move(path)), m_limits(limits), m_now(std::move(now)), m_thread([this](const std::stop_token &stop) { work(stop); })
    {
    }

    /// Runs `job(database)` on the thread and waits. A damaged file is moved aside and the job is tried once more on a new one.
    template<class T>
    std::expected<T, Fault> perform(std::function<SqlResult<T>(Database &)> job)
    {
        std::packaged_task<std::expected<T, Fault>()> task([this, job = std::move(job)] { return attempt<T>(job); });
        auto future = task.get_future();
        {
            const std::scoped_lock lock(m_mutex);
            m_jobs.emplace_back([&task] { task(); });
        }
        m_wake.notify_one();
        return future.get();
    }

    [[nodiscard]] const Limits &limits() const { return m_limits; }
    [[nodiscard]] WallTime now() const { return m_now(); }
    [[nodiscard]] std::string notice() const
    {
        const std::scoped_lock lock(m_mutex);
        return m_notice;
    }

private:
    template<class T>
    std::expected<T, Fault> attempt(const std::function<SqlResult<T>(Database &)> &job)
    {
        for (int left = 2;; --left) {
            auto opened = m_database.isOpen() ? SqlResult<void>() : m_database.open(m_path);
            auto result = opened ? job(m_database) : SqlResult<T>(std::unexpected(opened.error()));
            if (result) {
                if constexpr (std::is_void_v<T>)
                    return {};
                else
                    return std::move(*result);
            }
            if (!result.error().isCorrupt || left == 1)
                return std::unexpected(result.error().fault);
            moveAside(result.error().fault);
        }
    }

    void moveAside(const Fault &fault)
    {
        m_database.close();
        const auto stamp = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd'T'hhmmss'Z'")).toStdString();
        const auto aside = m_path + ".corrupt-" + stamp;
        for (const char *suffix : {"", "-wal", "-shm"})
            std::rename((m_path + suffix).c_str(), (aside + suffix).c_str());
        const std::scoped_lock lock(m_mutex);
        m_notice = "The history file was damaged (" + fault.detail + "). It was moved to " + aside + " and a new one was begun.";
    }

    void work(const std::stop_token &stop)
    {
        pthread_setname_np(pthread_self(), "history-db");
        while (true) {
            std::function<void()> job;
            {
                std::unique_lock lock(m_mutex);
                if (!m_wake.wait(lock, stop, [this] { return !m_jobs.empty(); }))
                    break;
                job = std::move(m_jobs.front());
                m_jobs.pop_front();
            }
            job();
        }
        m_database.close();
    }

    const std::string m_path;
    const Limits m_limits;
    const Now m_now;
    Database m_database; ///< worker thread only
    mutable std::mutex m_mutex; ///< guards the two below
    std::deque<std::function<void()>> m_jobs;
    std::string m_notice;
    std::condition_variable_any m_wake;
    std::jthread m_thread;
};

namespace {

SqlResult<void> insertSamples(Database &database, const std::vector<HistorySample> &samples)
{
    auto insert = database.prepare("INSERT OR REPLACE INTO recent (series, at, value) VALUES (?, ?, ?)");
    if (!insert)
        return std::unexpected(insert.error());
    for (const auto &sample : samples) {
        if (!std::isfinite(sample.value))
            continue;
        const auto id = database.seriesId(sample.series, true);
        if (!id)
            return std::unexpected(id.error());
        insert->bindValue(0, *id);
        insert->bindValue(1, secondsOf(sample.at));
        insert->bindValue(2, sample.value);
        if (!insert->exec())
            return std::unexpected(database.faultOf(*insert));
    }
    return {};
}

} // namespace

SqliteHistory::SqliteHistory(std::string path, Limits limits, Now now)
    : m_worker(std::make_unique<Worker>(std::move(path), limits, now ? std::move(now) : [] { return Stamp::now().wall; }))
{
}

SqliteHistory::~SqliteHistory() = default;

std::expected<void, Fault> SqliteHistory::append(const HistoryEntry &entry)
{
    return m_worker->perform<void>([&](Database &database) -> SqlResult<void> {
        if (auto begun = database.run("BEGIN IMMEDIATE"); !begun)
            return std::unexpected(begun.error());
        auto done = insertSamples(database, entry.samples);
        if (done)
            done = insertEvents(database, entry.events);
        if (done)
            done = insertTurns(database, entry.turns);
        if (done)
            done = database.setState(kSeen, static_cast<qint64>(m_worker->now().time_since_epoch().count()));
        if (done)
            done = maintain(database, m_worker->limits(), secondsOf(m_worker->now()));
        if (!done) {
            database.rollback();
            return done;
        }
        return database.commit();
    });
}

std::expected<std::vector<HistoryPoint>, Fault> SqliteHistory::read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const
{
    return m_worker->perform<std::vector<HistoryPoint>>(
        [&](Database &database) { return readSeries(database, m_worker->limits(), series, from, to, maxPoints, m_worker->now()); });
}

std::expected<std::vector<HistoryEvent>, Fault> SqliteHistory::events(WallTime from, WallTime to, std::size_t limit) const
{
    return m_worker->perform<std::vector<HistoryEvent>>([&](Database &database) { return readEvents(database, from, to, limit); });
}

std::expected<std::vector<HistoryDrop>, Fault> SqliteHistory::drops(WallTime from, WallTime to, std::size_t limit) const
{
    return m_worker->perform<std::vector<HistoryDrop>>([&](Database &database) { return readDrops(database, from, to, limit); });
}

std::expected<HistoryEntry, Fault> SqliteHistory::latest() const
{
    return m_worker->perform<HistoryEntry>([](Database &database) { return readLatest(database); });
}

std::string SqliteHistory::notice() const
{
    return m_worker->notice();
}

} // namespace muster::history
