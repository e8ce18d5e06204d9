// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/driver.h"

#include "connectors/backup/readback.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::backup {

namespace {

constexpr std::size_t kEntriesLimit = 1000;
constexpr std::size_t kTranscriptLimit = std::size_t{32} << 10;

} // namespace

std::string stallText(Millis unchanged, Millis limit)
{
    return unchanged < limit ? std::string() : "stalled: no change for " + format::duration(toSeconds(unchanged));
}

void Work::report(Progress progress)
{
    const auto now = BootClock::now();
    if (progress.phase != m_lastPhase || progress.done != m_lastDone)
        m_changedAt = now;
    m_lastPhase = progress.phase;
    m_lastDone = progress.done;
    if (const auto stall = stallText(std::chrono::duration_cast<Millis>(now - m_changedAt), m_set.stallAfter); !stall.empty())
        progress.phase += " (" + stall + ')';
    m_control.report(progress);
}

void Work::log(std::string_view line)
{
    m_transcript += line;
    m_transcript += '\n';
    if (m_transcript.size() > kTranscriptLimit)
        m_transcript.erase(0, m_transcript.size() - kTranscriptLimit);
}

Notes Driver::notes() const
{
    std::vector<std::string> folders;
    if (!m_set.directory.empty() && !m_set.host.isRemote())
        folders.push_back(m_set.directory + '/' + kNotesFolder);
    folders.push_back(stateFolder(m_set.environment, m_set.name));
    return Notes(std::move(folders));
}

void Driver::finish(Catalogue &catalogue, const Live &live) const
{
    notes().read(catalogue.backups);
    judge(catalogue.backups, live);
    sortNewestFirst(catalogue.backups);
    if (catalogue.backups.size() > kEntriesLimit)
        catalogue.backups.resize(kEntriesLimit);
}

Fault Driver::toolFault(const std::string &title, const process::Finished &finished)
{
    if (finished.ending == process::Ending::Cancelled)
        return {FaultKind::Cancelled, "tool", title + " was cancelled", {}};
    return {FaultKind::Unavailable, "tool", title + " failed: " + finished.describe() + ". " + errorLines(finished.errors.empty() ? finished.output : finished.errors), "Read the transcript."};
}

Recovery recoveryOf(const std::vector<Backup> &backups, const WalArchive &archive)
{
    Recovery recovery;
    recovery.newestWalAt = archive.newestAt;
    if (!archive.isEmpty()) {
        const auto newest = std::ranges::max_element(archive.segments, {}, &Segment::number);
        recovery.newestWal = segmentName(*newest, archive.segmentSize);
    }
    const Backup *oldest = nullptr;
    for (const auto &backup : backups) {
        if (backup.isPhysical && backup.rung >= Rung::Complete && !backup.walLast.empty() && (!oldest || backup.finishedAt < oldest->finishedAt))
            oldest = &backup;
    }
    if (!oldest)
        return recovery;
    const auto reach = reachFrom(archive, oldest->walLast);
    recovery.from = oldest->finishedAt;
    recovery.to = reach.newestAt;
    recovery.gaps = reach.gaps;
    return recovery;
}

} // namespace muster::backup
