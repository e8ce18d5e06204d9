// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/series.h"
#include "ui/theme/theme.h"

#include <QChartView>
#include <QString>

#include <optional>
#include <string>
#include <vector>

class QLineSeries;
class QValueAxis;

namespace muster {

/// Lines over time; the only user of Qt Charts. Data stay outside: every refresh decimates them to at most two points a pixel column
/// and hands each unbroken stretch over in one replace(). Gaps stay gaps, what is past its age is hatched.
class TimeSeriesChart : public QChartView
{
    Q_OBJECT
public:
    struct Line {
        QString label;
        std::span<const SeriesPoint> points; ///< read during refresh() only
    };

    TimeSeriesChart(const QString &objectName, const QString &title, const std::string &unit, QWidget *parent = nullptr);

    /// ms
    void setSpan(qint64 span);
    [[nodiscard]] qint64 span() const { return m_span; }
    /// `now` ms since the epoch is the right edge; a last point older than `staleAfter` ms hatches what follows it.
    void refresh(const std::vector<Line> &lines, qint64 now, qint64 staleAfter);
    /// Least and greatest of the axis are these instead of the data's own ([80, 100] for scores); from the next refresh on.
    void setRange(double low, double high);
    /// A moment (ms since the epoch) to point at, on the chart and in words; none takes the mark away.
    void setMark(std::optional<qint64> at);
    [[nodiscard]] std::optional<qint64> mark() const { return m_mark; }
    [[nodiscard]] int pointCount() const; ///< handed to Qt Charts at the last refresh
    [[nodiscard]] int segmentCount() const;
    [[nodiscard]] QSize sizeHint() const override { return {320, 132}; }

protected:
    void drawForeground(QPainter *painter, const QRectF &rect) override;
    void changeEvent(QEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;

private:
    struct Drawn {
        QString label;
        std::vector<QLineSeries *> segments; ///< a pool; unused ones are empty
        SeriesSegments points;
    };
    void drawLine(Drawn &drawn, const Line &line);
    void fitValues();
    void drawLonePoints(QPainter &painter) const;
    /// Where it begins, px.
    qreal drawReadout(QPainter &painter) const;
    void drawMark(QPainter &painter) const;
    void applyColors();
    void describe();
    [[nodiscard]] QString valueText(double value) const;
    /// The values under the pointer, or the latest ones; "" where a line has none.
    [[nodiscard]] QStringList readings() const;
    [[nodiscard]] QString readout() const;
    [[nodiscard]] QPen linePen(std::size_t index) const;
    [[nodiscard]] QColor lineColor(std::size_t index) const;
    [[nodiscard]] qint64 newest() const;

    QString m_title;
    std::string m_unit;
    qint64 m_span = 300'000;
    qint64 m_now = 0;
    qint64 m_staleAfter = 0;
    double m_low = 0;
    double m_high = 1;
    bool m_isFixedRange = false;
    std::optional<qint64> m_mark;
    double m_hover = -1; ///< x in view coordinates; negative = none
    std::vector<Drawn> m_drawn;
    QValueAxis *m_time;
    QValueAxis *m_value;
};

} // namespace muster
