// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/basebackup.h"

#include "connectors/backup/jsonfields.h"
#include "connectors/backup/wal.h"

namespace muster::backup {

namespace {

using fields::at;
using fields::Json;

std::string textOf(const Json &value)
{
    return value.is_string() ? value.get<std::string>() : std::string();
}

/// "666f6f" → "foo": paths that are not UTF-8 are written in hex. An odd digit ends it.
std::string decoded(const std::string &hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::strtol(hex.substr(i, 2).c_str(), nullptr, 16));
    return bytes;
}

} // namespace

std::expected<BaseManifest, std::string> parseBaseManifest(std::string_view bytes)
{
    const auto object = Json::parse(bytes, nullptr, false);
    if (!object.is_object())
        return std::unexpected("backup_manifest is not readable JSON: cut or damaged");
    BaseManifest manifest;
    for (const auto &file : at(object, "Files").is_array() ? at(object, "Files") : Json::array()) {
        auto path = textOf(at(file, "Path"));
        if (path.empty())
            path = decoded(textOf(at(file, "Encoded-Path")));
        if (path.empty() || path.starts_with('/') || path.find("..") != std::string::npos || !at(file, "Size").is_number_unsigned())
            return std::unexpected("backup_manifest names a file that cannot be");
        manifest.files.push_back({path, at(file, "Size").get<std::uint64_t>()});
    }
    for (const auto &range : at(object, "WAL-Ranges").is_array() ? at(object, "WAL-Ranges") : Json::array()) {
        const auto start = parseLsn(textOf(at(range, "Start-LSN")));
        const auto end = parseLsn(textOf(at(range, "End-LSN")));
        if (!start || !end || !at(range, "Timeline").is_number_unsigned())
            return std::unexpected("backup_manifest has a WAL range that is none");
        manifest.ranges.push_back({at(range, "Timeline").get<std::uint32_t>(), *start, *end});
    }
    if (const auto &id = at(object, "System-Identifier"); id.is_number_unsigned())
        manifest.systemIdentifier = std::to_string(id.get<std::uint64_t>());
    manifest.checksum = textOf(at(object, "Manifest-Checksum"));
    if (manifest.files.empty() || manifest.checksum.empty())
        return std::unexpected("backup_manifest is not complete");
    return manifest;
}

std::string identifierOf(std::string_view control)
{
    constexpr std::size_t kBytes = 8;
    if (control.size() < kBytes)
        return {};
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < kBytes; ++i)
        id |= static_cast<std::uint64_t>(static_cast<unsigned char>(control[i])) << (8 * i);
    return std::to_string(id);
}

WalNeed walNeed(const BaseManifest &manifest, std::uint64_t segmentSize)
{
    WalNeed need;
    if (manifest.ranges.empty() || segmentSize == 0)
        return need;
    const auto *first = &manifest.ranges.front();
    const auto *last = first;
    for (const auto &range : manifest.ranges) {
        if (range.start < first->start)
            first = &range;
        if (range.end > last->end)
            last = &range;
    }
    // The end is the byte after the last record: on a boundary it lies in the segment before.
    need.first = segmentName({first->timeline, first->start / segmentSize}, segmentSize);
    need.last = segmentName({last->timeline, (last->end - (last->end > 0 ? 1 : 0)) / segmentSize}, segmentSize);
    return need;
}

} // namespace muster::backup
