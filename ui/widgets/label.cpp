// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/label.h"

#include "models/format/text.h"

#include <QEvent>
#include <QPainter>

namespace muster {

namespace {

QColor colorOf(Label::Tone tone, const theme::Colors &colors)
{
    switch (tone) {
    case Label::Tone::Text: return colors.text;
    case Label::Tone::Quiet: return colors.quiet;
    case Label::Tone::Accent: return colors.accent;
    case Label::Tone::Fail: return colors.fail;
    case Label::Tone::Warn: return colors.warn;
    case Label::Tone::Ok: return colors.ok;
    }
    return colors.text;
}

} // namespace

Label::Label(theme::Type type, Tone tone, QWidget *parent) : QLabel(parent), m_tone(tone)
{
    setTextFormat(Qt::PlainText);
    setFont(theme::font(type));
    applyTone();
}

Label::Label(const QString &text, theme::Type type, Tone tone, QWidget *parent) : Label(type, tone, parent)
{
    show(text);
}

void Label::show(const QString &text)
{
    if (text != QLabel::text())
        setText(text);
}

void Label::setTone(Tone tone)
{
    if (tone == m_tone)
        return;
    m_tone = tone;
    applyTone();
}

void Label::setElided(bool isElided)
{
    m_isElided = isElided;
    setSizePolicy(isElided ? QSizePolicy::Ignored : QSizePolicy::Preferred, QSizePolicy::Preferred);
}

QSize Label::minimumSizeHint() const
{
    return m_isElided ? QSize(fontMetrics().averageCharWidth() * 4, QLabel::minimumSizeHint().height()) : QLabel::minimumSizeHint();
}

void Label::changeEvent(QEvent *event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_isApplying)
        applyTone();
}

void Label::paintEvent(QPaintEvent *event)
{
    if (!m_isElided) {
        QLabel::paintEvent(event);
        return;
    }
    QPainter painter(this);
    painter.setPen(colorOf(m_tone, theme::colors(palette())));
    painter.drawText(contentsRect(), int(alignment()) | int(Qt::TextSingleLine), fontMetrics().elidedText(text(), Qt::ElideRight, contentsRect().width()));
}

void Label::applyTone()
{
    m_isApplying = true;
    QPalette own = palette();
    const QColor color = colorOf(m_tone, theme::colors(own));
    own.setColor(QPalette::WindowText, color);
    setPalette(own);
    m_isApplying = false;
}

Label::Tone toneOf(CheckStatus status)
{
    switch (status) {
    case CheckStatus::Pass: return Label::Tone::Ok;
    case CheckStatus::Warn: return Label::Tone::Warn;
    case CheckStatus::Fail: return Label::Tone::Fail;
    case CheckStatus::Unknown:
    case CheckStatus::Stale:
    case CheckStatus::NotApplicable:
    case CheckStatus::Waived: return Label::Tone::Quiet;
    }
    return Label::Tone::Quiet;
}

QString fitted(const QString &text, const QFontMetrics &metrics, int width)
{
    QStringList words = text.split(QLatin1Char(' '));
    for (QString &word : words) {
        if (!word.contains(QLatin1Char('\n')) && metrics.horizontalAdvance(word) > width)
            word = metrics.elidedText(word, Qt::ElideMiddle, width);
    }
    return words.join(QLatin1Char(' '));
}

void setTip(QWidget *widget, const QString &plainText)
{
    const QString tip = plainText.isEmpty() ? QString() : text::toolTip(plainText.toStdString());
    if (tip != widget->toolTip())
        widget->setToolTip(tip);
}

} // namespace muster
