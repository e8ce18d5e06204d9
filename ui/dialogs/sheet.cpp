// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/sheet.h"

#include "ui/widgets/environmentbadge.h"
#include "ui/widgets/label.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace muster {

namespace {
constexpr int kHead = 56; // px
constexpr int kWidth = 680;
}

Sheet::Sheet(const EnvironmentInfo &environment, const QString &title, QWidget *parent) : QDialog(parent, Qt::Dialog)
{
    setModal(false);
    setMinimumWidth(kWidth);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, 20, 0);
    auto *badge = new EnvironmentBadge(environment, this);
    badge->setFixedHeight(kHead);
    m_heading = new Label(theme::Type::Title, Label::Tone::Text, this);
    m_heading->setElided(true);
    head->addWidget(badge);
    head->addSpacing(12);
    head->addWidget(m_heading, 1);
    column->addLayout(head);
    m_content = new QVBoxLayout;
    m_content->setContentsMargins(24, 16, 24, 8);
    m_content->setSpacing(10);
    column->addLayout(m_content, 1);
    m_buttons = new QHBoxLayout;
    m_buttons->setContentsMargins(24, 8, 24, 16);
    m_buttons->setSpacing(8);
    m_buttons->addStretch(1);
    m_cancel = named(new QPushButton(tr("Cancel"), this), QStringLiteral("cancel"), tr("Cancel"));
    m_cancel->setDefault(true);
    m_buttons->addWidget(m_cancel);
    column->addLayout(m_buttons);
    setHeading(title);
}

void Sheet::setHeading(const QString &title)
{
    m_heading->show(title);
    setWindowTitle(title);
    setAccessibleName(title);
}

void Sheet::growToFit()
{
    layout()->activate();
    const int wanted = layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width()) : layout()->totalSizeHint().height();
    if (wanted > height())
        resize(width(), wanted);
}

void Sheet::addButton(QPushButton *button)
{
    button->setAutoDefault(false);
    m_buttons->addWidget(button);
}

void Sheet::addSideButton(QPushButton *button)
{
    button->setAutoDefault(false);
    m_buttons->insertWidget(0, button);
}

void Sheet::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const theme::Colors &colors = theme::colors(palette());
    painter.fillRect(rect(), colors.window);
    painter.fillRect(QRect(0, 0, width(), kHead), colors.panel);
    painter.fillRect(QRect(0, kHead, width(), 1), colors.line);
    painter.setPen(colors.line);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
}

} // namespace muster
