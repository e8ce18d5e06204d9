// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <string>

namespace muster::http {

/// How far a transfer had come when it ended.
struct Reached {
    std::string where; ///< "https://host:443 at 192.0.2.1"
    bool isTls = false;
    bool isConnected = false;
    bool isSecured = false;
    bool isAnswering = false;
    std::string words; ///< the library's own
};

/// A CURLcode as a Fault with its stage.
[[nodiscard]] Fault curlFault(int code, const Reached &reached);
[[nodiscard]] Fault timeoutFault(const Reached &reached);
[[nodiscard]] Fault tooLargeFault(const Reached &reached, const std::string &what);

} // namespace muster::http
