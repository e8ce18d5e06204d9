// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>

/// Macros of RFC 7208 section 7: "%{ir}.%{v}._spf.%{d2}".
namespace muster::dns {

/// May `text` stand where the grammar says macro-string? c, r and t belong into explanations only.
[[nodiscard]] bool isMacroString(std::string_view text);
/// A macro-string that ends in a macro or in ".label" with a label that can be a top-level domain.
[[nodiscard]] bool isDomainSpec(std::string_view text);
/// `valueOf` gives the value of a macro letter (lower case). `text` must be a macro-string. The result is cut at the left to 253 bytes.
[[nodiscard]] std::string expandMacros(std::string_view text, const std::function<std::string(char)> &valueOf);

} // namespace muster::dns
