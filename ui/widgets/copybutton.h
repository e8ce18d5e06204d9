// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>
#include <QTimer>

#include <functional>

namespace muster {

/// Puts a text on the clipboard and says so for a moment.
class CopyButton : public QPushButton
{
    Q_OBJECT
public:
    /// `text` is asked when pressed.
    CopyButton(const QString &objectName, std::function<QString()> text, QWidget *parent = nullptr);

private:
    void copy();

    std::function<QString()> m_text;
    QTimer m_reset;
};

} // namespace muster
