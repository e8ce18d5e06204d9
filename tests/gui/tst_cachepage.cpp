// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"
#include "ui/charts/timeserieschart.h"
#include "ui/shell/mainwindow.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QSettings>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace muster;

/// The Cache page: several instances, one in words, what its tables say.
class TestCachePage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init() { QSettings().clear(); }
    void chosenInstanceIsShown();
    void emptySaveIsRedInWords();
    void commandKnowsItsDetail();
    void absentTablesHaveNoTab();
    void aFlushIsDrawnBesideTheDatabase();
    void aCountIsNotDrawn();

private:
    QTemporaryDir m_settings;
};

namespace {

void add(FactBatch &batch, const char *fact, Value value, const char *unit = "")
{
    batch.add(fact, std::move(value), unit, Millis(30'000));
}

Table tableOf(std::vector<Column> columns, std::vector<std::vector<Cell>> rows)
{
    return {std::move(columns), std::move(rows), 100, false};
}

FactBatch redis(const std::string &source, double hits)
{
    FactBatch batch{source, Stamp::now(), {}};
    add(batch, "redis.role", std::string("primary"));
    add(batch, "redis.hit_ratio", hits, "ratio");
    add(batch, "redis.lookups_rate", 200.0, "1/s");
    add(batch, "redis.rdb_status_ok", true);
    add(batch, "redis.snapshot_content_ok", hits > 0.5);
    add(batch, "redis.snapshot_reason", std::string(hits > 0.5 ? "" : "the last save holds 0 keys, 495000 were there before"));
    add(batch, "redis.prefixes", tableOf({{"prefix", ""}, {"sampled", "count"}, {"share", "ratio"}, {"margin", "ratio"}, {"keys_estimate", "count"}}, {{std::string("a:"), 10.0, 1.0, 0.0, 10.0}}));
    add(batch, "redis.commands_table", tableOf({{"command", ""}, {"calls_rate", "1/s"}, {"mean_time", "s"}, {"share", "ratio"}, {"refused", "count"}}, {{std::string("get"), 90.0, 1e-5, 0.9, 0.0}}));
    add(batch, "redis.latency_table", Unknown{"Redis user “oncall” may not run LATENCY", "ACL SETUSER oncall +latency|histogram"});
    add(batch, "redis.nodes", NotApplicable{"no cluster is declared"});
    return batch;
}

struct Opened {
    explicit Opened(std::shared_ptr<test::ActionScript> action = {})
    {
        test::GuiSetup setup;
        setup.kind = "staging";
        setup.action = std::move(action);
        if (setup.action) {
            setup.declared = {"postgres/primary"};
            setup.sources["postgres/primary"] = [](int round) -> std::expected<FactBatch, Fault> {
                FactBatch batch{"postgres/primary", Stamp::now(), {}};
                add(batch, "postgres.commits_rate", 100.0 + 10 * round, "1/s");
                return batch;
            };
        }
        setup.declared.insert(setup.declared.end(), {"redis/cache", "redis/sessions"});
        setup.sources["redis/cache"] = [](int) -> std::expected<FactBatch, Fault> { return redis("redis/cache", 0.98); };
        setup.sources["redis/sessions"] = [](int) -> std::expected<FactBatch, Fault> { return redis("redis/sessions", 0.4); };
        made = test::makeSession(std::move(setup));
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
        window->openPage("cache");
        made.session->start();
    }
    ~Opened()
    {
        window.reset();
        made.session->stop();
    }
    template<class Widget>
    Widget *find(const char *name) { return window->findChild<QWidget *>(QStringLiteral("page/cache"))->findChild<Widget *>(QString::fromUtf8(name)); }
    const Row *story(const char *fact)
    {
        const auto &rows = find<DataTable>("story")->rows().rows();
        const auto found = std::ranges::find_if(rows, [fact](const Row &row) { return row.key.endsWith(QString::fromUtf8(fact)); });
        return found == rows.end() ? nullptr : &*found;
    }
    bool choose(const char *instance)
    {
        auto *instances = find<DataTable>("instances");
        return QTest::qWaitFor([&] { return instances->isVisible() && instances->selectKey(QString::fromUtf8(instance)); }, 5000);
    }
    /// The scripted action, run to its end.
    ActionRun *run()
    {
        auto &runner = made.session->runner();
        runner.arm();
        ActionRun *run = runner.prepare(made.session->actions().flush({}));
        const bool isPlanned = QTest::qWaitFor([run] { return run->state() == ActionRun::State::Planned; }, 5000);
        return isPlanned && run->confirm({}, {}) && QTest::qWaitFor([run] { return run->state() == ActionRun::State::Finished; }, 10'000) ? run : nullptr;
    }
    QStringList tabs()
    {
        QStringList titles;
        auto *tabs = find<QTabWidget>("tables");
        for (int i = 0; i < tabs->count(); ++i) {
            if (tabs->isTabVisible(i))
                titles << tabs->tabText(i);
        }
        return titles;
    }

    test::GuiSession made;
    std::unique_ptr<MainWindow> window;
};

} // namespace

void TestCachePage::initTestCase()
{
    QVERIFY(m_settings.isValid());
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, m_settings.path());
    theme::apply(*qApp, theme::Scheme::Light);
}

void TestCachePage::chosenInstanceIsShown()
{
    Opened opened;
    QVERIFY(opened.choose("redis/sessions"));
    QTRY_COMPARE(opened.find<QComboBox>("source")->currentText(), QStringLiteral("redis/sessions"));
    QTRY_VERIFY(opened.story("redis.hit_ratio") && opened.story("redis.hit_ratio")->cells[2].text.startsWith(QStringLiteral("40.0 %")));
    QVERIFY(opened.choose("redis/cache"));
    QTRY_VERIFY(opened.story("redis.hit_ratio")->cells[2].text.startsWith(QStringLiteral("98.0 %")));
}

void TestCachePage::emptySaveIsRedInWords()
{
    Opened opened;
    QVERIFY(opened.choose("redis/sessions"));
    QTRY_VERIFY(opened.story("redis.snapshot_content_ok"));
    QVERIFY(opened.story("redis.snapshot_content_ok")->status == CheckStatus::Fail); // although the server says "ok"
    QVERIFY(opened.find<DataTable>("story")->selectKey(QStringLiteral("redis/sessions\x1fredis.snapshot_content_ok")));
    QVERIFY(opened.find<DetailPanel>("detail")->detail().title.contains(QStringLiteral("snapshot_content_ok")));
}

void TestCachePage::commandKnowsItsDetail()
{
    Opened opened;
    QVERIFY(opened.choose("redis/cache"));
    QTRY_VERIFY(opened.tabs().contains(QStringLiteral("Commands")));
    auto *tabs = opened.find<QTabWidget>("tables");
    for (int i = 0; i < tabs->count(); ++i) {
        if (tabs->tabText(i) == QLatin1String("Commands"))
            tabs->setCurrentIndex(i);
    }
    auto *commands = opened.find<DataTable>("table/redis.commands_table");
    QTRY_VERIFY(commands && commands->selectKey(QStringLiteral("get")));
    QCOMPARE(opened.find<DetailPanel>("detail")->detail().title, QStringLiteral("get"));
    QTRY_VERIFY(opened.find<QWidget>("copyHint/redis.commands_table")->isVisible()); // percentiles need a right
}

void TestCachePage::absentTablesHaveNoTab()
{
    Opened opened;
    QVERIFY(opened.choose("redis/cache"));
    QTRY_VERIFY(opened.tabs().contains(QStringLiteral("Prefixes")));
    QVERIFY(!opened.tabs().contains(QStringLiteral("Nodes")));
    QVERIFY(!opened.tabs().contains(QStringLiteral("Clients")));
}

/// Hit rate and commits over one time axis, with the begin of the flush on both; only on the page of the flushed instance.
void TestCachePage::aFlushIsDrawnBesideTheDatabase()
{
    Opened opened(test::flushScript(2));
    QVERIFY(opened.choose("redis/cache"));
    auto *card = opened.find<QWidget>("stormCard");
    QVERIFY(!card->isVisible());
    QVERIFY(opened.run());
    QTRY_VERIFY(card->isVisible());
    auto *hits = opened.find<TimeSeriesChart>("stormHits");
    auto *database = opened.find<TimeSeriesChart>("stormDatabase");
    QTRY_VERIFY(hits->pointCount() > 0 && database->pointCount() > 0);
    QVERIFY(hits->mark() && hits->mark() == database->mark());
    QCOMPARE(hits->span(), database->span());
    QVERIFY(hits->isVisible() && database->isVisible());
    QVERIFY(opened.choose("redis/sessions"));
    QTRY_VERIFY(!card->isVisible());
    QVERIFY(opened.choose("redis/cache"));
    QTRY_VERIFY(card->isVisible());
    opened.find<QAbstractButton>("hideStorm")->click();
    QVERIFY(!card->isVisible());
}

void TestCachePage::aCountIsNotDrawn()
{
    auto counting = test::flushScript(1);
    counting->plan->action = "count";
    Opened opened(counting);
    QVERIFY(opened.choose("redis/cache"));
    QVERIFY(opened.run());
    QVERIFY(!opened.find<QWidget>("stormCard")->isVisible());
}

QTEST_MAIN(TestCachePage)
#include "tst_cachepage.moc"
