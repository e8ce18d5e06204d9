// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/scrolled.h"

#include "ui/widgets/label.h"

#include <QScrollArea>
#include <QVBoxLayout>

namespace muster {

QWidget *scrolledBody(QWidget *parent, const QString &objectName, const QString &accessibleName)
{
    auto *scroll = named(new QScrollArea(parent), objectName, accessibleName);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    auto *body = new QWidget(scroll);
    scroll->setWidget(body);
    body->setAutoFillBackground(false); // setWidget() turns it on
    auto *column = new QVBoxLayout(parent);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(scroll);
    return body;
}

} // namespace muster
