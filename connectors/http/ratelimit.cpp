// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/ratelimit.h"

#include <array>

namespace muster::http {

namespace {

std::optional<double> numberOf(std::string_view text)
{
    const auto number = wholeNumber(trimmed(text));
    return number < 0 ? std::nullopt : std::optional(static_cast<double>(number));
}

/// Parameters by name over all items: `"burst";q=10;w=10` or `limit=100, remaining=50`.
std::optional<double> parameter(const std::string &text, std::string_view name)
{
    for (const auto &item : splitOutsideQuotes(text, ',')) {
        for (const auto &part : splitOutsideQuotes(item, ';')) {
            const auto [key, value] = nameAndValue(part);
            if (equalsIgnoringCase(key, name))
                return numberOf(value);
        }
    }
    return std::nullopt;
}

RateLimit fromStructured(const std::string &limit, const std::string &policy)
{
    // RateLimit-Policy: "burst";q=10;w=10      RateLimit: "burst";r=8;t=1
    RateLimit out;
    out.limit = parameter(policy, "q");
    out.remaining = parameter(limit, "r");
    out.resetsIn = parameter(limit, "t");
    const bool isValid = out.remaining || (limit.empty() && out.limit);
    out.dialect = isValid ? "structured (draft 8+)" : "unknown form";
    return out;
}

RateLimit fromDraft7(const std::string &limit)
{
    // RateLimit: limit=100, remaining=50, reset=30
    return {"draft 7", parameter(limit, "limit"), parameter(limit, "remaining"), parameter(limit, "reset")};
}

RateLimit fromSeparate(const Headers &headers, const std::string &prefix, const std::string &dialect, double now)
{
    // X-RateLimit-Limit: 100      X-RateLimit-Remaining: 50      X-RateLimit-Reset: 1372700873
    RateLimit out;
    const auto limit = headers.first(prefix + "Limit");
    const auto remaining = headers.first(prefix + "Remaining");
    if (limit.empty() && remaining.empty())
        return out;
    out.dialect = dialect;
    const auto items = splitOutsideQuotes(limit, ',');
    out.limit = numberOf(items.empty() ? std::string() : items.front());
    out.remaining = numberOf(remaining);
    out.resetsIn = numberOf(headers.first(prefix + "Reset"));
    constexpr double kEpochMillis = 1e11;
    constexpr double kEpoch = 1e9;
    if (out.resetsIn && *out.resetsIn >= kEpochMillis)
        out.resetsIn = *out.resetsIn / 1000 - now;
    else if (out.resetsIn && *out.resetsIn >= kEpoch)
        out.resetsIn = *out.resetsIn - now;
    return out;
}

} // namespace

RateLimit parseRateLimit(const Headers &headers, double now)
{
    const auto limit = headers.joined("RateLimit");
    const auto policy = headers.joined("RateLimit-Policy");
    if (!limit.empty() && parameter(limit, "limit"))
        return fromDraft7(limit);
    if (!limit.empty())
        return fromStructured(limit, policy);
    constexpr std::array prefixes = {std::pair{"RateLimit-", "RateLimit-* (draft 6)"}, std::pair{"X-RateLimit-", "X-RateLimit-*"},
                                     std::pair{"X-Rate-Limit-", "X-RateLimit-*"}};
    for (const auto &[prefix, dialect] : prefixes) {
        if (auto found = fromSeparate(headers, prefix, dialect, now); found.isSeen())
            return found;
    }
    return policy.empty() ? RateLimit{} : fromStructured({}, policy);
}

} // namespace muster::http
