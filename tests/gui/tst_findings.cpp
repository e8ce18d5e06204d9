// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"
#include "ui/shell/mainwindow.h"

#include <QLabel>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace muster;

/// What stands above the findings on the Readiness page.
class TestFindings : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void causesStandAboveTheFindings();
    void withoutACauseNothingStandsThere();

private:
    QTemporaryDir m_settings;
};

namespace {

FactBatch withAForgottenSlot(FactBatch batch)
{
    Table slots;
    slots.columns = { { "name", "" }, { "active", "" }, { "retained", "B" }, { "wal_status", "" }, { "safe_wal_size", "B" } };
    slots.rows.push_back({ std::string("old_<b>reporting</b>"), false, 3.1e9, std::string("extended"), Cell() });
    batch.add("postgres.slots", slots, "", Millis{ 60000 });
    return batch;
}

QLabel *causesOf(MainWindow &window)
{
    return window.findChild<QLabel *>(QStringLiteral("causes"));
}

} // namespace

void TestFindings::initTestCase()
{
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
}

void TestFindings::causesStandAboveTheFindings()
{
    auto setup = test::shopSetup();
    const auto plain = setup.sources.at("postgres/primary");
    setup.sources["postgres/primary"] = [plain](int round) -> std::expected<FactBatch, Fault> {
        auto batch = plain(round);
        return batch ? withAForgottenSlot(std::move(*batch)) : batch;
    };
    const auto made = test::makeSession(std::move(setup));
    {
        MainWindow window(*made.session);
        window.show();
        window.openPage("readiness");
        made.session->start();
        QTRY_VERIFY(causesOf(window) && causesOf(window)->isVisible());
        const auto *label = causesOf(window);
        QTRY_VERIFY2(label->text().contains(QStringLiteral("keeps 3.1 GB of WAL")), qPrintable(label->text()));
        QVERIFY(label->text().contains(QStringLiteral("SELECT pg_drop_replication_slot(")));
        QVERIFY(label->textFormat() == Qt::PlainText); // a slot's name is data
        QVERIFY(label->textInteractionFlags().testFlag(Qt::TextSelectableByMouse));
    }
    made.session->stop();
}

void TestFindings::withoutACauseNothingStandsThere()
{
    const auto made = test::makeSession(test::faultSetup());
    {
        MainWindow window(*made.session);
        window.show();
        window.openPage("readiness");
        made.session->start();
        QTRY_VERIFY(causesOf(window));
        QTRY_VERIFY(made.session->isComplete());
        QVERIFY(!causesOf(window)->isVisible());
    }
    made.session->stop();
}

QTEST_MAIN(TestFindings)
#include "tst_findings.moc"
