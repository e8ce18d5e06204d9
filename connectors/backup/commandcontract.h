// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/driver.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

/// The JSON that a `command` driver's programs speak (man 7 muster-backup). Pure.
namespace muster::backup {

/// Answer of the list command:
///   {"schema": 1, "backups": [{"id": "snap-1", "state": "finished", "finished": "2026-01-31T02:10:00Z", "size": 1234, "system_identifier": "73…", ...}],
///    "archive": {...}, "running": {...}, "expiry": {...}, "warnings": [...]}
[[nodiscard]] std::expected<Catalogue, std::string> parseCatalogue(std::string_view json);

/// One line of the run command: progress, the id at its end, or anything else (for the transcript).
///   {"phase": "copying", "done": 1, "total": 2, "unit": "B"}      {"id": "snap-2"}
struct RunLine {
    std::optional<Progress> progress;
    std::string id;
};
[[nodiscard]] RunLine parseRunLine(std::string_view line);
/// {"problem": "checksum of block 7 differs"} of the verify command; "" when it says none.
[[nodiscard]] std::string parseProblem(std::string_view json);

/// "2026-01-31T02:10:00Z", with an optional fraction.
[[nodiscard]] std::optional<WallTime> parseIso(std::string_view text);

} // namespace muster::backup
