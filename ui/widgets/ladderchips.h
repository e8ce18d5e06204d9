// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/rowsmodel.h"

#include <QWidget>

namespace muster {

/// The rungs of a backup side by side: reached ones with a tick, the others empty.
class LadderChips : public QWidget
{
    Q_OBJECT
public:
    explicit LadderChips(QWidget *parent = nullptr);

    void show(const Ladder &ladder);
    [[nodiscard]] QSize sizeHint() const override { return {300, 26}; }
    using QWidget::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Ladder m_ladder;
};

} // namespace muster
