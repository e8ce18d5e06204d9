// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/charts/timeserieschart.h"

#include "models/format/format.h"

#include <QChart>
#include <QLineSeries>
#include <QMouseEvent>
#include <QPainter>
#include <QValueAxis>

#include <algorithm>
#include <array>
#include <cmath>

namespace muster {

namespace {

constexpr qint64 kGapAfter = 30'000; // ms: the longest age budget of a fast fact
constexpr qint64 kDay = 86'400'000;  // ms
constexpr int kTop = 40;             // px for title and latest value
constexpr int kBottom = 18;          // px for the time captions
constexpr int kSide = 10;

} // namespace

TimeSeriesChart::TimeSeriesChart(const QString &objectName, const QString &title, const std::string &unit, QWidget *parent)
    : QChartView(parent), m_title(title), m_unit(unit), m_time(new QValueAxis(this)), m_value(new QValueAxis(this))
{
    setObjectName(objectName);
    setAccessibleName(title);
    setFrameShape(NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus);
    setMinimumSize(160, 110);
    chart()->legend()->hide();
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->setAnimationOptions(QChart::NoAnimation);
    chart()->addAxis(m_time, Qt::AlignBottom);
    chart()->addAxis(m_value, Qt::AlignLeft);
    for (QValueAxis *axis : {m_time, m_value}) {
        axis->setLabelsVisible(false);
        axis->setLineVisible(false);
    }
    m_time->setGridLineVisible(false);
    m_value->setTickCount(3);
    applyColors();
}

void TimeSeriesChart::setSpan(qint64 span)
{
    m_span = span;
}

void TimeSeriesChart::setRange(double low, double high)
{
    m_isFixedRange = true;
    m_low = low;
    m_high = high;
}

void TimeSeriesChart::refresh(const std::vector<Line> &lines, qint64 now, qint64 staleAfter)
{
    m_now = now;
    m_staleAfter = staleAfter;
    m_drawn.resize(std::max(m_drawn.size(), lines.size()));
    for (std::size_t i = 0; i < m_drawn.size(); ++i)
        drawLine(m_drawn[i], i < lines.size() ? lines[i] : Line{});
    fitValues();
    chart()->setPlotArea(QRectF(kSide, kTop, std::max(1, width() - 2 * kSide), std::max(1, height() - kTop - kBottom)));
    m_time->setRange(double(now - m_span), double(now));
    m_value->setRange(m_low, m_high);
    applyColors();
    describe();
    viewport()->update();
}

void TimeSeriesChart::drawLine(Drawn &drawn, const Line &line)
{
    drawn.label = line.label;
    drawn.points = decimate(line.points, m_now - m_span, m_now, std::max(1, width() - 2 * kSide), kGapAfter + m_span / 100);
    while (drawn.segments.size() < drawn.points.size()) {
        auto *series = new QLineSeries(this);
        chart()->addSeries(series);
        series->attachAxis(m_time);
        series->attachAxis(m_value);
        drawn.segments.push_back(series);
    }
    for (std::size_t i = 0; i < drawn.segments.size(); ++i) {
        QList<QPointF> points;
        if (i < drawn.points.size()) {
            points.reserve(qsizetype(drawn.points[i].size()));
            for (const SeriesPoint &point : drawn.points[i])
                points.append(QPointF(double(point.at), point.value));
        }
        if (!points.isEmpty() || drawn.segments[i]->count() > 0)
            drawn.segments[i]->replace(points);
    }
}

void TimeSeriesChart::fitValues()
{
    if (m_isFixedRange)
        return;
    double low = INFINITY;
    double high = -INFINITY;
    for (const Drawn &drawn : m_drawn) {
        for (const auto &segment : drawn.points) {
            for (const SeriesPoint &point : segment) {
                low = std::min(low, point.value);
                high = std::max(high, point.value);
            }
        }
    }
    const bool isKnown = std::isfinite(low);
    m_low = isKnown ? (m_unit == "ratio" ? low : std::min(low, 0.0)) : 0;
    m_high = isKnown ? high : 1;
    const double slack = (m_high - m_low) * 0.08;
    m_high += slack > 0 ? slack : std::max(std::abs(m_high) * 0.02, 1e-6);
    if (m_unit == "ratio") {
        m_high = std::min(m_high, 1.0);
        m_low = std::max(0.0, std::min(m_low - slack, m_high - 0.02));
    }
}

int TimeSeriesChart::pointCount() const
{
    int count = 0;
    for (const Drawn &drawn : m_drawn) {
        for (const QLineSeries *series : drawn.segments)
            count += series->count();
    }
    return count;
}

int TimeSeriesChart::segmentCount() const
{
    int count = 0;
    for (const Drawn &drawn : m_drawn)
        count += int(std::ranges::count_if(drawn.segments, [](const QLineSeries *series) { return series->count() > 0; }));
    return count;
}

QColor TimeSeriesChart::lineColor(std::size_t index) const
{
    const theme::Colors &colors = theme::colors(palette());
    const std::array all{colors.accent, colors.warn, colors.ok, colors.fail, colors.text, colors.quiet};
    return all[index % all.size()];
}

// Lines beyond the third are told apart without colour as well.
QPen TimeSeriesChart::linePen(std::size_t index) const
{
    constexpr qreal kWidth = 1.6;
    return QPen(lineColor(index), kWidth, index < 3 ? Qt::SolidLine : index % 2 == 1 ? Qt::DashLine : Qt::DotLine);
}

void TimeSeriesChart::setMark(std::optional<qint64> at)
{
    m_mark = at;
    describe();
    viewport()->update();
}

void TimeSeriesChart::applyColors()
{
    const theme::Colors &colors = theme::colors(palette());
    setBackgroundBrush(colors.panel);
    chart()->setBackgroundBrush(colors.panel);
    chart()->setBackgroundPen(Qt::NoPen);
    m_value->setGridLinePen(QPen(colors.line, 1));
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        for (QLineSeries *series : m_drawn[i].segments) {
            if (series->pen().color() != lineColor(i))
                series->setPen(linePen(i));
        }
    }
}

