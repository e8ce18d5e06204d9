// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backup.h"
#include "connectors/backup/backupset.h"
#include "connectors/backup/notes.h"
#include "connectors/backup/server.h"
#include "connectors/backup/wal.h"
#include "models/ports/action.h"

#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace muster::backup {

/// What the next expiry would do.
struct Expiry {
    std::string rule;                   ///< "2 full backups stay, with their WAL"
    std::vector<std::string> removes;   ///< ids
    std::vector<std::string> strands;   ///< what becomes useless by that and is not itself removed
    std::string warning;                ///< why it must not happen: "no complete full backup would be left"
};

/// How far back, and how near to now, one can recover to any moment.
struct Recovery {
    std::optional<WallTime> newestWalAt; ///< newest archived segment of all
    std::string newestWal;
    std::optional<WallTime> from;       ///< end of the oldest complete physical backup
    std::optional<WallTime> to;         ///< newest segment that is reached from there without a hole
    std::vector<WalGap> gaps;
    std::string unknown;                ///< why it is not known
};

struct Catalogue {
    std::vector<Backup> backups;        ///< judged, newest first, at most 1000
    std::optional<Recovery> recovery;   ///< absent: the set keeps no WAL (dumps)
    std::optional<Running> running;
    std::optional<Expiry> expiry;
    std::vector<std::string> warnings;  ///< of the tool about itself
};

/// What a long job has at hand.
class Work {
public:
    Work(const Set &set, const RunControl &control, std::stop_token stop, Server *server) : m_set(set), m_control(control), m_stop(std::move(stop)), m_server(server) { }

    [[nodiscard]] const std::stop_token &stop() const { return m_stop; }
    [[nodiscard]] const RunControl &control() const { return m_control; }
    /// The console's own connection, which holds the lock; null while nothing is made.
    [[nodiscard]] Server *server() const { return m_server; }
    /// Progress with "stalled: no change for 7 min" added when nothing moves.
    void report(Progress progress);
    void log(std::string_view line);
    /// What the tools said, at most 32 KiB.
    [[nodiscard]] const std::string &transcript() const { return m_transcript; }

private:
    const Set &m_set;
    const RunControl &m_control;
    std::stop_token m_stop;
    Server *m_server;
    std::string m_transcript;
    std::string m_lastPhase;
    double m_lastDone = -1;
    BootTime m_changedAt = BootClock::now();
};

/// "2 min" of no change is past `limit`: the words that follow the phase, or "".
[[nodiscard]] std::string stallText(Millis unchanged, Millis limit);

class Scratch;

/// One kind of backup: a tool, a directory layout, a service. A driver shows, makes and reads back; it does not judge (ladder), lock (action) or
/// measure time (source). One object a source or action; one thread at a time.
class Driver {
public:
    explicit Driver(const Set &set) : m_set(set) { }
    virtual ~Driver() = default;
    Driver(const Driver &) = delete;
    Driver &operator=(const Driver &) = delete;

    /// All that is there, with proofs, notes and judgement.
    [[nodiscard]] virtual std::expected<Catalogue, Fault> list(const Live &live, Deadline deadline, const std::stop_token &stop) = 0;
    /// The next list() measures everything anew.
    virtual void wantAll() { }

    /// Read-only checks before a run, what it changes, and its command in words. The same object then runs.
    virtual void planRun(const ServerState &state, Server &server, Deadline deadline, const std::stop_token &stop, Plan &plan) = 0;
    /// The run takes the set's lock on the server itself (a musterctl on another host does).
    [[nodiscard]] virtual bool locksItself() const { return false; }
    /// Makes one; its id. Fault kind Denied, stage "held": somebody else makes one, nothing was done.
    [[nodiscard]] virtual std::expected<std::string, Fault> run(Work &work) = 0;
    /// After a run that was proved: what the plan named to go, goes.
    virtual void expire(Outcome &) { }
    /// After a run that was cancelled while it was proved. True when nothing of it is left.
    virtual bool discard(const std::string &) { return false; }

    /// Checks before a reading back; may find tools.
    virtual void planVerify(const Backup &backup, Deadline deadline, const std::stop_token &stop, Plan &plan) = 0;
    /// Reads every byte of it again and notes the verdict. Fault kind Protocol: it is damaged; others: it could not be read.
    [[nodiscard]] virtual std::expected<void, Fault> verify(const Backup &backup, Work &work) = 0;

    /// Restores it: a physical one into scratch.data(), a dump into the running scratch server.
    [[nodiscard]] virtual std::expected<void, Fault> restore(const Backup &backup, Scratch &scratch, Work &work) = 0;
    [[nodiscard]] virtual std::expected<void, Fault> noteDrill(const Backup &backup, const Drill &drill) { return notes().drilled(backup, drill); }

protected:
    [[nodiscard]] const Set &set() const { return m_set; }
    [[nodiscard]] Notes notes() const;
    /// Notes, judgement, order, cap.
    void finish(Catalogue &catalogue, const Live &live) const;
    /// Fault of a tool that ended badly.
    [[nodiscard]] static Fault toolFault(const std::string &title, const process::Finished &finished);

private:
    const Set &m_set;
};

/// `set` outlives it.
[[nodiscard]] std::unique_ptr<Driver> makeDriver(const Set &set);

/// From which moment to which one can recover, by the complete physical backups and the archive. Pure.
[[nodiscard]] Recovery recoveryOf(const std::vector<Backup> &backups, const WalArchive &archive);

} // namespace muster::backup
