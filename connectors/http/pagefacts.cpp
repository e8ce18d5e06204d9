// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/caching.h"
#include "connectors/http/cdn.h"
#include "connectors/http/compression.h"
#include "connectors/http/ratelimit.h"
#include "connectors/http/redirects.h"
#include "connectors/http/rounds.h"
#include "connectors/http/securityheaders.h"

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::size_t kHops = 10;
constexpr std::size_t kHeaderRows = 100;

Fact fact(std::string name, Value value, std::string raw = {}, std::string unit = {})
{
    return {std::move(name), std::move(value), std::move(unit), kPageBudget, clamp(raw)};
}

std::string joinedWords(const std::vector<std::string> &words)
{
    std::string text;
    for (const auto &word : words)
        text += (text.empty() ? "" : "; ") + word;
    return text;
}

Topic securityTopic(const Vantage &vantage)
{
    const auto &headers = vantage.api.front().headers;
    const auto missing = missingSecurityHeaders(headers);
    const auto raw = evidence(vantage, headers.text());
    return {"headers", missing.empty() ? Verdict::good() : Verdict::bad("missing"),
            {fact("http.security_headers_ok", missing.empty(), raw), fact("http.security_headers_missing", joinedWords(missing), raw)}};
}

Topic cookieTopic(const Vantage &vantage)
{
    Verdict verdict = Verdict::good();
    for (const auto &response : vantage.api)
        verdict = worse(verdict, judgeCookies(response.headers));
    return {"cookies", verdict, {fact("http.cookies_ok", verdict.value()), fact("http.cookies_bad", clamp(verdict.why, 1024))}};
}

Topic cdnTopic(const Site &site, const Vantage &vantage)
{
    std::string found;
    for (const auto &response : vantage.api) {
        if (found.empty())
            found = cdnEvidence(response.headers);
    }
    // No sign is no proof of absence: a CDN may strip its headers. Only a declared one must show.
    const Value seen = found.empty() && !site.target().isCdnDeclared
        ? Value(Unknown{"no answer carries a sign of a CDN, and none is declared", "Declare one (\"cdn\": true) or waive the check."})
        : Value(!found.empty());
    return {"cdn", found.empty() ? Verdict::bad("none") : Verdict::good(),
            {fact("http.cdn_seen", seen, found), fact("http.cdn_declared", site.target().isCdnDeclared), fact("http.cdn_evidence", found)}};
}

Topic rateTopic(const Vantage &vantage, double now)
{
    RateLimit limit;
    for (const auto &response : vantage.api) {
        if (!limit.isSeen())
            limit = parseRateLimit(response.headers, now);
    }
    return {"rate", limit.isSeen() ? Verdict::good() : Verdict::bad("none"),
            {fact("http.rate_limit_seen", limit.isSeen()), fact("http.rate_limit_dialect", limit.dialect)}};
}

Topic compressionTopic(Site &site, const Vantage &vantage, Deadline deadline)
{
    const auto largest = std::ranges::max_element(vantage.api, {}, [](const Response &r) { return r.isSuccess() ? r.body.size() : 0; });
    const auto path = site.apiPaths()[static_cast<std::size_t>(largest - vantage.api.begin())];
    const auto ask = [&](const std::string &encoding) {
        Request request;
        request.url = site.url().withPath(path);
        request.decodes = true;
        request.encoding = encoding;
        return site.ask(vantage, request, deadline);
    };
    CompressionProbe probe;
    Verdict verdict = Verdict::unknown("every answer is under 1400 bytes");
    if (largest->isSuccess() && largest->body.size() >= kCompressible) {
        // Asked again and not taken from the first round, so that the bytes are as close in time as can be.
        const auto identity = site.get(vantage, path, deadline);
        const auto gzip = ask("gzip");
        const auto refused = site.get(vantage, path, deadline, {{"Accept-Encoding", "gzip;q=0"}});
        const auto other = HttpClient::canDecode("br") ? std::optional(ask("br")) : std::nullopt;
        if (identity && gzip && refused) {
            probe = {*identity, *gzip, *refused, other && *other ? std::optional(**other) : std::nullopt};
            verdict = judgeCompression(probe);
        } else if (!gzip && gzip.error().kind == FaultKind::Protocol) {
            verdict = Verdict::bad(gzip.error().detail);
        } else {
            verdict = Verdict::unknown((!identity ? identity : !gzip ? gzip : refused).error().detail);
        }
    }
    verdict.why = path + ": " + verdict.why;
    return {"compression", verdict,
            {fact("http.compression_ok", verdict.value(), evidence(vantage, probe.gzip.headers.text())),
             fact("http.compression_encoding", encodingsSeen(probe)), fact("http.compression_why", verdict.why)}};
}

std::expected<CachingProbe, Fault> probeCaching(Site &site, const Vantage &vantage, const std::string &path, Deadline deadline)
{
    const auto first = site.get(vantage, path, deadline);
    if (!first)
        return std::unexpected(first.error());
    CachingProbe probe{*first, std::nullopt, std::nullopt};
    if (const auto validator = validatorRequest(first->headers); !validator.name.empty()) {
        const auto conditional = site.get(vantage, path, deadline, {validator});
        if (!conditional)
            return std::unexpected(conditional.error());
        probe.conditional = *conditional;
    }
    // A second plain request can only tell more where the validator did not.
    if (!probe.conditional || probe.conditional->status != 304) {
        if (const auto second = site.get(vantage, path, deadline))
            probe.second = *second;
    }
    return probe;
}

