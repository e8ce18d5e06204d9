// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "models/presenters/seriesbook.h"

#include <QTimer>
#include <QWidget>

class QPushButton;

namespace muster {

class Label;
class ScoreSparkline;
class StateIcon;

/// On every page: environment, verdict, score, its day, how old the knowledge is, and the lock.
class HeaderBar : public QWidget
{
    Q_OBJECT
public:
    HeaderBar(Session &session, SeriesBook &series, QWidget *parent = nullptr);

    void refresh();

Q_SIGNALS:
    void armRequested();
    void disarmRequested();

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void build();
    void showArmed();

    Session &m_session;
    SeriesBook &m_series;
    StateIcon *m_icon;
    Label *m_verdict;
    Label *m_gates;
    Label *m_score;
    Label *m_measured;
    Label *m_was;
    ScoreSparkline *m_day;
    Label *m_oldest;
    QPushButton *m_lock = nullptr;
    QTimer m_countdown; ///< while armed
};

} // namespace muster
