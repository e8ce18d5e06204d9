// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/noticebar.h"

#include "models/format/text.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>

#include <utility>

namespace muster {

NoticeBar::NoticeBar(QWidget *parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("notice"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(20, 4, 16, 5);
    row->setSpacing(8);
    m_text = new Label(theme::Type::Body, Label::Tone::Text, this);
    m_text->setElided(true);
    m_action = named(new QPushButton(this), QStringLiteral("noticeAction"), tr("Do it"));
    auto *close = named(new QPushButton(tr("Dismiss"), this), QStringLiteral("noticeDismiss"), tr("Dismiss this notice"));
    row->addWidget(m_text, 1);
    row->addWidget(m_action);
    row->addWidget(close);
    connect(close, &QPushButton::clicked, this, &QWidget::hide);
    connect(m_action, &QPushButton::clicked, this, [this] {
        hide();
        if (const auto callback = std::exchange(m_callback, nullptr))
            callback();
    });
    hide();
}

void NoticeBar::show(const QString &text, const QString &action, std::function<void()> callback)
{
    const QString plain = text::label(text.toStdString(), 400);
    m_text->show(plain);
    setTip(m_text, plain);
    m_callback = std::move(callback);
    m_action->setText(QString(action).replace(QLatin1Char('&'), QStringLiteral("&&")));
    m_action->setAccessibleName(action);
    m_action->setVisible(!action.isEmpty());
    setVisible(true);
}

void NoticeBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.selection);
    painter.fillRect(QRect(0, 0, 4, height()), colors.accent);
    painter.fillRect(QRect(0, height() - 1, width(), 1), colors.line);
}

} // namespace muster