Topic cachingTopic(Site &site, const Vantage &vantage, Deadline deadline)
{
    Verdict verdict = Verdict::good();
    std::string control;
    std::string raw;
    for (const auto &path : site.apiPaths()) {
        const auto probe = probeCaching(site, vantage, path, deadline);
        auto mine = !probe ? Verdict::unknown(probe.error().detail)
                    : !probe->first.isSuccess() ? Verdict::unknown("answers " + std::to_string(probe->first.status)) : judgeCaching(*probe);
        mine.why = path + ": " + mine.why;
        if (verdict.why.empty() || worse(verdict, mine) != verdict) {
            verdict = mine;
            control = probe ? probe->first.headers.joined("Cache-Control") : std::string();
            raw = probe ? probe->first.headers.text() + (probe->conditional ? "\nwith the validator: " + std::to_string(probe->conditional->status) + "\n" + probe->conditional->headers.text() : "") : "";
        }
    }
    return {"caching", verdict,
            {fact("http.caching_ok", verdict.value(), evidence(vantage, raw)), fact("http.caching_why", clamp(verdict.why, 1024)),
             fact("http.cache_control", clamp(control, 256))}};
}

Topic assetTopic(Site &site, const Vantage &vantage, Deadline deadline)
{
    auto verdict = site.target().assets.empty() ? Verdict::bad("no static file is declared") : Verdict::good();
    for (const auto &path : site.target().assets) {
        const auto probe = probeCaching(site, vantage, path, deadline);
        const auto mine = probe ? judgeStatic(path, *probe) : Verdict::unknown(path + ": " + probe.error().detail);
        if (verdict.why.empty() || worse(verdict, mine) != verdict)
            verdict = mine;
    }
    return {"static", verdict, {fact("http.static_ok", verdict.value()), fact("http.static_why", clamp(verdict.why, 1024))}};
}

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

Table headerTable(const Site &site)
{
    Table table{{{"name", ""}, {"value", ""}}, {}, kHeaderRows, false};
    for (const auto &field : site.answering().front()->api.front().headers.fields()) {
        table.isTruncated = table.rows.size() >= kHeaderRows;
        if (table.isTruncated)
            break;
        table.rows.push_back({clamp(field.name, 100), clamp(field.value, 500)});
    }
    return table;
}

void addEnforcement(Site &site, FactBatch &batch, Deadline deadline)
{
    Hsts hsts = parseHsts(site.answering().front()->api.front().headers);
    for (const auto *vantage : site.answering()) {
        if (const auto other = parseHsts(vantage->api.front().headers); other.maxAge < hsts.maxAge || !other.isValid)
            hsts = other;
    }
    const auto plain = Url::parse(site.target().plain.empty() ? "http://" + bracketed(site.url().host) + "/" : site.target().plain);
    std::vector<std::pair<Url, Response>> hops;
    Chain chain = std::unexpected(Fault{FaultKind::Config, "dns", "\"plain\" is no http address", {}});
    if (plain) {
        if (auto followed = followRedirects(site, *plain, deadline)) {
            hops = std::move(*followed);
            chain = std::vector<Hop>();
            for (const auto &[url, response] : hops) {
                const auto location = response.headers.first("Location");
                const auto next = url.resolved(location);
                chain->push_back({url.text(), response.status, clamp(next ? next->text() : location, 300)});
            }
        } else {
            chain = std::unexpected(followed.error());
        }
    }
    const auto verdict = site.url().isTls() ? judgeEnforcement(chain, plain ? plain->host : std::string(), hsts)
                                            : Verdict::bad("the endpoint itself is declared as plain http");
    batch.facts.push_back(fact("http.https_enforced", verdict.value(), verdict.why));
    batch.facts.push_back(fact("http.redirect_chain", clamp(chainWords(chain), 2048), verdict.why));
    batch.facts.push_back(fact("http.hsts_max_age", static_cast<double>(hsts.maxAge), site.answering().front()->api.front().headers.first("Strict-Transport-Security"), "s"));
    batch.facts.push_back(fact("http.hops", hopTable(site, hops)));
}

} // namespace

std::expected<std::vector<std::pair<Url, Response>>, Fault> followRedirects(Site &site, const Url &url, Deadline deadline)
{
    std::vector<std::pair<Url, Response>> hops;
    std::optional<Url> next = url;
    while (next && hops.size() < kHops) {
        Request request;
        request.url = *next;
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

void addPageFacts(Site &site, FactBatch &batch, Deadline deadline)
{
    std::vector<Topic> topics;
    const double now = toSeconds(batch.at.wall.time_since_epoch());
    for (const auto *vantage : site.answering()) {
        keepWorse(topics, {securityTopic(*vantage), cookieTopic(*vantage), cdnTopic(site, *vantage), rateTopic(*vantage, now),
                           compressionTopic(site, *vantage, deadline), cachingTopic(site, *vantage, deadline), assetTopic(site, *vantage, deadline)});
    }
    for (auto &topic : topics) {
        for (auto &one : topic.facts)
            batch.facts.push_back(std::move(one));
    }
    addEnforcement(site, batch, deadline);
    batch.facts.push_back(fact("http.headers", headerTable(site)));
}

} // namespace muster::http
