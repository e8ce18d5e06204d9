// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/caching.h"

#include "connectors/http/cdn.h"

#include <algorithm>
#include <array>

namespace muster::http {

namespace {

constexpr long long kYear = 31536000;

std::optional<long long> ageOf(const std::string &value)
{
    const auto age = wholeNumber(value);
    return age < 0 ? std::nullopt : std::optional(age);
}

std::string opaque(std::string tag)
{
    return tag.starts_with("W/") ? tag.substr(2) : tag;
}

bool isServedFromCache(const CachingProbe &probe)
{
    return probe.second && isCacheHit(probe.second->headers);
}

/// Two callers without a cookie were given the same one, by a cache or as a value that no two sessions have: "", or that in words.
std::string sharedCookie(const CachingProbe &probe)
{
    constexpr std::size_t kSession = 16; // shorter values are settings ("lang=de"), the same for everybody by design
    const auto cookie = probe.first.headers.first("Set-Cookie");
    if (cookie.empty() || !probe.second || probe.second->headers.first("Set-Cookie") != cookie)
        return {};
    const auto pair = cookie.substr(0, cookie.find(';'));
    const auto equals = pair.find('=');
    const bool isLong = equals != std::string::npos && pair.size() - equals - 1 >= kSession;
    if (!isLong && !isServedFromCache(probe))
        return {};
    const auto sign = isServedFromCache(probe) ? " (" + cdnEvidence(probe.second->headers) + ")" : std::string();
    return "a cache hands the same cookie " + clamp(pair.substr(0, equals), 60) + " to every caller" + sign;
}

} // namespace

CacheControl parseCacheControl(const Headers &headers)
{
    // Cache-Control: public, max-age=60, s-maxage=300
    CacheControl control;
    control.isPresent = headers.has("Cache-Control");
    for (const auto &part : splitOutsideQuotes(headers.joined("Cache-Control"), ',')) {
        const auto [name, value] = nameAndValue(part);
        const auto directive = lowered(name);
        if (directive == "public")
            control.isPublic = true;
        else if (directive == "private")
            control.isPrivate = true;
        else if (directive == "no-cache")
            control.isNoCache = true;
        else if (directive == "no-store")
            control.isNoStore = true;
        else if (directive == "must-revalidate")
            control.isMustRevalidate = true;
        else if (directive == "immutable")
            control.isImmutable = true;
        else if (directive == "max-age" && !control.maxAge)
            control.maxAge = ageOf(value);
        else if (directive == "s-maxage" && !control.sharedMaxAge)
            control.sharedMaxAge = ageOf(value);
    }
    return control;
}

Header validatorRequest(const Headers &headers)
{
    if (const auto tag = headers.first("ETag"); !tag.empty())
        return {"If-None-Match", tag};
    if (const auto date = headers.first("Last-Modified"); !date.empty())
        return {"If-Modified-Since", date};
    return {};
}

Verdict judgeNotModified(const Response &full, const Response &conditional)
{
    if (conditional.status != 304)
        return Verdict::bad("the validator is answered with " + std::to_string(conditional.status) + " instead of 304");
    if (!conditional.body.empty())
        return Verdict::bad("the 304 carries a body");
    for (const auto *name : {"ETag", "Cache-Control"}) {
        if (full.headers.has(name) && !conditional.headers.has(name))
            return Verdict::bad(std::string("the 304 lacks ") + name);
    }
    if (!conditional.headers.has("Date"))
        return Verdict::bad("the 304 lacks Date");
    if (opaque(conditional.headers.first("ETag")) != opaque(full.headers.first("ETag")))
        return Verdict::bad("the 304 names another ETag");
    // RFC 9110 wants Vary as well, but nginx never sends it there and a cache keeps the stored one: said, not punished.
    const bool lacksVary = full.headers.has("Vary") && !conditional.headers.has("Vary");
    return Verdict::good(lacksVary ? "the validator gives 304 (without Vary)" : "the validator gives 304");
}

Verdict judgeCaching(const CachingProbe &probe)
{
    const auto control = parseCacheControl(probe.first.headers);
    if (const auto shared = sharedCookie(probe); !shared.empty())
        return Verdict::bad(shared);
    if (!control.isPresent)
        return Verdict::bad("no Cache-Control");
    if (control.isPublic && probe.first.headers.has("Set-Cookie"))
        return Verdict::bad("public together with Set-Cookie");
    if (control.isNoStore)
        return Verdict::bad("Cache-Control: no-store");
    if (!control.isFresh() && !control.isNoCache)
        return Verdict::bad("Cache-Control states no lifetime (max-age, s-maxage) and no no-cache");
    if (isServedFromCache(probe))
        return Verdict::good("answered by a cache: " + cdnEvidence(probe.second->headers));
    if (!probe.conditional)
        return Verdict::bad("no ETag and no Last-Modified, and no cache answered the second request");
    return judgeNotModified(probe.first, *probe.conditional);
}

bool isFingerprinted(const std::string &path)
{
    const auto name = path.substr(path.rfind('/') + 1);
    std::string part;
    const auto isHash = [](const std::string &text) {
        if (text.size() < 8)
            return false;
        const bool isHex = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
        const bool hasDigit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
        const bool hasUpper = std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
        const bool hasLower = std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
        return hasDigit && (isHex || (hasUpper && hasLower));
    };
    for (const char c : name) {
        if (c != '.' && c != '-' && c != '_') {
            part += c;
            continue;
        }
        if (isHash(part))
            return true;
        part.clear();
    }
    return isHash(part);
}

Verdict judgeStatic(const std::string &path, const CachingProbe &probe)
{
    if (!probe.first.isSuccess())
        return Verdict::bad(path + " answers " + std::to_string(probe.first.status));
    const auto control = parseCacheControl(probe.first.headers);
    if (!control.isPresent)
        return Verdict::bad(path + ": no Cache-Control");
    if (control.isNoStore)
        return Verdict::bad(path + ": Cache-Control: no-store");
    if (isFingerprinted(path) && control.isImmutable && control.maxAge.value_or(0) >= kYear)
        return Verdict::good(path + ": fingerprinted, immutable for a year");
    if (!probe.conditional)
        return Verdict::bad(path + ": no ETag and no Last-Modified");
    auto verdict = judgeNotModified(probe.first, *probe.conditional);
    verdict.why = path + ": " + verdict.why;
    return verdict;
}

} // namespace muster::http
