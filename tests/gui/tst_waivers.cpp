// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environment.h"
#include "app/wiring/stores.h"
#include "tests/gui/openedpage.h"
#include "ui/dialogs/waivedialog.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDateEdit>
#include <QDateTime>
#include <QFile>
#include <QLineEdit>
#include <QTemporaryDir>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace muster;
using test::OpenedReadiness;

namespace {

const auto kCheck = QStringLiteral("database/automated-backups");

const QByteArray kFile = "{ // the shop\n"
                         "  \"name\": \"shop\",   \"kind\": \"production\", // both\n"
                         "  \"x-note\": [1,  2],\n"
                         "  \"waivers\": [\n"
                         "    { \"check\": \"performance/cdn\", \"owner\": \"ops\", \"reason\": \"internal\", \"until\": \"2020-03-31\" } // long ago\n"
                         "  ]\n"
                         "}\n";

/// Waits, and then fails as told.
class WaitingStore : public WaiverStore
{
public:
    explicit WaitingStore(Fault fault) : m_fault(std::move(fault)) {}
    Result add(const readiness::Waiver &) override
    {
        std::unique_lock lock(m_mutex);
        m_thread = std::this_thread::get_id();
        m_wake.wait(lock, [this] { return m_isReleased; });
        return std::unexpected(m_fault);
    }
    Result remove(const std::string &) override { return std::unexpected(m_fault); }
    void release()
    {
        const std::scoped_lock lock(m_mutex);
        m_isReleased = true;
        m_wake.notify_all();
    }
    std::thread::id thread()
    {
        const std::scoped_lock lock(m_mutex);
        return m_thread;
    }

private:
    const Fault m_fault;
    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::thread::id m_thread;
    bool m_isReleased = false;
};

} // namespace

/// Waivers made, changed and removed in the window, on a real environment file.
class TestWaivers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme::apply(*qApp, theme::Scheme::Light); }
    void init();
    void formSaysWhatIsMissing();
    void waiverIsWrittenAndTheScoreFollows();
    void waiverIsChanged();
    void waiverIsRemoved();
    void endedOneIsVisiblyVoid();
    void theirChangesStay();
    void faultNamesFileAndFixAndLosesNothing();
    void fileThatIsGoneIsNamed();
    void windowWorksWhileTheDiskDoesNot();
    void withoutAFileItSaysSo();

private:
    test::GuiSetup setup();
    WaiveDialog *ask(OpenedReadiness &opened, const QString &check = kCheck);
    void fill(WaiveDialog &dialog, const QString &owner = QStringLiteral("ops"), const QString &reason = QStringLiteral("new disks on Monday"));
    QByteArray onDisk() const;
    void write(const QByteArray &bytes) const;

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

void TestWaivers::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
    m_path = m_folder->filePath(QStringLiteral("shop.json"));
    write(kFile);
}

void TestWaivers::write(const QByteArray &bytes) const
{
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), qint64(bytes.size()));
}

QByteArray TestWaivers::onDisk() const
{
    QFile file(m_path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

test::GuiSetup TestWaivers::setup()
{
    auto setup = test::shopSetup();
    const auto environment = environment::load(m_path.toStdString());
    const auto profile = wiring::openProfile("default");
    if (!environment || !profile)
        qFatal("the test's own file or profile is broken");
    setup.path = environment->path;
    setup.waived = environment->waivers;
    setup.waivers = wiring::makeWaivers(environment->path, *profile);
    return setup;
}

WaiveDialog *TestWaivers::ask(OpenedReadiness &opened, const QString &check)
{
    opened.window->open(QStringLiteral("check:") % check);
    opened.window->open(QStringLiteral("step:waive/") % check);
    return opened.window->findChild<WaiveDialog *>();
}

void TestWaivers::fill(WaiveDialog &dialog, const QString &owner, const QString &reason)
{
    dialog.findChild<QLineEdit *>(QStringLiteral("waiverOwner"))->setText(owner);
    dialog.findChild<QLineEdit *>(QStringLiteral("waiverReason"))->setText(reason);
}

void TestWaivers::formSaysWhatIsMissing()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("Waivers"));
    QTest::mouseClick(opened.find<QAbstractButton>("addWaiver"), Qt::LeftButton);
    auto *dialog = opened.window->findChild<WaiveDialog *>();
    QVERIFY(dialog);
    const auto *problems = dialog->findChild<QLabel *>(QStringLiteral("waiverProblems"));
    auto *save = dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver"));
    QVERIFY(!save->isEnabled());
    QVERIFY2(problems->text().startsWith(QStringLiteral("Choose the check")), qPrintable(problems->text()));
    auto *checks = dialog->findChild<QComboBox *>(QStringLiteral("waiverCheck"));
    checks->setCurrentIndex(checks->findData(kCheck));
    QVERIFY(problems->text().startsWith(QStringLiteral("Owner is missing")));
    fill(*dialog, QString(250, QLatin1Char('o')));
    QCOMPARE(problems->text(), QStringLiteral("Owner has 250 characters; 200 is the most."));
    fill(*dialog);
    QVERIFY(save->isEnabled() && problems->text().isEmpty());
    dialog->findChild<QDateEdit *>(QStringLiteral("waiverUntil"))->setDate(QDate(2020, 1, 2));
    QVERIFY2(problems->text().contains(QStringLiteral("2020-01-02 lies in the past")), qPrintable(problems->text()));
    QVERIFY(!save->isEnabled());
    QCOMPARE(onDisk(), kFile);
}

