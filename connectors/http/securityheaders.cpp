// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/securityheaders.h"

#include <algorithm>
#include <array>

namespace muster::http {

namespace {

bool hasFrameAncestors(const std::vector<std::string> &policies)
{
    return std::ranges::any_of(policies, [](const std::string &policy) {
        const auto directives = splitOutsideQuotes(policy, ';');
        return std::ranges::any_of(directives, [](const std::string &d) { return lowered(d).starts_with("frame-ancestors "); });
    });
}

bool isFramingClosed(const Headers &headers, const std::vector<std::string> &policies)
{
    const auto option = headers.first("X-Frame-Options");
    return hasFrameAncestors(policies) || equalsIgnoringCase(option, "DENY") || equalsIgnoringCase(option, "SAMEORIGIN");
}

/// The last token that a browser knows counts.
std::string effectiveReferrerPolicy(const Headers &headers)
{
    constexpr std::array known = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin",
                                  "unsafe-url", "origin", "origin-when-cross-origin", "no-referrer-when-downgrade"};
    std::string policy;
    for (const auto &token : splitOutsideQuotes(headers.joined("Referrer-Policy"), ',')) {
        if (std::ranges::find(known, lowered(token)) != known.end())
            policy = lowered(token);
    }
    return policy;
}

bool isStrictReferrerPolicy(const std::string &policy)
{
    return policy == "no-referrer" || policy == "same-origin" || policy == "strict-origin" || policy == "strict-origin-when-cross-origin";
}

bool looksLikeSession(const std::string &name)
{
    const auto lower = lowered(name);
    constexpr std::array words = {"sess", "sid", "auth", "token", "login", "jwt", "remember"};
    return !lower.contains("csrf") && !lower.contains("xsrf") && std::ranges::any_of(words, [&](const char *w) { return lower.contains(w); });
}

struct Cookie {
    std::string name;
    bool isSecure = false;
    bool isHttpOnly = false;
    bool hasDomain = false;
    std::string path;
    std::string sameSite;
};

Cookie parseCookie(const std::string &line)
{
    // sid=…; Path=/; Secure; HttpOnly; SameSite=Lax
    Cookie cookie;
    bool isFirst = true;
    for (const auto &part : splitOutsideQuotes(line, ';')) {
        const auto [name, value] = nameAndValue(part);
        if (std::exchange(isFirst, false))
            cookie.name = name;
        else if (equalsIgnoringCase(name, "Secure"))
            cookie.isSecure = true;
        else if (equalsIgnoringCase(name, "HttpOnly"))
            cookie.isHttpOnly = true;
        else if (equalsIgnoringCase(name, "Domain"))
            cookie.hasDomain = true;
        else if (equalsIgnoringCase(name, "Path"))
            cookie.path = value;
        else if (equalsIgnoringCase(name, "SameSite"))
            cookie.sameSite = lowered(value);
    }
    return cookie;
}

std::string faultOf(const Cookie &cookie)
{
    if (!cookie.isSecure)
        return "no Secure";
    if (looksLikeSession(cookie.name) && !cookie.isHttpOnly)
        return "no HttpOnly";
    if (cookie.name.starts_with("__Host-") && (cookie.hasDomain || cookie.path != "/"))
        return "__Host- needs Path=/ and no Domain";
    if (cookie.sameSite.empty() || (cookie.sameSite != "lax" && cookie.sameSite != "strict" && cookie.sameSite != "none"))
        return "no SameSite";
    return {};
}

} // namespace

std::vector<std::string> missingSecurityHeaders(const Headers &headers)
{
    std::vector<std::string> missing;
    if (!equalsIgnoringCase(headers.first("X-Content-Type-Options"), "nosniff"))
        missing.emplace_back("X-Content-Type-Options: nosniff");
    const auto policies = headers.all("Content-Security-Policy");
    if (policies.empty())
        missing.emplace_back(headers.has("Content-Security-Policy-Report-Only") ? "Content-Security-Policy (report-only does not protect)"
                                                                                : "Content-Security-Policy");
    if (!isFramingClosed(headers, policies))
        missing.emplace_back("frame-ancestors or X-Frame-Options");
    if (const auto policy = effectiveReferrerPolicy(headers); !isStrictReferrerPolicy(policy))
        missing.push_back("Referrer-Policy" + (policy.empty() ? "" : " (is " + policy + ")"));
    return missing;
}

Verdict judgeCookies(const Headers &headers)
{
    std::string bad;
    for (const auto &line : headers.all("Set-Cookie")) {
        const auto cookie = parseCookie(line);
        if (const auto fault = faultOf(cookie); !fault.empty())
            bad += (bad.empty() ? "" : "; ") + clamp(cookie.name, 64) + ": " + fault;
    }
    return bad.empty() ? Verdict::good() : Verdict::bad(bad);
}

Verdict judgeCors(const std::string &origin, const Headers &get, const Headers &preflight)
{
    for (const auto *headers : {&get, &preflight}) {
        const auto allowed = headers->all("Access-Control-Allow-Origin");
        const bool hasCredentials = equalsIgnoringCase(headers->first("Access-Control-Allow-Credentials"), "true");
        if (allowed.size() > 1)
            return Verdict::bad("Access-Control-Allow-Origin is sent twice");
        if (!allowed.empty() && equalsIgnoringCase(allowed.front(), origin) && hasCredentials)
            return Verdict::bad("a foreign Origin is reflected together with Access-Control-Allow-Credentials: true");
        if (!allowed.empty() && allowed.front() == "null" && hasCredentials)
            return Verdict::bad("the origin \"null\" is allowed with credentials");
    }
    return Verdict::good();
}

} // namespace muster::http
