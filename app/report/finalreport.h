// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/ports/historystore.h"
#include "models/readiness/assessment.h"
#include "models/readiness/profile.h"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::report {

/// From where it was looked at.
struct Vantage {
    std::string host;
    std::string user;
    std::string timeZone; ///< "Europe/Berlin"
    std::string system;   ///< "Debian GNU/Linux 12 (bookworm)"
    std::string tool;     ///< "musterctl" or "muster"
    [[nodiscard]] static Vantage here();
};

/// All that the final report tells.
struct FinalReport {
    const EnvironmentInfo &environment;
    const Profile &profile;
    const Snapshot &snapshot;
    const Assessment &assessment;
    Vantage vantage;
    // The score over time; empty when nothing was recorded.
    WallTime historyFrom{};
    std::vector<HistoryPoint> low{};
    std::vector<HistoryPoint> high{};
    std::vector<HistoryDrop> drops{}; ///< oldest first
    std::string historyNote{};        ///< why there is none, or what happened to it
};

enum class ReportFormat { Pdf, Html, Markdown, Json, Csv };

/// "pdf", "html", "markdown", "json", "csv"; nullopt for another word.
[[nodiscard]] std::optional<ReportFormat> reportFormatFrom(std::string_view word);

/// Fills the part that comes from the history (30 days, or since it began). Blocks on the disk.
void addHistory(FinalReport &report, const HistoryStore *store);

/// The file's bytes. Server strings are inert in every format: no markup, no links, no script, no formula. Only a PDF can fail: without a font.
[[nodiscard]] std::expected<std::string, Fault> render(ReportFormat format, const FinalReport &report);

[[nodiscard]] std::string toHtml(const FinalReport &report);     ///< self-contained, without script and remote content
[[nodiscard]] std::string toMarkdown(const FinalReport &report); ///< GitHub's tables
[[nodiscard]] std::string toJson(const FinalReport &report);     ///< the JSON of `check`, and more; what recompute reads
[[nodiscard]] std::expected<std::string, Fault> toPdf(const FinalReport &report);

} // namespace muster::report
