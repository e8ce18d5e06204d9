// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace muster::redis {

/// One RESP2 reply. Text is whatever the server sent: bytes, not necessarily UTF-8.
struct Reply {
    enum class Kind : std::uint8_t { Nil, Integer, Status, Error, Bulk, Array };
    Kind kind = Kind::Nil;
    long long integer = 0;
    std::string text;
    std::vector<Reply> elements;

    [[nodiscard]] bool isError() const { return kind == Kind::Error; }
    [[nodiscard]] bool isText() const { return kind == Kind::Bulk || kind == Kind::Status; }
    [[nodiscard]] bool isStatus(std::string_view word) const { return kind == Kind::Status && text == word; }
    [[nodiscard]] bool isInteger() const { return kind == Kind::Integer; }
    [[nodiscard]] bool isArray() const { return kind == Kind::Array; }
};

/// Arguments of one command, binary safe.
using Command = std::vector<std::string>;

} // namespace muster::redis
