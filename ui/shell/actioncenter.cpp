// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/actioncenter.h"

#include "models/format/text.h"
#include "models/ports/reportwriter.h"
#include "models/presenters/planpresenter.h"
#include "ui/dialogs/armdialog.h"
#include "ui/dialogs/flushdialog.h"
#include "ui/dialogs/maildialog.h"
#include "ui/dialogs/plansheet.h"
#include "ui/dialogs/reportdialog.h"
#include "ui/dialogs/waivedialog.h"

#include <QFileInfo>

namespace muster {

ActionCenter::ActionCenter(Session &session, QWidget *window) : QObject(window), m_session(session), m_window(window)
{
    connect(&session.runner(), &ActionRunner::runFinished, this, &ActionCenter::onFinished);
}

void ActionCenter::request(const QString &action, const QString &instance)
{
    const ActionFactory &factory = m_session.actions();
    if (action == QLatin1String("backup"))
        start(factory.backup(instance.toStdString()));
    else if (action == QLatin1String("verify"))
        start(factory.verifyBackup(instance.section(QLatin1Char('/'), 0, 0).toStdString(), instance.section(QLatin1Char('/'), 1).toStdString()));
    else if (action == QLatin1String("drill"))
        start(factory.drillBackup(instance.section(QLatin1Char('/'), 0, 0).toStdString(), instance.section(QLatin1Char('/'), 1).toStdString()));
    else if (action == QLatin1String("flush"))
        openFlush(instance);
    else if (action == QLatin1String("mail-test"))
        openMail();
    else if (action == QLatin1String("load-test"))
        start(factory.loadTest({instance.toStdString(), 0, {}}));
    else if (action == QLatin1String("cancel-query") || action == QLatin1String("terminate-session"))
        endSession(instance, action == QLatin1String("terminate-session"));
    else if (action == QLatin1String("waive"))
        openWaiver(instance);
    else if (action == QLatin1String("unwaive"))
        openWaiver(instance)->askToRemove();
    else if (action == QLatin1String("report"))
        openReport();
}

void ActionCenter::start(std::unique_ptr<Action> action)
{
    if (!action) {
        Q_EMIT said(tr("The environment does not declare a target for this action."));
        return;
    }
    showRun(m_session.runner().prepare(std::move(action)));
}

void ActionCenter::endSession(const QString &instance, bool isTerminate)
{
    start(m_session.actions().endSession({instance.section(QLatin1Char('/'), 0, -2).toStdString(), instance.section(QLatin1Char('/'), -1).toInt(), isTerminate}));
}

void ActionCenter::openFlush(const QString &instance)
{
    auto *dialog = new FlushDialog(m_session.environment(), instance.section(QLatin1Char('/'), 0, 0), m_window);
    dialog->setPrefix(instance.section(QLatin1Char('/'), 1));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &FlushDialog::requested, this, [this](const FlushRequest &request) { start(m_session.actions().flush(request)); });
    dialog->show();
}

void ActionCenter::openMail()
{
    auto *dialog = new MailDialog(m_session.environment(), m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &MailDialog::requested, this, [this](const MailTestRequest &request) { start(m_session.actions().mailTest(request)); });
    dialog->show();
}

WaiveDialog *ActionCenter::openWaiver(const QString &check)
{
    auto *dialog = new WaiveDialog(m_session, check, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &WaiveDialog::saveRequested, this, [this, dialog](const readiness::Waiver &waiver) {
        writeWaivers(dialog, [waiver](WaiverStore &store) { return store.add(waiver); }, tr("%1 is waived until %2").arg(text::label(waiver.check, 80), waiver::draftOf(waiver).until.toString(Qt::ISODate)));
    });
    connect(dialog, &WaiveDialog::removeRequested, this, [this, dialog](const QString &id) {
        writeWaivers(dialog, [id](WaiverStore &store) { return store.remove(id.toStdString()); }, tr("%1 counts again").arg(text::label(id.toStdString(), 80)));
    });
    dialog->show();
    return dialog;
}

