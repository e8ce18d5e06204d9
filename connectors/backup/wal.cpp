// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/wal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace muster::backup {

namespace {

constexpr std::size_t kNameLength = 24; // timeline, log, segment: eight hex digits each
constexpr std::uint64_t kLogBytes = std::uint64_t{1} << 32U;
constexpr std::uint64_t kRangeLimit = std::uint64_t{1} << 22U; // segments looked at in one question

std::optional<std::uint64_t> hex(std::string_view digits)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return error == std::errc{} && end == digits.data() + digits.size() && !digits.empty() ? std::optional(value) : std::nullopt;
}

bool isSegmentDigits(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

/// The lowest timeline not below `from` that holds the segment and can be reached: the same one, or one with a history file.
std::optional<std::uint32_t> timelineOf(const WalArchive &archive, std::uint64_t number, std::uint32_t from)
{
    std::optional<std::uint32_t> found;
    if (archive.segments.contains({from, number}))
        found = from;
    // A later timeline that branched off here wins only where ours ends.
    if (!found) {
        for (const auto timeline : archive.histories) {
            if (timeline > from && archive.segments.contains({timeline, number}))
                return timeline;
        }
    }
    return found;
}

class Gaps {
public:
    Gaps(std::uint32_t timeline, std::uint64_t segmentSize) : m_timeline(timeline), m_size(segmentSize) { }
    void miss(std::uint64_t number)
    {
        const auto name = segmentName({m_timeline, number}, m_size);
        if (m_gaps.empty() || m_next != number)
            m_gaps.push_back({name, name, 0});
        m_gaps.back().last = name;
        ++m_gaps.back().count;
        m_next = number + 1;
    }
    [[nodiscard]] std::vector<WalGap> take() { return std::move(m_gaps); }
    std::uint32_t m_timeline;

private:
    std::uint64_t m_size;
    std::uint64_t m_next = 0;
    std::vector<WalGap> m_gaps;
};

} // namespace

std::optional<Segment> parseSegment(std::string_view name, std::uint64_t segmentSize)
{
    if (name.size() != kNameLength || !isSegmentDigits(name) || segmentSize == 0)
        return std::nullopt;
    const auto timeline = hex(name.substr(0, 8));
    const auto log = hex(name.substr(8, 8));
    const auto low = hex(name.substr(16, 8));
    const auto perLog = kLogBytes / segmentSize;
    if (!timeline || !log || !low || *low >= perLog)
        return std::nullopt;
    return Segment{static_cast<std::uint32_t>(*timeline), *log * perLog + *low};
}

std::string segmentName(const Segment &segment, std::uint64_t segmentSize)
{
    const auto perLog = kLogBytes / segmentSize;
    std::array<char, kNameLength + 1> text{};
    std::snprintf(text.data(), text.size(), "%08X%08X%08X", segment.timeline, static_cast<unsigned>(segment.number / perLog),
                  static_cast<unsigned>(segment.number % perLog));
    return text.data();
}

std::optional<std::uint64_t> parseLsn(std::string_view text)
{
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || slash > 8 || text.size() - slash > 9)
        return std::nullopt;
    const auto high = hex(text.substr(0, slash));
    const auto low = hex(text.substr(slash + 1));
    return high && low ? std::optional((*high << 32U) | *low) : std::nullopt;
}

void WalArchive::add(std::string_view fileName, std::optional<WallTime> changedAt)
{
    constexpr std::string_view kHistory = ".history";
    if (fileName.size() >= 8 + kHistory.size() && fileName.substr(8, kHistory.size()) == kHistory && isSegmentDigits(fileName.substr(0, 8))) {
        histories.insert(static_cast<std::uint32_t>(hex(fileName.substr(0, 8)).value_or(0)));
        return;
    }
    const auto segment = parseSegment(fileName.substr(0, kNameLength), segmentSize);
    const auto rest = segment ? fileName.substr(kNameLength) : std::string_view();
    if (!segment || rest.find(".backup") != std::string_view::npos || rest.find("partial") != std::string_view::npos || rest.ends_with(".tmp"))
        return;
    segments.insert(*segment);
    if (!changedAt)
        return;
    auto &at = archivedAt[segment->number];
    at = std::max(at, *changedAt);
    newestAt = std::max(newestAt.value_or(*changedAt), *changedAt);
}

std::vector<WalGap> missingSegments(const WalArchive &archive, std::string_view first, std::string_view last)
{
    const auto from = parseSegment(first, archive.segmentSize);
    const auto to = parseSegment(last, archive.segmentSize);
    if (!from || !to || to->number < from->number || to->timeline < from->timeline || to->number - from->number > kRangeLimit)
        return {{std::string(first), std::string(last), 0}};
    Gaps gaps(from->timeline, archive.segmentSize);
    for (auto number = from->number; number <= to->number; ++number) {
        bool isThere = false;
        for (auto timeline = from->timeline; timeline <= to->timeline && !isThere; ++timeline)
            isThere = archive.segments.contains({timeline, number});
        if (!isThere)
            gaps.miss(number);
    }
    return gaps.take();
}

std::string describe(const WalGap &gap)
{
    if (gap.count == 0)
        return "WAL range " + gap.first + " to " + gap.last + " is not a range";
    return gap.count == 1 ? "WAL segment " + gap.first + " is missing"
                          : "WAL segments " + gap.first + " to " + gap.last + " (" + std::to_string(gap.count) + ") are missing";
}

WalReach reachFrom(const WalArchive &archive, std::string_view from)
{
    WalReach reach;
    const auto start = parseSegment(from, archive.segmentSize);
    if (!start || archive.isEmpty())
        return reach;
    std::uint64_t newest = start->number;
    for (const auto &segment : archive.segments)
        newest = std::max(newest, segment.number);
    Gaps gaps(start->timeline, archive.segmentSize);
    bool isContiguous = true;
    for (auto number = start->number; number <= newest && number - start->number <= kRangeLimit; ++number) {
        const auto timeline = timelineOf(archive, number, gaps.m_timeline);
        if (!timeline) {
            gaps.miss(number);
            isContiguous = false;
            continue;
        }
        gaps.m_timeline = *timeline;
        if (!isContiguous)
            continue;
        reach.newest = segmentName({*timeline, number}, archive.segmentSize);
        if (const auto at = archive.archivedAt.find(number); at != archive.archivedAt.end())
            reach.newestAt = at->second;
    }
    reach.gaps = gaps.take();
    return reach;
}

} // namespace muster::backup
