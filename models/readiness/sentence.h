// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"

#include <functional>
#include <string>
#include <string_view>

/// The words of evidence. Plain text; server strings inside are made inert.
namespace muster::readiness {

/// What the placeholders of a sentence stand for.
struct SentenceParts {
    std::string value;
    std::string limit;
    std::string object;
    std::function<std::string(const std::string &name)> fact; ///< {fact:NAME}
};

/// "{value} {value?replica is|replicas are} late": the first words where the value is 1, else the second ones.
/// "{value} ago" of an age that is none reads "never".
[[nodiscard]] std::string fillSentence(std::string_view pattern, const SentenceParts &parts);

/// "cache refused the connection (tcp): 127.0.0.1:6379: Connection refused".
[[nodiscard]] std::string faultInWords(std::string_view sourceId, const Fault &fault);
/// "not configured: the environment declares no redis".
[[nodiscard]] std::string undeclaredInWords(std::string_view kind);
/// Where it would be declared: "declare it in the section \"redis\" of the environment file".
[[nodiscard]] std::string declarationHint(std::string_view kind);

} // namespace muster::readiness
