// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/backuppresenter.h"
#include "models/presenters/blockers.h"
#include "models/presenters/detail.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"
#include "models/presenters/waiver.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QJsonArray>
#include <QTest>

#include <cmath>

using namespace muster;

class TestPagePresenters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void backupVerifiesExactlyTheSelectedOne();
    void brokenBackupIsNotOnTheLadder();
    void historyRunsFromOldToNewWithoutBrokenOnes();
    void windowAgeSaysTooOld();
    void blockersStandAboveTheirWaiters();
    void blockerOfMostStandsFirst();
    void waitersOfAWaiterUnfoldOnce();
    void preparedTransactionIsARoot();
    void blockersEndInARing();
    void nobodyWaitsNoTree();
    void waiverIsJsonWhateverIsTyped();
    void wrongCheckOffersAWaiver();
    void undeclaredComesLastOnAPage();
    void gateHasAnIconOfItsOwn();
    void sourceSaysItsCertificateAndWhy();
};

namespace {

Table backupTable()
{
    Table table{{{"id", ""}, {"finished_at", "epoch"}, {"age", "s"}, {"size", "B"}, {"rung", ""}, {"reason", ""}, {"duration", "s"}}, {}, 10, false};
    table.rows = {{std::string("b3"), 1.7695e9, 60.0, 300.0, std::string("damaged"), std::string("a file is cut"), Cell()},
                  {std::string("b2"), 1.7694e9, 86'460.0, 200.0, std::string("complete"), std::string("not read back yet"), 20.0},
                  {std::string("b1"), 1.7693e9, 172'860.0, 100.0, std::string("verified"), std::string(), Cell()}};
    return table;
}

Observed observed(std::string name, Value value, std::string unit = {})
{
    return {{std::move(name), std::move(value), std::move(unit), Millis(30'000), {}}, "http/api", WallTime(Millis(1'769'000'000'000)), Millis(0)};
}

Table sessions(std::vector<std::pair<double, std::string>> pidsAndBlockers)
{
    Table table{{{"pid", ""}, {"user", ""}, {"database", ""}, {"blocked_by", ""}, {"query", ""}}, {}, 200, false};
    for (auto &[pid, blockedBy] : pidsAndBlockers)
        table.rows.push_back({pid, std::string("shop"), std::string("shop"), blockedBy, std::string("update orders")});
    return table;
}

CheckResult failing(std::string id, const std::string &instance, double gain)
{
    CheckResult check;
    check.id = check.title = std::move(id);
    check.page = "database";
    check.status = CheckStatus::Fail;
    check.points = 5;
    check.gain = gain;
    check.findings = {Finding{instance, CheckStatus::Fail, {}, "because", "", "", {}, Millis(0)}};
    return check;
}

} // namespace

void TestPagePresenters::backupVerifiesExactlyTheSelectedOne()
{
    const Detail detail = backups::detailOf(observed("backup.backups", backupTable()), QStringLiteral("b2"), "nightly");
    QVERIFY(detail.status == CheckStatus::Warn);
    QCOMPARE(detail.steps.size(), std::size_t{2});
    QCOMPARE(detail.steps.front().action, std::string("verify"));
    QCOMPARE(detail.steps.front().instance, std::string("nightly/b2"));
    QCOMPARE(detail.steps.back().action, std::string("drill"));
    QCOMPARE(detail.steps.back().instance, std::string("nightly/b2"));
    QVERIFY(detail.remedy.contains(QStringLiteral("read back")));
    QVERIFY(backups::detailOf(observed("backup.backups", backupTable()), QStringLiteral("gone"), "nightly").isEmpty());
}

void TestPagePresenters::brokenBackupIsNotOnTheLadder()
{
    QVERIFY(backups::ladderOf("damaged") == (Ladder{0, true}));
    QVERIFY(backups::ladderOf("unusable") == (Ladder{0, true}));
    QVERIFY(backups::statusOf("unusable") == CheckStatus::Fail);
    QVERIFY(backups::ladderOf("verified") == (Ladder{3, false}));
    QVERIFY(backups::ladderOf("running") == (Ladder{0, false}));
    QVERIFY(backups::statusOf("complete") == CheckStatus::Warn); // only read back counts
    const auto rows = backups::rows(backupTable());
    QCOMPARE(rows.front().key, QStringLiteral("b3"));
    QCOMPARE(rows.front().cells.size(), backups::columns().size());
}

void TestPagePresenters::historyRunsFromOldToNewWithoutBrokenOnes()
{
    const backups::History history = backups::historyOf(backupTable());
    QCOMPARE(history.sizes, (std::vector<double>{100, 200}));
    QVERIFY(std::isnan(history.durations.front()));
    QCOMPARE(history.durations.back(), 20.0);
    QCOMPARE(history.names.size(), 2);
}

void TestPagePresenters::windowAgeSaysTooOld()
{
    Snapshot snapshot;
    snapshot.facts["backup/nightly"]["backup.window"] = observed("backup.window", 93'600.0, "s");
    QVERIFY(!backups::windowAge(snapshot, "backup/nightly"));
    snapshot.facts["backup/nightly"]["backup.usable_age"] = observed("backup.usable_age", 111'600.0, "s");
    auto age = backups::windowAge(snapshot, "backup/nightly");
    QVERIFY(age && age->share > 1 && age->status == CheckStatus::Fail);
    QVERIFY(age->text.contains(QStringLiteral("31 h")) && age->text.contains(QStringLiteral("26 h")));
    snapshot.facts["backup/nightly"]["backup.usable_age"] = observed("backup.usable_age", 1e12, "s");
    age = backups::windowAge(snapshot, "backup/nightly");
    QVERIFY(age && age->text.startsWith(QStringLiteral("No usable backup")));
}

void TestPagePresenters::blockersStandAboveTheirWaiters()
{
    const auto rows = blockers::rows(sessions({{12, "11"}, {10, ""}, {11, "10"}, {13, ""}, {14, "10, 11"}}));
    QStringList who;
    for (const Row &row : rows)
        who << row.cells[1].text.section(QLatin1Char('@'), 0, 0);
    QCOMPARE(who, (QStringList{QStringLiteral("10  shop"), QStringLiteral("  └ 11  shop"), QStringLiteral("      └ 12  shop"), QStringLiteral("      └ 14  shop"),
                               QStringLiteral("  └ 14  shop")}));
    QVERIFY(rows.front().status == CheckStatus::Fail);
    QCOMPARE(rows.front().cells[2].text, QStringLiteral("blocks 3"));
    QVERIFY(rows[3].cells[2].text.contains(QStringLiteral("also for 10")));
    QVERIFY(rows[4].cells[2].text.contains(QStringLiteral("also for 11")));
    QVERIFY(rows[3].key != rows[4].key);
    QCOMPARE(blockers::sessionOf(rows[3].key), QStringLiteral("14"));
    QCOMPARE(blockers::sessionOf(rows[4].key), QStringLiteral("14"));
}

void TestPagePresenters::blockerOfMostStandsFirst()
{
    const auto rows = blockers::rows(sessions({{1, ""}, {2, "1"}, {3, ""}, {4, "3"}, {5, "4"}, {6, "3, 1"}}));
    QCOMPARE(rows.front().key.section(QChar(0x1f), 0, 0), QStringLiteral("3"));
    QCOMPARE(rows.front().cells[2].text, QStringLiteral("blocks 3"));
    QCOMPARE(std::ranges::count_if(rows, [](const Row &row) { return row.status == CheckStatus::Fail; }), 2);
}

void TestPagePresenters::waitersOfAWaiterUnfoldOnce()
{
    // 2 waits for two roots, and 3 for 2: 3 stands below 2 once, the second 2 refers to it.
    const auto rows = blockers::rows(sessions({{1, ""}, {9, ""}, {2, "1, 9"}, {3, "2"}}));
    QCOMPARE(rows.size(), std::size_t{5});
    QCOMPARE(std::ranges::count_if(rows, [](const Row &row) { return blockers::sessionOf(row.key) == QLatin1String("3"); }), 1);
    QVERIFY(rows.back().cells[2].text.contains(QStringLiteral("see above")));
}

void TestPagePresenters::preparedTransactionIsARoot()
{
    const auto rows = blockers::rows(sessions({{5, "0"}}), "gx1 of app");
    QCOMPARE(rows.size(), std::size_t{2});
    QVERIFY(rows.front().cells[1].text.contains(QStringLiteral("prepared transaction gx1 of app")));
    QVERIFY(rows.front().status == CheckStatus::Fail);
}

void TestPagePresenters::blockersEndInARing()
{
    QCOMPARE(blockers::rows(sessions({{1, "2"}, {2, "1"}})).size(), std::size_t{2});
    const auto unlisted = blockers::rows(sessions({{1, "99"}})); // the blocker is beyond the row limit
    QCOMPARE(unlisted.size(), std::size_t{2});
    QVERIFY(unlisted.front().cells[1].text.startsWith(QStringLiteral("99")));
}

void TestPagePresenters::nobodyWaitsNoTree()
{
    QVERIFY(blockers::rows(sessions({{1, ""}, {2, ""}})).empty());
}

void TestPagePresenters::waiverIsJsonWhateverIsTyped()
{
    const QString hostile = QStringLiteral("a\"b\\c\n</x>");
    const QString text = waiver::snippet({QStringLiteral("performance/cdn"), hostile, hostile, QDate(2027, 3, 31)});
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(QString(QLatin1Char('{') % text % QLatin1Char('}')).toUtf8(), &error);
    QCOMPARE(error.error, QJsonParseError::NoError);
    const QJsonObject waived = document.object()[QLatin1String("waivers")].toArray().at(0).toObject();
    QCOMPARE(waived[QLatin1String("check")].toString(), QStringLiteral("performance/cdn"));
    QCOMPARE(waived[QLatin1String("reason")].toString(), hostile);
    QCOMPARE(waived[QLatin1String("until")].toString(), QStringLiteral("2027-03-31"));
}

void TestPagePresenters::wrongCheckOffersAWaiver()
{
    Assessment assessment;
    assessment.checks = {failing("database/a", "postgres/primary", 1)};
    Detail detail = detail::of(QStringLiteral("database/a"), assessment, {}, {});
    QCOMPARE(detail.steps.back().action, std::string("waive"));
    QCOMPARE(detail.steps.back().instance, std::string("database/a"));
    assessment.checks.front().status = CheckStatus::Pass;
    QVERIFY(detail::of(QStringLiteral("database/a"), assessment, {}, {}).steps.empty());
}

void TestPagePresenters::undeclaredComesLastOnAPage()
{
    Assessment assessment;
    assessment.checks = {failing("undeclared", "", 9), failing("real", "postgres/primary", 1)};
    QCOMPARE(readiness::findingRows(assessment, "database").front().key, QStringLiteral("real"));
    QCOMPARE(readiness::findingRows(assessment, {}).front().key, QStringLiteral("undeclared")); // there, what costs most is first
}

void TestPagePresenters::gateHasAnIconOfItsOwn()
{
    Assessment assessment;
    assessment.gates = {{"no-usable-backup", "Backup", CheckStatus::Fail, "none", "backups"}};
    const Row row = readiness::findingRows(assessment, {}).front();
    QCOMPARE(row.cells.front().extra.toString(), QStringLiteral("gate"));
    QVERIFY(row.cells.front().text.contains(readiness::statusWord(CheckStatus::Fail)));
}

void TestPagePresenters::sourceSaysItsCertificateAndWhy()
{
    Snapshot snapshot;
    auto &facts = snapshot.facts["http/api"];
    facts["http.compression_encoding"] = observed("http.compression_encoding", std::string());
    facts["http.compression_why"] = observed("http.compression_why", std::string("sent as they are"));
    facts["http.redirect_chain"] = observed("http.redirect_chain", std::string("http://a/ 301 → https://a/ 200"));
    facts["tls.subject"] = observed("tls.subject", std::string("CN=web"));
    facts["tls.verify_error"] = observed("tls.verify_error", std::string());
    const SourceState state{"http/api", "http", std::nullopt, Stamp::now(), std::nullopt, Millis(0)};
    const QString text = detail::ofSource(state, snapshot).toText();
    QVERIFY2(text.contains(QStringLiteral("Compression: none – sent as they are")), qPrintable(text));
    QVERIFY(text.contains(QStringLiteral("http://a/ answers 301 → https://a/ answers 200")));
    QVERIFY(text.contains(QStringLiteral("Certificate: CN=web")));
    QVERIFY(!text.contains(QStringLiteral("Not trusted"))); // nothing to say, nothing said
}

QTEST_APPLESS_MAIN(TestPagePresenters)
#include "tst_pagepresenters.moc"
