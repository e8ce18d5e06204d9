// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/caching.h"
#include "connectors/http/cdn.h"
#include "connectors/http/compression.h"
#include "connectors/http/ratelimit.h"
#include "connectors/http/rounds.h"
#include "connectors/http/securityheaders.h"

#include <algorithm>

namespace muster::http {

namespace {

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

Request codingRequest(const Site &site, const std::string &path, const std::string &encoding)
{
    Request request;
    request.url = site.url().withPath(path);
    request.decodes = true;
    request.encoding = encoding;
    return request;
}

void addOtherCodings(CompressionProbe &probe, Site &site, const Vantage &vantage, const std::string &path, Deadline deadline)
{
    for (const auto *coding : {"br", "zstd"}) {
        if (!HttpClient::canDecode(coding))
            continue;
        if (auto answer = site.ask(vantage, codingRequest(site, path, coding), deadline); answer && answer->headers.has("Content-Encoding"))
            probe.others.push_back(std::move(*answer));
    }
    if (probe.others.empty())
        return;
    if (auto answer = site.get(vantage, path, deadline, {{"Accept-Encoding", "gzip, br;q=0, zstd;q=0"}}))
        probe.preferring = std::move(*answer);
}

Topic compressionTopic(Site &site, const Vantage &vantage, Deadline deadline)
{
    const auto largest = std::ranges::max_element(vantage.api, {}, [](const Response &r) { return r.isSuccess() ? r.body.size() : 0; });
    const auto path = site.apiPaths()[static_cast<std::size_t>(largest - vantage.api.begin())];
    CompressionProbe probe;
    Verdict verdict = Verdict::unknown("every answer is under 1400 bytes");
    if (largest->isSuccess() && largest->body.size() >= kCompressible) {
        // Asked again and not taken from the first round, so that the bytes are as close in time as can be.
        const auto identity = site.get(vantage, path, deadline);
        const auto gzip = site.ask(vantage, codingRequest(site, path, "gzip"), deadline);
        const auto refused = site.get(vantage, path, deadline, {{"Accept-Encoding", "gzip;q=0, br;q=0, zstd;q=0"}});
        if (identity && gzip && refused) {
            probe = {*identity, *gzip, *refused, {}, std::nullopt};
            addOtherCodings(probe, site, vantage, path, deadline);
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
    // A second plain request can only tell more where the validator did not, or where a cookie should be another one.
    if (!probe.conditional || probe.conditional->status != 304 || first->headers.has("Set-Cookie")) {
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

} // namespace

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
    addEnforcementFacts(site, batch, deadline);
    batch.facts.push_back(fact("http.headers", headerTable(site)));
}

} // namespace muster::http
