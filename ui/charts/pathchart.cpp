// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/pathchart.h"

#include "models/format/text.h"
#include "ui/theme/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QPolygonF>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <ranges>

namespace muster {

namespace {
constexpr int kTop = 58;     // px for title, readout and the figures above the stairs
constexpr int kBottom = 10;
constexpr int kSide = 12;
constexpr double kHighest = 100; // points
constexpr double kRound = 5;     // points: the axis begins at a multiple
constexpr qreal kLine = 1.8;
constexpr qreal kGap = 8;        // px between two figures
}

PathChart::PathChart(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("pathChart"));
    setAccessibleName(tr("Path to 100"));
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(240, 120);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    describe();
}

void PathChart::show(std::vector<readiness::PathStep> steps)
{
    m_steps = std::move(steps);
    m_ends = readiness::milestones(m_steps);
    if (m_chosen && *m_chosen >= m_steps.size())
        m_chosen.reset();
    double least = kHighest;
    for (const readiness::PathStep &step : m_steps)
        least = std::min(least, step.score.low);
    m_low = std::clamp(std::floor((least - 1) / kRound) * kRound, 0.0, kHighest - kRound);
    describe();
    update();
}

void PathChart::describe()
{
    const QString text = (m_chosen ? readiness::stepText(m_steps, *m_chosen) % QLatin1Char('\n') : QString()) % readiness::pathText(m_steps);
    if (text != accessibleDescription())
        setAccessibleDescription(text);
}

void PathChart::choose(std::size_t step)
{
    m_chosen = step;
    describe();
    update();
    if (!m_steps[step].checks.empty())
        Q_EMIT checkChosen(QString::fromStdString(m_steps[step].checks.front()));
}

QRectF PathChart::plot() const
{
    return QRectF(rect()).adjusted(kSide, kTop, -kSide, -kBottom);
}

// The end of a step; the first one, today, is a level as long as a step.
qreal PathChart::x(std::size_t step) const
{
    return plot().left() + plot().width() * qreal(step + 1) / qreal(m_steps.size());
}

qreal PathChart::y(double score) const
{
    return plot().bottom() - plot().height() * (score - m_low) / (kHighest - m_low);
}

std::optional<std::size_t> PathChart::stepAt(qreal position) const
{
    if (m_steps.empty() || position < plot().left() || position > plot().right())
        return std::nullopt;
    const auto step = std::size_t((position - plot().left()) / plot().width() * qreal(m_steps.size()));
    return std::min(step, m_steps.size() - 1);
}

bool PathChart::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const auto step = stepAt(help->pos().x());
    if (step)
        QToolTip::showText(help->globalPos(), text::toolTip(readiness::stepText(m_steps, *step).toStdString()), this);
    else
        QToolTip::hideText();
    return true;
}

void PathChart::keyPressEvent(QKeyEvent *event)
{
    if (m_steps.empty())
        return QWidget::keyPressEvent(event);
    const std::size_t last = m_steps.size() - 1;
    const std::size_t at = m_chosen.value_or(0);
    switch (event->key()) {
    case Qt::Key_Right: choose(m_chosen ? std::min(at + 1, last) : 0); break;
    case Qt::Key_Left: choose(at > 0 ? at - 1 : 0); break;
    case Qt::Key_Home: choose(0); break;
    case Qt::Key_End: choose(last); break;
    default: QWidget::keyPressEvent(event);
    }
}

void PathChart::mousePressEvent(QMouseEvent *event)
{
    if (const auto step = stepAt(event->position().x()))
        choose(*step);
}

void PathChart::focusInEvent(QFocusEvent *event)
{
    QWidget::focusInEvent(event);
    update();
}

void PathChart::focusOutEvent(QFocusEvent *event)
{
    QWidget::focusOutEvent(event);
    update();
}

void PathChart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.panel);
    painter.setPen(colors.text);
    painter.setFont(theme::font(theme::Type::Strong));
    const QRect title(kSide, 4, width() - 2 * kSide, 18);
    painter.drawText(title, int(Qt::AlignLeft | Qt::AlignVCenter), tr("Path to 100"));
    painter.setFont(theme::font(theme::Type::Small));
    painter.setPen(colors.quiet);
    const QString words = m_steps.empty() ? tr("being computed…") : m_chosen ? readiness::stepText(m_steps, *m_chosen) : readiness::pathSummary(m_steps);
    const QRect readout = title.translated(0, 18);
    painter.drawText(readout, int(Qt::AlignLeft | Qt::AlignVCenter), painter.fontMetrics().elidedText(words, Qt::ElideRight, readout.width()));
    if (!m_steps.empty()) {
        paintStairs(painter);
        paintMilestones(painter);
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(colors.accent);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

// What is certain as a line; what may be on top of it, where not all was measured, as a pale band.
void PathChart::paintStairs(QPainter &painter) const
{
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(QRectF(plot().left(), y(kHighest), plot().width(), 1), colors.line);
    painter.fillRect(QRectF(plot().left(), plot().bottom(), plot().width(), 1), colors.line);
    QPolygonF stairs;
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (std::size_t i = 0; i < m_steps.size(); ++i) {
        const qreal left = i == 0 ? plot().left() : x(i - 1);
        const Interval &score = m_steps[i].score;
        if (m_chosen == i)
            painter.fillRect(QRectF(left, plot().top(), x(i) - left, plot().height()), colors.selection);
        if (score.high - score.low > 0.05)
            painter.fillRect(QRectF(QPointF(left, y(score.high)), QPointF(x(i), y(score.low))), colors.track);
        stairs << QPointF(left, y(score.low)) << QPointF(x(i), y(score.low));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors.accent, kLine, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.drawPolyline(stairs);
}

void PathChart::paintMilestones(QPainter &painter) const
{
    const theme::Colors &colors = theme::colors(palette());
    painter.setFont(theme::font(theme::Type::Strong));
    qreal free = plot().right() + kGap; // where the figure to the right begins
    for (const readiness::Milestone &end : m_ends | std::views::reverse) {
        const QPointF at(x(end.step), y(m_steps[end.step].score.low));
        painter.setPen(Qt::NoPen);
        painter.setBrush(colors.accent);
        painter.drawEllipse(at, 3.5, 3.5);
        const qreal width = painter.fontMetrics().horizontalAdvance(end.label);
        const qreal left = std::max(std::min(at.x() - width / 2, free - kGap - width), plot().left());
        if (left + width > free)
            continue; // the words above the stairs have it
        painter.setPen(colors.text);
        painter.drawText(QPointF(left, at.y() - 7), end.label);
        free = left;
    }
}

} // namespace muster
