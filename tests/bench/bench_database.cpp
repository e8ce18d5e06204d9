// SPDX-License-Identifier: GPL-3.0-or-later
// What an update of the Database page costs the window's thread with 5 000 sessions, of which 300 wait for locks: rows and tree from the facts,
// handed to the tables as they are, sorted and filtered. Asserts nothing about time.
#include "models/presenters/blockers.h"
#include "models/presenters/sessions.h"
#include "ui/source/tablepane.h"
#include "ui/widgets/datatable.h"

#include <QElapsedTimer>
#include <QLineEdit>
#include <QTest>

#include <iostream>

using namespace muster;

class BenchDatabase : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void updateOfFiveThousandSessions();
};

namespace {

constexpr int kSessions = 5000;
constexpr int kWaiters = 300;
constexpr int kRounds = 20;
constexpr int kComeAndGo = 250; // a round

Table sessionsOf(int round)
{
    Table table{{{"pid", ""}, {"user", ""}, {"database", ""}, {"application", ""}, {"client", ""}, {"state", ""}, {"wait", ""}, {"transaction_age", "s"}, {"query_age", "s"}, {"blocked_by", ""}, {"is_root", ""},
                 {"query", ""}, {"type", ""}, {"wait_age", "s"}}, {}, kSessions, false};
    for (int i = round * kComeAndGo; i < round * kComeAndGo + kSessions; ++i) {
        const bool isWaiter = i % kSessions > 0 && i % kSessions <= kWaiters;
        const bool isIdle = !isWaiter && i % 3 != 0;
        table.rows.push_back({double(1000 + i), "user" + std::to_string(i % 7), std::string("shop"), "api-" + std::to_string(i % 40), "10.0." + std::to_string(i % 200) + ".7", std::string(isIdle ? "idle" : "active"),
                              std::string(isWaiter ? "Lock: transactionid" : ""), isIdle ? Cell() : Cell(i * 0.01 + round), isIdle ? Cell() : Cell(i * 0.001 + round),
                              isWaiter ? std::to_string(1000 + i / kSessions * kSessions + (i % 10 ? 0 : 1)) : std::string(), i % kSessions == 0,
                              "select * from orders where customer = " + std::to_string(i) + " and state = 'new' order by created_at desc limit 50", std::string("client backend"), isWaiter ? Cell(double(round)) : Cell()});
    }
    return table;
}

void measure(const char *what, TablePane &pane)
{
    double made = 0;
    double shown = 0;
    for (int round = 0; round < kRounds; ++round) {
        const Table table = sessionsOf(round);
        QElapsedTimer clock;
        clock.start();
        std::vector<Row> rows = sessions::rows(table);
        made += double(clock.nsecsElapsed()) / 1e6;
        clock.restart();
        pane.showRows(sessions::columns(), std::move(rows));
        QCoreApplication::sendPostedEvents();
        pane.table().viewport()->repaint();
        shown += double(clock.nsecsElapsed()) / 1e6;
    }
    std::cout << "5 000 sessions, " << what << ": " << made / kRounds << " ms to make the rows, " << shown / kRounds << " ms to show and paint them\n";
}

} // namespace

void BenchDatabase::updateOfFiveThousandSessions()
{
    TablePane pane(QStringLiteral("sessions"), QStringLiteral("Sessions"), nullptr);
    pane.resize(1000, 600);
    pane.show();
    measure("unsorted", pane);
    pane.table().sortByColumn(4, Qt::DescendingOrder);
    measure("sorted by transaction", pane);
    pane.findChild<QLineEdit *>()->setText(QStringLiteral("user3 shop active"));
    measure("sorted and filtered", pane);
    QElapsedTimer clock;
    clock.start();
    const std::size_t count = blockers::rows(sessionsOf(1)).size();
    std::cout << "tree of " << count << " rows: " << double(clock.nsecsElapsed()) / 1e6 << " ms\n";
    QVERIFY(count > kWaiters / 2);
    QCOMPARE(pane.table().rows().rowCount(), kSessions);
}

QTEST_MAIN(BenchDatabase)
#include "bench_database.moc"
