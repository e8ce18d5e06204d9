// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

/// YAML text to a JSON value. For .cpp files of connectors and app only, like nlohmann itself.
///
/// Plain words are read as YAML 1.2's core schema has them, so `yes`, `no`, `on`, `off`, `1:30` and `2024-01-31` are texts, `012` is twelve, `0o14` is twelve
/// and `.inf` and `.nan` stay texts, since JSON has no such numbers. An unquoted `swagger: 2.0` is the number 2.0, `version: 1.10` the number 1.1.
/// Keys are texts as written (`200:` is "200"); merge keys (`<<`) are applied, as Prometheus does. Tags of an application's own are ignored.
/// A quotation that is still open at the end of the text ends there (yaml-cpp is lenient in this).
namespace muster::yaml {

struct Limits {
    std::size_t bytes = 8U * 1024 * 1024;    ///< of the text
    std::size_t made = 16U * 1024 * 1024;    ///< bytes of keys and texts in the value, with those that aliases repeat
    std::size_t nodes = 500'000;             ///< values in the result, with those that aliases and merges repeat
    std::size_t depth = 64;
};

struct Error {
    int line = 0;        ///< from 1; 0 when the text as a whole is meant
    int column = 0;      ///< from 1
    std::string message; ///< plain text of this program or of the library; never more than a word of the text

    [[nodiscard]] std::string display() const; ///< "line 3, column 5: ..."
};

/// One document; an empty text is null. Refuses duplicate keys, keys that are not texts, several documents and whatever exceeds a limit. Never throws.
[[nodiscard]] std::expected<nlohmann::json, Error> parse(std::string_view text, const Limits &limits = {});

} // namespace muster::yaml
