// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Arithmetic of WAL segment names. Pure. Source: XLogFileName() in src/include/access/xlog_internal.h.
///   0000000100000002000000A3 = timeline 1, the 0xA3rd segment of the third 4 GiB
namespace muster::backup {

struct Segment {
    std::uint32_t timeline = 0;
    std::uint64_t number = 0; ///< counted from the beginning of all WAL
    friend auto operator<=>(const Segment &, const Segment &) = default;
};

/// nullopt when it is not 24 upper-case hex digits, or beyond what the segment size allows.
[[nodiscard]] std::optional<Segment> parseSegment(std::string_view name, std::uint64_t segmentSize);
[[nodiscard]] std::string segmentName(const Segment &segment, std::uint64_t segmentSize);
/// "0/2000028" → byte position.
[[nodiscard]] std::optional<std::uint64_t> parseLsn(std::string_view text);

/// What an archive holds.
struct WalArchive {
    std::uint64_t segmentSize = std::uint64_t{16} << 20;
    std::set<Segment> segments;
    std::set<std::uint32_t> histories;          ///< timelines whose .history file is there
    std::map<std::uint64_t, WallTime> archivedAt; ///< newest change by segment number, where it is known
    std::optional<WallTime> newestAt;

    /// "000000010000000000000002", with whatever follows it ("-559fe2….gz", ".partial" is none); "00000002.history".
    void add(std::string_view fileName, std::optional<WallTime> changedAt);
    [[nodiscard]] bool isEmpty() const { return segments.empty(); }
};

/// A hole: segments that are not there, and where both sides are.
struct WalGap {
    std::string first;
    std::string last;
    std::uint64_t count = 0;
};

/// Segments that are missing between the two, both included; each may lie on any timeline between theirs. Names beyond parsing are missing.
[[nodiscard]] std::vector<WalGap> missingSegments(const WalArchive &archive, std::string_view first, std::string_view last);
/// One hole in words: "WAL segment X is missing", "WAL segments X to Y (12) are missing".
[[nodiscard]] std::string describe(const WalGap &gap);

/// How far one can recover from a backup whose last needed segment is `from`: the newest segment that is reached without a hole, changing to a
/// later timeline where its history is there; and the holes behind that up to the newest segment of all.
struct WalReach {
    std::string newest;                 ///< "" when not even `from` is there
    std::optional<WallTime> newestAt;
    std::vector<WalGap> gaps;
};
[[nodiscard]] WalReach reachFrom(const WalArchive &archive, std::string_view from);

} // namespace muster::backup
