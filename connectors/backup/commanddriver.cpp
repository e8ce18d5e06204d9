// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/commanddriver.h"

#include "connectors/backup/commandcontract.h"
#include "connectors/backup/readback.h"

#include <algorithm>
#include <set>

namespace muster::backup {

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{16} << 20;
constexpr Millis kJobLimit{std::chrono::hours{48}};

std::set<std::string> idsOf(const std::expected<Catalogue, Fault> &catalogue)
{
    std::set<std::string> ids;
    for (const auto &backup : catalogue ? catalogue->backups : std::vector<Backup>())
        ids.insert(backup.id);
    return ids;
}

} // namespace

CommandDriver::Words CommandDriver::musterWords(const Set &set)
{
    const auto words = [&](std::vector<std::string> more) {
        std::vector<std::string> all{"musterctl", "backup"};
        all.insert(all.end(), more.begin(), more.end());
        all.insert(all.end(), {"-e", set.remoteEnvironment});
        return all;
    };
    return {words({"list", set.name, "--output", "json"}), words({"run", set.name, "--yes", "--confirm", set.environment}), words({"verify", "--yes", "--confirm", set.environment}), 2, true};
}

std::string CommandDriver::shown(const std::vector<std::string> &words) const
{
    std::string text;
    for (const auto &word : words)
        text += (text.empty() ? "" : " ") + word;
    return text + " on " + set().host.label();
}

std::expected<Catalogue, Fault> CommandDriver::list(const Live &live, Deadline deadline, const std::stop_token &stop)
{
    auto command = set().host.command(m_words.list);
    command.outputLimit = kAnswerLimit;
    const auto finished = set().host.run(command, deadline, stop);
    if (!finished)
        return std::unexpected(finished.error());
    if (!finished->isGood())
        return std::unexpected(toolFault("the list command", *finished));
    if (finished->outputBytes > kAnswerLimit)
        return std::unexpected(Fault{FaultKind::TooLarge, "list", "the list command answered more than 16 MiB", {}});
    auto catalogue = parseCatalogue(finished->output);
    if (!catalogue)
        return std::unexpected(Fault{FaultKind::Protocol, "list", catalogue.error(), "The contract: man 7 muster-backup."});
    finish(*catalogue, live);
    m_live = live;
    return std::move(*catalogue);
}

void CommandDriver::planRun(const ServerState &state, Server &, Deadline deadline, const std::stop_token &stop, Plan &plan)
{
    if (m_words.run.empty()) {
        plan.checks.push_back({"There is a command that makes one", PlanCheckState::Failed, "the set declares no “run”"});
        return;
    }
    Live live;
    live.systemIdentifier = state.systemIdentifier;
    live.major = state.major;
    const auto catalogue = list(live, deadline, stop);
    plan.checks.push_back({"The list command answers", catalogue ? PlanCheckState::Passed : PlanCheckState::Failed, catalogue ? std::string() : catalogue.error().detail});
    if (catalogue && catalogue->running)
        plan.checks.push_back({"No backup is made now", PlanCheckState::Failed, "someone else is running: " + catalogue->running->who});
    if (catalogue && catalogue->expiry && !catalogue->expiry->warning.empty())
        plan.checks.push_back({"The expiry leaves a complete one", PlanCheckState::Warned, catalogue->expiry->warning});
    plan.changes = {{"Runs", shown(m_words.run)}};
    plan.command = shown(m_words.run) + ", then verify";
}

std::expected<std::string, Fault> CommandDriver::run(Work &work)
{
    const auto before = idsOf(list(m_live, Deadline::after(Millis(60000)), work.stop()));
    auto command = set().host.command(m_words.run, {}, set().host.isRemote());
    Progress progress{"running", 0, {}, {}, {}};
    std::string id, rest;
    command.onOutput = [&](std::string_view bytes) {
        rest += bytes;
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            auto line = std::string_view(rest).substr(0, end);
            if (line.ends_with('\r'))
                line.remove_suffix(1);
            const auto parsed = parseRunLine(line);
            if (parsed.progress)
                progress = *parsed.progress;
            else if (!parsed.id.empty())
                id = parsed.id;
            else
                work.log(line);
            rest.erase(0, end + 1);
        }
        rest.resize(std::min(rest.size(), kAnswerLimit));
        work.report(progress);
        return true;
    };
    command.onTick = [&] { work.report(progress); };
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->errors);
    constexpr int kRefusedThere = 1; // musterctl: nothing was done
    if (m_words.isMuster && finished->ending == process::Ending::Exited && finished->exitStatus == kRefusedThere)
        return std::unexpected(Fault{FaultKind::Denied, "held", set().host.label() + " refused: " + errorLines(finished->errors), {}});
    if (!finished->isGood())
        return std::unexpected(toolFault("the run command", *finished));
    if (const auto last = parseRunLine(rest); id.empty())
        id = last.id;
    if (!id.empty())
        return id;
    const auto after = list(m_live, Deadline::after(Millis(60000)), work.stop());
    for (const auto &backup : after ? after->backups : std::vector<Backup>()) {
        if (!before.contains(backup.id) && !backup.isRunning)
            return backup.id;
    }
    return std::unexpected(Fault{FaultKind::Protocol, "run", "the run command ended well, and there is no new backup", "Its last line should be {\"id\": \"…\"}."});
}

void CommandDriver::planVerify(const Backup &backup, Deadline, const std::stop_token &, Plan &plan)
{
    if (m_words.verify.empty()) {
        plan.checks.push_back({"There is a command that reads it back", PlanCheckState::Failed, "the set declares no “verify”"});
        return;
    }
    plan.changes.push_back({"Reads", backup.id});
    plan.command = shown(m_words.verify) + ' ' + backup.id;
}

std::expected<void, Fault> CommandDriver::verify(const Backup &backup, Work &work)
{
    if (m_words.verify.empty())
        return std::unexpected(Fault{FaultKind::Config, "verify", "the set declares no “verify”: nobody reads its backups back", {}});
    auto all = m_words.verify;
    all.push_back(backup.id);
    auto command = set().host.command(all);
    command.onTick = [&] { work.report({"reading back", 0, {}, {}, {}}); };
    const auto finished = set().host.run(command, Deadline::after(kJobLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    work.log(finished->output + finished->errors);
    const bool isDamaged = finished->ending == process::Ending::Exited && finished->exitStatus == m_words.damaged;
    if (!finished->isGood() && !isDamaged)
        return std::unexpected(toolFault("the verify command", *finished));
    auto problem = parseProblem(finished->output);
    if (isDamaged && problem.empty())
        problem = "the verify command calls it damaged: " + errorLines(finished->errors.empty() ? finished->output : finished->errors);
    if (!m_words.isMuster) {
        if (auto noted = notes().verified(backup, problem); !noted && problem.empty())
            return noted;
    }
    return problem.empty() ? std::expected<void, Fault>() : std::unexpected(Fault{FaultKind::Protocol, "verify", problem, "Do not rely on this backup; make a new one."});
}

std::expected<void, Fault> CommandDriver::restore(const Backup &, Scratch &, Work &)
{
    return std::unexpected(Fault{FaultKind::Config, "drill", m_words.isMuster ? "the backups lie on " + set().host.label() : "a command driver restores nothing",
                                 m_words.isMuster ? "Run `musterctl backup drill` on " + set().host.label() + '.' : "Report drills in the list (“drilled”)."});
}

} // namespace muster::backup
