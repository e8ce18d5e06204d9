// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/ports/action.h"

#include <QWidget>

class QLineEdit;
class QPlainTextEdit;
class QVBoxLayout;

namespace muster {

class DataTable;
class FactGrid;
class Label;

/// The plan as it was made: target and identity, what changes, what was checked, the command in words; name and reason to type.
class PlanView : public QWidget
{
    Q_OBJECT
public:
    explicit PlanView(const EnvironmentInfo &environment, QWidget *parent = nullptr);

    void show(const Plan &plan);
    [[nodiscard]] QString typedName() const;
    [[nodiscard]] QString reason() const;
    void say(const QString &expiry, const QString &obstacle);
    using QWidget::show;

Q_SIGNALS:
    void edited();

private:
    QWidget *buildPlan();
    void buildConfirmation(const EnvironmentInfo &environment, QVBoxLayout &column);

    FactGrid *m_target;
    DataTable *m_changes;
    DataTable *m_checks;
    QPlainTextEdit *m_command;
    Label *m_nameLabel;
    QLineEdit *m_name;
    QLineEdit *m_reason;
    Label *m_expiry;
    Label *m_obstacle;
};

} // namespace muster