void TestWaivers::waiverIsWrittenAndTheScoreFollows()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    Session &session = *opened.made.session;
    const double gain = session.assessment()->check("database/automated-backups")->gain;
    QVERIFY(gain > 0);
    WaiveDialog *dialog = ask(opened);
    QVERIFY(dialog);
    const QPointer<WaiveDialog> open(dialog);
    fill(*dialog);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver")), Qt::LeftButton);
    QTRY_COMPARE(session.environment().waivers.size(), std::size_t{2});
    QVERIFY(session.assessment()->check("database/automated-backups")->status == CheckStatus::Waived); // at once, not with the next round
    QTRY_VERIFY(!open);
    const QByteArray text = onDisk();
    QVERIFY2(text.contains("\"new disks on Monday\"") && text.contains("{ // the shop\n") && text.contains("\"x-note\": [1,  2],\n") && text.contains("// long ago"), text.constData());
    QVERIFY(environment::load(m_path.toStdString()));
    opened.window->open(QStringLiteral("check:") % kCheck); // no finding any more
    QVERIFY(opened.detail().toText().contains(QStringLiteral("ops: new disks on Monday")));
    QVERIFY(opened.openTab("Waivers"));
    QVERIFY(opened.find<DataTable>("waivers")->selectKey(kCheck));
}

void TestWaivers::waiverIsChanged()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    WaiveDialog *dialog = ask(opened, QStringLiteral("performance/cdn"));
    QCOMPARE(dialog->draft().owner, QStringLiteral("ops")); // as it stands in the file
    QCOMPARE(dialog->draft().until, QDate(2020, 3, 31));
    auto *save = dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver"));
    QCOMPARE(save->text(), QStringLiteral("Change waiver"));
    const QDate later = QDateTime::currentDateTimeUtc().date().addDays(30);
    dialog->findChild<QDateEdit *>(QStringLiteral("waiverUntil"))->setDate(later);
    QTest::mouseClick(save, Qt::LeftButton);
    QTRY_VERIFY(onDisk().contains(later.toString(Qt::ISODate).toUtf8()));
    QVERIFY(onDisk().contains("// long ago"));
    QTRY_VERIFY(opened.made.session->assessment()->check("performance/cdn")->status == CheckStatus::Waived);
}

void TestWaivers::waiverIsRemoved()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("Waivers"));
    auto *waivers = opened.find<DataTable>("waivers");
    QCOMPARE(waivers->rows().rowCount(), 1);
    QVERIFY(waivers->selectKey(QStringLiteral("performance/cdn")));
    QTest::keyClick(waivers, Qt::Key_Delete);
    auto *dialog = opened.window->findChild<WaiveDialog *>();
    QVERIFY(dialog);
    QCOMPARE(onDisk(), kFile); // asked first
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("removeWaiver")), Qt::LeftButton);
    QTRY_VERIFY(opened.made.session->environment().waivers.empty());
    QVERIFY(!onDisk().contains("performance/cdn"));
    QVERIFY(onDisk().contains("{ // the shop\n"));
    QTRY_VERIFY(!waivers->isVisible());
}

