// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/site.h"

#include <string>

namespace muster::http {

/// What all declared paths answered at all addresses in one round.
struct ApiTally {
    bool isGood = true;       ///< 2xx, or a temporary redirect that ends in one
    bool isFitting = true;
    bool isWithheld = false;  ///< answers that only lack the credentials that must not travel unverified
    int worstStatus = 0;
    int serverErrors = 0;
    std::string worst;        ///< the first that is not good: path, status, where it leads; "" for none
    double slowest = 0;       ///< s, name resolution included where it took place
    double slowestFirstByte = 0;
    std::string slowestPath;  ///< "" while nothing answered
    std::string words;        ///< address, path, status, type: a line each
};

/// Follows redirects of declared paths, so that it may ask.
[[nodiscard]] ApiTally tallyApi(Site &site, Deadline deadline);
void addApiFacts(const ApiTally &tally, FactBatch &batch);
/// Does the health path say what the declared paths show? A balancer believes it.
void addAgreement(const ApiTally &tally, bool isHealthGood, FactBatch &batch);

} // namespace muster::http
