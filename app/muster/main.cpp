// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/application.h"
#include "app/muster/arguments.h"
#include "app/wiring/hardening.h"

#include <QApplication>

#include <cstdio>

int main(int argc, char *argv[])
{
    muster::wiring::hardenProcess();
    const auto arguments = muster::parseArguments({argv + 1, argv + argc});
    if (!arguments) {
        std::fputs(arguments.error().text.c_str(), arguments.error().isError ? stderr : stdout);
        return arguments.error().isError ? muster::kBadArguments : 0;
    }
    QApplication qt(argc, argv);
    muster::Application application(qt);
    return application.run(*arguments);
}
