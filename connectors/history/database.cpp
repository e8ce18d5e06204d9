// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/history/database.h"

#include "connectors/files/durable.h"

#include <QSqlError>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>

#include <fcntl.h>

namespace muster::history {

namespace {

constexpr qint64 kSchemaVersion = 2;

constexpr std::array kPragmas{
    "PRAGMA busy_timeout=3000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL", // in WAL mode a power cut may cost the last seconds, never the file
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=16777216",
    "PRAGMA wal_autocheckpoint=2000",
    "PRAGMA trusted_schema=OFF",
};

constexpr std::array kSchema{
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS raw (series INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS recent (at INTEGER NOT NULL, series INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (at, series)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS minute (series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, mean REAL NOT NULL, low REAL NOT NULL,"
    " high REAL NOT NULL, last REAL, PRIMARY KEY (series, at)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS quarter (series INTEGER NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, mean REAL NOT NULL, low REAL NOT NULL,"
    " high REAL NOT NULL, last REAL, PRIMARY KEY (series, at)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, subject TEXT NOT NULL, was TEXT NOT NULL, is_now TEXT NOT NULL,"
    " evidence TEXT NOT NULL, change REAL NOT NULL DEFAULT 0)",
    "CREATE INDEX IF NOT EXISTS event_at ON event (at)",
    "CREATE TABLE IF NOT EXISTS turn (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, seen INTEGER NOT NULL, low_was REAL NOT NULL, high_was REAL NOT NULL,"
    " verdict_was INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, verdict INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS turn_at ON turn (at)",
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
};

/// From version 1, which kept neither the newest value of a bucket nor turns. The tables that are new come with kSchema.
constexpr std::array kFromVersion1{
    "ALTER TABLE minute ADD COLUMN last REAL",
    "ALTER TABLE quarter ADD COLUMN last REAL",
    "ALTER TABLE event ADD COLUMN change REAL NOT NULL DEFAULT 0",
};

SqlFault sqlFault(const QSqlError &error, const std::string &path)
{
    // Extended codes keep the primary one in the low byte: sqlite.org/rescode.html
    const int code = error.nativeErrorCode().toInt() & 0xFF;
    constexpr int kReadOnly = 8, kCorrupt = 11, kFull = 13, kCantOpen = 14, kNotADatabase = 26;
    SqlFault result{{FaultKind::Unavailable, "history", path + ": " + error.databaseText().toStdString(), {}}, code == kCorrupt || code == kNotADatabase};
    if (error.databaseText().isEmpty())
        result.fault.detail = path + ": " + error.driverText().toStdString();
    if (code == kFull)
        result.fault.hint = "Free space on the disk that holds the history; it goes on by itself then.";
    if (code == kReadOnly || code == kCantOpen) {
        result.fault.kind = FaultKind::Denied;
        result.fault.hint = "Give the console's user the right to write this file and its folder.";
    }
    return result;
}

} // namespace

Database::~Database()
{
    close();
}

SqlResult<void> Database::open(const std::string &path)
{
    static std::atomic<unsigned> counter{0};
    m_path = path;
    if (auto made = files::makeFolders(std::filesystem::path(path).parent_path().string()); !made) {
        made.error().stage = "history";
        return std::unexpected(SqlFault{made.error(), false});
    }
    // 0600 before SQLite makes it by the umask; its -wal and -shm take the same mode.
    files::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)).close();
    m_connection = QStringLiteral("muster-history-%1").arg(counter.fetch_add(1));
    m_database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_connection);
    m_database.setDatabaseName(QString::fromStdString(path));
    if (!m_database.open()) {
        auto fault = sqlFault(m_database.lastError(), path);
        close();
        return std::unexpected(std::move(fault));
    }
    if (auto made = createSchema(); !made) {
        close();
        return made;
    }
    return {};
}

SqlResult<void> Database::createSchema()
{
    const auto version = number("PRAGMA user_version");
    if (!version)
        return std::unexpected(version.error());
    if (*version > kSchemaVersion)
        return std::unexpected(SqlFault{{FaultKind::Config, "history", m_path + ": written by a newer version of the console", "Update this console."}, false});
    for (const char *pragma : kPragmas) {
        if (auto done = run(pragma); !done)
            return std::unexpected(done.error());
    }
    return *version == kSchemaVersion ? SqlResult<void>() : upgrade();
}

SqlResult<void> Database::upgrade()
{
    if (auto begun = run("BEGIN IMMEDIATE"); !begun)
        return std::unexpected(begun.error());
    // Another console may have done it while this one waited.
    const auto version = number("PRAGMA user_version");
    SqlResult<void> done = version ? SqlResult<void>() : std::unexpected(version.error());
    const auto apply = [&](const char *statement) {
        if (auto applied = done ? run(statement) : std::unexpected(done.error()); !applied)
            done = std::unexpected(applied.error());
    };
    if (version && *version == 1)
        std::ranges::for_each(kFromVersion1, apply);
    std::ranges::for_each(kSchema, apply);
    apply("PRAGMA user_version=2");
    if (done)
        return commit();
    rollback();
    return done;
}

void Database::close()
{
    m_series.clear();
    if (m_connection.isEmpty())
        return;
    m_database.close();
    m_database = QSqlDatabase();
    QSqlDatabase::removeDatabase(m_connection);
    m_connection.clear();
}

SqlResult<QSqlQuery> Database::prepare(const char *sql)
{
    QSqlQuery query(m_database);
    query.setForwardOnly(true);
    if (!query.prepare(QString::fromUtf8(sql)))
        return std::unexpected(faultOf(query));
    return query;
}

SqlResult<QSqlQuery> Database::run(const char *sql, const QVariantList &values)
{
    auto query = prepare(sql);
    if (!query)
        return query;
    for (const auto &value : values)
        query->addBindValue(value);
    if (!query->exec())
        return std::unexpected(faultOf(*query));
    return query;
}

SqlResult<qint64> Database::number(const char *sql, const QVariantList &values, qint64 otherwise)
{
    auto query = run(sql, values);
    if (!query)
        return std::unexpected(query.error());
    return query->next() && !query->value(0).isNull() ? query->value(0).toLongLong() : otherwise;
}

SqlFault Database::faultOf(const QSqlQuery &query) const
{
    return sqlFault(query.lastError(), m_path);
}

SqlResult<void> Database::commit()
{
    if (m_database.commit())
        return {};
    auto fault = sqlFault(m_database.lastError(), m_path);
    rollback();
    return std::unexpected(std::move(fault));
}

void Database::rollback()
{
    m_database.rollback();
    m_series.clear(); // ids made in it are gone
}

SqlResult<qint64> Database::seriesId(const std::string &name, bool isMade)
{
    if (const auto it = m_series.find(name); it != m_series.end())
        return it->second;
    const auto text = QString::fromStdString(name);
    auto id = number("SELECT id FROM series WHERE name = ?", {text});
    if (id && *id == 0 && isMade) {
        if (auto made = run("INSERT INTO series (name) VALUES (?)", {text}); !made)
            return std::unexpected(made.error());
        id = number("SELECT id FROM series WHERE name = ?", {text});
    }
    if (id && *id != 0)
        m_series.emplace(name, *id);
    return id;
}

SqlResult<qint64> Database::state(const char *name)
{
    return number("SELECT value FROM state WHERE name = ?", {QString::fromUtf8(name)});
}

SqlResult<void> Database::setState(const char *name, qint64 value)
{
    auto done = run("INSERT INTO state (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", {QString::fromUtf8(name), value});
    return done ? SqlResult<void>() : std::unexpected(done.error());
}

SqlResult<qint64> Database::usedBytes()
{
    return number("SELECT (SELECT page_count FROM pragma_page_count) * page_size - (SELECT freelist_count FROM pragma_freelist_count) * page_size"
                  " FROM pragma_page_size");
}

} // namespace muster::history
