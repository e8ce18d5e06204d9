// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"

#include <string>

namespace muster::http {

/// A health path's answer. `status` is the body's own word ("pass", "warn", "fail") or the HTTP status in words.
struct Health {
    bool isGood = false;
    std::string status;
    bool isHonest = true;     ///< no 2xx around a body that speaks of an error
    bool isUncached = false;  ///< no cache may answer for it
    std::string release;      ///< version or releaseId of application/health+json, "" where absent
    std::string worstCheck;   ///< the first component that is not well, "" for none
};
[[nodiscard]] Health parseHealth(const Response &response);

/// Does the body fit the type that the answer claims (JSON parses, text is UTF-8), and is it one an API may answer?
[[nodiscard]] bool hasFittingContent(const Response &response);

} // namespace muster::http
