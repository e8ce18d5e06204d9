// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/dns/ipaddress.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <vector>

namespace muster::dns {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::string_view kDigits = "0123456789abcdef";

std::string joined(const std::vector<std::string> &parts)
{
    std::string result;
    for (const auto &part : parts) {
        if (!result.empty())
            result += '.';
        result += part;
    }
    return result;
}

std::vector<std::string> partsOf(const IpAddress &address, const std::uint8_t *bytes)
{
    std::vector<std::string> parts;
    for (int at = 0; at < address.bits() / 8; ++at) {
        if (address.isV4()) {
            parts.push_back(std::to_string(bytes[at]));
        } else {
            parts.emplace_back(1, kDigits[bytes[at] >> 4]);
            parts.emplace_back(1, kDigits[bytes[at] & 0x0f]);
        }
    }
    return parts;
}

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text)
{
    const std::string copy(text); // inet_pton wants its zero
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1)
        return fromV4(bytes.data());
    if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1)
        return fromV6(bytes.data());
    return std::nullopt;
}

IpAddress IpAddress::fromV4(const void *fourBytes)
{
    IpAddress result;
    std::memcpy(result.m_bytes.data(), fourBytes, 4);
    return result;
}

IpAddress IpAddress::fromV6(const void *sixteenBytes)
{
    const auto *bytes = static_cast<const std::uint8_t *>(sixteenBytes);
    if (std::equal(kMapped.begin(), kMapped.end(), bytes))
        return fromV4(bytes + kMapped.size());
    IpAddress result;
    result.m_isV4 = false;
    std::memcpy(result.m_bytes.data(), bytes, 16);
    return result;
}

bool IpAddress::isWithin(const IpAddress &network, int prefix) const
{
    if (m_isV4 != network.m_isV4)
        return false;
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (std::memcmp(m_bytes.data(), network.m_bytes.data(), whole) != 0)
        return false;
    const int rest = prefix % 8;
    return rest == 0 || (m_bytes[whole] >> (8 - rest)) == (network.m_bytes[whole] >> (8 - rest));
}

std::string IpAddress::text() const
{
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(m_isV4 ? AF_INET : AF_INET6, m_bytes.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::string IpAddress::dotted() const
{
    return joined(partsOf(*this, m_bytes.data()));
}

std::string IpAddress::reverseName() const
{
    auto parts = partsOf(*this, m_bytes.data());
    std::ranges::reverse(parts);
    return joined(parts) + (m_isV4 ? ".in-addr.arpa" : ".ip6.arpa");
}

} // namespace muster::dns
