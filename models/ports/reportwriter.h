// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/facts/fault.h"
#include "models/ports/historystore.h"
#include "models/readiness/profile.h"

#include <expected>
#include <memory>
#include <string>

namespace muster {

/// What a report tells, as it was when the operator asked for it. Immutable, so that any thread may write it.
struct ReportRequest {
    std::string path;   ///< absolute
    std::string format; ///< "pdf" | "html" | "markdown" | "json"
    EnvironmentInfo environment;
    Profile profile;
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const Assessment> assessment;
    std::shared_ptr<HistoryStore> history; ///< may be null
};

/// Writes the final report. Blocks on the disk: not for the GUI thread. Thread-safe. A file at `path` is replaced in one step or left as it was.
class ReportWriter {
public:
    virtual ~ReportWriter() = default;
    [[nodiscard]] virtual std::expected<void, Fault> write(const ReportRequest &request) const = 0;
};

} // namespace muster
