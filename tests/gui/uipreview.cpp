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
    auto made = test::makeSession(arguments.contains(QStringLiteral("fault")) ? test::faultSetup()
                                  : arguments.contains(QStringLiteral("silent")) ? test::silentSetup()
                                  : arguments.contains(QStringLiteral("empty")) ? test::emptySetup() : test::shopSetup());
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
