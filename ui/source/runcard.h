// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/actionrunner.h"

#include <QFrame>
#include <QTimer>

#include <string>
#include <vector>

class QProgressBar;
class QPushButton;

namespace muster {

class Label;

/// The run of a page's action that is on its way, on the page itself, with the way back to its sheet. Hidden while there is none.
class RunCard : public QFrame
{
    Q_OBJECT
public:
    RunCard(ActionRunner &runner, std::vector<std::string> actions, QWidget *parent = nullptr);

Q_SIGNALS:
    void runChosen(muster::ActionRun *run);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void refresh();
    [[nodiscard]] ActionRun *activeRun() const;

    ActionRunner &m_runner;
    std::vector<std::string> m_actions;
    Label *m_title;
    Label *m_phase;
    QProgressBar *m_bar;
    QPushButton *m_show;
    QTimer m_tick; ///< while something runs
};

} // namespace muster
