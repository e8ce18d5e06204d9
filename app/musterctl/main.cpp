// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/wiring/hardening.h"

#include <QCoreApplication>

#include <map>

using namespace muster::ctl;

int main(int argc, char *argv[])
{
    muster::wiring::hardenProcess();
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("musterctl"));
    QCoreApplication::setApplicationVersion(QStringLiteral(MUSTER_VERSION));

    const auto options = parseCommandLine({argv + 1, argv + argc});
    if (!options) {
        (options.error().isError ? message : print)(options.error().text);
        return options.error().isError ? kCouldNotJudge : kDone;
    }
    static const std::map<std::string, int (*)(const Options &)> commands{
        {"check", runCheck}, {"facts", runFacts}, {"watch", runWatch}, {"doctor", runDoctor}, {"backup", runBackup},
        {"cache", runCache}, {"session", runSession}, {"mail", runMail}, {"load", runLoad},
        {"report", runReport}, {"recompute", runRecompute}, {"history", runHistory}, {"audit", runAudit}, {"env", runEnv},
    };
    return commands.at(options->command)(*options);
}
