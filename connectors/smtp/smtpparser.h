// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Pure: lines in, structs out. No I/O, no clock.
namespace muster::smtp {

inline constexpr std::size_t kMaxLine = 4096;
inline constexpr std::size_t kMaxLines = 200;

/// A whole reply, for example
///     250-mail.example greets you
///     250 SIZE 10240000
struct Reply {
    int code = 0;                   ///< 200–599
    std::string enhanced;           ///< "5.7.8" (RFC 3463), "" when there is none
    std::vector<std::string> lines; ///< text after the code, valid UTF-8, controls replaced, enhanced code kept

    [[nodiscard]] bool isPositive() const { return code >= 200 && code < 300; }
    [[nodiscard]] bool isTemporary() const { return code >= 400 && code < 500; }
    [[nodiscard]] bool isPermanent() const { return code >= 500; }
    /// "550 5.1.1 no such user", lines joined with " / ".
    [[nodiscard]] std::string text() const;
};

/// Puts a reply together, line by line.
class ReplyAssembler {
public:
    /// The reply when `line` (without CR LF) was its last; nullopt when more must follow; words when the line is not SMTP.
    [[nodiscard]] std::expected<std::optional<Reply>, std::string> feed(std::string_view line);

private:
    Reply m_reply;
};

/// What EHLO announced, for example
///     250-STARTTLS
///     250-AUTH PLAIN LOGIN
struct Capabilities {
    std::string greeting;              ///< text of the first line
    std::vector<std::string> keywords; ///< upper case, with parameters: "SIZE 10240000"
    std::vector<std::string> auth;     ///< upper case, in the server's order
    std::optional<std::uint64_t> size; ///< bytes; nullopt = not said, 0 = no limit

    [[nodiscard]] bool has(std::string_view keyword) const;
};

[[nodiscard]] Capabilities parseCapabilities(const Reply &ehlo);

/// What changed from the first EHLO to the second: "+AUTH PLAIN LOGIN -STARTTLS", "" for nothing.
[[nodiscard]] std::string difference(const Capabilities &before, const Capabilities &after);

/// "mail.example" of "mail.example ESMTP Postfix"; "" when the first word is no host name.
[[nodiscard]] std::string bannerHost(const Reply &banner);

/// The queue id in the words of the reply to the final dot, best effort; "" when none is seen. Seen forms:
///     250 2.0.0 Ok: queued as 4Zk3pX1Q2z          (Postfix)
///     250 OK id=1rXyZa-0001Ab-2C                  (Exim)
///     250 2.0.0 40BCpRZp012345 Message accepted   (Sendmail)
[[nodiscard]] std::string queueId(const Reply &reply);

} // namespace muster::smtp
