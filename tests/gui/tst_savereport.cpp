// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/reportfile.h"
#include "tests/gui/openedpage.h"
#include "ui/dialogs/reportdialog.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLineEdit>
#include <QTemporaryDir>

#include <thread>

using namespace muster;
using test::OpenedReadiness;

namespace {

/// The real writer, and which thread used it.
class WatchedWriter : public ReportWriter
{
public:
    std::expected<void, Fault> write(const ReportRequest &request) const override
    {
        m_thread = std::this_thread::get_id();
        return m_writer.write(request);
    }
    [[nodiscard]] std::thread::id thread() const { return m_thread; }

private:
    report::FileReportWriter m_writer;
    mutable std::atomic<std::thread::id> m_thread{};
};

} // namespace

/// "Save a report…", with the real writer.
class TestSaveReport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void everyFormatIsWritten_data();
    void everyFormatIsWritten();
    void formatChangesTheSuffix();
    void existingFileIsAskedFor();
    void failureNamesTheReason();
    void badPathIsSaidBeforehand();

private:
    test::GuiSetup setup();
    ReportDialog *open(OpenedReadiness &opened, const QString &path);

    QTemporaryDir m_folder;
    std::shared_ptr<WatchedWriter> m_writer = std::make_shared<WatchedWriter>();
};

void TestSaveReport::initTestCase()
{
    QVERIFY(m_folder.isValid());
    theme::apply(*qApp, theme::Scheme::Light);
}

test::GuiSetup TestSaveReport::setup()
{
    auto setup = test::shopSetup();
    setup.reports = m_writer;
    return setup;
}

ReportDialog *TestSaveReport::open(OpenedReadiness &opened, const QString &path)
{
    opened.window->open(QStringLiteral("command:report"));
    auto *dialog = opened.window->findChild<ReportDialog *>();
    if (dialog && !path.isEmpty())
        dialog->findChild<QLineEdit *>(QStringLiteral("reportPath"))->setText(path);
    return dialog;
}

void TestSaveReport::everyFormatIsWritten_data()
{
    QTest::addColumn<int>("index");
    QTest::addColumn<QString>("suffix");
    QTest::addColumn<QByteArray>("begin");
    QTest::newRow("pdf") << 0 << QStringLiteral("pdf") << QByteArray("%PDF-");
    QTest::newRow("html") << 1 << QStringLiteral("html") << QByteArray("<!DOCTYPE html>");
    QTest::newRow("markdown") << 2 << QStringLiteral("md") << QByteArray("# ");
    QTest::newRow("json") << 3 << QStringLiteral("json") << QByteArray("{");
    QTest::newRow("csv") << 4 << QStringLiteral("csv") << QByteArray("");
}

void TestSaveReport::everyFormatIsWritten()
{
    QFETCH(int, index);
    QFETCH(QString, suffix);
    QFETCH(QByteArray, begin);
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    ReportDialog *dialog = open(opened, m_folder.filePath(QStringLiteral("report.pdf")));
    QVERIFY(dialog);
    dialog->findChild<QComboBox *>(QStringLiteral("reportFormat"))->setCurrentIndex(index);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveReport")), Qt::LeftButton);
    const QString path = m_folder.filePath(QStringLiteral("report.") % suffix);
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("reportResult"));
    QTRY_VERIFY2(result->text().startsWith(QStringLiteral("Saved: ") % path), qPrintable(result->text()));
    QVERIFY(m_writer->thread() != std::this_thread::get_id());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray bytes = file.readAll();
    QVERIFY(bytes.size() > 500);
    QVERIFY2(bytes.startsWith(begin), bytes.left(40).constData());
    if (suffix == QLatin1String("json"))
        QCOMPARE(QJsonDocument::fromJson(bytes).object()[QLatin1String("environment")].toString(), QStringLiteral("shop"));
}

