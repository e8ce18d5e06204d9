// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/report/finalreport.h"
#include "models/ports/reportwriter.h"

namespace muster::report {

/// Final reports for the window: collects, renders, and puts the file in its place in one step (0600: it tells much about a system).
class FileReportWriter : public ReportWriter {
public:
    [[nodiscard]] std::expected<void, Fault> write(const ReportRequest &request) const override;
};

} // namespace muster::report
