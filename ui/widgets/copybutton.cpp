// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/copybutton.h"

#include <QClipboard>
#include <QGuiApplication>

namespace muster {

namespace {
constexpr int kSaidFor = 1500; // ms
}

CopyButton::CopyButton(const QString &objectName, std::function<QString()> text, QWidget *parent)
    : QPushButton(tr("Copy"), parent), m_text(std::move(text))
{
    setObjectName(objectName);
    setAccessibleName(tr("Copy as text"));
    m_reset.setSingleShot(true);
    m_reset.setInterval(kSaidFor);
    connect(&m_reset, &QTimer::timeout, this, [this] { setText(tr("Copy")); });
    connect(this, &QPushButton::clicked, this, &CopyButton::copy);
}

void CopyButton::copy()
{
    QGuiApplication::clipboard()->setText(m_text());
    setText(tr("Copied"));
    m_reset.start();
}

} // namespace muster
