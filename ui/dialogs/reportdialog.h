// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/dialogs/sheet.h"

class QComboBox;
class QLineEdit;

namespace muster {

class Label;
class PrimaryButton;
class Session;
struct Fault;

/// Where the final report goes, and in which format. The form only: who owns it writes, off this thread, and says what became of it.
class ReportDialog : public Sheet
{
    Q_OBJECT
public:
    ReportDialog(const Session &session, QWidget *parent);

    [[nodiscard]] QString path() const;
    [[nodiscard]] QString format() const;
    void setBusy(bool isBusy);
    /// There is a file of that name: the next press replaces it.
    void askToReplace();
    void showFault(const Fault &fault);
    void showDone(qint64 bytes);

Q_SIGNALS:
    void saveRequested(const QString &path, const QString &format, bool mayReplace);

private:
    void build(const Session &session);
    void wire();
    void browse();
    void refresh();

    QComboBox *m_format;
    QLineEdit *m_path;
    QPushButton *m_browse;
    Label *m_problem;
    Label *m_result;
    PrimaryButton *m_save;
    bool m_mayReplace = false;
    bool m_isBusy = false;
};

} // namespace muster
