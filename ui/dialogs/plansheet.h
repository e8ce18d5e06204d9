// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/actionrunner.h"
#include "ui/dialogs/sheet.h"

#include <QPointer>
#include <QTimer>

class QStackedLayout;

namespace muster {

class CopyButton;
class OutcomeView;
class PlanView;
class PrimaryButton;
class ProgressView;
class StatePanel;

/// The one sheet of every action, from plan to outcome. Never blocks; may be put in the background and found again.
class PlanSheet : public Sheet
{
    Q_OBJECT
public:
    PlanSheet(ActionRunner &runner, ActionRun &run, QWidget *parent);

    [[nodiscard]] ActionRun *run() const { return m_run; }

Q_SIGNALS:
    void armRequested();

public Q_SLOTS:
    void reject() override; ///< Cancel, Esc, the close button: by state

private:
    void build();
    void wire();
    void refresh();
    void refreshPermission();
    void confirm();
    void showPreflight();

    ActionRunner &m_runner;
    QPointer<ActionRun> m_run;
    QTimer m_tick; ///< expiry and elapsed time
    QString m_refusal;
    QStackedLayout *m_stack;
    StatePanel *m_state;
    PlanView *m_plan;
    ProgressView *m_progress;
    OutcomeView *m_outcome;
    PrimaryButton *m_runButton;
    QPushButton *m_replan;
    QPushButton *m_arm;
    QPushButton *m_pause;
    QPushButton *m_background;
    CopyButton *m_copy;
};

} // namespace muster
