// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"

#include <QWidget>

namespace muster {

/// The environment's colour, its kind as a word and its name: on the window and on every sheet.
class EnvironmentBadge : public QWidget
{
    Q_OBJECT
public:
    explicit EnvironmentBadge(const EnvironmentInfo &environment, QWidget *parent = nullptr);

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    [[nodiscard]] QColor color() const;

    QString m_kind;
    QString m_name;
};

} // namespace muster
