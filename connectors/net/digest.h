// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster::net {

using Sha256 = std::array<unsigned char, 32>;

[[nodiscard]] Sha256 sha256(std::span<const unsigned char> bytes);
[[nodiscard]] Sha256 hmacSha256(std::span<const unsigned char> key, std::string_view message);
/// PBKDF2-HMAC-SHA-256, 32 bytes out; nullopt when the library refuses the parameters.
[[nodiscard]] std::optional<Sha256> pbkdf2Sha256(std::string_view password, std::string_view salt, int iterations);
/// Compares in constant time.
[[nodiscard]] bool isEqual(std::span<const unsigned char> a, std::span<const unsigned char> b);

/// `count` random bytes from the library's generator, as lower-case hex; throws std::runtime_error when there is no entropy.
[[nodiscard]] std::string randomHex(std::size_t count);

[[nodiscard]] std::string toHex(std::span<const unsigned char> bytes);
[[nodiscard]] std::string toBase64(std::span<const unsigned char> bytes);
[[nodiscard]] std::string toBase64(std::string_view text);
/// nullopt when `text` is not canonical base64.
[[nodiscard]] std::optional<std::string> fromBase64(std::string_view text);

/// View of text as the bytes that digests want.
[[nodiscard]] std::span<const unsigned char> bytesOf(std::string_view text);

} // namespace muster::net
