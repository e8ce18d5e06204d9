// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadaction.h"

#include "connectors/files/durable.h"
#include "connectors/http/httpclient.h"
#include "connectors/loadtest/loadrun.h"
#include "connectors/samples/loadreport.h"
#include "models/format/format.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::loadtest {

namespace {

constexpr Millis kLookLimit{10000};
constexpr std::size_t kReportLimit = 4UL << 20;

PlanCheck checkOf(bool isGood, std::string title, std::string detail)
{
    return {std::move(title), isGood ? PlanCheckState::Passed : PlanCheckState::Failed, std::move(detail)};
}

PlanCheck failed(std::string title, const Fault &fault)
{
    return {std::move(title), PlanCheckState::Failed, fault.stage + ": " + fault.detail + (fault.hint.empty() ? "" : " — " + fault.hint)};
}

std::string perSecond(double rate)
{
    return format::number(rate, 2) + " requests a second";
}

std::string folderOf(const std::string &path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace

void LoadAction::interrupt() noexcept
{
    m_interrupter.interrupt();
    m_stop.request_stop();
}

std::expected<LoadAction::Seen, Fault> LoadAction::look(Deadline deadline)
{
    const auto url = http::Url::parse(m_target.endpoint.url);
    if (!url)
        return std::unexpected(Fault{FaultKind::Config, "dns", "the endpoint's address is no http(s) address", "Correct “url” in the section “http”."});
    const auto addresses = http::resolveHost(url->host, deadline, m_interrupter);
    if (!addresses)
        return std::unexpected(addresses.error());
    const auto &address = addresses->front();
    Seen seen{http::bracketed(address) + ":" + std::to_string(url->port), {}};
    seen.identity = url->origin() + " at " + address;
    auto stream = net::Stream::connect({address, url->port}, deadline, m_interrupter);
    if (!stream)
        return std::unexpected(stream.error());
    if (url->isTls()) {
        auto options = m_target.endpoint.tls;
        options.isOn = true;
        options.isVerifying = true;
        if (const auto secured = (*stream)->startTls(options, url->host, deadline); !secured)
            return std::unexpected(secured.error());
        const auto &chain = (*stream)->tls().chain;
        seen.identity += ", certificate " + (chain.empty() ? std::string("none") : chain.front().sha256);
    }
    return seen;
}

void LoadAction::addLimits(Plan &plan) const
{
    const double rateLimit = m_target.isProduction ? kProductionRate : kRateLimit;
    const auto timeLimit = m_target.isProduction ? kProductionDuration : kDurationLimit;
    const std::string where = m_target.isProduction ? " (the most on production)" : " (the most)";
    plan.checks.push_back(checkOf(m_target.rate >= 1 && m_target.rate <= rateLimit, "The rate is within bounds",
                                  perSecond(m_target.rate) + "; from 1 to " + format::number(rateLimit, 0) + where));
    plan.checks.push_back(checkOf(m_target.duration >= Millis{1000} && m_target.duration <= timeLimit, "The time is within bounds",
                                  format::duration(toSeconds(m_target.duration)) + "; from 1 s to " + format::duration(toSeconds(timeLimit)) + where));
}

void LoadAction::addPeak(Plan &plan) const
{
    if (m_target.peakRate <= 0)
        return;
    const bool isReached = m_target.rate >= 0.95 * m_target.peakRate;
    plan.checks.push_back({"The declared peak is tested", isReached ? PlanCheckState::Passed : PlanCheckState::Warned,
                           perSecond(m_target.rate) + " of " + perSecond(m_target.peakRate) + (isReached ? "" : ": the check “Load test” will not pass with this report")});
}

void LoadAction::addReport(Plan &plan) const
{
    plan.changes.push_back({"Report", m_target.report});
    if (access(folderOf(m_target.report).c_str(), W_OK | X_OK) != 0) {
        plan.checks.push_back(failed("The report can be written", files::systemFault("file", folderOf(m_target.report), errno)));
        return;
    }
    struct stat info {};
    if (lstat(m_target.report.c_str(), &info) != 0) {
        plan.checks.push_back({"The report can be written", PlanCheckState::Passed, "there is none yet"});
        return;
    }
    // Only what is a report may be replaced: a slip in the environment file must not cost another file.
    const auto text = files::readFile(m_target.report, kReportLimit);
    const auto old = text ? samples::parseLoadReport(*text) : std::unexpected(text.error().detail);
    plan.checks.push_back(old ? PlanCheck{"The report can be written", PlanCheckState::Passed, "it replaces the one of " + old->tool}
                              : PlanCheck{"The report can be written", PlanCheckState::Failed, "the file there is no load report and stays: " + old.error()});
}

void LoadAction::addAnswers(Plan &plan, const Seen &seen, Deadline deadline)
{
    http::HttpClient client({m_target.endpoint.tls, {}, {}}, m_interrupter);
    const auto url = http::Url::parse(m_target.endpoint.url).value_or(http::Url{});
    for (const auto &path : m_target.endpoint.api) {
        http::Request request;
        request.url = url.withPath(path);
        request.address = seen.address.substr(0, seen.address.rfind(':'));
        if (request.address.starts_with('['))
            request.address = request.address.substr(1, request.address.size() - 2);
        request.bodyLimit = 8UL << 20;
        const auto answer = client.send(request, deadline);
        const bool isGood = answer && answer->status >= 200 && answer->status < 400;
        const bool isDenied = answer && (answer->status == 401 || answer->status == 403);
        plan.checks.push_back(checkOf(isGood, path + " answers", !answer ? answer.error().detail : "with " + std::to_string(answer->status)
            + (isDenied ? ": the load test sends no credentials, as they would stand in its command line" : "")));
    }
}

std::expected<Plan, Fault> LoadAction::preflight(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    if (m_target.endpoint.api.empty())
        m_target.endpoint.api = {"/"};
    const auto pace = paceOf(std::max(m_target.rate, 1.0), m_target.duration);
    Plan plan;
    plan.action = name();
    plan.title = "Run the load test “" + m_target.id.substr(m_target.id.find('/') + 1) + "” against " + m_target.endpoint.url;
    plan.target = m_target.id;
    std::string paths;
    for (const auto &path : m_target.endpoint.api)
        paths += (paths.empty() ? "" : ", ") + path;
    plan.changes = {{"Rate", perSecond(m_target.rate)}, {"Time", format::duration(toSeconds(m_target.duration))},
                    {"Requests", std::to_string(pace.requests) + ", GET, at most " + std::to_string(pace.clients) + " at one time"}, {"Paths", paths},
                    {"Ends itself", "when over " + format::ratio(kErrorShare) + " fail, or 95 % take longer than " + format::duration(toSeconds(m_target.p95))}};
    addLimits(plan);
    addPeak(plan);
    addReport(plan);
    const auto tool = findTool();
    plan.checks.push_back(tool ? PlanCheck{"h2load is installed", PlanCheckState::Passed, *tool} : failed("h2load is installed", tool.error()));
    const auto seen = look(deadline);
    if (m_interrupter.isInterrupted())
        return std::unexpected(net::cancelledFault("preflight"));
    plan.checks.push_back(seen ? PlanCheck{"The endpoint answers and its certificate verifies", PlanCheckState::Passed, seen->identity}
                               : failed("The endpoint answers and its certificate verifies", seen.error()));
    if (seen) {
        plan.identity = seen->identity;
        addAnswers(plan, *seen, deadline);
        plan.command = "h2load";
        for (const auto &argument : toolArguments(m_target, pace, seen->address, "FILE"))
            plan.command += " " + (argument.contains(' ') ? "'" + argument + "'" : argument);
    }
    return plan;
}

Outcome LoadAction::run(const Plan &plan, RunControl &control)
{
    m_interrupter.rearm();
    m_written.reset();
    const std::stop_callback onStop(control.stopToken(), [this] { interrupt(); });
    const auto refused = [](const std::string &why) { return Outcome{OutcomeKind::Refused, "nothing was sent: " + why, {}, {}, {}}; };
    const auto tool = findTool();
    if (!tool)
        return refused(tool.error().detail);
    const auto seen = look(Deadline::after(kLookLimit));
    if (!seen)
        return refused(seen.error().detail);
    if (seen->identity != plan.identity)
        return refused("the endpoint is not the one of the plan: " + seen->identity + " instead of " + plan.identity);
    const auto result = runLoad(*tool, m_target, paceOf(m_target.rate, m_target.duration), seen->address, control, m_stop.get_token());
    if (!result && result.error().kind == FaultKind::Cancelled)
        return {OutcomeKind::Cancelled, "the load test was " + result.error().detail + "; the report was left as it was", {}, {}, {}};
    if (!result)
        return {OutcomeKind::Failed, "the load test did not run: " + result.error().detail, {}, {}, {}};
    auto text = reportText(m_target, *result);
    if (const auto replaced = files::replaceFile(m_target.report, text, 0644); !replaced)
        return {OutcomeKind::Failed, "the load test ran, but its report could not be written: " + replaced.error().detail, {{"Figures", figures(result->log)}}, {}, text};
    m_written = std::move(text);
    return outcomeOf(*result);
}

Outcome LoadAction::outcomeOf(const Result &result) const
{
    Outcome outcome;
    const bool isFast = result.log.answers() > 0 && result.log.percentile(0.95) <= toSeconds(m_target.p95);
    const bool isGood = result.stopped.empty() && result.success() >= 1 - kErrorShare && isFast;
    outcome.kind = isGood ? OutcomeKind::Succeeded : OutcomeKind::Failed;
    outcome.summary = !result.stopped.empty() ? "the load test ended itself: " + result.stopped
                      : isGood ? "the load test ran to its end: " + figures(result.log)
                               : "the load test ran to its end, but the endpoint did not keep up: " + figures(result.log);
    outcome.details = {{"Asked", perSecond(result.pace.rate) + " for " + format::duration(toSeconds(result.pace.duration))},
                       {"Reached", perSecond(result.rate())},
                       {"Succeeded", format::ratio(result.success()) + " of " + std::to_string(result.due())},
                       {"Times", figures(result.log)},
                       {"Arrivals", result.isOpen() ? "open: no request waited for an answer" : "some requests had to wait for an answer of an earlier one"},
                       {"Report", m_target.report}};
    return outcome;
}

Outcome LoadAction::verify(const Plan &, Outcome outcome, RunControl &)
{
    if (outcome.kind != OutcomeKind::Succeeded)
        return outcome;
    const auto text = files::readFile(m_target.report, kReportLimit);
    if (!text || !m_written || *text != *m_written || !samples::parseLoadReport(*text)) {
        outcome.kind = OutcomeKind::Failed;
        outcome.summary = "the load test ran, but its report does not read back" + (text ? std::string() : ": " + text.error().detail);
    }
    return outcome;
}

} // namespace muster::loadtest
