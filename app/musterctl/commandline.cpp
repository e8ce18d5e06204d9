// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commandline.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

namespace muster::ctl {

namespace {

const char *const kHelp = R"(musterctl: is this production ready, and what is wrong with it?

  musterctl check     -e ENV [--profile P] [--output table|json|markdown|csv|prometheus|nagios] [--for SECONDS]
  musterctl facts     -e ENV [--profile P] [--output table|json|csv] [--for SECONDS] [PREFIX...]
  musterctl watch     -e ENV [--profile P] [--interval SECONDS]
  musterctl doctor    -e ENV
  musterctl backup    list -e ENV [NAME] [--output table|json]
  musterctl backup    run|verify|drill -e ENV [NAME|ID|NAME/ID] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl cache     count -e ENV [--instance I] (--pattern GLOB | --db N | --all) [--max-latency MS]
  musterctl cache     flush -e ENV [--instance I] (--pattern GLOB | --db N | --all) [--max-latency MS] [--stage N%/min] [--min-hit-rate N%] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl session   cancel|terminate -e ENV [--instance I] PID [--yes] [--confirm NAME] [--reason TEXT]
  musterctl mail      test -e ENV [--to ADDRESS] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl load      run -e ENV [NAME] [--rate PER-SECOND] [--duration SECONDS] [--yes] [--confirm NAME] [--reason TEXT]
  musterctl report    -e ENV --format pdf|html|markdown|json|csv -o FILE [--profile P] [--for SECONDS]
  musterctl report    diff OLD.json NEW.json
  musterctl recompute REPORT.json [--profile P]
  musterctl history   drops -e ENV [--since DAYS] [--output table|json]
  musterctl history   series -e ENV [SERIES] [--since DAYS] [--output table|json]
  musterctl audit     list|verify
  musterctl env       check ENV [--profile P]
  musterctl env       import (pgpass|pg_service|prometheus.yml|FILE|URL)...
  musterctl env       grants ENV
  musterctl env       waive ENV CHECK --owner WHO --reason TEXT --until YYYY-MM-DD [--profile P]
  musterctl env       unwaive ENV CHECK [--profile P]

ENV is the path of an environment file, or the name of one in $XDG_CONFIG_HOME/muster/environments/.
Results go to standard output, messages to standard error; NO_COLOR is respected.

check ends with 0 READY, 1 AT RISK, 2 NOT READY, 3 when it could not judge (bad arguments, bad environment file).
Actions end with 0 done and verified, 1 refused (nothing was done), 2 failed, 4 outcome unknown.
On an environment of kind production, actions need --yes --confirm ENVIRONMENT-NAME.
)";

/// What may follow a command and its verb. A stray word or an option of another command is an error: an unquoted --pattern that the
/// shell made into several words must not flush what the first of them says.
struct Grammar {
    const char *command;
    const char *verb; ///< "" = the command has none
    std::size_t maxWords;
    std::vector<std::string_view> options;
};
constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);
const std::vector<Grammar> kGrammar{
    {"check", "", 0, {"--profile", "--output", "--for"}},
    {"facts", "", kAnyNumber, {"--profile", "--output", "--for"}},
    {"watch", "", 0, {"--profile", "--interval"}},
    {"doctor", "", 0, {}},
    {"backup", "list", 1, {"--output"}},
    {"backup", "run", 1, {"--yes", "--confirm", "--reason"}},
    {"backup", "verify", 1, {"--yes", "--confirm", "--reason"}},
    {"backup", "drill", 1, {"--yes", "--confirm", "--reason"}},
    {"cache", "count", 0, {"--instance", "--pattern", "--db", "--all", "--max-latency"}},
    {"cache", "flush", 0, {"--instance", "--pattern", "--db", "--all", "--max-latency", "--stage", "--min-hit-rate", "--yes", "--confirm", "--reason"}},
    {"session", "cancel", 1, {"--instance", "--yes", "--confirm", "--reason"}},
    {"session", "terminate", 1, {"--instance", "--yes", "--confirm", "--reason"}},
    {"mail", "test", 0, {"--to", "--yes", "--confirm", "--reason"}},
    {"load", "run", 1, {"--rate", "--duration", "--yes", "--confirm", "--reason"}},
    {"report", "diff", 2, {}},
    {"report", "", 0, {"--profile", "--format", "-o", "--for"}},
    {"recompute", "", 1, {"--profile"}},
    {"history", "drops", 0, {"--since", "--output"}},
    {"history", "series", 1, {"--since", "--output"}},
    {"audit", "list", 0, {}},
    {"audit", "verify", 0, {}},
    {"env", "check", 1, {"--profile"}},
    {"env", "import", kAnyNumber, {}},
    {"env", "grants", 1, {}},
    {"env", "waive", 2, {"--owner", "--reason", "--until", "--profile"}},
    {"env", "unwaive", 2, {"--profile"}},
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
        const auto verb = m_next < m_arguments.size() ? m_arguments[m_next] : std::string();
        std::string known;
        for (const auto &grammar : kGrammar) {
            if (m_options.command != grammar.command)
                continue;
            if (*grammar.verb == '\0' || verb == grammar.verb || verb == "--help" || verb == "-h") {
                m_grammar = &grammar;
                m_options.verb = verb == grammar.verb ? verb : std::string();
                m_next += verb == grammar.verb ? 1 : 0;
                return {};
            }
            known += (known.empty() ? "" : ", ") + std::string(grammar.verb);
        }
        return wrong(known.empty() ? "unknown command “" + m_options.command + "”" : "“" + m_options.command + "” wants one of: " + known);
    }

    Taken takeWord(const std::string &word)
    {
        if (m_options.arguments.size() == m_grammar->maxWords)
            return wrong("unexpected “" + word + "”" + (m_options.command == "cache" ? "; quote the pattern, so that the shell leaves it alone" : ""));
        m_options.arguments.push_back(word);
        return {};
    }

    [[nodiscard]] bool isTaken(std::string_view option) const
    {
        return option == "-e" || option == "--environment" || std::ranges::find(m_grammar->options, option) != m_grammar->options.end();
    }

    /// One scope only: of two, the wrong one could win.
    Taken setScope(FlushRequest::Scope scope)
    {
        if (m_options.hasFlushScope)
            return wrong("give one of --pattern, --db and --all, once");
        m_options.flush.scope = scope;
        m_options.hasFlushScope = true;
        return {};
    }

    Taken takeOption(std::string option)
    {
        if (option == "--help" || option == "-h")
            return std::unexpected(Usage{kHelp, false});
        if (const auto name = option.substr(0, option.find('=')); !isTaken(name))
            return wrong("“" + m_options.command + (m_options.verb.empty() ? "" : " " + m_options.verb) + "” has no option “" + name + "”");
        if (option == "--yes") {
            m_options.isYes = true;
            return {};
        }
        if (option == "--all")
            return setScope(FlushRequest::Scope::All);
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
                                                         {"--reason", &m_options.reason}, {"--instance", &m_options.flush.instance},
                                                         {"--owner", &m_options.owner}, {"--until", &m_options.until},
                                                         {"--format", &m_options.reportFormat}, {"-o", &m_options.outputFile}};
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
                return wrong("--output wants table, json, markdown, csv, prometheus or nagios, not “" + value + "”");
            m_options.format = *format;
            return {};
        }
        if (option == "--pattern") {
            m_options.flush.pattern = value;
            return setScope(FlushRequest::Scope::Glob);
        }
        if (option == "--stage")
            return takeShare(option, value, "%/min", m_options.flush.stageShare);
        if (option == "--min-hit-rate")
            return takeShare(option, value, "%", m_options.flush.leastHitRatio);
        return takeNumber(option, value);
    }

    /// "10%/min", "80%": of what is more than nothing and at most all.
    Taken takeShare(const std::string &option, const std::string &value, std::string_view unit, double &share)
    {
        const auto percent = value.ends_with(unit) ? positive(value.substr(0, value.size() - unit.size())) : std::nullopt;
        if (!percent || *percent <= 0 || *percent > 100)
            return wrong(option + " wants a share such as " + (unit == "%" ? "80%" : "10%/min") + ", not “" + value + "”");
        share = *percent / 100;
        return {};
    }

    Taken takeNumber(const std::string &option, const std::string &value)
    {
        const auto number = positive(value);
        if (!number)
            return wrong(option + " wants a number, not “" + value + "”");
        if (option == "--for")
            m_options.watchFor = seconds(*number);
        else if (option == "--interval")
            m_options.interval = seconds(std::max(*number, 0.25));
        else if (option == "--since")
            m_options.since = seconds(std::min(*number, 3650.0) * 86400);
        else if (option == "--max-latency")
            m_options.flush.maxLatency = Millis(static_cast<std::int64_t>(std::max(*number, 1.0)));
        else if (option == "--rate")
            m_options.load.rate = *number;
        else if (option == "--duration")
            m_options.load.duration = seconds(*number);
        else if (option == "--db")
            return setDatabase(*number);
        else
            return wrong(option + " takes no value"); // "--yes=no"
        return {};
    }

    Taken setDatabase(double number)
    {
        if (number != std::floor(number))
            return wrong("--db wants the whole number of a database");
        m_options.flush.database = static_cast<int>(number);
        return setScope(FlushRequest::Scope::Database);
    }

    std::expected<Options, Usage> checked()
    {
        const auto &command = m_options.command;
        if (command == "env") {
            if (m_options.verb == "import" && m_options.arguments.empty())
                return wrong("“env import” wants to know what: pgpass, pg_service, prometheus.yml, a file's path, or a URL");
            if (m_options.environment.empty() && !m_options.arguments.empty())
                m_options.environment = m_options.arguments.front();
            if (m_options.environment.empty())
                return wrong("“env " + m_options.verb + "” wants the environment file");
            if (m_options.verb == "waive" || m_options.verb == "unwaive")
                return checkedWaiver();
        } else if (command == "recompute" || (command == "report" && m_options.verb == "diff")) {
            if (m_options.arguments.size() != m_grammar->maxWords)
                return wrong(command == "report" ? "“report diff” wants two reports: OLD.json NEW.json" : "“recompute” wants a report: REPORT.json");
        } else if (command != "audit" && m_options.environment.empty()) {
            return wrong("which environment? Give it with -e FILE-OR-NAME");
        }
        if (command == "cache" && !m_options.hasFlushScope)
            return wrong("say which keys: --pattern GLOB, --db N or --all");
        if (m_options.flush.stageShare > 0 && m_options.flush.scope != FlushRequest::Scope::Glob)
            return wrong("only the keys of a --pattern can go in stages");
        if (m_options.flush.leastHitRatio > 0 && m_options.flush.stageShare == 0)
            return wrong("--min-hit-rate belongs to a flush in stages: --stage 10%/min");
        if (command == "session")
            return checkedSession();
        const bool isPlain = m_options.format == report::Format::Table || m_options.format == report::Format::Json;
        if ((command == "history" && !isPlain) || (command == "facts" && !isPlain && m_options.format != report::Format::Csv))
            return wrong(command == "facts" ? "facts are printed as table, json or csv" : "the history is printed as table or json");
        if (command == "report" && m_options.verb.empty() && (m_options.reportFormat.empty() || m_options.outputFile.empty()))
            return wrong("“report” wants --format pdf|html|markdown|json|csv and -o FILE (“-o -” for standard output)");
        return m_options;
    }

    /// "env waive ENV CHECK" or "env waive -e ENV CHECK".
    std::expected<Options, Usage> checkedWaiver()
    {
        auto &words = m_options.arguments;
        if (words.size() > 1 && words.front() == m_options.environment)
            words.erase(words.begin());
        if (words.size() != 1 || words.front() == m_options.environment)
            return wrong("“env " + m_options.verb + "” wants the environment file and one check, such as performance/cdn");
        if (m_options.verb == "waive" && (m_options.owner.empty() || m_options.reason.empty() || m_options.until.empty()))
            return wrong("a waiver wants --owner WHO, --reason TEXT and --until YYYY-MM-DD");
        return m_options;
    }

    std::expected<Options, Usage> checkedSession()
    {
        const auto word = m_options.arguments.empty() ? std::string() : m_options.arguments.front();
        const auto pid = positive(word);
        if (!pid || *pid < 1 || *pid != std::floor(*pid))
            return wrong("“session " + m_options.verb + "” wants the pid of a session, not “" + word + "”");
        m_options.session = {m_options.flush.instance, static_cast<int>(*pid), m_options.verb == "terminate"};
        return m_options;
    }

    const std::vector<std::string> &m_arguments;
    std::size_t m_next = 0;
    const Grammar *m_grammar = nullptr; ///< set by takeCommand()
    Options m_options;
};

} // namespace

std::expected<Options, Usage> parseCommandLine(const std::vector<std::string> &arguments)
{
    return Parser(arguments).parse();
}

} // namespace muster::ctl
