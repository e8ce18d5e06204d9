// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Where things stand in the bytes of a JSON text with comments. Only for bytes that the parser has accepted: it checks nothing again.
namespace muster::environment {

/// [begin, end) in bytes.
struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct MemberSpan {
    std::string key; ///< unescaped
    std::size_t keyBegin = 0;
    Span value;
};

class JsonSpans {
public:
    explicit JsonSpans(std::string_view bytes) : m_bytes(bytes) { }

    /// Begin of the value at the top: after a byte order mark, white space and comments.
    [[nodiscard]] std::size_t root() const;
    /// `at` is the "{" or "[".
    [[nodiscard]] std::vector<MemberSpan> members(std::size_t at) const;
    [[nodiscard]] std::vector<Span> elements(std::size_t at) const;
    /// Past the value that begins at `at`.
    [[nodiscard]] std::size_t endOf(std::size_t at) const;
    /// Past white space and comments.
    [[nodiscard]] std::size_t skip(std::size_t at) const;
    /// Past the blanks and comments that follow on the same line; a comment that runs over the line's end is not taken.
    [[nodiscard]] std::size_t skipOnLine(std::size_t at) const;

private:
    [[nodiscard]] std::size_t endOfText(std::size_t at) const;
    [[nodiscard]] std::size_t endOfComment(std::size_t at) const;
    [[nodiscard]] char byte(std::size_t at) const { return at < m_bytes.size() ? m_bytes[at] : '\0'; }

    std::string_view m_bytes;
};

} // namespace muster::environment
