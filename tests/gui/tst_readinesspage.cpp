// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/openedpage.h"
#include "ui/charts/pathchart.h"
#include "ui/charts/timeserieschart.h"

#include <QAbstractButton>
#include <QStackedWidget>

#include <cmath>

using namespace muster;
using test::OpenedReadiness;

/// Plan, criteria and history, as the operator meets them.
class TestReadinessPage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(*qApp, theme::Scheme::Light); }
    void switchingMovesScoreGatesAndCriteria();
    void resetGivesTodayBack();
    void spaceSwitchesFromAnyColumn();
    void gainsAreOfTheOverallScore();
    void whatPassesIsNoLongerSupposed();
    void pathLeadsToAHundredInWords();
    void arrowsWalkThePath();
    void criteriaStandBesideFinalMetrics();
    void metricShowsWhatIsBehindIt();
    void everyTabFitsASmallScreen();
    void historyTellsDropsAndTheirCause();
    void dropMarksTheChartAndOpensTheCheck();
    void changeMarksItsMoment();
    void spansAreReadFromTheStore();
    void historySaysWhatIsMissing_data();
    void historySaysWhatIsMissing();
};

namespace {

/// Answers by hand.
struct HistoryScript {
    std::vector<HistoryPoint> points;
    std::optional<Fault> fault;
    std::string notice;
    std::mutex mutex;
    std::vector<qint64> spans; ///< asked for, ms
};

class ScriptedHistory : public HistoryStore
{
public:
    explicit ScriptedHistory(std::shared_ptr<HistoryScript> script) : m_script(std::move(script)) {}
    std::expected<void, Fault> append(const HistoryEntry &) override { return {}; }
    std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &, WallTime from, WallTime to, std::size_t) const override
    {
        const std::scoped_lock lock(m_script->mutex);
        m_script->spans.push_back((to - from).count());
        if (m_script->fault)
            return std::unexpected(*m_script->fault);
        return m_script->points;
    }
    std::expected<std::vector<HistoryEvent>, Fault> events(WallTime, WallTime, std::size_t) const override { return {}; }
    std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime, WallTime, std::size_t) const override { return {}; }
    std::expected<HistoryEntry, Fault> latest() const override { return {}; }
    std::string notice() const override { return m_script->notice; }

private:
    std::shared_ptr<HistoryScript> m_script;
};

bool openPlan(OpenedReadiness &opened)
{
    return opened.start() && opened.openTab("Plan") && QTest::qWaitFor([&opened] { return opened.find<DataTable>("plan")->rows().rowCount() > 3; });
}

void press(const OpenedReadiness &opened, const char *button)
{
    QTest::mouseClick(opened.find<QAbstractButton>(button), Qt::LeftButton);
}

} // namespace

void TestReadinessPage::switchingMovesScoreGatesAndCriteria()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    const QString today = opened.text("today/score");
    QCOMPARE(opened.text("whatIf/score"), today);
    press(opened, "fixAll");
    QCOMPARE(opened.text("today/score"), today);
    QVERIFY2(opened.text("whatIf/score").startsWith(QStringLiteral("100.0  (+")), qPrintable(opened.text("whatIf/score")));
    QCOMPARE(opened.text("whatIf/measured"), QStringLiteral("all of it"));
    QCOMPARE(opened.text("whatIf/gates"), QStringLiteral("none"));
    QCOMPARE(opened.text("whatIf/criteria"), QStringLiteral("8 of 8"));
    QCOMPARE(opened.text("whatIf/verdict"), QStringLiteral("READY"));
    QVERIFY(opened.text("today/gates").toInt() > 0);
    QCOMPARE(opened.text("today/verdict"), QStringLiteral("NOT READY"));
}

void TestReadinessPage::resetGivesTodayBack()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    auto *reset = opened.find<QAbstractButton>("fixNone");
    QVERIFY(!reset->isEnabled());
    press(opened, "fixMust");
    QVERIFY(reset->isEnabled());
    QVERIFY(opened.text("whatIf/score") != opened.text("today/score"));
    press(opened, "fixNone");
    QVERIFY(!reset->isEnabled());
    for (const char *line : {"score", "measured", "verdict", "gates", "criteria"})
        QCOMPARE(opened.text((std::string("whatIf/") + line).c_str()), opened.text((std::string("today/") + line).c_str()));
}

