// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/muster/arguments.h"

#include <map>

namespace muster {

namespace {

const char *const kHelp = R"(muster: is this production ready, and what is wrong with it?

  muster [-e ENV] [--profile FILE] [--open PAGE]

  -e, --environment ENV   an environment file, or the name of one in $XDG_CONFIG_HOME/muster/environments/;
                          without it, the window lists those it finds
  --profile FILE          a readiness profile instead of the one the environment names
  --open PAGE             readiness, database, cache, backups, endpoints, mail, alerts, audit, or check:ID
  --version, --help

The console is read-only until it is armed in its header. The same checks on a terminal: musterctl check -e ENV
)";

} // namespace

std::expected<Arguments, ArgumentText> parseArguments(const std::vector<std::string> &arguments)
{
    Arguments result;
    const std::map<std::string, std::string *> values{
        {"-e", &result.environment}, {"--environment", &result.environment}, {"--profile", &result.profile}, {"--open", &result.open}};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto &argument = arguments[i];
        if (argument == "--help" || argument == "-h")
            return std::unexpected(ArgumentText{kHelp, false});
        if (argument == "--version")
            return std::unexpected(ArgumentText{"muster " MUSTER_VERSION "\n", false});
        const auto equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
        const auto it = values.find(argument.substr(0, equals));
        if (it != values.end() && equals != std::string::npos)
            *it->second = argument.substr(equals + 1);
        else if (it != values.end() && i + 1 < arguments.size())
            *it->second = arguments[++i];
        else if (it == values.end() && !argument.starts_with("-") && result.environment.empty())
            result.environment = argument;
        else
            return std::unexpected(ArgumentText{"muster: " + (it == values.end() ? "unknown argument “" + argument + "”" : "“" + argument + "” wants a value") + "\nTry 'muster --help'.\n", true});
    }
    return result;
}

} // namespace muster
