// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

namespace muster {

/// A button that may be the one accent of its place.
class PrimaryButton : public QPushButton
{
    Q_OBJECT
public:
    explicit PrimaryButton(const QString &text, QWidget *parent = nullptr);

    void setPrimary(bool isPrimary);

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyColors();

    bool m_isPrimary = true;
    bool m_isApplying = false;
};

} // namespace muster