void TestReadinessPage::spaceSwitchesFromAnyColumn()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    auto *plan = opened.find<DataTable>("plan");
    for (const int column : {0, 2, 5}) {
        plan->setCurrentIndex(plan->model()->index(0, column));
        QTest::keyClick(plan, Qt::Key_Space);
        QCOMPARE(plan->model()->index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
        QTest::keyClick(plan, Qt::Key_Space);
        QCOMPARE(plan->model()->index(0, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
    }
}

void TestReadinessPage::gainsAreOfTheOverallScore()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    const auto assessment = opened.made.session->assessment();
    const auto &rows = opened.find<DataTable>("plan")->rows().rows();
    double sum = assessment->score.low;
    double before = 1e9;
    for (const Row &row : rows) {
        const double gain = row.cells[3].sort.toDouble();
        const double worth = row.cells[5].sort.toDouble();
        QVERIFY2(std::abs(gain - assessment->check(row.key.toStdString())->gain) < 0.005, qPrintable(row.key));
        QVERIFY(row.cells[3].text.startsWith(QLatin1Char('+')));
        QVERIFY(worth <= before + 1e-9);
        before = worth;
        sum += gain;
    }
    QVERIFY2(std::abs(sum - 100) < 0.01, qPrintable(QString::number(sum)));
}

void TestReadinessPage::whatPassesIsNoLongerSupposed()
{
    auto setup = test::shopSetup();
    auto isMended = std::make_shared<std::atomic<bool>>(false);
    setup.sources["http/api"] = [isMended, answer = setup.sources["http/api"]](int round) {
        auto batch = answer(round);
        if (*isMended) {
            for (Fact &fact : batch->facts) {
                if (fact.name == "http.https_enforced")
                    fact.value = true;
            }
        }
        return batch;
    };
    OpenedReadiness opened(std::move(setup));
    QVERIFY(openPlan(opened));
    auto *plan = opened.find<DataTable>("plan");
    QVERIFY(plan->selectKey(QStringLiteral("security/https-enforced")));
    QTest::keyClick(plan, Qt::Key_Space);
    QCOMPARE(opened.text("supposed"), QStringLiteral("With 1 fixed"));
    *isMended = true;
    QTRY_COMPARE(opened.text("supposed"), QStringLiteral("If fixed: nothing yet"));
}

void TestReadinessPage::pathLeadsToAHundredInWords()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    auto *path = opened.find<PathChart>("pathChart");
    QTRY_COMPARE(path->stepCount(), std::size_t(opened.find<DataTable>("plan")->rows().rowCount()) + 1);
    const QString words = path->accessibleDescription();
    QVERIFY2(words.section(QLatin1Char('\n'), 0, 0).endsWith(QStringLiteral("100.0 all")), qPrintable(words.section(QLatin1Char('\n'), 0, 0)));
    QCOMPARE(words.count(QLatin1Char('\n')), qsizetype(path->stepCount()) - 1);
    press(opened, "fixAll");
    QTRY_COMPARE(path->stepCount(), std::size_t{1});
    QVERIFY(path->accessibleDescription().contains(QStringLiteral("nothing is left")));
}

void TestReadinessPage::arrowsWalkThePath()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(openPlan(opened));
    auto *path = opened.find<PathChart>("pathChart");
    QTRY_VERIFY(path->stepCount() > 3);
    QTest::keyClick(path, Qt::Key_Home);
    QTest::keyClick(path, Qt::Key_Right);
    const QString first = path->accessibleDescription().section(QLatin1Char('\n'), 0, 0);
    QVERIFY2(first.startsWith(QStringLiteral("1 of ")), qPrintable(first));
    QVERIFY(first.contains(opened.detail().title));
    QVERIFY(QTest::qWaitForWindowActive(opened.window.get()));
    path->setFocus();
    QVERIFY(path->hasFocus());
    const QImage seen = path->grab().toImage(); // the frame of the focus leaves the chart to be seen
    QCOMPARE(seen.pixelColor(seen.width() / 2, seen.height() - 4), theme::light().panel);
    QTest::keyClick(path, Qt::Key_End);
    QVERIFY(path->accessibleDescription().section(QLatin1Char('\n'), 0, 0).contains(QStringLiteral("→ 100.0")));
}

