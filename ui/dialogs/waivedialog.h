// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/presenters/waiver.h"
#include "ui/dialogs/sheet.h"

class QComboBox;
class QDateEdit;
class QLineEdit;

namespace muster {

class Label;
class PrimaryButton;
class Session;
struct Fault;

/// Waives a check until a day, with an owner and a reason; changes or removes a waiver. The form only: who owns it writes the file, off this thread,
/// and says what became of it. What was typed stays until that worked.
class WaiveDialog : public Sheet
{
    Q_OBJECT
public:
    /// `check` "" = to be chosen.
    WaiveDialog(const Session &session, const QString &check, QWidget *parent);

    [[nodiscard]] waiver::Draft draft() const;
    /// The focus goes to the button that removes the waiver.
    void askToRemove();
    /// While the file is written.
    void setBusy(bool isBusy);
    void showFault(const Fault &fault);

Q_SIGNALS:
    void saveRequested(const muster::readiness::Waiver &waiver);
    void removeRequested(const QString &check);

private:
    void build(const EnvironmentInfo &environment);
    void wire();
    void fillChecks(const QString &check);
    void takeUp();
    void refresh();

    const Session &m_session;
    QComboBox *m_check;
    QLineEdit *m_owner;
    QLineEdit *m_reason;
    QDateEdit *m_until;
    Label *m_problems;
    Label *m_fault;
    QPushButton *m_remove;
    PrimaryButton *m_save;
    bool m_isBusy = false;
};

} // namespace muster
