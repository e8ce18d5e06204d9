// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/pagestate.h"

#include <QFrame>

namespace muster {

class CopyButton;
class Label;
class StateIcon;

/// Fills a page that has nothing to show: first load (skeleton bars), empty (what to declare), failed (stage, cause, next step).
class StatePanel : public QWidget
{
    Q_OBJECT
public:
    explicit StatePanel(QWidget *parent = nullptr);

    void show(const PageState &state);
    using QWidget::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    PageState m_state;
    StateIcon *m_icon;
    Label *m_title;
    Label *m_text;
    Label *m_step;
    Label *m_snippet;
    CopyButton *m_copy;
};

/// One line above content that is old: what fails, since when, what to do.
class StaleBanner : public QFrame
{
    Q_OBJECT
public:
    explicit StaleBanner(QWidget *parent = nullptr);

    void show(const PageState &state);
    using QFrame::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Label *m_title;
    Label *m_text;
};

} // namespace muster