qint64 TimeSeriesChart::newest() const
{
    qint64 newest = 0;
    for (const Drawn &drawn : m_drawn) {
        if (!drawn.points.empty())
            newest = std::max(newest, drawn.points.back().back().at);
    }
    return newest;
}

void TimeSeriesChart::describe()
{
    QString text = newest() > 0 ? tr("%1, last %2: %3").arg(m_title, QString::fromStdString(format::duration(double(m_span) / 1000)), readout())
                                      : tr("%1: no data yet").arg(m_title);
    if (m_mark)
        text += tr("; marked: %1").arg(QString::fromStdString(format::utc(WallTime(Millis(*m_mark)))));
    if (text != accessibleDescription())
        setAccessibleDescription(text);
}

QString TimeSeriesChart::valueText(double value) const
{
    return QString::fromStdString(m_unit == "count" || m_unit.empty() ? format::number(value, 1) : format::value(value, m_unit));
}

QStringList TimeSeriesChart::readings() const
{
    const QRectF plot = chart()->plotArea();
    const bool isHovered = m_hover >= plot.left() && m_hover <= plot.right();
    const qint64 at = isHovered ? m_now - m_span + qint64(double(m_span) * (m_hover - plot.left()) / plot.width()) : m_now;
    QStringList parts;
    for (const Drawn &drawn : m_drawn) {
        const SeriesPoint *found = nullptr;
        for (const auto &segment : drawn.points) {
            for (const SeriesPoint &point : segment) {
                if (point.at <= at || !found)
                    found = &point;
            }
        }
        parts << (found ? (m_drawn.size() > 1 ? drawn.label % QLatin1Char(' ') : QString()) % valueText(found->value) : QString());
    }
    if (isHovered)
        parts << QString::fromStdString(format::utc(WallTime(Millis(at)))).mid(m_span > kDay ? 0 : 11);
    return parts;
}

QString TimeSeriesChart::readout() const
{
    QStringList parts = readings();
    parts.removeAll(QString());
    return parts.join(QStringLiteral(" · "));
}

void TimeSeriesChart::drawForeground(QPainter *painter, const QRectF &)
{
    const theme::Colors &colors = theme::colors(palette());
    const QRectF plot = chart()->plotArea();
    painter->save();
    painter->resetTransform();
    painter->setFont(theme::font(theme::Type::Strong));
    painter->setPen(colors.text);
    painter->drawText(QRectF(kSide, 2, plot.width(), 18), int(Qt::AlignLeft | Qt::AlignVCenter), m_title);
    painter->setFont(theme::font(theme::Type::Small));
    painter->setPen(colors.quiet);
    const qreal free = drawReadout(*painter) - plot.left();
    const QRectF captions(plot.left(), plot.bottom() + 2, plot.width(), kBottom - 2);
    painter->drawText(captions, int(Qt::AlignLeft | Qt::AlignVCenter), tr("−%1").arg(QString::fromStdString(format::duration(double(m_span) / 1000))));
    painter->drawText(captions, int(Qt::AlignRight | Qt::AlignVCenter), tr("now"));
    if (newest() > 0) {
        if (painter->fontMetrics().horizontalAdvance(valueText(m_high)) < free)
            painter->drawText(QRectF(plot.left(), plot.top() - 17, plot.width(), 16), int(Qt::AlignLeft | Qt::AlignVCenter), valueText(m_high));
        if (m_isFixedRange && m_low != 0)
            painter->drawText(QRectF(plot.left(), plot.bottom() - 17, plot.width(), 16), int(Qt::AlignLeft | Qt::AlignVCenter), valueText(m_low));
        const double share = double(newest() - (m_now - m_span)) / double(m_span);
        if (m_staleAfter > 0 && m_now - newest() > m_staleAfter) {
            const qreal x = plot.left() + plot.width() * std::clamp(share, 0.0, 1.0);
            painter->fillRect(QRectF(x, plot.top(), plot.right() - x, plot.height()), QBrush(colors.quiet, Qt::BDiagPattern));
        }
    }
    drawLonePoints(*painter);
    drawMark(*painter);
    if (m_hover >= plot.left() && m_hover <= plot.right()) {
        painter->setPen(QPen(colors.quiet, 1, Qt::DotLine));
        painter->drawLine(QPointF(m_hover, plot.top()), QPointF(m_hover, plot.bottom()));
    }
    painter->restore();
}

