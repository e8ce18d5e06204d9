// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QString>
#include <QVariant>

#include <cstdint>
#include <expected>
#include <string>
#include <unordered_map>

namespace muster::history {

/// What went wrong in SQLite, with the two cases that the store handles itself.
struct SqlFault {
    Fault fault;
    bool isCorrupt = false; ///< SQLITE_CORRUPT or SQLITE_NOTADB
};

template<class T>
using SqlResult = std::expected<T, SqlFault>;

/// One open history file: schema, series ids, statements. Used by one thread only.
/// Tables: series(id, name) · recent(at, series, value), where points arrive, in the order of time so that a batch touches one page and not one a
/// series · raw(series, at, value), where they go each quarter of an hour · minute and quarter(series, at, n, mean, low, high, last) · event(at, ...), turn(at, ...):
/// what changed in a check, and in the whole · state(name, value).
/// `at` is seconds since the epoch (events and turns: milliseconds).
class Database {
public:
    Database() = default;
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    [[nodiscard]] SqlResult<void> open(const std::string &path);
    [[nodiscard]] bool isOpen() const { return m_database.isOpen(); }
    void close();

    [[nodiscard]] SqlResult<QSqlQuery> run(const char *sql, const QVariantList &values = {});
    [[nodiscard]] SqlResult<qint64> number(const char *sql, const QVariantList &values = {}, qint64 otherwise = 0);
    /// Prepared once, for statements that run a thousand times.
    [[nodiscard]] SqlResult<QSqlQuery> prepare(const char *sql);
    [[nodiscard]] SqlFault faultOf(const QSqlQuery &query) const;
    [[nodiscard]] bool begin() { return m_database.transaction(); }
    [[nodiscard]] SqlResult<void> commit();
    void rollback();

    /// Makes the series when `isMade`; 0 when there is none.
    [[nodiscard]] SqlResult<qint64> seriesId(const std::string &name, bool isMade);
    [[nodiscard]] SqlResult<qint64> state(const char *name);
    [[nodiscard]] SqlResult<void> setState(const char *name, qint64 value);
    /// Of pages in use, without the free ones.
    [[nodiscard]] SqlResult<qint64> usedBytes();

private:
    [[nodiscard]] SqlResult<void> createSchema();
    [[nodiscard]] SqlResult<void> upgrade();

    QString m_connection;
    QSqlDatabase m_database;
    std::string m_path;
    std::unordered_map<std::string, qint64> m_series;
};

} // namespace muster::history
