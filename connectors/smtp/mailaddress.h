// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace muster::smtp {

/// An addr-spec that was checked: nothing in it can end a command or a header.
struct MailAddress {
    std::string local;
    std::string domain;

    [[nodiscard]] std::string text() const { return local + "@" + domain; }
    [[nodiscard]] bool isAscii() const;
};

/// Strict: a dot-atom of at most 64 bytes, "@", a domain of at most 255 (letters, digits, hyphens) or an address literal "[192.0.2.1]".
/// UTF-8 beyond ASCII may stand in both (needs SMTPUTF8). No quoted local part, comment, display name, control or space. The error is a sentence.
[[nodiscard]] std::expected<MailAddress, std::string> parseAddress(std::string_view text);

/// Whole, shortest-form UTF-8 without surrogates?
[[nodiscard]] bool isUtf8(std::string_view text);

} // namespace muster::smtp
