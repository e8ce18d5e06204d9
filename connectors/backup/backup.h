// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::backup {

/// How far a backup may be trusted. Only Verified and Restored are usable.
enum class Rung : std::uint8_t {
    Running,     ///< being made by a living process
    Interrupted, ///< begun, never finished, and its maker is gone
    Damaged,     ///< something is missing, cut or changed
    Unusable,    ///< whole, but no help to this server: another cluster's, another major's, without its globals
    Finished,    ///< the tool ended well; something that a restore needs could not be looked at
    Complete,    ///< all that a restore needs is there: files, WAL, references, globals; of this server
    Verified,    ///< and every byte was read again
    Restored,    ///< and it was restored in a drill, whose queries answered
};
[[nodiscard]] std::string_view toString(Rung rung);

/// One thing that completeness stands on, as a driver saw it.
struct Proof {
    enum class State : std::uint8_t { Good, Bad, Unknown };
    std::string what;            ///< "WAL 0000…02 to 0000…03"
    State state = State::Unknown;
    std::string detail;          ///< of a bad one: the sentence that is shown; of an unknown one: why
};

/// The last restore drill.
struct Drill {
    WallTime at{};
    Millis took{0};
    std::string problem;         ///< "" = it was restored and all queries answered
    double tables = 0;
    double rows = 0;
};

struct Backup {
    std::string id;              ///< unique in its set
    std::string path;            ///< where it lies, for people
    std::string format;          ///< "muster", "directory", "custom", "tar", "plain", "data directory", "pgbackrest", "barman", ...
    std::string kind;            ///< "dump", "globals", "full", "differential", "incremental", "snapshot"
    bool isRunning = false;
    bool isInterrupted = false;
    std::string state;           ///< of these two: the sentence; else, why an earlier reading back does not count any more
    std::string obstacle;        ///< why it is no help although it is whole: "its globals are missing"; "" = none
    std::optional<WallTime> startedAt;
    WallTime finishedAt{};       ///< of running and interrupted ones: last change
    std::optional<Millis> took;
    std::uint64_t size = 0;      ///< B, as stored
    std::uint64_t restoredSize = 0; ///< B; 0 = not known
    std::size_t files = 0;
    std::string serverVersion;
    int major = 0;               ///< 0 = not known
    bool isPhysical = false;     ///< files of one major; a dump can be restored into a later one
    std::string systemIdentifier; ///< "" = not known
    std::string toolVersion;
    std::vector<std::string> databases; ///< of a dump; empty = not said, or all
    bool isWhole = false;        ///< a dump of all databases and the globals
    std::vector<std::string> references; ///< ids without which it is nothing
    std::string walFirst;        ///< segments that a restore needs; "" = none
    std::string walLast;
    std::vector<Proof> proofs;
    std::string fingerprint;     ///< changes with the bytes; notes are only believed for the same one
    std::optional<WallTime> verifiedAt;
    std::string verifyProblem;   ///< of the last reading back
    std::optional<Drill> drill;
    bool isOwn = false;          ///< made by Muster for this set
    bool isRemovable = false;    ///< an interrupted one on this host
    // Set by judge():
    bool isOtherCluster = false;
    Rung rung = Rung::Finished;
    std::string reason;          ///< why it is not higher; "" from Verified on

    [[nodiscard]] bool isUsable() const { return rung >= Rung::Verified; }
    [[nodiscard]] bool isFinished() const { return rung >= Rung::Finished; }
};

/// What is known of the server now; "" and 0 where it does not answer.
struct Live {
    std::string systemIdentifier;
    int major = 0;
    std::uint64_t segmentSize = std::uint64_t{16} << 20; ///< of WAL, B
    std::string walInsert;       ///< the segment being written; "" = not known
    bool isSegmentFresh = false; ///< nothing of worth is in it yet: all that was committed lies in earlier ones
};

/// The ladder: rung and reason of each, from what the drivers saw; a chain is worth its worst member. Pure; the only place that decides.
void judge(std::vector<Backup> &backups, const Live &live);

/// Newest first, the order of every catalogue.
void sortNewestFirst(std::vector<Backup> &backups);

} // namespace muster::backup
