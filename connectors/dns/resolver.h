// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/dns/ipaddress.h"

#include <cstdint>
#include <string>
#include <vector>

namespace muster::dns {

enum class Status : std::uint8_t {
    Found,
    NoData, ///< the name is there, without such a record
    NoName, ///< NXDOMAIN, or no name that DNS could have
    Failed, ///< no answer in time, or the server could not: nothing is known
};

template<typename Record>
struct Answer {
    Status status = Status::Failed;
    std::vector<Record> records; ///< not empty when Found
    std::string detail;          ///< of Failed, in words

    /// DNS answered that there is nothing (RFC 7208 4.6.4 counts these).
    [[nodiscard]] bool isVoid() const { return status == Status::NoData || status == Status::NoName; }
};

struct Mx {
    std::uint16_t preference = 0;
    std::string exchange; ///< "" is the null MX of RFC 7505
};

/// What the mail checks ask DNS. Names without the trailing dot.
class Resolver {
public:
    virtual ~Resolver() = default;

    /// One string a record, its parts joined; any bytes.
    [[nodiscard]] virtual Answer<std::string> txt(const std::string &name) = 0;
    [[nodiscard]] virtual Answer<Mx> mx(const std::string &name) = 0; ///< by preference
    /// A, or AAAA when `isV4` is false.
    [[nodiscard]] virtual Answer<IpAddress> addresses(const std::string &name, bool isV4) = 0;
    [[nodiscard]] virtual Answer<std::string> pointers(const IpAddress &address) = 0;
};

} // namespace muster::dns
