// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/sheet.h"

class QDateEdit;
class QLineEdit;
class QPlainTextEdit;

namespace muster {

/// What to paste into the environment file so that a check is waived: owner, reason and end date become the snippet. Changes nothing.
class WaiveDialog : public Sheet
{
    Q_OBJECT
public:
    WaiveDialog(const EnvironmentInfo &environment, const QString &check, QWidget *parent);

    [[nodiscard]] QString snippet() const;

private:
    void build(const EnvironmentInfo &environment);

    QString m_check;
    QLineEdit *m_owner;
    QLineEdit *m_reason;
    QDateEdit *m_until;
    QPlainTextEdit *m_snippet;
};

} // namespace muster
