// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"

#include <QDialog>

class QHBoxLayout;
class QPushButton;
class QVBoxLayout;

namespace muster {

class Label;

/// Base of every dialog: non-blocking, with the environment's colour and word on top, content, and one row of buttons whose default is Cancel.
class Sheet : public QDialog
{
    Q_OBJECT
public:
    Sheet(const EnvironmentInfo &environment, const QString &title, QWidget *parent);

protected:
    [[nodiscard]] QVBoxLayout &content() { return *m_content; }
    [[nodiscard]] QPushButton &cancelButton() { return *m_cancel; }
    void setHeading(const QString &title);
    /// Taller, where a text came that does not fit.
    void growToFit();
    /// To the right of Cancel.
    void addButton(QPushButton *button);
    /// To the left, away from the decision.
    void addSideButton(QPushButton *button);
    void paintEvent(QPaintEvent *event) override;

private:
    Label *m_heading;
    QVBoxLayout *m_content;
    QHBoxLayout *m_buttons;
    QPushButton *m_cancel;
};

} // namespace muster
