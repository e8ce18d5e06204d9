// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/readiness/assessment.h"

#include <QWidget>

namespace muster {

class Label;

/// One sentence over one bar: a share of something that has an end (age of the window, what is left of a lifetime).
class ShareBar : public QWidget
{
    Q_OBJECT
public:
    ShareBar(const QString &objectName, const QString &accessibleName, QWidget *parent = nullptr);

    /// `share` over 1 fills the bar and is hatched.
    void show(double share, const QString &sentence, CheckStatus status);
    using QWidget::show;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Label *m_sentence;
    double m_share = 0;
    CheckStatus m_status = CheckStatus::Unknown;
};

} // namespace muster
