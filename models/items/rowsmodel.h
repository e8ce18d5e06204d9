// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"

#include <QAbstractTableModel>
#include <QMetaType>
#include <QString>
#include <QVariant>

#include <cstdint>
#include <optional>
#include <vector>

namespace muster {

/// How a column is drawn and aligned; the delegate's business, told in words of meaning.
enum class ColumnKind : std::uint8_t { Text, Number, Status, Bullet, Sparkline, Switch, Ladder };

struct RowColumn {
    QString title;
    ColumnKind kind = ColumnKind::Text;
    int width = 120; ///< px at 96 dpi; 0 = takes what is left; negative = as wide as its texts, at most so many px
    friend bool operator==(const RowColumn &, const RowColumn &) = default;
};

/// A bullet bar: what is certain, what is possible, where it should be, where the review found it. 0-100.
struct Bullet {
    Interval score;
    double target = 0; ///< negative: none
    double review = 0; ///< negative: none
    friend bool operator==(const Bullet &, const Bullet &) = default;
};

/// How many of the rungs finished, complete, verified, restored a backup has reached; broken ones are marked.
struct Ladder {
    int reached = 0; ///< 0-4
    bool isBroken = false;
    friend bool operator==(const Ladder &, const Ladder &) = default;
};

using Sparkline = std::vector<double>; ///< NaN is a gap

struct RowCell {
    QString text;  ///< plain, already clamped
    QVariant sort; ///< raw value; the text when invalid
    QVariant extra; ///< Bullet, Sparkline, Ladder, bool for a switch, an icon's name for a state that is shown by another than its own
    bool isQuiet = false;
    bool isStrong = false;
    friend bool operator==(const RowCell &, const RowCell &) = default;
};

struct Row {
    QString key; ///< unique in the model, stable over updates
    std::vector<RowCell> cells;
    std::optional<CheckStatus> status;
    QString tip; ///< plain; the view escapes it
    friend bool operator==(const Row &, const Row &) = default;
};

/// The one table model of the house: rows are made by pure functions of presenters, the model only diffs them by key, so that
/// selection and scroll position survive every update. It is never reset while the columns stay the same.
class RowsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Role { KeyRole = Qt::UserRole + 1, SortRole, StatusRole, ExtraRole, QuietRole, StrongRole, KindRole, TipRole };

    explicit RowsModel(QObject *parent = nullptr);

    void setColumns(std::vector<RowColumn> columns);
    void setRows(std::vector<Row> rows);
    [[nodiscard]] const std::vector<RowColumn> &columns() const { return m_columns; }
    [[nodiscard]] const std::vector<Row> &rows() const { return m_rows; }
    [[nodiscard]] int rowOf(const QString &key) const; ///< -1 when absent

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex &index) const override;

Q_SIGNALS:
    void switched(const QString &key, bool isOn);

private:
    [[nodiscard]] std::vector<int> placesOf(const std::vector<Row> &rows) const;
    void arrange(const std::vector<Row> &rows);
    void reorder(const std::vector<int> &order);
    void renew(std::vector<Row> &rows);

    std::vector<RowColumn> m_columns;
    std::vector<Row> m_rows;
};

} // namespace muster

Q_DECLARE_METATYPE(muster::Bullet)
Q_DECLARE_METATYPE(muster::Ladder)
