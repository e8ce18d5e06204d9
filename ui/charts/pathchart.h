// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/roadmappresenter.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace muster {

/// The way to 100 as stairs: one step a check, where each phase ends is marked. Arrow keys and clicks go from step to step; the whole path stands in
/// the accessible description.
class PathChart : public QWidget
{
    Q_OBJECT
public:
    explicit PathChart(QWidget *parent = nullptr);

    void show(std::vector<readiness::PathStep> steps);
    [[nodiscard]] std::size_t stepCount() const { return m_steps.size(); }
    [[nodiscard]] QSize sizeHint() const override { return {320, 150}; }
    using QWidget::show;

Q_SIGNALS:
    /// A check's id.
    void checkChosen(const QString &check);

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    void choose(std::size_t step);
    void describe();
    [[nodiscard]] QRectF plot() const;
    [[nodiscard]] qreal x(std::size_t step) const;
    [[nodiscard]] qreal y(double score) const;
    [[nodiscard]] std::optional<std::size_t> stepAt(qreal x) const;
    void paintStairs(QPainter &painter) const;
    void paintMilestones(QPainter &painter) const;

    std::vector<readiness::PathStep> m_steps;
    std::vector<readiness::Milestone> m_ends;
    std::optional<std::size_t> m_chosen;
    double m_low = 0; ///< of the axis, points
};

} // namespace muster
