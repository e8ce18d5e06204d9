// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/windowmemory.h"

#include <QScreen>
#include <QSettings>
#include <QWidget>

#include <algorithm>

namespace muster::windowmemory {

namespace {

constexpr QSize kUsual{1280, 800};
constexpr QSize kFrame{8, 40};  // px that a window manager may add: borders, title bar
constexpr double kShare = 0.8; // of a large screen

QString geometryKey()
{
    return QStringLiteral("window/geometry");
}

QString pageKey()
{
    return QStringLiteral("window/page");
}

} // namespace

void restore(QWidget &window)
{
    const QByteArray geometry = QSettings().value(geometryKey()).toByteArray();
    if (!geometry.isEmpty() && window.restoreGeometry(geometry))
        return;
    const QScreen *screen = window.screen();
    const QSize room = screen ? screen->availableSize() : kUsual;
    window.resize(QSize(kUsual.expandedTo(room * kShare)).boundedTo(room - kFrame));
}

std::string page()
{
    return QSettings().value(pageKey()).toString().toStdString();
}

void remember(const QWidget &window, const std::string &page)
{
    QSettings settings;
    settings.setValue(geometryKey(), window.saveGeometry());
    settings.setValue(pageKey(), QString::fromStdString(page));
}

} // namespace muster::windowmemory
