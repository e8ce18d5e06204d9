// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/detail.h"

#include <QScrollArea>

#include <vector>

class QHBoxLayout;
class QPlainTextEdit;
class QPushButton;
class QSplitter;
class QVBoxLayout;

namespace muster {

class CopyButton;
class FactGrid;
class FlowRow;
class Label;
class StateIcon;

/// The right side of every page: the evidence of one thing, what to do about it, the actions for it, its raw material.
class DetailPanel : public QScrollArea
{
    Q_OBJECT
public:
    explicit DetailPanel(QWidget *parent = nullptr);

    void show(const Detail &detail);
    [[nodiscard]] const Detail &detail() const { return m_detail; }
    /// A widget of the page between the evidence and what to do (a ladder, a chart).
    void setExtra(QWidget *extra);
    using QScrollArea::show;
    /// Gives the keyboard to the first action.
    void focusSteps();
    /// The actions and Copy as a menu.
    void popUp(const QPoint &globalPosition);

    static constexpr int kWidth = 360; ///< px at first; the operator may drag its edge

Q_SIGNALS:
    void stepRequested(const QString &action, const QString &instance);

private:
    void build();
    void showSteps();
    void showTexts();
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

    Detail m_detail;
    QWidget *m_body;
    QVBoxLayout *m_column;
    StateIcon *m_icon;
    Label *m_title;
    Label *m_subtitle;
    FactGrid *m_grid;
    Label *m_evidence;
    Label *m_remedyHead;
    Label *m_remedy;
    FlowRow *m_buttons;
    CopyButton *m_copy;
    Label *m_rawHead;
    QPlainTextEdit *m_raw;
    std::vector<QPushButton *> m_stepButtons;
    std::vector<Detail::Step> m_shownSteps;
};

/// `list` left, `detail` right, with an edge to drag between them; fills `parent`.
QSplitter *layOut(QWidget *list, DetailPanel *detail, QWidget *parent);

} // namespace muster
