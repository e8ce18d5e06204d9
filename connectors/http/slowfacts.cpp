// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/inputcheck.h"
#include "connectors/http/openapi.h"
#include "connectors/http/rounds.h"
#include "connectors/http/securityheaders.h"
#include "connectors/http/signon.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::http {

namespace {

Fact fact(std::string name, Value value, std::string raw = {}, std::string unit = {})
{
    return {std::move(name), std::move(value), std::move(unit), kSlowBudget, clamp(raw)};
}

void addInput(Site &site, const Vantage &vantage, FactBatch &batch, Deadline deadline)
{
    std::vector<InputAnswer> answers;
    std::string raw;
    const bool isBroken = !vantage.api.front().isSuccess();
    if (!isBroken) {
        for (const auto &input : inputCases(site.apiPaths().front())) {
            answers.push_back({input, site.get(vantage, input.target, deadline)});
            const auto &answer = answers.back().answer;
            raw += clamp(input.target, 120) + ": " + (answer ? std::to_string(answer->status) : answer.error().detail) + "\n";
        }
    }
    const auto verdict = isBroken ? Verdict::unknown("the path itself answers " + std::to_string(vantage.api.front().status)) : judgeInputs(answers);
    batch.facts.push_back(fact("http.input_ok", verdict.value(), raw));
    batch.facts.push_back(fact("http.input_why", clamp(verdict.why, 1024), raw));
}

void addCors(Site &site, const Vantage &vantage, FactBatch &batch, Deadline deadline)
{
    const std::string origin = "https://muster-probe.invalid";
    const auto path = site.apiPaths().front();
    const auto get = site.get(vantage, path, deadline, {{"Origin", origin}});
    Request preflight;
    preflight.method = "OPTIONS";
    preflight.url = site.url().withPath(path);
    preflight.headers = {{"Origin", origin}, {"Access-Control-Request-Method", "GET"}};
    const auto options = site.ask(vantage, preflight, deadline);
    const auto verdict = get ? judgeCors(origin, get->headers, options ? options->headers : Headers{}) : Verdict::unknown(get.error().detail);
    batch.facts.push_back(fact("http.cors_ok", verdict.value(), verdict.why + "\n" + (get ? get->headers.text() : std::string())));
}

struct Document {
    std::string path;
    OpenApiReport report;
    std::optional<Fault> fault; ///< set: the server did not even answer, so nobody knows
};

Document findDocument(Site &site, const Vantage &vantage, Deadline deadline)
{
    const auto &declared = site.target().openapi;
    Document found{declared, {}, {}};
    for (const auto &path : declared.empty() ? usualOpenApiPaths() : std::vector{declared}) {
        Request request;
        request.url = site.url().withPath(path);
        request.bodyLimit = kOpenApiLimit;
        const auto answer = site.ask(vantage, request, deadline);
        if (!answer && answer.error().kind != FaultKind::TooLarge)
            found.fault = answer.error();
        found.report.why = answer ? "answers " + std::to_string(answer->status) : answer.error().detail;
        if (answer && answer->isSuccess()) {
            found = {path, inspectOpenApi(answer->body), {}};
            if (!declared.empty() || !found.report.version.empty())
                return found;
        }
    }
    if (declared.empty())
        found = {{}, {}, found.fault};
    if (declared.empty())
        found.report.why = "no document is declared and none was found in the usual places";
    return found;
}

Value share(std::size_t part, std::size_t all)
{
    return all == 0 ? Value(Unknown{"no operation is described", {}}) : Value(static_cast<double>(part) / static_cast<double>(all));
}

void addOpenApi(Site &site, const Vantage &vantage, FactBatch &batch, Deadline deadline)
{
    const auto [path, report, problem] = findDocument(site, vantage, deadline);
    if (site.target().documented && !report.paths.empty())
        site.target().documented->set(report.paths);
    std::string raw;
    for (const auto &one : report.problems)
        raw += one + "\n";
    if (report.remoteReferences > 0)
        raw += format::counted(static_cast<double>(report.remoteReferences), "reference to another document was", "references to other documents were") + " not fetched\n";
    const auto isGood = problem ? Value(Unknown{"the document could not be asked for: " + problem->detail, problem->hint}) : Value(report.isGood);
    batch.facts.push_back(fact("http.openapi_ok", isGood, raw));
    batch.facts.push_back(fact("http.openapi_version", report.version));
    batch.facts.push_back(fact("http.openapi_why", (path.empty() ? "" : path + ": ") + clamp(report.why, 512), raw));
    batch.facts.push_back(fact("http.openapi_operations", static_cast<double>(report.operations), {}, "count"));
    batch.facts.push_back(fact("http.openapi_described_ratio", share(report.described, report.operations), {}, "ratio"));
    batch.facts.push_back(fact("http.openapi_examples_ratio", share(report.exemplified, report.operations), {}, "ratio"));
    batch.facts.push_back(fact("http.openapi_errors_ratio", share(report.withErrors, report.operations), {}, "ratio"));
}

/// Of the certificates that sign log-ins the one that ends last: when it is over, nobody gets in.
void addSignOn(Site &site, const Vantage &vantage, FactBatch &batch, Deadline deadline)
{
    const auto &path = site.target().signOn;
    Value left = NotApplicable{"no sign-on metadata is declared"};
    std::string last;
    if (!path.empty()) {
        const auto answer = site.get(vantage, path, deadline);
        const auto certificates = answer && answer->isSuccess() ? signOnCertificates(answer->body) : std::vector<net::Certificate>();
        const auto latest = std::ranges::max_element(certificates, {}, &net::Certificate::notAfter);
        left = Unknown{path + ": " + (!answer ? answer.error().detail : answer->isSuccess() ? "no certificate is in it" : "answers " + std::to_string(answer->status)), {}};
        if (latest != certificates.end()) {
            left = toSeconds(latest->notAfter - batch.at.wall);
            last = latest->subject + " in " + path;
        }
    }
    batch.facts.push_back(fact("http.sign_on_expires_in", std::move(left), {}, "s"));
    batch.facts.push_back(fact("http.sign_on_certificate", last));
}

} // namespace

void addSlowFacts(Site &site, FactBatch &batch, Deadline deadline)
{
    // The same program answers at every address: one is enough for what is asked rarely.
    const auto &vantage = *site.answering().front();
    addInput(site, vantage, batch, deadline);
    addCors(site, vantage, batch, deadline);
    addOpenApi(site, vantage, batch, deadline);
    addSignOn(site, vantage, batch, deadline);
}

} // namespace muster::http
