// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme/theme.h"

#include <QLabel>

#include <cstdint>

namespace muster {

/// The one label of the house: plain text always, a type and a tone instead of fonts and colours.
class Label : public QLabel
{
    Q_OBJECT
public:
    enum class Tone : std::uint8_t { Text, Quiet, Accent, Fail, Warn, Ok };

    explicit Label(theme::Type type = theme::Type::Body, Tone tone = Tone::Text, QWidget *parent = nullptr);
    explicit Label(const QString &text, theme::Type type = theme::Type::Body, Tone tone = Tone::Text, QWidget *parent = nullptr);

    /// Does nothing when the text is there already.
    void show(const QString &text);
    void setTone(Tone tone);
    /// One line, cut with "…" where it does not fit, instead of a wider window.
    void setElided(bool isElided);
    [[nodiscard]] QSize minimumSizeHint() const override;

    using QLabel::show;

protected:
    void changeEvent(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void applyTone();

    Tone m_tone;
    bool m_isElided = false;
    bool m_isApplying = false;
};

[[nodiscard]] Label::Tone toneOf(CheckStatus status);

/// Words that no line of `width` px can hold lose their middle; the others wrap as ever.
[[nodiscard]] QString fitted(const QString &text, const QFontMetrics &metrics, int width);

/// The only way to give a widget a tooltip: escaped and wrapped.
void setTip(QWidget *widget, const QString &plainText);

/// Object name (for tests and scripts) and accessible name (for screen readers) of an interactive widget.
template<class Widget>
Widget *named(Widget *widget, const QString &objectName, const QString &accessibleName)
{
    widget->setObjectName(objectName);
    widget->setAccessibleName(accessibleName);
    return widget;
}

} // namespace muster
