// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/apifacts.h"

#include "connectors/http/health.h"
#include "connectors/http/redirects.h"
#include "connectors/http/rounds.h"
#include "models/format/format.h"

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::size_t kHops = 6;
constexpr double kSlow = 2; ///< s; who waits so long calls it broken, whatever the health path says

Hop hopOf(const Url &url, const Response &response)
{
    const auto location = response.headers.first("Location");
    const auto next = url.resolved(location);
    return {url.text(), response.status, next ? clamp(next->text(), 300) : std::string(), false};
}

/// Where a declared path sends its callers: followed to the end, with our credentials only on its own server.
Verdict leadOf(Site &site, const Vantage &vantage, const std::string &path, const Response &own, Deadline deadline)
{
    std::optional<Url> url = site.url().withPath(path);
    std::vector<Hop> hops{hopOf(*url, own)};
    while (isRedirect(hops.back().status) && hops.size() < kHops) {
        url = Url::parse(hops.back().location);
        if (!url)
            break;
        Request request;
        request.url = *url;
        request.bodyLimit = 256UL * 1024;
        const auto answer = url->origin() == site.url().origin() ? site.ask(vantage, request, deadline) : site.askAnywhere(request, deadline, false);
        if (!answer)
            return judgeLead(hops, answer.error());
        hops.push_back(hopOf(*url, *answer));
    }
    return judgeLead(hops, std::nullopt);
}

/// One answer of one path: good, or what is wrong with it in words.
Verdict judgeAnswer(Site &site, const Vantage &vantage, const std::string &path, const Response &response, Deadline deadline)
{
    if (response.isSuccess())
        return Verdict::good();
    auto verdict = isRedirect(response.status) ? leadOf(site, vantage, path, response, deadline) : Verdict::bad({});
    verdict.why = path + " answers " + std::to_string(response.status) + verdict.why;
    return verdict;
}

} // namespace

ApiTally tallyApi(Site &site, Deadline deadline)
{
    ApiTally tally;
    const auto paths = site.apiPaths();
    for (const auto *vantage : site.answering()) {
        auto fault = vantage->apiFaults.begin();
        for (std::size_t i = 0; i < vantage->api.size(); ++i) {
            const auto &response = vantage->api[i];
            const bool isDenied = response.status == 401 || response.status == 403;
            const bool isMissing = response.status == 0 && fault != vantage->apiFaults.end();
            const auto verdict = isMissing ? Verdict::bad(paths[i] + ": " + (fault++)->detail) : judgeAnswer(site, *vantage, paths[i], response, deadline);
            tally.isWithheld = tally.isWithheld || (isDenied && vantage->unverified && site.target().bearer);
            tally.isGood = tally.isGood && *verdict.isGood;
            tally.isFitting = tally.isFitting && (!response.isSuccess() || hasFittingContent(response));
            tally.worstStatus = std::max(tally.worstStatus, response.status);
            if (tally.worst.empty() && !*verdict.isGood)
                tally.worst = clamp(verdict.why, 512);
            tally.serverErrors += response.status >= 500 ? 1 : 0;
            tally.words += vantage->address + " " + paths[i] + " " + (response.status ? std::to_string(response.status) : "no answer") + " " + response.headers.first("Content-Type") + "\n";
            const double took = response.timings.total + (i == 0 ? site.dnsTime() : 0); // only the first one is asked over a new connection
            if (response.status != 0 && took > tally.slowest) {
                tally.slowest = took;
                tally.slowestPath = paths[i];
            }
            tally.slowestFirstByte = std::max(tally.slowestFirstByte, response.timings.firstByte);
        }
    }
    return tally;
}

void addApiFacts(const ApiTally &tally, FactBatch &batch)
{
    const auto words = clamp(tally.words);
    const Unknown withheld{"the certificate does not verify, so the credentials were not sent", "Repair the certificate first."};
    batch.add("http.api_ok", tally.isWithheld ? Value(withheld) : Value(tally.isGood), "", kFastBudget, words);
    batch.add("http.api_worst_status", static_cast<double>(tally.worstStatus), "count", kFastBudget, words);
    batch.add("http.api_worst", tally.worst, "", kFastBudget, words);
    batch.add("http.content_type_ok", tally.isWithheld ? Value(withheld) : Value(tally.isFitting), "", kFastBudget, words);
    if (tally.slowestPath.empty())
        return;
    batch.add("http.first_byte_time", tally.slowestFirstByte, "s", kFastBudget, words);
    batch.add("http.response_time", tally.slowest, "s", kFastBudget, words);
    batch.add("http.slowest_path", tally.slowestPath, "", kFastBudget);
}

void addAgreement(const ApiTally &tally, bool isHealthGood, FactBatch &batch)
{
    std::string why;
    if (isHealthGood && !tally.isWithheld && !tally.isGood)
        why = tally.worst;
    else if (isHealthGood && tally.slowest > kSlow)
        why = tally.slowestPath + " takes " + format::value(tally.slowest, "s");
    batch.add("http.health_agrees", why.empty(), "", kFastBudget, why);
    batch.add("http.health_hides", why, "", kFastBudget);
}

} // namespace muster::http
