// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"

#include <QWidget>

namespace muster {

/// The score's last 24 h with its greatest and least value in print.
class ScoreSparkline : public QWidget
{
    Q_OBJECT
public:
    explicit ScoreSparkline(QWidget *parent = nullptr);

    void show(const Sparkline &line);
    [[nodiscard]] QSize sizeHint() const override { return {216, 40}; }
    using QWidget::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Sparkline m_line;
};

} // namespace muster
