// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/redirects.h"

#include "connectors/http/url.h"

namespace muster::http {

namespace {

Verdict judgeFirst(const Hop &hop, const std::string &host)
{
    if (hop.status >= 400 && hop.status < 500)
        return Verdict::good("plain HTTP is refused with " + std::to_string(hop.status));
    if (!isRedirect(hop.status))
        return Verdict::bad("plain HTTP is served: " + hop.url + " answers " + std::to_string(hop.status));
    if (hop.status == 303)
        return Verdict::bad("plain HTTP redirects with 303; use 301 or 308");
    const auto to = Url::parse(hop.location);
    if (!to || !to->isTls())
        return Verdict::bad("plain HTTP redirects to " + (hop.location.empty() ? "nowhere" : hop.location) + ", not to https");
    if (to->host != host)
        return Verdict::bad("the first redirect leaves the host: " + hop.location);
    return Verdict::good("plain HTTP redirects to https with " + std::to_string(hop.status));
}

Verdict judgeRest(const std::vector<Hop> &hops, const std::string &host)
{
    for (std::size_t i = 1; i < hops.size(); ++i) {
        if (!hops[i].url.starts_with("https://"))
            return Verdict::bad("the way leaves https at " + hops[i].url);
        if (const auto url = Url::parse(hops[i].url); url && url->host == host && !hops[i].hasHsts)
            return Verdict::bad("no Strict-Transport-Security at " + hops[i].url);
    }
    if (isRedirect(hops.back().status))
        return Verdict::bad("the redirects do not end: " + std::to_string(hops.size()) + " hops");
    return Verdict::good();
}

} // namespace

bool isRedirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Hsts parseHsts(const Headers &headers)
{
    // Strict-Transport-Security: max-age=31536000; includeSubDomains; preload
    Hsts hsts;
    const auto values = headers.all("Strict-Transport-Security");
    hsts.isPresent = !values.empty();
    if (values.size() != 1 || values.front().contains(','))
        return hsts;
    int ages = 0;
    for (const auto &part : splitOutsideQuotes(values.front(), ';')) {
        const auto [name, value] = nameAndValue(part);
        if (equalsIgnoringCase(name, "max-age")) {
            ++ages;
            hsts.maxAge = wholeNumber(value);
        } else if (equalsIgnoringCase(name, "includeSubDomains")) {
            hsts.hasSubDomains = true;
        } else if (equalsIgnoringCase(name, "preload")) {
            hsts.hasPreload = true;
        }
    }
    hsts.isValid = ages == 1 && hsts.maxAge >= 0;
    if (!hsts.isValid)
        hsts.maxAge = 0;
    return hsts;
}

std::string chainWords(const Chain &chain)
{
    if (!chain)
        return chain.error().kind == FaultKind::Refused ? "the plain-HTTP port is closed" : chain.error().detail;
    std::string words;
    for (const auto &hop : *chain)
        words += (words.empty() ? "" : " → ") + hop.url + " " + std::to_string(hop.status);
    if (!chain->empty() && isRedirect(chain->back().status))
        words += " → " + (chain->back().location.empty() ? "nowhere" : chain->back().location);
    return words;
}

Verdict judgeLead(const std::vector<Hop> &hops, const std::optional<Fault> &fault)
{
    const auto first = " to " + (hops.front().location.empty() ? "nowhere" : hops.front().location);
    for (const auto &hop : hops) {
        if (!isRedirect(hop.status))
            continue;
        const auto from = Url::parse(hop.url);
        const auto to = Url::parse(hop.location);
        if (!from || !to)
            return Verdict::bad(first + (&hop == &hops.front() ? "" : ", and from there nowhere"));
        if (from->isTls() && !to->isTls())
            return Verdict::bad(first + ": the way leaves https");
        if (from->host != to->host && (hop.status == 301 || hop.status == 308))
            return Verdict::bad(first + ": every caller is sent to another host, for good");
    }
    if (fault)
        return Verdict::bad(first + ": " + (fault->kind == FaultKind::Dns ? "that host does not resolve (" : "nothing is to be had there (") + fault->detail + ")");
    if (isRedirect(hops.back().status))
        return Verdict::bad(first + ": the redirects do not end (" + std::to_string(hops.size()) + " hops)");
    if (hops.back().status < 200 || hops.back().status >= 300)
        return Verdict::bad(first + ": there the answer is " + std::to_string(hops.back().status));
    return Verdict::good(first);
}

Verdict judgeEnforcement(const Chain &chain, const std::string &host, const Hsts &hsts)
{
    Verdict verdict = Verdict::good("the plain-HTTP port is closed");
    if (!chain && chain.error().kind != FaultKind::Refused && chain.error().stage != "tcp")
        return Verdict::unknown("the plain-HTTP address could not be judged: " + chain.error().detail);
    if (chain && chain->empty())
        return Verdict::unknown("the plain-HTTP address was not asked");
    if (chain) {
        verdict = judgeFirst(chain->front(), host);
        if (*verdict.isGood && isRedirect(chain->front().status))
            verdict = worse(verdict, judgeRest(*chain, host));
    }
    if (!*verdict.isGood)
        return verdict;
    if (!hsts.isPresent)
        return Verdict::bad("no Strict-Transport-Security on https");
    if (!hsts.isValid)
        return Verdict::bad("Strict-Transport-Security is not valid (sent twice, or no max-age)");
    if (hsts.maxAge < kHstsMinimum)
        return Verdict::bad("Strict-Transport-Security max-age is " + std::to_string(hsts.maxAge) + " s, under 15552000 s");
    verdict.why += ", Strict-Transport-Security max-age is " + std::to_string(hsts.maxAge) + " s (≥ 15552000 s)";
    return verdict;
}

} // namespace muster::http
