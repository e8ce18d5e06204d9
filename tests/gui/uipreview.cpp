// SPDX-License-Identifier: GPL-3.0-or-later
// The window on made-up sources, to look at: muster_uipreview [shop|fault|silent|empty] [light|dark] [open KEY]...
#include "tests/gui/fixture.h"
#include "ui/shell/mainwindow.h"

#include <QApplication>
#include <QTimer>

using namespace muster;

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const bool isDark = arguments.contains(QStringLiteral("dark"));
    theme::apply(application, isDark ? theme::Scheme::Dark : theme::Scheme::Light);
    auto setup = arguments.contains(QStringLiteral("fault")) ? test::faultSetup()
        : arguments.contains(QStringLiteral("silent")) ? test::silentSetup()
        : arguments.contains(QStringLiteral("empty")) ? test::emptySetup() : test::shopSetup();
    setup.path = "/etc/muster/shop.json";
    if (arguments.contains(QStringLiteral("waived")))
        setup.waived = {{"performance/cdn", "ops", "internal users only", std::chrono::sys_days(std::chrono::year(2099) / 3 / 31)},
                        {"security/rate-limiting", "anna", "the gateway in front of it limits", std::chrono::sys_days(std::chrono::year(2020) / 3 / 31)}};
    auto made = test::makeSession(std::move(setup));
    MainWindow window(*made.session);
    QObject::connect(&window, &MainWindow::schemeChosen, &application, [&application](theme::Scheme scheme) { theme::apply(application, scheme); });
    made.session->start();
    if (arguments.contains(QStringLiteral("armed")))
        made.session->runner().arm();
    for (qsizetype i = 1; i + 1 < arguments.size(); ++i) {
        if (arguments[i] == QLatin1String("open"))
            QTimer::singleShot(2000, &window, [&window, key = arguments[i + 1]] { window.open(key); });
    }
    window.show();
    return QApplication::exec();
}