// Right-aligned; where there is more than one line, each figure stands behind a stroke of its line.
qreal TimeSeriesChart::drawReadout(QPainter &painter) const
{
    constexpr qreal kStroke = 14; // px
    constexpr qreal kGap = 10;
    const QRectF plot = chart()->plotArea();
    const QRectF line(kSide, plot.top() - 18, plot.width(), 16);
    if (newest() <= 0) {
        painter.drawText(line, int(Qt::AlignRight | Qt::AlignVCenter), tr("no data yet"));
        return line.right();
    }
    const QStringList parts = readings();
    qreal right = line.right();
    for (qsizetype i = parts.size() - 1; i >= 0; --i) {
        if (parts[i].isEmpty())
            continue;
        const qreal width = painter.fontMetrics().horizontalAdvance(parts[i]);
        painter.drawText(QRectF(right - width, line.top(), width, line.height()), int(Qt::AlignLeft | Qt::AlignVCenter), parts[i]);
        right -= width + kGap;
        if (m_drawn.size() < 2 || std::size_t(i) >= m_drawn.size())
            continue;
        const QPen text = painter.pen();
        painter.setPen(linePen(std::size_t(i)));
        painter.drawLine(QPointF(right - kStroke + 6, line.center().y() + 1), QPointF(right + 6, line.center().y() + 1));
        painter.setPen(text);
        right -= kStroke;
    }
    return right;
}

void TimeSeriesChart::drawMark(QPainter &painter) const
{
    if (!m_mark || *m_mark < m_now - m_span || *m_mark > m_now)
        return;
    const theme::Colors &colors = theme::colors(palette());
    const QRectF plot = chart()->plotArea();
    const qreal x = plot.right() - plot.width() * double(m_now - *m_mark) / double(m_span);
    painter.setPen(QPen(colors.fail, 1.4));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));
    const QString words = QString::fromStdString(format::utc(WallTime(Millis(*m_mark))));
    const qreal width = painter.fontMetrics().horizontalAdvance(words) + 8;
    const bool isLeft = x + width > plot.right();
    painter.drawText(QRectF(isLeft ? x - width - 4 : x + 4, plot.bottom() - 18, width, 16), int(Qt::AlignVCenter) | int(isLeft ? Qt::AlignRight : Qt::AlignLeft), words);
}

// A line of one point is not drawn by Qt Charts; the first sample must be seen all the same.
void TimeSeriesChart::drawLonePoints(QPainter &painter) const
{
    const QRectF plot = chart()->plotArea();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    for (std::size_t i = 0; i < m_drawn.size(); ++i) {
        painter.setBrush(lineColor(i));
        for (const auto &segment : m_drawn[i].points) {
            if (segment.size() != 1 || m_high <= m_low)
                continue;
            const qreal x = plot.right() - plot.width() * double(m_now - segment.front().at) / double(m_span);
            const qreal y = plot.bottom() - plot.height() * (segment.front().value - m_low) / (m_high - m_low);
            painter.drawEllipse(QPointF(x, y), 2.5, 2.5);
        }
    }
}

void TimeSeriesChart::changeEvent(QEvent *event)
{
    QChartView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColors();
}

void TimeSeriesChart::mouseMoveEvent(QMouseEvent *event)
{
    m_hover = event->position().x();
    viewport()->update();
}

void TimeSeriesChart::leaveEvent(QEvent *event)
{
    m_hover = -1;
    viewport()->update();
    QChartView::leaveEvent(event);
}

void TimeSeriesChart::wheelEvent(QWheelEvent *event)
{
    event->ignore(); // the page scrolls, not the scene
}

} // namespace muster
