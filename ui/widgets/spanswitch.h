// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace muster {

/// "5 min · 1 h · 24 h": how far back charts look.
class SpanSwitch : public QWidget
{
    Q_OBJECT
public:
    enum Span { FiveMinutes, Hour, Day };
    struct Choice {
        QString name;
        qint64 milliseconds = 0;
    };

    explicit SpanSwitch(QWidget *parent = nullptr, Span initial = FiveMinutes);
    SpanSwitch(const std::vector<Choice> &choices, int initial, QWidget *parent);
    [[nodiscard]] static qint64 milliseconds(Span span);

Q_SIGNALS:
    void spanChanged(qint64 milliseconds);
};

} // namespace muster
