// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "models/presenters/asyncreader.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <map>
#include <memory>

namespace muster {

class PlanSheet;
class ReportDialog;
class WaiveDialog;

/// From a wish ("flush cache") to its form and its plan sheet; keeps a sheet for every run, so that one in the background is found again.
class ActionCenter : public QObject
{
    Q_OBJECT
public:
    ActionCenter(Session &session, QWidget *window);

    /// "backup", "verify" (a set, or "set/id"), "flush" (an instance, or "instance/prefix"), "mail-test", "load-test" (its name), "cancel-query" and
    /// "terminate-session" ("instance/pid"), "waive" and "unwaive" (a check's id; "" = to be chosen), "report".
    void request(const QString &action, const QString &instance);
    void showRun(ActionRun *run);
    void askToArm();

Q_SIGNALS:
    /// A sentence for the status bar.
    void said(const QString &sentence);

private:
    void start(std::unique_ptr<Action> action);
    void endSession(const QString &instance, bool isTerminate);
    void openFlush(const QString &instance);
    void openMail();
    WaiveDialog *openWaiver(const QString &check);
    void writeWaivers(WaiveDialog *dialog, std::function<WaiverStore::Result(WaiverStore &)> change, const QString &done);
    void openReport();
    void writeReport(ReportDialog *dialog, const QString &path, const QString &format, bool mayReplace);
    void onFinished(ActionRun *run);

    Session &m_session;
    QWidget *m_window;
    std::map<ActionRun *, QPointer<PlanSheet>> m_sheets;
    AsyncReader m_writer; ///< what goes to files: waivers, reports
};

} // namespace muster
