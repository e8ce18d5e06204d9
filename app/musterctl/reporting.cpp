// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/report/recompute.h"
#include "app/report/reportfile.h"
#include "app/wiring/stores.h"
#include "connectors/files/durable.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <filesystem>

namespace muster::ctl {

namespace {

constexpr std::size_t kReportLimit = 64U << 20U; // bytes

int fail(const Fault &fault)
{
    message(text::plain(fault.detail, 600) + (fault.hint.empty() ? "" : ' ' + text::plain(fault.hint, 400)) + "\n");
    return kFailed;
}

std::expected<report::SavedReport, int> savedReport(const std::string &path)
{
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error).string();
    const auto bytes = error ? std::unexpected(files::systemFault("report", path, error.value())) : files::readFile(real, kReportLimit);
    if (!bytes) {
        (void)fail(bytes.error());
        return std::unexpected(kCouldNotJudge);
    }
    auto saved = report::readReport(*bytes);
    if (!saved) {
        message(path + ": " + text::plain(saved.error(), 400) + "\n");
        return std::unexpected(kCouldNotJudge);
    }
    return std::move(*saved);
}

int compareReports(const Options &options)
{
    const auto before = savedReport(options.arguments[0]);
    if (!before)
        return before.error();
    const auto after = savedReport(options.arguments[1]);
    if (!after)
        return after.error();
    print(report::differences(*before, *after));
    return kDone;
}

} // namespace

int runReport(const Options &options)
{
    if (options.verb == "diff")
        return compareReports(options);
    const auto format = report::reportFormatFrom(options.reportFormat);
    if (!format) {
        message("musterctl: --format wants pdf, html, markdown, json or csv, not “" + text::plain(options.reportFormat, 40) + "”\n");
        return kCouldNotJudge;
    }
    auto session = openSession(options);
    if (!session)
        return session.error();
    if (!sample(**session, options))
        return kCouldNotJudge;
    const auto snapshot = (*session)->snapshot();
    const auto assessment = (*session)->assessment();
    (*session)->stop();
    const auto &environment = (*session)->environment();
    const auto declared = loadEnvironment(options);
    const auto history = declared ? wiring::openHistory(*declared, false) : nullptr;
    report::FinalReport report{environment, (*session)->profile(), *snapshot, *assessment, report::Vantage::here()};
    report::addHistory(report, history.get());
    const auto bytes = report::render(*format, report);
    if (!bytes)
        return fail(bytes.error());
    if (options.outputFile == "-") {
        print(*bytes);
        return kDone;
    }
    if (const auto written = files::replaceFile(options.outputFile, *bytes, 0600); !written)
        return fail(written.error());
    message(options.outputFile + ": " + format::verdict(assessment->verdict) + " " + format::score(assessment->score) + "\n");
    return kDone;
}

int runRecompute(const Options &options)
{
    const auto saved = savedReport(options.arguments.front());
    if (!saved)
        return saved.error();
    const auto profile = wiring::openProfile(options.profile.empty() ? "default" : options.profile);
    if (!profile) {
        message(environment::describe(profile.error(), options.profile));
        return kCouldNotJudge;
    }
    const auto result = report::recompute(*saved, *profile);
    if (!result.isSameProfile) {
        message("the report was judged by the profile “" + text::plain(saved->profileName, 80) + "” (" + text::plain(saved->profileHash.substr(0, 16), 20) + "…), this is “" + profile->name + "” ("
                + profile->hash.substr(0, 16) + "…): the numbers may differ; give the first one with --profile\n");
    }
    print(format::verdict(result.assessment.verdict) + " " + format::score(result.assessment.score) + (result.isSameResult ? ": as the report says\n" : ": the report says " + text::plain(saved->verdict, 20) + " " + format::score(saved->score) + "\n"));
    return result.isSameResult ? kDone : kFailed;
}

} // namespace muster::ctl
