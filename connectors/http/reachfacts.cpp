// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/apifacts.h"
#include "connectors/http/health.h"
#include "connectors/http/httpdate.h"
#include "connectors/http/rounds.h"

#include <algorithm>
#include <cmath>

namespace muster::http {

namespace {

std::string statusLine(const Response &response)
{
    return "HTTP/" + response.httpVersion + " " + std::to_string(response.status) + "\n";
}

void addTimes(const Site &site, FactBatch &batch)
{
    const Response *worst = nullptr;
    for (const auto *vantage : site.answering()) {
        const auto &first = vantage->api.front();
        if (first.status != 0 && (!worst || first.timings.total > worst->timings.total))
            worst = &first;
    }
    if (!worst)
        return;
    const auto add = [&](const char *name, double seconds) { batch.add(name, seconds, "s", kFastBudget, worst->address); };
    add("http.dns_time", site.dnsTime());
    add("http.connect_time", worst->timings.connect);
    add("http.tls_time", worst->timings.tls);
}

void addReachable(const Site &site, FactBatch &batch)
{
    std::string failed;
    for (const auto &vantage : site.vantages()) {
        if (vantage.fault)
            failed += (failed.empty() ? "" : "\n") + vantage.address + ": " + vantage.fault->detail;
    }
    batch.add("http.reachable", failed.empty(), "", kFastBudget, clamp(failed));
    batch.add("http.addresses", static_cast<double>(site.vantages().size()), "count", kFastBudget);
}

int addHealth(Site &site, FactBatch &batch, const ApiTally &tally, Deadline deadline)
{
    const auto &path = site.target().health;
    if (path.empty()) {
        batch.add("http.health_ok", false, "", kFastBudget);
        batch.add("http.health_status", std::string("no health path is declared"), "", kFastBudget);
        batch.add("http.health_uncached", false, "", kFastBudget);
        for (const auto *name : {"http.health_honest", "http.health_agrees", "http.health_time"})
            batch.add(name, Unknown{"no health path is declared", "Declare it: \"health\" in the section “http”."}, "", kFastBudget);
        return 0;
    }
    Health worst;
    worst.isGood = worst.isUncached = true;
    bool isHonest = true;
    double took = 0;
    std::string raw;
    int errors = 0;
    for (const auto *vantage : site.answering()) {
        const auto answer = site.get(*vantage, path, deadline);
        took = std::max(took, answer ? answer->timings.total : 0.0);
        const auto health = answer ? parseHealth(*answer) : Health{false, "no answer: " + answer.error().detail, true, worst.isUncached, {}, {}};
        isHonest = isHonest && health.isHonest;
        errors += answer && answer->status >= 500 ? 1 : 0;
        worst.isUncached = worst.isUncached && health.isUncached;
        if (worst.status.empty() || (worst.isGood && !health.isGood)) {
            worst.isGood = health.isGood;
            worst.status = health.status + (health.worstCheck.empty() ? "" : " (" + health.worstCheck + ")");
            raw = answer ? evidence(*vantage, statusLine(*answer) + answer->headers.text() + "\n" + answer->body) : answer.error().detail;
        }
    }
    batch.add("http.health_ok", worst.isGood, "", kFastBudget, raw);
    batch.add("http.health_status", worst.status, "", kFastBudget, raw);
    batch.add("http.health_uncached", worst.isUncached, "", kFastBudget, raw);
    batch.add("http.health_honest", isHonest, "", kFastBudget, raw);
    batch.add("http.health_time", took > 0 ? Value(took) : Value(Unknown{"the health path does not answer", {}}), "s", kFastBudget, raw);
    addAgreement(tally, worst.isGood, batch);
    return errors;
}

/// An instance by its literal address speaks TLS under the endpoint's name; any other under its own.
Request instanceRequest(const Site &site, const Url &instance)
{
    Request request;
    const auto path = site.target().health.empty() ? site.apiPaths().front() : site.target().health;
    request.url = instance.withPath(path);
    if (instance.isTls() && instance.hasLiteralHost() && !site.url().hasLiteralHost()) {
        request.url.host = site.url().host;
        request.address = instance.host;
    }
    return request;
}

int addInstances(Site &site, FactBatch &batch, Deadline deadline, bool isHealthGood)
{
    const auto &instances = site.target().instances;
    double good = instances.empty() && isHealthGood ? 1 : 0;
    bool isAlike = true;
    int errors = 0;
    std::string words;
    std::optional<std::string> likeness;
    for (std::size_t i = 0; i < instances.size(); ++i) {
        const auto url = Url::parse(instances[i]);
        const auto share = deadline.left() / static_cast<int>(instances.size() - i);
        auto answer = url ? site.askAnywhere(instanceRequest(site, *url), deadline.atMost(share))
                          : std::unexpected(Fault{FaultKind::Config, "dns", "no http(s) address", {}});
        if (!answer && answer.error().kind == FaultKind::Tls)
            answer = site.askAnywhere(instanceRequest(site, *url), deadline.atMost(share), false);
        const auto health = answer ? parseHealth(*answer) : Health{};
        words += clamp(instances[i], 200) + ": " + (answer ? health.status : answer.error().detail) + "\n";
        good += health.isGood ? 1 : 0;
        errors += answer && answer->status >= 500 ? 1 : 0;
        const auto mine = answer ? std::to_string(answer->status) + "|" + answer->headers.first("Content-Type") + "|" + health.release : std::string("none");
        isAlike = isAlike && likeness.value_or(mine) == mine;
        likeness = likeness.value_or(mine);
    }
    batch.add("http.instances", std::max(1.0, static_cast<double>(instances.size())), "count", kFastBudget);
    batch.add("http.instances_ok", good, "count", kFastBudget, clamp(words));
    batch.add("http.instances_alike", isAlike, "", kFastBudget, clamp(words));
    return errors;
}

void addClock(Site &site, FactBatch &batch)
{
    double skew = -1;
    std::string raw;
    for (const auto *vantage : site.answering()) {
        const auto date = vantage->api.front().headers.first("Date");
        if (const auto at = parseHttpDate(date)) {
            // Date has whole seconds; half a second is the best guess of what was cut off.
            const double seconds = toSeconds(batch.at.wall.time_since_epoch());
            const double mine = std::abs(seconds - *at - 0.5);
            skew = std::max(skew, mine <= 2 ? 0.0 : mine);
            raw = "Date: " + date;
        }
    }
    site.setClockSkew(std::max(skew, 0.0));
    batch.add("http.clock_skew", skew < 0 ? Value(Unknown{"the server sends no Date", {}}) : Value(skew), "s", kFastBudget, clamp(raw));
}

} // namespace

void addReachFacts(Site &site, FactBatch &batch, Deadline deadline)
{
    addReachable(site, batch);
    addTimes(site, batch);
    const auto tally = tallyApi(site, deadline);
    addApiFacts(tally, batch);
    int errors = tally.serverErrors + addHealth(site, batch, tally, deadline);
    const bool isHealthGood = std::ranges::any_of(batch.facts, [](const Fact &f) { return f.name == "http.health_ok" && f.value == Value(true); });
    errors += addInstances(site, batch, deadline, isHealthGood);
    batch.add("http.server_errors", static_cast<double>(errors), "count", kFastBudget);
    addClock(site, batch);
}

} // namespace muster::http
