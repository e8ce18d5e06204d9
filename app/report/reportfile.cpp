// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/reportfile.h"

#include "connectors/files/durable.h"

namespace muster::report {

std::expected<void, Fault> FileReportWriter::write(const ReportRequest &request) const
{
    const auto format = reportFormatFrom(request.format);
    if (!format)
        return std::unexpected(Fault{ FaultKind::Config, "report", "no report format “" + request.format + "”", "Choose pdf, html, markdown, json or csv." });
    FinalReport report{ request.environment, request.profile, *request.snapshot, *request.assessment, Vantage::here() };
    addHistory(report, request.history.get());
    const auto bytes = render(*format, report);
    if (!bytes)
        return std::unexpected(bytes.error());
    return files::replaceFile(request.path, *bytes, 0600);
}

} // namespace muster::report
