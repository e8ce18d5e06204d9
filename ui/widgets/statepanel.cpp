// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/statepanel.h"

#include "ui/widgets/copybutton.h"
#include "ui/widgets/label.h"
#include "ui/widgets/stateicon.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

#include <iterator>

namespace muster {

namespace {
constexpr int kTextWidth = 620; // px: lines that can be read
constexpr int kSkeleton[] = {6, 8, 5, 7, 4, 6}; // tenths of the width
}

StatePanel::StatePanel(QWidget *parent)
    : QWidget(parent), m_icon(new StateIcon(this, 18)), m_title(new Label(theme::Type::Title, Label::Tone::Text, this)),
      m_text(new Label(theme::Type::Body, Label::Tone::Quiet, this)), m_step(new Label(theme::Type::Strong, Label::Tone::Text, this)),
      m_snippet(new Label(theme::Type::Mono, Label::Tone::Text, this)),
      m_copy(new CopyButton(QStringLiteral("copySnippet"), [this] { return m_state.snippet; }, this))
{
    setObjectName(QStringLiteral("state"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 24, 24, 24);
    column->setSpacing(12);
    auto *head = new QHBoxLayout;
    head->addWidget(m_icon);
    head->addWidget(m_title, 1);
    column->addLayout(head);
    for (Label *label : {m_text, m_step, m_snippet}) {
        label->setWordWrap(label != m_snippet); // its lines are to be copied as they are
        label->setMaximumWidth(label == m_snippet ? QWIDGETSIZE_MAX : kTextWidth);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        column->addWidget(label);
    }
    column->addWidget(m_copy, 0, Qt::AlignLeft);
    column->addStretch(1);
}

void StatePanel::show(const PageState &state)
{
    m_state = state;
    const bool isFailed = state.kind == PageState::Kind::Failed;
    m_icon->setStatus(isFailed ? CheckStatus::Fail : CheckStatus::Unknown);
    m_icon->setVisible(state.kind != PageState::Kind::Loading);
    m_title->setTone(isFailed ? Label::Tone::Fail : Label::Tone::Text);
    m_title->show(state.title);
    m_text->show(state.text);
    m_text->setVisible(!state.text.isEmpty());
    m_step->show(state.step);
    m_step->setVisible(!state.step.isEmpty());
    m_snippet->show(state.snippet);
    m_snippet->setVisible(!state.snippet.isEmpty());
    m_copy->setVisible(!state.snippet.isEmpty());
    update();
}

void StatePanel::paintEvent(QPaintEvent *)
{
    if (m_state.kind != PageState::Kind::Loading)
        return;
    QPainter painter(this);
    const QColor bar = theme::colors(palette()).track;
    const int top = m_title->geometry().bottom() + 24;
    for (int row = 0; row < int(std::size(kSkeleton)); ++row) {
        const int width = kSkeleton[row] * (this->width() - 48) / 10;
        painter.fillRect(QRect(24, top + row * theme::kRowHeight, width, 10), bar);
    }
}

StaleBanner::StaleBanner(QWidget *parent)
    : QFrame(parent), m_title(new Label(theme::Type::Strong, Label::Tone::Fail, this)), m_text(new Label(theme::Type::Body, Label::Tone::Quiet, this))
{
    setObjectName(QStringLiteral("staleBanner"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(16, 6, 16, 6);
    column->setSpacing(2);
    m_title->setElided(true);
    m_text->setElided(true);
    column->addWidget(m_title);
    column->addWidget(m_text);
}

void StaleBanner::show(const PageState &state)
{
    m_title->show(state.title);
    const QString text = state.step.isEmpty() ? state.text : state.text % QStringLiteral(" – ") % state.step;
    m_text->show(text);
    setTip(this, state.title % QLatin1Char('\n') % text);
}

void StaleBanner::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.panel);
    painter.fillRect(QRect(0, 0, 4, height()), colors.fail);
    painter.fillRect(QRect(0, height() - 1, width(), 1), colors.line);
}

} // namespace muster
