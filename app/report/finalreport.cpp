// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/finalreport.h"

#include "app/report/csv.h"

#include <QCoreApplication>
#include <QSysInfo>
#include <QTimeZone>

#include <algorithm>

#include <pwd.h>
#include <unistd.h>

namespace muster::report {

namespace {

constexpr std::chrono::days kRange{ 30 };
constexpr Millis kShortest{ std::chrono::hours(1) };
constexpr std::size_t kPoints = 240;
constexpr std::size_t kDrops = 50;

/// Points that both have: the window may have written one more while the other was read.
void keepCommon(std::vector<HistoryPoint> &a, std::vector<HistoryPoint> &b)
{
    const auto keep = [](std::vector<HistoryPoint> &points, const std::vector<HistoryPoint> &others) {
        std::erase_if(points, [&](const HistoryPoint &point) { return !std::ranges::binary_search(others, point.at, {}, &HistoryPoint::at); });
    };
    keep(a, b);
    keep(b, a);
}

std::string userName()
{
    passwd entry{};
    passwd *found = nullptr;
    std::vector<char> buffer(16384);
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return std::to_string(::geteuid());
}

} // namespace

Vantage Vantage::here()
{
    return { QSysInfo::machineHostName().toStdString(), userName(), QTimeZone::systemTimeZoneId().toStdString(), QSysInfo::prettyProductName().toStdString(),
             QCoreApplication::applicationName().toStdString() };
}

std::optional<ReportFormat> reportFormatFrom(std::string_view word)
{
    if (word == "pdf")
        return ReportFormat::Pdf;
    if (word == "html")
        return ReportFormat::Html;
    if (word == "markdown")
        return ReportFormat::Markdown;
    if (word == "json")
        return ReportFormat::Json;
    if (word == "csv")
        return ReportFormat::Csv;
    return std::nullopt;
}

void addHistory(FinalReport &report, const HistoryStore *store)
{
    if (!store) {
        report.historyNote = "No history yet: the window records it while it is open.";
        return;
    }
    const auto to = report.assessment.at;
    auto from = to - kRange;
    auto low = store->read("score.low", from, to, kPoints);
    if (low && !low->empty() && low->front().at > from + kRange / 2) { // younger: its own time fills the chart
        from = std::min(low->front().at, to - kShortest);
        low = store->read("score.low", from, to, kPoints);
    }
    auto high = store->read("score.high", from, to, kPoints);
    auto drops = store->drops(from, to, kDrops);
    if (!low || !high || !drops) {
        const auto &fault = !low ? low.error() : !high ? high.error() : drops.error();
        report.historyNote = "The history cannot be read: " + fault.detail;
        return;
    }
    report.historyFrom = from;
    report.historyNote = store->notice();
    keepCommon(*low, *high);
    if (low->empty())
        report.historyNote += "No score was recorded in these 30 days.";
    report.low = std::move(*low);
    report.high = std::move(*high);
    report.drops = std::move(*drops);
}

std::expected<std::string, Fault> render(ReportFormat format, const FinalReport &report)
{
    switch (format) {
    case ReportFormat::Pdf:
        return toPdf(report);
    case ReportFormat::Html:
        return toHtml(report);
    case ReportFormat::Markdown:
        return toMarkdown(report);
    case ReportFormat::Json:
        return toJson(report);
    case ReportFormat::Csv:
        return findingsToCsv(report.assessment);
    }
    return {};
}

} // namespace muster::report
