// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::http {

/// A header field as received: the name keeps its case, the value has no surrounding blanks.
struct Header {
    std::string name;
    std::string value;
    friend bool operator==(const Header &, const Header &) = default;
};

/// Header fields in the order of arrival. Names compare without case.
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<Header> fields) : m_fields(fields) {}

    void add(std::string name, std::string value) { m_fields.push_back({std::move(name), std::move(value)}); }
    void clear() { m_fields.clear(); }
    [[nodiscard]] bool has(std::string_view name) const;
    /// The first value, or "".
    [[nodiscard]] std::string first(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    /// All values of a list header joined by ", " (RFC 9110 5.3).
    [[nodiscard]] std::string joined(std::string_view name) const;
    [[nodiscard]] const std::vector<Header> &fields() const { return m_fields; }
    /// "Name: value" lines, for evidence.
    [[nodiscard]] std::string text() const;

private:
    std::vector<Header> m_fields;
};

[[nodiscard]] std::string lowered(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] bool equalsIgnoringCase(std::string_view a, std::string_view b);
/// Splits at `separator` outside double quotes; every part trimmed, empty parts dropped.
[[nodiscard]] std::vector<std::string> splitOutsideQuotes(std::string_view text, char separator);
/// "name=value" or "name" → pair; quotes around the value are taken off.
[[nodiscard]] std::pair<std::string, std::string> nameAndValue(std::string_view part);
/// A whole non-negative decimal number, at most 18 digits; -1 for anything else.
[[nodiscard]] long long wholeNumber(std::string_view text);

} // namespace muster::http
