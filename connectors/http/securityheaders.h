// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/headers.h"
#include "connectors/http/verdict.h"

#include <string>
#include <vector>

namespace muster::http {

/// X-Content-Type-Options, framing (CSP frame-ancestors or X-Frame-Options), Content-Security-Policy, Referrer-Policy.
/// What is missing or weak, each as "Header: what is wrong"; empty = all good. For a JSON API `default-src 'none'; frame-ancestors 'none'` is enough.
[[nodiscard]] std::vector<std::string> missingSecurityHeaders(const Headers &headers);

/// Every Set-Cookie: Secure always, HttpOnly for sessions, SameSite, the __Host- and __Secure- prefixes. No cookies = good.
[[nodiscard]] Verdict judgeCookies(const Headers &headers);

/// Answers to a GET and to a preflight that carry the foreign `origin`. A reflected origin with credentials is bad.
[[nodiscard]] Verdict judgeCors(const std::string &origin, const Headers &get, const Headers &preflight);

} // namespace muster::http
