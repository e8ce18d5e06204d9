// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/actioncenter.h"

#include "models/format/text.h"
#include "models/presenters/planpresenter.h"
#include "ui/dialogs/armdialog.h"
#include "ui/dialogs/flushdialog.h"
#include "ui/dialogs/maildialog.h"
#include "ui/dialogs/plansheet.h"
#include "ui/dialogs/waivedialog.h"

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

void ActionCenter::openWaiver(const QString &check)
{
    auto *dialog = new WaiveDialog(m_session.environment(), check, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
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
