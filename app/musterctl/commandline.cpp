// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commandline.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace muster::ctl {

namespace {

const char *const kHelp = R"(musterctl: is this production ready, and what is wrong with it?

  musterctl check   -e ENV [--profile P] [--output table|json|markdown|prometheus|nagios] [--for SECONDS]
  musterctl facts   -e ENV [--output table|json] [PREFIX...]
  musterctl watch   -e ENV [--interval SECONDS]
  musterctl doctor  -e ENV
  musterctl backup  list|run|verify -e ENV [NAME|ID] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl cache   count|flush -e ENV [--instance I] (--pattern GLOB | --db N | --all) [--yes] [--confirm NAME] [--max-latency MS] [--reason TEXT]
  musterctl mail    test -e ENV [--to ADDRESS] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl audit   list|verify
  musterctl env     check ENV | grants ENV

ENV is the path of an environment file, or the name of one in $XDG_CONFIG_HOME/muster/environments/.
Results go to standard output, messages to standard error; NO_COLOR is respected.

check ends with 0 READY, 1 AT RISK, 2 NOT READY, 3 when it could not judge (bad arguments, bad environment file).
Actions end with 0 done and verified, 1 refused (nothing was done), 2 failed, 4 outcome unknown.
On an environment of kind production, actions need --yes --confirm ENVIRONMENT-NAME.
)";

const std::map<std::string, std::vector<std::string>> kVerbs{
    {"check", {}}, {"facts", {}}, {"watch", {}}, {"doctor", {}}, {"backup", {"list", "run", "verify"}},
    {"cache", {"count", "flush"}}, {"mail", {"test"}}, {"audit", {"list", "verify"}}, {"env", {"check", "grants"}},
};

std::unexpected<Usage> wrong(const std::string &message)
{
    return std::unexpected(Usage{"musterctl: " + message + "\nTry 'musterctl --help'.\n", true});
}

std::optional<double> positive(const std::string &text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 && value <= 86400000 ? std::optional(value) : std::nullopt;
}

Millis seconds(double value)
{
    return Millis(static_cast<std::int64_t>(value * 1000));
}

/// Takes the arguments one by one.
class Parser
{
public:
    explicit Parser(const std::vector<std::string> &arguments) : m_arguments(arguments) {}

    std::expected<Options, Usage> parse()
    {
        if (auto started = takeCommand(); !started)
            return std::unexpected(started.error());
        while (m_next < m_arguments.size()) {
            const auto &argument = m_arguments[m_next++];
            if (auto taken = argument.starts_with("-") && argument != "-" ? takeOption(argument) : takeWord(argument); !taken)
                return std::unexpected(taken.error());
        }
        return checked();
    }

private:
    using Taken = std::expected<void, Usage>;

    Taken takeCommand()
    {
        if (m_arguments.empty() || m_arguments[0] == "--help" || m_arguments[0] == "-h" || m_arguments[0] == "help")
            return std::unexpected(Usage{kHelp, m_arguments.empty()});
        if (m_arguments[0] == "--version")
            return std::unexpected(Usage{report::programName() + "\n", false});
        m_options.command = m_arguments[m_next++];
        const auto it = kVerbs.find(m_options.command);
        if (it == kVerbs.end())
            return wrong("unknown command “" + m_options.command + "”");
        if (it->second.empty())
            return {};
        const auto verb = m_next < m_arguments.size() ? m_arguments[m_next] : std::string();
        if (verb == "--help" || verb == "-h")
            return {};
        if (std::ranges::find(it->second, verb) == it->second.end()) {
            std::string known;
            for (const auto &word : it->second)
                known += (known.empty() ? "" : ", ") + word;
            return wrong("“" + m_options.command + "” wants one of: " + known);
        }
        m_options.verb = verb;
        ++m_next;
        return {};
    }

    Taken takeWord(const std::string &word)
    {
        m_options.arguments.push_back(word);
        return {};
    }

    Taken takeOption(std::string option)
    {
        if (option == "--help" || option == "-h")
            return std::unexpected(Usage{kHelp, false});
        if (option == "--yes") {
            m_options.isYes = true;
            return {};
        }
        if (option == "--all") {
            m_options.flush.scope = FlushRequest::Scope::All;
            m_options.hasFlushScope = true;
            return {};
        }
        std::string value;
        if (const auto equals = option.find('='); option.starts_with("--") && equals != std::string::npos) {
            value = option.substr(equals + 1);
            option.resize(equals);
        } else if (m_next < m_arguments.size()) {
            value = m_arguments[m_next++];
        } else {
            return wrong("“" + option + "” wants a value");
        }
        return takeValue(option, value);
    }

    Taken takeValue(const std::string &option, const std::string &value)
    {
        const std::map<std::string, std::string *> texts{{"-e", &m_options.environment}, {"--environment", &m_options.environment},
                                                         {"--profile", &m_options.profile}, {"--confirm", &m_options.confirm},
                                                         {"--reason", &m_options.reason}, {"--instance", &m_options.flush.instance}};
        if (const auto it = texts.find(option); it != texts.end()) {
            *it->second = value;
            return {};
        }
        if (option == "--to") {
            m_options.to.push_back(value);
            return {};
        }
        if (option == "--output") {
            const auto format = report::formatFrom(value);
            if (!format)
                return wrong("--output wants table, json, markdown, prometheus or nagios, not “" + value + "”");
            m_options.format = *format;
            return {};
        }
        if (option == "--pattern") {
            m_options.flush.scope = FlushRequest::Scope::Glob;
            m_options.flush.pattern = value;
            m_options.hasFlushScope = true;
            return {};
        }
        return takeNumber(option, value);
    }

    Taken takeNumber(const std::string &option, const std::string &value)
    {
        const auto number = positive(value);
        const bool isKnown = option == "--for" || option == "--interval" || option == "--db" || option == "--max-latency";
        if (!isKnown)
            return wrong("unknown option “" + option + "”");
        if (!number)
            return wrong(option + " wants a number, not “" + value + "”");
        if (option == "--for")
            m_options.watchFor = seconds(*number);
        else if (option == "--interval")
            m_options.interval = seconds(std::max(*number, 0.25));
        else if (option == "--max-latency")
            m_options.flush.maxLatency = Millis(static_cast<std::int64_t>(std::max(*number, 1.0)));
        else {
            m_options.flush.scope = FlushRequest::Scope::Database;
            m_options.flush.database = static_cast<int>(*number);
            m_options.hasFlushScope = true;
        }
        return {};
    }

    std::expected<Options, Usage> checked()
    {
        const auto &command = m_options.command;
        if (command == "env") {
            if (m_options.environment.empty() && !m_options.arguments.empty())
                m_options.environment = m_options.arguments.front();
            if (m_options.environment.empty())
                return wrong("“env " + m_options.verb + "” wants the environment file");
        } else if (command != "audit" && m_options.environment.empty()) {
            return wrong("which environment? Give it with -e FILE-OR-NAME");
        }
        if (command == "cache" && !m_options.hasFlushScope)
            return wrong("say which keys: --pattern GLOB, --db N or --all");
        if (command == "facts" && m_options.format != report::Format::Table && m_options.format != report::Format::Json)
            return wrong("facts are printed as table or json");
        return m_options;
    }

    const std::vector<std::string> &m_arguments;
    std::size_t m_next = 0;
    Options m_options;
};

} // namespace

std::expected<Options, Usage> parseCommandLine(const std::vector<std::string> &arguments)
{
    return Parser(arguments).parse();
}

} // namespace muster::ctl