// The dialog may be closed before the disk answers; the result counts all the same.
void ActionCenter::writeWaivers(WaiveDialog *dialog, std::function<WaiverStore::Result(WaiverStore &)> change, const QString &done)
{
    const auto store = m_session.waiverStore();
    if (!store) {
        dialog->showFault({FaultKind::Config, "environment", tr("This environment was not opened from a file.").toStdString(), {}});
        return;
    }
    dialog->setBusy(true);
    const auto write = [store, change = std::move(change)] { return change(*store); };
    m_writer.run(this, write, [this, open = QPointer(dialog), done](WaiverStore::Result result) {
        if (open)
            open->setBusy(false);
        if (result) {
            m_session.setWaivers(std::move(*result));
            if (open)
                open->accept();
            Q_EMIT said(done);
        } else if (open) {
            open->showFault(result.error());
        } else {
            Q_EMIT said(tr("The waiver was not written: %1").arg(text::label(result.error().detail, 160)));
        }
    });
}

void ActionCenter::openReport()
{
    auto *dialog = new ReportDialog(m_session, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ReportDialog::saveRequested, this, [this, dialog](const QString &path, const QString &format, bool mayReplace) { writeReport(dialog, path, format, mayReplace); });
    dialog->show();
}

void ActionCenter::writeReport(ReportDialog *dialog, const QString &path, const QString &format, bool mayReplace)
{
    const auto writer = m_session.reportWriter();
    if (!writer) {
        dialog->showFault({FaultKind::Config, "report", tr("This window was opened without a place for reports.").toStdString(), {}});
        return;
    }
    dialog->setBusy(true);
    const ReportRequest request{path.toStdString(), format.toStdString(), m_session.environment(), m_session.profile(), m_session.snapshot(), m_session.assessment(), m_session.history()};
    struct Result {
        bool isThere = false; ///< and was left alone
        std::expected<void, Fault> written;
        qint64 bytes = 0;
    };
    const auto write = [writer, request, path, mayReplace] {
        if (!mayReplace && QFileInfo::exists(path))
            return Result{true, {}, 0};
        auto written = writer->write(request);
        return Result{false, std::move(written), QFileInfo(path).size()};
    };
    m_writer.run(this, write, [this, open = QPointer(dialog), path](const Result &result) {
        if (open)
            open->setBusy(false);
        if (open && result.isThere)
            open->askToReplace();
        else if (open && !result.written)
            open->showFault(result.written.error());
        else if (open)
            open->showDone(result.bytes);
        const QString name = text::label(path.toStdString(), 160);
        Q_EMIT said(result.isThere ? tr("Not saved: %1 exists").arg(name) : result.written ? tr("Report saved: %1").arg(name) : tr("Report not saved: %1").arg(text::label(result.written.error().detail, 160)));
    });
}

void ActionCenter::showRun(ActionRun *run)
{
    QPointer<PlanSheet> &sheet = m_sheets[run];
    if (!sheet) {
        sheet = new PlanSheet(m_session.runner(), *run, m_window);
        connect(sheet, &PlanSheet::armRequested, this, &ActionCenter::askToArm);
        connect(run, &QObject::destroyed, this, [this, run] { m_sheets.erase(run); });
    }
    sheet->show();
    sheet->raise();
    sheet->activateWindow();
}

void ActionCenter::askToArm()
{
    auto *dialog = new ArmDialog(m_session.environment(), m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ArmDialog::armed, this, [this] { m_session.runner().arm(); });
    dialog->show();
}

void ActionCenter::onFinished(ActionRun *run)
{
    const QString outcome = plan::outcomeTitle(run->outcome().kind, run->plan().action);
    Q_EMIT said(text::label(run->plan().title, 80) % QStringLiteral(": ") % outcome);
    m_session.poller().measureNow();
}

} // namespace muster
