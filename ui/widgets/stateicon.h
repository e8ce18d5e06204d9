// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"

#include <QWidget>

namespace muster {

/// A state as an icon in its colour; the word is its accessible name. Put a label with the word beside it.
class StateIcon : public QWidget
{
    Q_OBJECT
public:
    explicit StateIcon(QWidget *parent = nullptr, int size = 14);

    void setStatus(CheckStatus status);
    [[nodiscard]] QSize sizeHint() const override { return {m_size, m_size}; }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    CheckStatus m_status = CheckStatus::Unknown;
    int m_size;
};

} // namespace muster
