// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"

#include <QString>
#include <QWidget>

namespace muster {

/// One tab of the Readiness page. Told of news only while it is the current one.
class ReadinessTab : public QWidget
{
    Q_OBJECT
public:
    using QWidget::QWidget;

    virtual void display(const Snapshot &snapshot, const Assessment &assessment) = 0;
    /// Selects a check, gate or fact; false when the tab does not list it.
    virtual bool reveal(const QString &key) = 0;

Q_SIGNALS:
    /// A check's id, "gate:ID" or "source\x1ffact".
    void keySelected(const QString &key);
    /// The operator wants to see this check in the list of all checks.
    void keyOpened(const QString &key);
    /// As Page::stepRequested.
    void stepRequested(const QString &action, const QString &instance);
};

} // namespace muster
