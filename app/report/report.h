// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"

#include <optional>
#include <string>
#include <string_view>

namespace muster::report {

/// What `check` knows at its end.
struct Input {
    const EnvironmentInfo &environment;
    const Snapshot &snapshot;
    const Assessment &assessment;
    const Profile *profile = nullptr; ///< JSON only: names it, so that the report can be recomputed
};

enum class Format { Table, Json, Markdown, Prometheus, Nagios, Csv };

/// "table", "json", ... ; nullopt for another word.
[[nodiscard]] std::optional<Format> formatFrom(std::string_view word);

/// The whole text with its final newline. `hasColour` holds for the table only.
[[nodiscard]] std::string render(Format format, const Input &input, bool hasColour = false);

[[nodiscard]] std::string toTable(const Input &input, bool hasColour);
[[nodiscard]] std::string toJson(const Input &input); ///< the contract, schema 1
[[nodiscard]] std::string toMarkdown(const Input &input);
[[nodiscard]] std::string toPrometheus(const Input &input); ///< exposition format 0.0.4
[[nodiscard]] std::string toNagios(const Input &input);     ///< one line with performance data, then the findings

/// Facts alone; `prefixes` empty = all of them.
[[nodiscard]] std::string factsToTable(const Snapshot &snapshot, const std::vector<std::string> &prefixes);
[[nodiscard]] std::string factsToJson(const Snapshot &snapshot, const std::vector<std::string> &prefixes);

/// "muster 0.1.0"
[[nodiscard]] std::string programName();

} // namespace muster::report
