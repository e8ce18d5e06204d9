// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/site.h"
#include "models/ports/source.h"

#include <utility>
#include <vector>

namespace muster::http {

// What each cadence adds to the batch; the site is open. Facts that could not be had are Unknown with the reason.

/// Every 10 s: reachability, times, api and health answers, instances, clock.
void addReachFacts(Site &site, FactBatch &batch, Deadline deadline);
/// Every 5 min: two handshakes pinned to TLS 1.1 and 1.0 at each address; addTlsFacts tells what they showed.
void checkLegacyVersions(Site &site, FactBatch &batch, Deadline deadline);
/// Every 60 s: the certificate of every address, and whether the addresses agree.
void addTlsFacts(Site &site, FactBatch &batch, Deadline deadline);
/// Every 60 s: redirects and HSTS, headers, cookies, compression, caching, static files, CDN, rate limits, hops.
void addPageFacts(Site &site, FactBatch &batch, Deadline deadline);
/// With the page facts: every hop from the plain-HTTP side, at each address, and HSTS.
void addEnforcementFacts(Site &site, FactBatch &batch, Deadline deadline);
/// Every 5 min: malformed input, CORS, OpenAPI.
void addSlowFacts(Site &site, FactBatch &batch, Deadline deadline);

/// What `doctor` shows, stage by stage and address by address.
[[nodiscard]] std::vector<DoctorStage> diagnoseSite(Site &site, Deadline deadline);

/// Follows redirects by hand from `url`, at most 10 hops; never carries credentials. What stays on the host is asked at `address` ("" = any).
[[nodiscard]] std::expected<std::vector<std::pair<Url, Response>>, Fault> followRedirects(Site &site, const Url &url, const std::string &address, Deadline deadline);

} // namespace muster::http
