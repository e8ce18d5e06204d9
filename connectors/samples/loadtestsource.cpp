// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/loadtestsource.h"

#include "connectors/files/durable.h"
#include "connectors/samples/loadreport.h"
#include "models/format/format.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sys/stat.h>

namespace muster::samples {

namespace {

constexpr std::size_t kReportLimit = std::size_t{4} << 20;
constexpr Millis kBudget{300000};

struct Loaded {
    LoadReport report;
    double endedAt = 0; ///< Unix time, seconds
    bool isTimeOfFile = false;
};

std::expected<Loaded, Fault> load(const std::string &path)
{
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) {
        auto fault = files::systemFault("file", path, errno);
        fault.hint = "Run the load test and keep its report there, or correct “report” in the section “loadTests”.";
        return std::unexpected(std::move(fault));
    }
    const auto text = files::readFile(path, kReportLimit);
    if (!text)
        return std::unexpected(text.error());
    const auto report = parseLoadReport(*text);
    if (!report) {
        return std::unexpected(Fault{FaultKind::Protocol, "file", path + ": " + report.error(),
                                     "Keep what `vegeta report -type=json` or `k6 run --summary-export` writes, or the output of wrk or h2load."});
    }
    const bool isOwn = report->endedAt > 0;
    return Loaded{*report, isOwn ? report->endedAt : static_cast<double>(info.st_mtim.tv_sec), !isOwn};
}

Value p95Value(const LoadReport &report, double limit)
{
    if (report.p95)
        return *report.p95;
    if (report.p95AtMost && *report.p95AtMost <= limit)
        return *report.p95AtMost; // the 95th is not above it, so the limit is kept
    return Unknown{"the report of " + report.tool + " has no 95th percentile", "Ask for it: `wrk --latency` shows the 99th, k6 wants p(95) in summaryTrendStats, vegeta always writes it."};
}

Value achievedRatio(const LoadReport &report, double peakRate)
{
    const auto wanted = peakRate > 0 ? std::optional(peakRate) : report.askedRate;
    if (report.rate && wanted && *wanted > 0)
        return *report.rate / *wanted;
    return Unknown{report.rate ? "neither the report nor the environment says which rate was wanted" : "the report of " + report.tool + " says no rate", "Declare “peakRate” in the section “loadTests”."};
}

Value openValue(const LoadReport &report)
{
    if (report.isOpen)
        return *report.isOpen;
    return NotApplicable{"the report of " + report.tool + " does not say how its requests were paced"};
}

std::string summary(const LoadReport &report)
{
    const auto seconds = [](const std::optional<double> &value) { return value ? format::duration(*value) : std::string("?"); };
    std::string words = report.tool + ": " + (report.requests ? format::counted(*report.requests, "request", "requests") : "? requests") + ", " + (report.success ? format::ratio(*report.success) : "?")
        + " succeeded, p95 " + seconds(report.p95 ? report.p95 : report.p95AtMost) + ", p99 " + seconds(report.p99) + ", " + (report.rate ? format::number(*report.rate, 1) : "?") + "/s";
    return words + (report.stopped.empty() ? "" : "; it ended itself: " + report.stopped);
}

} // namespace

std::expected<FactBatch, Fault> LoadTestSource::collect(Deadline, std::stop_token)
{
    const auto loaded = load(m_target.report);
    if (!loaded)
        return std::unexpected(loaded.error());
    const auto &report = loaded->report;
    const auto raw = report.tool + ": " + m_target.report;
    FactBatch batch{m_target.id, Stamp::now(), {}};
    batch.add("loadtest.age", std::max(0.0, toSeconds(batch.at.wall.time_since_epoch()) - loaded->endedAt), "s", kBudget,
              raw + (loaded->isTimeOfFile ? "; by the file's time of change" : "; by the end that the report says"));
    batch.add("loadtest.max_age", toSeconds(m_target.maxAge), "s", kBudget);
    batch.add("loadtest.success_ratio", report.success ? Value(*report.success) : Value(Unknown{"the report of " + report.tool + " does not say how many requests succeeded", {}}),
              "ratio", kBudget, raw);
    batch.add("loadtest.p95", p95Value(report, toSeconds(m_target.p95)), "s", kBudget,
              raw + (!report.p95 && report.p95AtMost ? "; no 95th percentile there: a higher one stands for it" : ""));
    batch.add("loadtest.p95_limit", toSeconds(m_target.p95), "s", kBudget);
    batch.add("loadtest.achieved_ratio", achievedRatio(report, m_target.peakRate), "ratio", kBudget, raw);
    batch.add("loadtest.open_model", openValue(report), "", kBudget, raw);
    batch.add("loadtest.requests", report.requests ? Value(*report.requests) : Value(Unknown{"the report of " + report.tool + " does not say how many requests were made", {}}), "count", kBudget, raw);
    batch.add("loadtest.p99", report.p99 ? Value(*report.p99) : Value(Unknown{"the report of " + report.tool + " has no 99th percentile", {}}), "s", kBudget, raw);
    batch.add("loadtest.stopped", report.stopped, "", kBudget, raw);
    batch.add("loadtest.missing", report.missing(), "", kBudget, raw);
    batch.add("loadtest.summary", summary(report), "", kBudget, raw);
    return batch;
}

std::vector<DoctorStage> LoadTestSource::diagnose(Deadline, std::stop_token)
{
    const auto start = BootClock::now();
    const auto loaded = load(m_target.report);
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    if (!loaded)
        return {{loaded.error().stage, false, loaded.error().detail, loaded.error().hint, took}};
    return {{"file", true, m_target.report, "", took}, {"report", true, "written by " + loaded->report.tool, "", Millis{0}}};
}

} // namespace muster::samples