void TestWaivers::endedOneIsVisiblyVoid()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    QVERIFY(opened.openTab("Waivers"));
    const Row &row = opened.find<DataTable>("waivers")->rows().rows().front();
    QVERIFY2(row.cells.back().text.endsWith(QStringLiteral("d ago: void")), qPrintable(row.cells.back().text));
    QVERIFY(row.status == CheckStatus::Warn);
    QVERIFY(opened.made.session->assessment()->check("performance/cdn")->status != CheckStatus::Waived);
    opened.window->open(QStringLiteral("check:performance/cdn"));
    QVERIFY(opened.detail().toText().contains(QStringLiteral("void – ops: internal")));
}

void TestWaivers::theirChangesStay()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    WaiveDialog *dialog = ask(opened);
    fill(*dialog);
    QByteArray theirs = kFile;
    theirs.replace("\"x-note\": [1,  2]", "\"x-note\": \"edited by hand\", // theirs\n  \"x-more\": 3");
    write(theirs);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver")), Qt::LeftButton);
    QTRY_COMPARE(opened.made.session->environment().waivers.size(), std::size_t{2});
    QVERIFY(onDisk().contains("\"x-note\": \"edited by hand\", // theirs\n  \"x-more\": 3"));
    QVERIFY(onDisk().contains("new disks on Monday"));
}

void TestWaivers::faultNamesFileAndFixAndLosesNothing()
{
    auto store = std::make_shared<WaitingStore>(Fault{FaultKind::Denied, "write", "/etc/muster/shop.json: Permission denied", "Give the console's user the right to this path."});
    store->release();
    auto made = setup();
    made.waivers = store;
    OpenedReadiness opened(std::move(made));
    QVERIFY(opened.start());
    WaiveDialog *dialog = ask(opened);
    fill(*dialog);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver")), Qt::LeftButton);
    const auto *fault = dialog->findChild<QLabel *>(QStringLiteral("waiverFault"));
    QTRY_VERIFY(fault->isVisible());
    QCOMPARE(fault->text(), QStringLiteral("Not written. /etc/muster/shop.json: Permission denied\nGive the console's user the right to this path."));
    QVERIFY(dialog->isVisible());
    QCOMPARE(dialog->draft().reason, QStringLiteral("new disks on Monday"));
    QVERIFY(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver"))->isEnabled());
    QCOMPARE(opened.made.session->environment().waivers.size(), std::size_t{1});
}

void TestWaivers::fileThatIsGoneIsNamed()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    WaiveDialog *dialog = ask(opened);
    fill(*dialog);
    QVERIFY(QFile::remove(m_path));
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver")), Qt::LeftButton);
    const auto *fault = dialog->findChild<QLabel *>(QStringLiteral("waiverFault"));
    QTRY_VERIFY(fault->isVisible());
    QVERIFY2(fault->text().contains(QStringLiteral("shop.json: No such file")), qPrintable(fault->text()));
    QVERIFY(!QFile::exists(m_path));
}

void TestWaivers::windowWorksWhileTheDiskDoesNot()
{
    auto store = std::make_shared<WaitingStore>(Fault{FaultKind::Unavailable, "write", "shop.json: is being written by another program", "Try again."});
    auto made = setup();
    made.waivers = store;
    OpenedReadiness opened(std::move(made));
    QVERIFY(opened.start());
    const QPointer<WaiveDialog> dialog = ask(opened);
    fill(*dialog);
    auto *save = dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver"));
    QTest::mouseClick(save, Qt::LeftButton);
    QVERIFY(!save->isEnabled()); // and not twice
    QTRY_VERIFY(store->thread() != std::thread::id());
    QVERIFY(store->thread() != std::this_thread::get_id());
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("cancel")), Qt::LeftButton);
    QTRY_VERIFY(!dialog); // one may leave
    opened.window->openPage("cache");
    QCOMPARE(opened.window->currentPage(), std::string("cache"));
    store->release();
    const auto saysSo = [&opened] {
        const auto labels = opened.window->findChildren<QLabel *>();
        return std::ranges::any_of(labels, [](const QLabel *label) { return label->isVisible() && label->text().startsWith(QStringLiteral("The waiver was not written: shop.json")); });
    };
    QTRY_VERIFY(saysSo());
}

void TestWaivers::withoutAFileItSaysSo()
{
    OpenedReadiness opened(test::shopSetup());
    QVERIFY(opened.start());
    WaiveDialog *dialog = ask(opened);
    fill(*dialog);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveWaiver")), Qt::LeftButton);
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("waiverFault"))->text().contains(QStringLiteral("was not opened from a file")));
}

QTEST_MAIN(TestWaivers)
#include "tst_waivers.moc"
