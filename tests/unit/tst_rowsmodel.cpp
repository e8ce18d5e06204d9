// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/rowsmodel.h"

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace muster;

class TestRowsModel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void neverResetsWhileTheColumnsStay();
    void keepsIndexesThroughMovesAndInserts();
    void tellsOnlyChangedRows();
    void endsLikeTheNewRowsWhateverWasThere();
    void manyChangesAreThreeSteps();
    void equalKeysStayApart();
    void switchesAreToldNotStored();
};

namespace {

Row row(const QString &key, const QString &text = {})
{
    return {key, {{text.isEmpty() ? key : text, {}, {}, false, false}, {QStringLiteral("x"), {}, {}, false, false}}, std::nullopt, {}};
}

std::vector<Row> rows(const QString &keys)
{
    std::vector<Row> result;
    for (const QChar key : keys)
        result.push_back(row(QString(key)));
    return result;
}

QString keysOf(const RowsModel &model)
{
    QString keys;
    for (const Row &each : model.rows())
        keys += each.key;
    return keys;
}

const std::vector<RowColumn> kColumns{{QStringLiteral("A"), ColumnKind::Text, 0}, {QStringLiteral("B"), ColumnKind::Switch, 10}};

} // namespace

void TestRowsModel::neverResetsWhileTheColumnsStay()
{
    RowsModel model;
    QAbstractItemModelTester tester(&model);
    model.setColumns(kColumns);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setRows(rows(QStringLiteral("abc")));
    model.setColumns(kColumns);
    model.setRows(rows(QStringLiteral("cxa")));
    model.setRows({});
    QCOMPARE(resets.count(), 0);
    QCOMPARE(model.rowCount(), 0);
}

void TestRowsModel::keepsIndexesThroughMovesAndInserts()
{
    RowsModel model;
    model.setColumns(kColumns);
    model.setRows(rows(QStringLiteral("abcd")));
    const QPersistentModelIndex c = model.index(2, 0);
    const QPersistentModelIndex b = model.index(1, 0);
    model.setRows(rows(QStringLiteral("xcyad")));
    QCOMPARE(c.row(), 1);
    QCOMPARE(c.data(RowsModel::KeyRole).toString(), QStringLiteral("c"));
    QVERIFY(!b.isValid());
}

void TestRowsModel::tellsOnlyChangedRows()
{
    RowsModel model;
    model.setColumns(kColumns);
    model.setRows(rows(QStringLiteral("abc")));
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    auto next = rows(QStringLiteral("abc"));
    next[1] = row(QStringLiteral("b"), QStringLiteral("new"));
    model.setRows(next);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(changes.first().first().toModelIndex().row(), 1);
    model.setRows(next);
    QCOMPARE(changes.count(), 1);
}

void TestRowsModel::endsLikeTheNewRowsWhateverWasThere()
{
    RowsModel model;
    QAbstractItemModelTester tester(&model);
    model.setColumns(kColumns);
    QRandomGenerator random(7);
    for (int round = 0; round < 300; ++round) {
        QString keys = QStringLiteral("abcdefghij");
        std::shuffle(keys.begin(), keys.end(), random);
        keys.truncate(random.bounded(11));
        model.setRows(rows(keys));
        QCOMPARE(keysOf(model), keys);
    }
}

void TestRowsModel::manyChangesAreThreeSteps()
{
    constexpr int kRows = 5000;
    const auto make = [](int first, int round) {
        std::vector<Row> made;
        for (int i = first; i < first + kRows; ++i)
            made.push_back(row(QString::number(i), QString::number(i * round)));
        std::shuffle(made.begin(), made.end(), QRandomGenerator(quint32(round)));
        return made;
    };
    RowsModel model;
    model.setColumns(kColumns);
    model.setRows(make(0, 1));
    const QPersistentModelIndex stays = model.index(model.rowOf(QStringLiteral("3000")), 0);
    const QPersistentModelIndex goes = model.index(model.rowOf(QStringLiteral("17")), 0);
    QSignalSpy inserts(&model, &QAbstractItemModel::rowsInserted);
    QSignalSpy removals(&model, &QAbstractItemModel::rowsRemoved);
    QSignalSpy layouts(&model, &QAbstractItemModel::layoutChanged);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setRows(make(500, 2));
    QCOMPARE(stays.data(RowsModel::KeyRole).toString(), QStringLiteral("3000"));
    QVERIFY(!goes.isValid());
    QCOMPARE(inserts.count(), 1);
    QCOMPARE(layouts.count(), 1);
    QCOMPARE(removals.count(), 1);
    QCOMPARE(changes.count(), 1);
}

void TestRowsModel::equalKeysStayApart()
{
    RowsModel model;
    QAbstractItemModelTester tester(&model);
    model.setColumns(kColumns);
    for (const char *keys : {"aab", "baa", "aaa", "a", "caca", "bb"}) {
        model.setRows(rows(QString::fromLatin1(keys)));
        QCOMPARE(keysOf(model), QString::fromLatin1(keys));
    }
}

void TestRowsModel::switchesAreToldNotStored()
{
    RowsModel model;
    model.setColumns(kColumns);
    model.setRows(rows(QStringLiteral("a")));
    QSignalSpy switched(&model, &RowsModel::switched);
    QVERIFY(model.setData(model.index(0, 1), Qt::Checked, Qt::CheckStateRole));
    QCOMPARE(switched.count(), 1);
    QCOMPARE(model.data(model.index(0, 1), Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
}

QTEST_GUILESS_MAIN(TestRowsModel)
#include "tst_rowsmodel.moc"
