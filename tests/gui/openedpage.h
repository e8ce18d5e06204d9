// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/gui/fixture.h"
#include "ui/shell/mainwindow.h"
#include "ui/widgets/datatable.h"
#include "ui/widgets/detailpanel.h"

#include <QLabel>
#include <QTabBar>
#include <QTest>

#include <memory>

namespace muster::test {

/// A window on made-up sources, with the Readiness page open; widgets by object name.
struct OpenedReadiness {
    explicit OpenedReadiness(GuiSetup setup) : made(makeSession(std::move(setup)))
    {
        window = std::make_unique<MainWindow>(*made.session);
        window->show();
        window->openPage("readiness");
    }
    ~OpenedReadiness()
    {
        window.reset();
        made.session->stop();
    }
    bool start()
    {
        made.session->start();
        return QTest::qWaitFor([this] { return made.session->isComplete(); }, 5000);
    }
    /// By the beginning of its title: "Plan", "Criteria", "Waivers", "History".
    bool openTab(const char *title)
    {
        auto *bar = find<QTabBar>("readinessTabBar");
        for (int i = 0; i < bar->count(); ++i) {
            if (!bar->tabText(i).startsWith(QString::fromUtf8(title)))
                continue;
            bar->setCurrentIndex(i);
            return true;
        }
        return false;
    }
    template<class Widget>
    Widget *find(const char *name) const
    {
        return window->findChild<Widget *>(QString::fromUtf8(name));
    }
    QString text(const char *label) const { return find<QLabel>(label)->text(); }
    const Detail &detail() const { return find<QWidget>("page/readiness")->findChild<DetailPanel *>()->detail(); }

    GuiSession made;
    std::unique_ptr<MainWindow> window;
};

} // namespace muster::test