void TestReadinessPage::criteriaStandBesideFinalMetrics()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("Criteria"));
    QCOMPARE(opened.find<DataTable>("criteria")->rows().rowCount(), 8);
    const auto &metrics = opened.find<DataTable>("metrics")->rows().rows();
    QCOMPARE(metrics.size(), std::size_t{5});
    QStringList expected;
    for (const Row &row : metrics) {
        expected << row.cells[3].text;
        QVERIFY(!row.cells[2].text.isEmpty() && !row.cells[5].text.isEmpty());
    }
    QCOMPARE(expected, (QStringList{QStringLiteral("95–98"), QStringLiteral("98"), QStringLiteral("95"), QStringLiteral("100"), QStringLiteral("98")}));
}

void TestReadinessPage::metricShowsWhatIsBehindIt()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("Criteria"));
    QVERIFY(opened.find<DataTable>("metrics")->selectKey(QStringLiteral("metric:security")));
    QCOMPARE(opened.detail().title, QStringLiteral("Security"));
    QVERIFY(opened.detail().toText().contains(QStringLiteral("Expected: 98")));
    QVERIFY(opened.detail().toText().contains(QString::fromStdString(opened.made.session->assessment()->check("security/https-enforced")->title)));
}

// 1280×720 is what a Full HD screen has at 150 %.
void TestReadinessPage::everyTabFitsASmallScreen()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    for (const char *tab : {"Findings", "Plan", "Criteria", "Waivers", "History", "All checks", "Facts"}) {
        QVERIFY(opened.openTab(tab));
        QCoreApplication::sendPostedEvents();
        const QSize least = opened.window->minimumSizeHint();
        QVERIFY2(least.height() <= 660 && least.width() <= 1280, qPrintable(QStringLiteral("%1: %2 × %3").arg(QString::fromUtf8(tab)).arg(least.width()).arg(least.height())));
    }
}

void TestReadinessPage::historyTellsDropsAndTheirCause()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("History"));
    auto *drops = opened.find<DataTable>("drops");
    QTRY_COMPARE(drops->rows().rowCount(), 1);
    const Row &row = drops->rows().rows().front();
    QCOMPARE(row.cells[1].text, QStringLiteral("93.5"));
    QCOMPARE(row.cells[2].text, QStringLiteral("90.4"));
    QVERIFY(row.cells[3].text.endsWith(QStringLiteral("3.10")));
    QVERIFY(row.cells[4].text.startsWith(QString::fromStdString(opened.made.session->assessment()->check("security/https-enforced")->title)));
    QVERIFY(opened.find<TimeSeriesChart>("chart/components")->segmentCount() >= 6);
}

void TestReadinessPage::dropMarksTheChartAndOpensTheCheck()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("History"));
    auto *drops = opened.find<DataTable>("drops");
    auto *chart = opened.find<TimeSeriesChart>("chart/score");
    QTRY_COMPARE(drops->rows().rowCount(), 1);
    QVERIFY(!chart->mark());
    QTest::mouseClick(drops->viewport(), Qt::LeftButton, {}, drops->visualRect(drops->model()->index(0, 0)).center());
    QVERIFY(chart->mark());
    QCOMPARE(QStringLiteral("drop:%1").arg(*chart->mark()), drops->currentKey());
    QVERIFY(chart->accessibleDescription().contains(QStringLiteral("marked: ")));
    const QString title = QString::fromStdString(opened.made.session->assessment()->check("security/https-enforced")->title);
    QCOMPARE(opened.detail().title, title);
    Q_EMIT drops->activated(drops->currentIndex());
    auto *checks = opened.find<DataTable>("checks");
    QTRY_VERIFY(checks && checks->isVisible());
    QCOMPARE(checks->currentKey(), QStringLiteral("security/https-enforced"));
}

