// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace muster::dns {

struct DkimKey {
    std::string type; ///< "rsa", "ed25519"
    int bits = 0;
    bool isTesting = false; ///< t=y: receivers are told to ignore failures
};

/// The key record of a selector: "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEF…". The error says what is wrong: revoked (empty p), unreadable, unknown type.
[[nodiscard]] std::expected<DkimKey, std::string> parseDkimKey(std::string_view text);

} // namespace muster::dns
