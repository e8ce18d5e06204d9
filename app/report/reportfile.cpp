// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/reportfile.h"

#include "connectors/files/durable.h"

#include <filesystem>
#include <system_error>

namespace muster::report {

std::expected<void, Fault> FileReportWriter::write(const ReportRequest &request) const
{
    const auto format = reportFormatFrom(request.format);
    if (!format)
        return std::unexpected(Fault{ FaultKind::Config, "report", "no report format “" + request.format + "”", "Choose pdf, html, markdown, json or csv." });
    std::error_code error;
    if (const auto folder = std::filesystem::path(request.path).parent_path(); !std::filesystem::is_directory(folder, error))
        return std::unexpected(Fault{ FaultKind::Config, "report", folder.string() + ": there is no such folder", "Create it, or choose another one." });
    FinalReport report{ request.environment, request.profile, *request.snapshot, *request.assessment, Vantage::here() };
    addHistory(report, request.history.get());
    const auto bytes = render(*format, report);
    if (!bytes)
        return std::unexpected(bytes.error());
    return files::replaceFile(request.path, *bytes, 0600);
}

} // namespace muster::report