void TestReadinessPage::changeMarksItsMoment()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("History"));
    opened.find<QTabBar>("historyLists")->setCurrentIndex(1);
    auto *events = opened.find<DataTable>("events");
    QTRY_COMPARE(events->rows().rowCount(), 2);
    QVERIFY(events->isVisible());
    events->setCurrentIndex(events->model()->index(1, 0));
    QVERIFY(opened.find<TimeSeriesChart>("chart/score")->mark());
    QCOMPARE(opened.detail().title, QString::fromStdString(opened.made.session->assessment()->check("database/automated-backups")->title));
}

void TestReadinessPage::spansAreReadFromTheStore()
{
    auto script = std::make_shared<HistoryScript>();
    auto setup = test::shopSetup();
    setup.history = std::make_shared<ScriptedHistory>(script);
    OpenedReadiness opened(std::move(setup));
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("History"));
    auto *span = opened.find<QLabel>("historyNote")->parentWidget()->findChild<QTabBar *>(QStringLiteral("span"));
    QCOMPARE(span->count(), 5);
    for (const auto &[index, milliseconds] : {std::pair{0, 3'600'000LL}, {2, 604'800'000LL}, {3, 2'592'000'000LL}, {4, 31'536'000'000LL}}) {
        span->setCurrentIndex(index);
        const auto isAsked = [&script, wanted = qint64(milliseconds)] {
            const std::scoped_lock lock(script->mutex);
            return std::ranges::find(script->spans, wanted) != script->spans.end();
        };
        QTRY_VERIFY2(isAsked(), qPrintable(span->tabText(index)));
        QCOMPARE(opened.find<TimeSeriesChart>("chart/score")->span(), qint64(milliseconds));
    }
}

void TestReadinessPage::historySaysWhatIsMissing_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("words");
    QTest::newRow("no store") << QStringLiteral("none") << QStringLiteral("No history is kept");
    QTest::newRow("empty") << QStringLiteral("empty") << QStringLiteral("Nothing was recorded in these 24 h");
    QTest::newRow("short") << QStringLiteral("short") << QStringLiteral("The record begins ");
    QTest::newRow("unreadable") << QStringLiteral("broken") << QStringLiteral("The history cannot be read: h.sqlite: database disk image is malformed");
    QTest::newRow("damaged") << QStringLiteral("damaged") << QStringLiteral("was damaged and moved to");
}

void TestReadinessPage::historySaysWhatIsMissing()
{
    QFETCH(QString, kind);
    QFETCH(QString, words);
    auto script = std::make_shared<HistoryScript>();
    auto setup = test::shopSetup();
    setup.history = kind == QLatin1String("none") ? nullptr : std::make_shared<ScriptedHistory>(script);
    const WallTime now = Stamp::now().wall;
    if (kind == QLatin1String("short"))
        script->points = {{now - Millis(600'000), 90, 90, 90, 90}, {now - Millis(1000), 91, 91, 91, 91}};
    if (kind == QLatin1String("broken"))
        script->fault = Fault{FaultKind::Unavailable, "history", "h.sqlite: database disk image is malformed", "Move the file away."};
    if (kind == QLatin1String("damaged"))
        script->notice = "h.sqlite was damaged and moved to h.sqlite.corrupt-1";
    OpenedReadiness opened(std::move(setup));
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("History"));
    const auto *note = opened.find<QLabel>("historyNote");
    QTRY_VERIFY2(note->isVisible() && note->text().contains(words), qPrintable(note->text()));
    if (kind == QLatin1String("broken"))
        QCOMPARE(opened.find<QTabBar>("historyLists")->tabText(0), QStringLiteral("Whether the score dropped is not known"));
}

QTEST_MAIN(TestReadinessPage)
#include "tst_readinesspage.moc"
