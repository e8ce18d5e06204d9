// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/redirects.h"
#include "connectors/http/rounds.h"

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::size_t kHops = 10;
constexpr std::size_t kAddresses = 8;

Fact fact(std::string name, Value value, std::string raw = {}, std::string unit = {})
{
    return {std::move(name), std::move(value), std::move(unit), kPageBudget, clamp(raw)};
}

using Hops = std::vector<std::pair<Url, Response>>;

Table hopTable(const Site &site, const std::vector<std::pair<Url, Response>> &hops)
{
    Table table;
    table.columns = {{"url", ""}, {"address", ""}, {"status", "count"}, {"location", ""}, {"connect_time", "s"}, {"tls_time", "s"},
                     {"first_byte_time", "s"}, {"total_time", "s"}, {"http_version", ""}};
    table.limit = 200;
    const auto add = [&](const std::string &url, const Response &r) {
        if (table.rows.size() < table.limit)
            table.rows.push_back({clamp(url, 300), r.address, static_cast<double>(r.status), clamp(r.headers.first("Location"), 300), r.timings.connect,
                                  r.timings.tls, r.timings.firstByte, r.timings.total, r.httpVersion});
        else
            table.isTruncated = true;
    };
    for (const auto &[url, response] : hops)
        add(url.text(), response);
    const auto paths = site.apiPaths();
    for (const auto *vantage : site.answering()) {
        for (std::size_t i = 0; i < vantage->api.size(); ++i)
            add(site.url().withPath(paths[i]).text(), vantage->api[i]);
    }
    return table;
}

/// What one address of the plain-HTTP side does.
struct Way {
    Hops hops;
    Chain chain;
    Verdict verdict;
};

Way wayFrom(Site &site, const std::optional<Url> &plain, const std::string &address, const Hsts &hsts, Deadline deadline)
{
    Way way{{}, std::unexpected(Fault{FaultKind::Config, "dns", "\"plain\" is no http address", {}}), {}};
    if (plain) {
        if (auto followed = followRedirects(site, *plain, address, deadline)) {
            way.hops = std::move(*followed);
            way.chain = std::vector<Hop>();
            for (const auto &[url, response] : way.hops) {
                const auto location = response.headers.first("Location");
                const auto next = url.resolved(location);
                const auto own = parseHsts(response.headers);
                way.chain->push_back({url.text(), response.status, clamp(next ? next->text() : location, 300), own.isValid && own.maxAge > 0});
            }
        } else {
            way.chain = std::unexpected(followed.error());
        }
    }
    way.verdict = judgeEnforcement(way.chain, plain ? plain->host : std::string(), hsts);
    return way;
}

/// The weakest that an address of the endpoint sends.
Hsts weakestHsts(const Site &site, std::string &text)
{
    Hsts weakest;
    bool isFirst = true;
    for (const auto *vantage : site.answering()) {
        const auto &headers = vantage->api.front().headers;
        const auto mine = parseHsts(headers);
        if (std::exchange(isFirst, false) || !mine.isValid || (weakest.isValid && mine.maxAge < weakest.maxAge)) {
            weakest = mine;
            text = headers.joined("Strict-Transport-Security");
        }
    }
    return weakest;
}

/// The addresses to ask: each of the endpoint's where it is the same host, else whichever answers.
std::vector<std::string> addressesOf(const Site &site, const std::optional<Url> &plain)
{
    std::vector<std::string> addresses;
    if (plain && plain->host == site.url().host) {
        for (const auto *vantage : site.answering())
            addresses.push_back(vantage->address);
    }
    if (addresses.empty())
        addresses.emplace_back();
    addresses.resize(std::min(addresses.size(), kAddresses));
    return addresses;
}

} // namespace

std::expected<std::vector<std::pair<Url, Response>>, Fault> followRedirects(Site &site, const Url &url, const std::string &address, Deadline deadline)
{
    Hops hops;
    std::optional<Url> next = url;
    while (next && hops.size() < kHops) {
        Request request;
        request.url = *next;
        request.address = next->host == url.host ? address : std::string();
        request.bodyLimit = 256UL * 1024;
        // Without verification no credentials travel; the certificate is judged elsewhere.
        const auto answer = site.askAnywhere(request, deadline, false);
        if (!answer && hops.empty())
            return std::unexpected(answer.error());
        if (!answer)
            break;
        hops.emplace_back(*next, *answer);
        const bool isRedirect = answer->status >= 300 && answer->status < 400 && answer->status != 304;
        const bool isOwn = next->host == site.url().host || hops.size() == 1;
        const auto location = next->resolved(answer->headers.first("Location"));
        next = isRedirect && isOwn ? location : std::nullopt;
    }
    return hops;
}

void addEnforcementFacts(Site &site, FactBatch &batch, Deadline deadline)
{
    std::string hstsText;
    const auto hsts = weakestHsts(site, hstsText);
    const auto plain = Url::parse(site.target().plain.empty() ? "http://" + bracketed(site.url().host) + "/" : site.target().plain);
    std::optional<Way> worst;
    Hops hops;
    std::string where;
    for (const auto &address : addressesOf(site, plain)) {
        auto way = wayFrom(site, plain, address, hsts, deadline);
        hops.insert(hops.end(), way.hops.begin(), way.hops.end());
        if (!worst || worse(worst->verdict, way.verdict) != worst->verdict) {
            worst = std::move(way);
            where = address;
        }
    }
    const auto verdict = site.url().isTls() ? worst->verdict : Verdict::bad("the endpoint itself is declared as plain http");
    const auto why = verdict.why + (where.empty() ? "" : " (at " + where + ")");
    batch.facts.push_back(fact("http.https_enforced", verdict.value(), why));
    batch.facts.push_back(fact("http.https_why", clamp(why, 1024), chainWords(worst->chain)));
    batch.facts.push_back(fact("http.redirect_chain", clamp(chainWords(worst->chain), 2048), why));
    batch.facts.push_back(fact("http.hsts_max_age", static_cast<double>(std::max(hsts.maxAge, 0LL)), hstsText, "s"));
    batch.facts.push_back(fact("http.hsts", clamp(hstsText, 256)));
    batch.facts.push_back(fact("http.hops", hopTable(site, hops)));
}

} // namespace muster::http
