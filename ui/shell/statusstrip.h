// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QMenu;
class QToolButton;

namespace muster {

class Label;

/// At the foot of the window: the age of every source, what runs in the background, the clock, the way to everything.
class StatusStrip : public QWidget
{
    Q_OBJECT
public:
    explicit StatusStrip(Session &session, QWidget *parent = nullptr);

    void refresh();
    /// One sentence, for some seconds.
    void say(const QString &sentence);

Q_SIGNALS:
    void runChosen(muster::ActionRun *run);

protected:
    void paintEvent(QPaintEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override; ///< the room of the sources changed

private:
    void showRuns();
    void placeSources();

    Session &m_session;
    QWidget *m_sources;
    std::vector<Label *> m_ages;
    Label *m_more; ///< "+3": what does not fit
    Label *m_sentence;
    QToolButton *m_runs;
    QMenu *m_menu;
    Label *m_clock;
    QTimer m_silence;
};

} // namespace muster
