// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster::dns {

/// An IPv4 or IPv6 address as bytes. IPv4-mapped IPv6 addresses become IPv4, as SPF wants them.
class IpAddress {
public:
    /// "192.0.2.1", "2001:db8::1"; nothing else: no port, no zone, no prefix.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
    [[nodiscard]] static IpAddress fromV4(const void *fourBytes);
    [[nodiscard]] static IpAddress fromV6(const void *sixteenBytes);

    [[nodiscard]] bool isV4() const { return m_isV4; }
    [[nodiscard]] int bits() const { return m_isV4 ? 32 : 128; }
    /// Are the first `prefix` bits those of `network`? False for two families.
    [[nodiscard]] bool isWithin(const IpAddress &network, int prefix) const;
    [[nodiscard]] std::string text() const;
    /// Dotted parts as SPF's macro i wants them: "192.0.2.1", "2.0.0.1.0.d.b.8. …" (one a nibble, 32 of them).
    [[nodiscard]] std::string dotted() const;
    /// "1.2.0.192.in-addr.arpa"
    [[nodiscard]] std::string reverseName() const;

    friend bool operator==(const IpAddress &, const IpAddress &) = default;

private:
    std::array<std::uint8_t, 16> m_bytes{}; ///< network order; the first four for IPv4
    bool m_isV4 = true;
};

} // namespace muster::dns
