// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/pgbackrestdriver.h"

#include "connectors/backup/preflight.h"

#include <algorithm>

namespace muster::backup {

using namespace pgbackrest;

namespace {

constexpr std::size_t kAnswerLimit = std::size_t{64} << 20;
constexpr Millis kListEvery{std::chrono::minutes{5}};
constexpr Millis kLeast{2000}; // left of a round to begin another call

std::string key(int repo, const std::string &label)
{
    return std::to_string(repo) + '/' + label;
}

} // namespace

std::vector<std::string> PgBackRestDriver::words(std::vector<std::string> more) const
{
    std::vector<std::string> all{"pgbackrest", "--stanza=" + set().stanza};
    if (!set().config.empty())
        all.push_back("--config=" + set().config);
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

std::expected<std::string, Fault> PgBackRestDriver::ask(const std::vector<std::string> &more, Deadline deadline, const std::stop_token &stop) const
{
    // Its logs must not stand in the answer.
    auto all = words({"--log-level-console=off", "--log-level-stderr=warn", "--log-level-file=off"});
    all.insert(all.end(), more.begin(), more.end());
    auto command = set().host.command(all);
    command.outputLimit = kAnswerLimit;
    auto finished = set().host.run(command, deadline, stop);
    if (!finished)
        return std::unexpected(finished.error());
    if (!finished->isGood())
        return std::unexpected(toolFault("pgbackrest " + more.back(), *finished));
    return std::move(finished->output);
}

std::expected<Info, Fault> PgBackRestDriver::info(Deadline deadline, const std::stop_token &stop) const
{
    const auto answer = ask({"--output=json", "info"}, deadline, stop);
    if (!answer)
        return std::unexpected(answer.error());
    auto parsed = parseInfo(*answer, set().stanza);
    if (!parsed)
        return std::unexpected(Fault{FaultKind::Config, "pgbackrest", parsed.error(), "Look at: pgbackrest info"});
    constexpr int kMissingPath = 1, kMissingData = 3, kOther = 99;
    if (parsed->code == kMissingPath || parsed->code == kMissingData || parsed->code == kOther) {
        const bool isAnyGood = std::ranges::any_of(parsed->repos, [](const auto &repo) { return repo.second.empty(); });
        if (!isAnyGood)
            return std::unexpected(Fault{FaultKind::Unavailable, "pgbackrest", "stanza “" + set().stanza + "”: " + parsed->message, "Look at: pgbackrest --stanza=" + set().stanza + " info"});
    }
    const bool hasSeveral = parsed->repos.size() > 1;
    for (auto &entry : parsed->backups) {
        const auto suffix = hasSeveral ? "@repo" + std::to_string(entry.repo) : std::string();
        entry.backup.id = entry.label + suffix;
        for (auto &reference : entry.backup.references)
            reference += suffix;
        entry.backup.path = "repo" + std::to_string(entry.repo) + " backup/" + set().stanza + '/' + entry.label;
    }
    return std::move(*parsed);
}

void PgBackRestDriver::listRepositories(const Info &info, Deadline deadline, const std::stop_token &stop)
{
    std::string labels;
    for (const auto &entry : info.backups)
        labels += key(entry.repo, entry.label) + ' ';
    if (labels == m_listedFor && m_listedAt != BootTime{} && BootClock::now() - m_listedAt < kListEvery)
        return;
    m_repositories.clear();
    for (const auto &[repo, problem] : info.repos) {
        auto &repository = m_repositories[repo];
        repository.problem = problem;
        for (const auto &[folder, listing] : {std::pair{"archive/", &repository.archive}, std::pair{"backup/", &repository.backups}}) {
            const auto answer = ask({"--repo=" + std::to_string(repo), "--recurse", "--output=json", "repo-ls", folder + set().stanza}, deadline, stop);
            auto parsed = answer ? parseListing(*answer) : std::unexpected(answer.error().detail);
            if (parsed)
                *listing = std::move(*parsed);
            else
                repository.problem = parsed.error();
        }
    }
    m_listedFor = labels;
    m_listedAt = BootClock::now();
}

WalArchive PgBackRestDriver::archiveOf(const Info &info, int repo, int database, const Live &live) const
{
    WalArchive archive;
    archive.segmentSize = live.segmentSize;
    const auto id = info.archiveIds.find({repo, database});
    const auto repository = m_repositories.find(repo);
    if (id == info.archiveIds.end() || repository == m_repositories.end())
        return archive;
    for (const auto &[path, entry] : repository->second.archive) {
        if (path.starts_with(id->second + '/'))
            archive.add(std::string_view(path).substr(path.rfind('/') + 1), entry.changedAt);
    }
    return archive;
}

void PgBackRestDriver::provePages(Entry &entry, Deadline deadline, const std::stop_token &stop)
{
    Proof proof{"page checksums", entry.hasPageErrors ? *entry.hasPageErrors ? Proof::State::Bad : Proof::State::Good : Proof::State::Unknown,
                "made by a version before 2.36, which did not record them"};
    if (entry.hasPageErrors.value_or(false)) {
        const auto answer = ask({"--repo=" + std::to_string(entry.repo), "--set=" + entry.label, "--output=json", "info"}, deadline, stop);
        const auto files = answer ? parseErrorList(*answer) : std::vector<std::string>();
        proof.detail = "the server's pages were damaged when it was made (bad page checksums" + (files.empty() ? std::string() : " in " + joined(files)) + ')';
    }
    entry.backup.proofs.push_back(std::move(proof));
}

void PgBackRestDriver::proveFiles(Entry &entry, Deadline deadline, const std::stop_token &stop)
{
    Proof proof{"the files of its manifest", Proof::State::Unknown, {}};
    auto manifest = m_manifests.find(key(entry.repo, entry.label));
    if (manifest == m_manifests.end() && deadline.left() > kLeast) {
        const auto text = ask({"--repo=" + std::to_string(entry.repo), "repo-get", "backup/" + set().stanza + '/' + entry.label + "/backup.manifest"}, deadline, stop);
        if (text)
            manifest = m_manifests.emplace(key(entry.repo, entry.label), pgbackrest::parseManifest(*text)).first;
        else
            proof.detail = text.error().detail;
    }
    const auto &repository = m_repositories[entry.repo];
    if (!repository.problem.empty()) {
        proof.detail = repository.problem;
    } else if (!repository.backups.contains(entry.label + "/backup.manifest")) {
        proof = {proof.what, Proof::State::Bad, "its backup.manifest is missing in the repository"};
    } else if (manifest != m_manifests.end()) {
        const auto problem = manifest->second.empty() ? "its manifest names no file" : missingFile(entry.label, manifest->second, repository.backups);
        proof = {proof.what, problem.empty() ? Proof::State::Good : Proof::State::Bad, problem};
        entry.backup.files = manifest->second.size();
    } else if (proof.detail.empty()) {
        proof.detail = "not looked at yet, the next round goes on";
    }
    entry.backup.proofs.push_back(std::move(proof));
}

void PgBackRestDriver::prove(Entry &entry, const Info &info, const Live &live, Deadline deadline, const std::stop_token &stop)
{
    auto &backup = entry.backup;
    const auto &repository = m_repositories[entry.repo];
    if (!repository.problem.empty()) {
        backup.proofs.push_back({"its WAL", Proof::State::Unknown, "the repository cannot be listed: " + repository.problem});
    } else {
        const auto gaps = missingSegments(archiveOf(info, entry.repo, entry.database, live), backup.walFirst, backup.walLast);
        backup.proofs.push_back({"its WAL", gaps.empty() ? Proof::State::Good : Proof::State::Bad,
                                 gaps.empty() ? std::string() : describe(gaps.front()) + ": the backup cannot be restored"});
    }
    proveFiles(entry, deadline, stop);
    provePages(entry, deadline, stop);
    if (backup.systemIdentifier.empty())
        backup.proofs.push_back({"its cluster", Proof::State::Unknown, "the repository's history of clusters does not name it"});
}

std::optional<Running> PgBackRestDriver::running(const Info &info, Deadline deadline, const std::stop_token &stop) const
{
    if (!info.isHeld)
        return std::nullopt;
    Running running;
    running.who = "pgBackRest, as seen from " + set().host.label();
    running.phase = info.done ? "copying, in finished files" : "";
    running.done = info.done.value_or(0);
    running.total = info.total;
    const auto path = m_config->lockPath + '/' + set().stanza + "-backup";
    for (const auto &file : {path + ".lock", path + "-1.lock"}) { // one a repository from 2.53 on
        const auto finished = set().host.run(set().host.command({"cat", "--", file}), deadline, stop);
        const auto lock = finished && finished->isGood() ? parseLock(finished->output) : std::nullopt;
        if (!lock)
            continue;
        if (lock->percent && !info.done)
            running.phase = "copying, " + std::to_string(static_cast<int>(*lock->percent)) + " % in finished files";
        if (lock->pid > 0) {
            const auto alive = set().host.run(set().host.command({"test", "-d", "/proc/" + std::to_string(lock->pid)}), deadline, stop);
            running.isOrphan = alive && alive->ending == process::Ending::Exited && alive->exitStatus == 1;
            running.who += ", process " + std::to_string(lock->pid);
        }
        break;
    }
    return running;
}

Recovery PgBackRestDriver::bestRecovery(const Info &info, const Catalogue &catalogue, const Live &live) const
{
    Recovery best;
    for (const auto &[where, archiveId] : info.archiveIds) {
        std::vector<Backup> ours;
        for (const auto &backup : catalogue.backups) {
            if (const auto origin = m_origin.find(backup.id); origin != m_origin.end() && origin->second.first == where.first)
                ours.push_back(backup);
        }
        auto recovery = recoveryOf(ours, archiveOf(info, where.first, where.second, live));
        if (!best.newestWalAt || (recovery.to && (!best.to || *recovery.to > *best.to)))
            best = std::move(recovery);
    }
    return best;
}

void PgBackRestDriver::readConfig(Deadline deadline, const std::stop_token &stop)
{
    if (m_config)
        return;
    const auto path = set().config.empty() ? std::string("/etc/pgbackrest/pgbackrest.conf") : set().config;
    const auto finished = set().host.run(set().host.command({"cat", "--", path}), deadline, stop);
    m_config = parseConfig(finished && finished->isGood() ? finished->output : std::string(), set().stanza);
}

std::expected<Catalogue, Fault> PgBackRestDriver::list(const Live &live, Deadline deadline, const std::stop_token &stop)
{
    auto seen = info(deadline, stop);
    if (!seen)
        return std::unexpected(seen.error());
    readConfig(deadline, stop);
    listRepositories(*seen, deadline, stop);
    Catalogue catalogue;
    m_origin.clear();
    for (auto &entry : seen->backups) {
        prove(entry, *seen, live, deadline, stop);
        m_origin[entry.backup.id] = {entry.repo, entry.label};
        catalogue.backups.push_back(entry.backup);
    }
    finish(catalogue, live);
    for (const auto &[repo, repository] : m_repositories) {
        if (!repository.problem.empty())
            catalogue.warnings.push_back("repo" + std::to_string(repo) + ": " + repository.problem);
    }
    m_seen = catalogue.backups;
    catalogue.recovery = bestRecovery(*seen, catalogue, live);
    catalogue.running = running(*seen, deadline, stop);
    catalogue.expiry = expiryOf(seen->backups, catalogue.backups, *m_config, Stamp::now().wall);
    return catalogue;
}

} // namespace muster::backup
