// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/wiring/hardening.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <iostream>
#include <unistd.h>

namespace muster::ctl {

namespace {

std::string line(const std::string &untrusted)
{
    return text::plain(untrusted, 600) + "\n";
}

std::string planText(const Plan &plan)
{
    std::string out = line(plan.title) + line("  target    " + plan.target + " (" + plan.identity + ")");
    for (const auto &change : plan.changes)
        out += line("  " + change.label + ": " + change.value);
    for (const auto &check : plan.checks) {
        const char *word = check.state == PlanCheckState::Passed ? "ok  " : check.state == PlanCheckState::Warned ? "warn" : "FAIL";
        out += line(std::string("  ") + word + "  " + check.title + (check.detail.empty() ? "" : ": " + check.detail));
    }
    return out + line("  runs      " + plan.command);
}

std::string outcomeText(const Outcome &outcome)
{
    auto out = line(std::string(toString(outcome.kind)) + ": " + outcome.summary);
    for (const auto &detail : outcome.details)
        out += line("  " + detail.label + ": " + detail.value);
    if (!outcome.howToFindOut.empty())
        out += line("  How to find out: " + outcome.howToFindOut);
    if (!outcome.transcript.empty())
        out += text::block(outcome.transcript, 64 * 1024) + "\n";
    return out;
}

std::string progressText(const Progress &progress)
{
    auto out = progress.phase;
    if (progress.total)
        out += ' ' + format::number(progress.done, 0) + " of " + format::number(*progress.total, 0) + ' ' + progress.unit;
    else if (progress.done > 0)
        out += ' ' + format::number(progress.done, 0) + ' ' + progress.unit;
    if (!progress.message.empty())
        out.append(": ").append(progress.message);
    return text::plain(out, 300);
}

int exitCode(OutcomeKind kind)
{
    switch (kind) {
    case OutcomeKind::Succeeded:
        return kDone;
    case OutcomeKind::Refused:
        return kRefused;
    case OutcomeKind::Failed:
    case OutcomeKind::Cancelled:
        return kFailed;
    case OutcomeKind::Unknown:
        return kOutcomeUnknown;
    }
    return kFailed;
}

/// Asks on the terminal; without one, --yes (and --confirm on production) must have said it.
std::expected<std::string, std::string> confirmation(const Options &options, const EnvironmentInfo &environment)
{
    if (options.isYes) {
        if (environment.isProduction() && options.confirm != environment.name)
            return std::unexpected("this is production: repeat with --yes --confirm " + environment.name);
        return options.confirm;
    }
    if (isatty(STDIN_FILENO) == 0)
        return std::unexpected("nothing was done: repeat with --yes" + (environment.isProduction() ? " --confirm " + environment.name : std::string()));
    std::cerr << (environment.isProduction() ? "Type the environment's name to run this, anything else to leave: " : "Type yes to run this: ") << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != (environment.isProduction() ? environment.name : "yes"))
        return std::unexpected("nothing was done");
    return answer;
}

/// Drives one ActionRun from the event loop and keeps the exit code.
class Driver : public QObject
{
public:
    Driver(const Options &options, Session &session, ActionRun &run) : m_options(options), m_session(session), m_run(run)
    {
        connect(&run, &ActionRun::changed, this, [this] { onChanged(); });
        connect(&run, &ActionRun::progressed, this, [this] { onProgressed(); });
        wiring::onInterrupt(this, [this] { onInterrupted(); });
    }

    [[nodiscard]] int result() const { return m_result; }

private:
    void end(int code)
    {
        m_result = code;
        QCoreApplication::quit();
    }

    void onChanged()
    {
        if (m_run.state() == ActionRun::State::PreflightFailed) {
            const auto &fault = *m_run.fault();
            message("refused: " + line(fault.detail + " (" + fault.stage + "). " + fault.hint));
            end(kRefused);
        } else if (m_run.state() == ActionRun::State::Planned) {
            onPlanned();
        } else if (m_run.state() == ActionRun::State::Finished) {
            print(outcomeText(m_run.outcome()));
            end(exitCode(m_run.outcome().kind));
        }
    }

    void onPlanned()
    {
        message(planText(m_run.plan()));
        if (!m_run.plan().isAllowed()) {
            message("refused: " + line(m_run.plan().firstObstacle()));
            return end(kRefused);
        }
        const auto name = confirmation(m_options, m_session.environment());
        if (!name) {
            message("refused: " + line(name.error()));
            return end(kRefused);
        }
        m_session.runner().arm();
        if (const auto started = m_run.confirm(*name, m_options.reason); !started) {
            message("refused: " + line(started.error()));
            end(kRefused);
        }
    }

    void onProgressed()
    {
        const auto text = progressText(m_run.progress());
        if (text != m_lastProgress)
            message(text + "\n");
        m_lastProgress = text;
    }

    void onInterrupted()
    {
        if (!m_run.isActive())
            return end(kRefused);
        message("cancelling…\n");
        m_run.cancel();
    }

    const Options &m_options;
    Session &m_session;
    ActionRun &m_run;
    std::string m_lastProgress;
    int m_result = kFailed;
};

} // namespace

int runAction(const Options &options, const std::function<std::unique_ptr<Action>(const Session &)> &make, const std::string &missing)
{
    auto session = openSession(options);
    if (!session)
        return session.error();
    auto action = make(**session);
    if (!action) {
        message("refused: " + line(missing));
        return kRefused;
    }
    auto *run = (*session)->runner().prepare(std::move(action));
    Driver driver(options, **session, *run);
    QCoreApplication::exec();
    return driver.result();
}

} // namespace muster::ctl
