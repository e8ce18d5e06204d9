// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/mailaddress.h"
#include "models/facts/clock.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Pure: builds the bytes of the test mail.
namespace muster::smtp {

/// Names the run of a test mail; what is searched for in a mailbox.
inline constexpr const char *kRunHeader = "X-Muster-Run";

enum class BodyEncoding : std::uint8_t { SevenBit, EightBit, QuotedPrintable };

struct MailDraft {
    MailAddress from;
    std::vector<MailAddress> to;
    std::string subject;   ///< UTF-8; controls become spaces
    std::string body;      ///< UTF-8, any line ends
    std::string runId;     ///< hex; in the Message-ID and in X-Muster-Run
    WallTime at{};
};

/// "<muster.0123abcd@shop.example>": in the sender's domain.
[[nodiscard]] std::string messageId(const MailDraft &draft);

/// ASCII bodies with short lines go as they are; else 8-bit where the server takes it, else quoted-printable.
[[nodiscard]] BodyEncoding chooseEncoding(std::string_view body, bool hasEightBitMime);

/// The message with CR LF line ends and no dot-stuffing: Date, From, To, Subject (RFC 2047), Message-ID, MIME, Auto-Submitted.
/// Whatever stands in the draft, it makes no header and no line longer than 998 bytes.
[[nodiscard]] std::string compose(const MailDraft &draft, BodyEncoding encoding);

/// Bare CR and bare LF become CR LF; ends with one.
[[nodiscard]] std::string canonical(std::string_view text);
/// Doubles the dot at the head of each line. `message` is canonical. Without the final dot.
[[nodiscard]] std::string dotStuffed(std::string_view message);
/// RFC 2047 for text that is not plain ASCII, folded; plain text else. Controls become spaces.
[[nodiscard]] std::string encodedHeader(std::string_view text);
/// RFC 2045 6.7, lines of at most 76, CR LF.
[[nodiscard]] std::string quotedPrintable(std::string_view text);
/// "Sat, 31 Jan 2026 12:00:00 +0000"
[[nodiscard]] std::string dateHeader(WallTime at);

} // namespace muster::smtp
