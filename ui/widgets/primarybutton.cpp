// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/primarybutton.h"

#include "ui/theme/theme.h"

#include <QEvent>

namespace muster {

PrimaryButton::PrimaryButton(const QString &text, QWidget *parent) : QPushButton(text, parent)
{
    setAccessibleName(text);
    applyColors();
}

void PrimaryButton::setPrimary(bool isPrimary)
{
    m_isPrimary = isPrimary;
    applyColors();
}

void PrimaryButton::changeEvent(QEvent *event)
{
    QPushButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_isApplying)
        applyColors();
}

void PrimaryButton::applyColors()
{
    m_isApplying = true;
    QPalette own = palette();
    const theme::Colors &colors = theme::colors(own);
    own.setColor(QPalette::Button, m_isPrimary ? colors.accent : colors.panel);
    own.setColor(QPalette::Active, QPalette::ButtonText, m_isPrimary ? colors.onAccent : colors.text);
    own.setColor(QPalette::Inactive, QPalette::ButtonText, m_isPrimary ? colors.onAccent : colors.text);
    own.setColor(QPalette::Disabled, QPalette::ButtonText, colors.quiet);
    setPalette(own);
    setFont(theme::font(m_isPrimary ? theme::Type::Strong : theme::Type::Body));
    m_isApplying = false;
}

} // namespace muster
