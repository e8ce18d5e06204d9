// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/http/verdict.h"

#include <optional>
#include <string>

namespace muster::http {

/// Cache-Control of an answer (RFC 9111). Ages in seconds; unknown directives are ignored.
struct CacheControl {
    bool isPresent = false;
    bool isPublic = false;
    bool isPrivate = false;
    bool isNoCache = false;
    bool isNoStore = false;
    bool isMustRevalidate = false;
    bool isImmutable = false;
    std::optional<long long> maxAge;
    std::optional<long long> sharedMaxAge;

    /// Does it let any cache answer without asking?
    [[nodiscard]] bool isFresh() const { return !isNoStore && !isNoCache && (maxAge.value_or(0) > 0 || sharedMaxAge.value_or(0) > 0); }
};
[[nodiscard]] CacheControl parseCacheControl(const Headers &headers);

/// If-None-Match, or If-Modified-Since where there is no ETag; empty name when the answer carries no validator.
[[nodiscard]] Header validatorRequest(const Headers &headers);

/// The first answer, the answer to its validator (where there is one), and a second plain one.
struct CachingProbe {
    Response first;
    std::optional<Response> conditional;
    std::optional<Response> second;
};

/// Cache-Control says how long (or no-cache with a validator), and a 304 or a shared cache's hit proves that it works.
[[nodiscard]] Verdict judgeCaching(const CachingProbe &probe);
/// Is this a 304 that carries what the 200 carried (Date, ETag, Cache-Control)? A missing Vary is only mentioned.
[[nodiscard]] Verdict judgeNotModified(const Response &full, const Response &conditional);

/// A static file: a fingerprint in its name wants a year and immutable; others revalidate with 304 and have a Cache-Control.
[[nodiscard]] Verdict judgeStatic(const std::string &path, const CachingProbe &probe);
/// app.3f9ac1b2.js, app-DZ8sXk2P.css: a part of the name that looks like a hash.
[[nodiscard]] bool isFingerprinted(const std::string &path);

} // namespace muster::http
