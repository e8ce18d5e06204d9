// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Pure: what the header of a mail that arrived says about its way.
namespace muster::imap {

/// One Received line, for example
///     Received: from relay.shop.example (relay.shop.example [192.0.2.7]) by mx.shop.example with ESMTPS id 4Zk3pX;
///      Sat, 31 Jan 2026 12:00:02 +0000
struct Hop {
    std::string from; ///< "" when it is not said
    std::string by;
    std::optional<WallTime> at;
};

/// One word of the receiver's own judgement:
///     Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=shop.example; dkim=none; dmarc=pass header.from=shop.example
struct AuthResult {
    std::string method; ///< "spf", "dkim", "dmarc", ...
    std::string result; ///< "pass", "fail", "none", ...
    std::string detail; ///< "smtp.mailfrom=shop.example"
};

struct Arrival {
    std::string messageId;
    std::optional<WallTime> sent;    ///< Date
    std::optional<WallTime> arrived; ///< time of the last hop
    std::vector<Hop> hops;           ///< in the order of travel
    std::string judge;               ///< who wrote the Authentication-Results, "" when nobody did
    std::vector<AuthResult> results; ///< of the topmost such line only: whatever stands below may have come with the mail
};

[[nodiscard]] Arrival readHeader(std::string_view header);

} // namespace muster::imap