void TestSaveReport::formatChangesTheSuffix()
{
    OpenedReadiness opened(setup());
    ReportDialog *dialog = open(opened, {});
    const QString first = dialog->path();
    QVERIFY2(QFileInfo(first).isAbsolute() && QFileInfo(first).fileName().startsWith(QStringLiteral("muster-shop-")) && first.endsWith(QStringLiteral(".pdf")), qPrintable(first));
    auto *format = dialog->findChild<QComboBox *>(QStringLiteral("reportFormat"));
    format->setCurrentIndex(2);
    QVERIFY(dialog->path().endsWith(QStringLiteral(".md")));
    dialog->findChild<QLineEdit *>(QStringLiteral("reportPath"))->setText(QStringLiteral("/tmp/v1.2"));
    format->setCurrentIndex(0);
    QCOMPARE(dialog->path(), QStringLiteral("/tmp/v1.2")); // a name of their own
}

void TestSaveReport::existingFileIsAskedFor()
{
    const QString path = m_folder.filePath(QStringLiteral("old.csv"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4);
    file.close();
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    ReportDialog *dialog = open(opened, path);
    dialog->findChild<QComboBox *>(QStringLiteral("reportFormat"))->setCurrentIndex(4);
    auto *save = dialog->findChild<QAbstractButton *>(QStringLiteral("saveReport"));
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("reportResult"));
    QTest::mouseClick(save, Qt::LeftButton);
    QTRY_COMPARE(save->text(), QStringLiteral("Replace"));
    QVERIFY(result->text().contains(QStringLiteral("old.csv exists")));
    QCOMPARE(QFileInfo(path).size(), qint64{4});
    QTest::mouseClick(save, Qt::LeftButton);
    QTRY_VERIFY(result->text().startsWith(QStringLiteral("Saved: ")));
    QVERIFY(QFileInfo(path).size() > 4);
}

void TestSaveReport::failureNamesTheReason()
{
    OpenedReadiness opened(setup());
    QVERIFY(opened.start());
    ReportDialog *dialog = open(opened, m_folder.filePath(QStringLiteral("no such folder/report.json")));
    dialog->findChild<QComboBox *>(QStringLiteral("reportFormat"))->setCurrentIndex(3);
    QTest::mouseClick(dialog->findChild<QAbstractButton *>(QStringLiteral("saveReport")), Qt::LeftButton);
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("reportResult"));
    QTRY_VERIFY2(result->text().startsWith(QStringLiteral("Not saved. ")) && result->text().contains(QStringLiteral("no such folder: there is no such folder\nCreate it")), qPrintable(result->text()));
    QVERIFY(!result->text().contains(QStringLiteral(".new-"))); // our own temporary name
    QVERIFY(result->height() >= result->heightForWidth(result->width())); // the sheet grew for it
    QVERIFY(dialog->findChild<QAbstractButton *>(QStringLiteral("saveReport"))->isEnabled());
}

void TestSaveReport::badPathIsSaidBeforehand()
{
    OpenedReadiness opened(setup());
    ReportDialog *dialog = open(opened, QStringLiteral("report.pdf"));
    const auto *problem = dialog->findChild<QLabel *>(QStringLiteral("reportProblem"));
    QVERIFY2(problem->text().contains(QStringLiteral("does not say in which folder")), qPrintable(problem->text()));
    QVERIFY(!dialog->findChild<QAbstractButton *>(QStringLiteral("saveReport"))->isEnabled());
    auto *path = dialog->findChild<QLineEdit *>(QStringLiteral("reportPath"));
    path->setText(QString());
    QCOMPARE(problem->text(), QStringLiteral("Say where the file goes."));
    path->setText(QStringLiteral("/tmp/"));
    QVERIFY(problem->text().contains(QStringLiteral("is a folder")));
    path->setText(QStringLiteral("~/report.pdf"));
    QVERIFY(problem->text().isEmpty());
}

QTEST_MAIN(TestSaveReport)
#include "tst_savereport.moc"
