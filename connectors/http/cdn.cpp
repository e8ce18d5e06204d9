// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/cdn.h"

#include "models/facts/fact.h"

#include <algorithm>
#include <array>

namespace muster::http {

namespace {

constexpr std::array kEvidence = {"Cache-Status", "CDN-Cache-Control", "CF-Cache-Status", "CF-Ray", "X-Cache", "X-Cache-Hits", "X-Served-By",
                                  "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Azure-Ref", "X-Fastly-Request-ID", "X-Akamai-Request-ID", "X-Varnish",
                                  "X-Vercel-Cache", "X-Nf-Request-Id", "X-Proxy-Cache", "Via", "Age"};

} // namespace

std::string cdnEvidence(const Headers &headers)
{
    std::string words;
    for (const auto *name : kEvidence) {
        if (headers.has(name))
            words += (words.empty() ? "" : "; ") + std::string(name) + ": " + clamp(headers.joined(name), 120);
    }
    return words;
}

bool isCacheHit(const Headers &headers)
{
    if (wholeNumber(headers.first("Age")) > 0)
        return true;
    for (const auto &cache : splitOutsideQuotes(headers.joined("Cache-Status"), ',')) {
        // ExampleCache; hit; ttl=376
        const auto params = splitOutsideQuotes(cache, ';');
        if (std::ranges::any_of(params, [](const std::string &p) { return lowered(p) == "hit"; }))
            return true;
    }
    constexpr std::array vendors = {"CF-Cache-Status", "X-Cache", "X-Vercel-Cache", "X-Proxy-Cache", "X-Cache-Status"};
    return std::ranges::any_of(vendors, [&](const char *name) {
        const auto value = lowered(headers.joined(name));
        return value.starts_with("hit") || value.contains(" hit") || value == "stale" || value == "revalidated" || value == "updating";
    });
}

} // namespace muster::http
