// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace muster {

/// "5 min · 1 h · 24 h": how far back charts look.
class SpanSwitch : public QWidget
{
    Q_OBJECT
public:
    explicit SpanSwitch(QWidget *parent = nullptr);

Q_SIGNALS:
    void spanChanged(qint64 milliseconds);
};

} // namespace muster
