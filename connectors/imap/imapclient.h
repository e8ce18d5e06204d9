// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/imap/mailboxtarget.h"
#include "connectors/net/interrupter.h"
#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace muster::imap {

/// Looks into one folder and changes nothing there: searches, and peeks at headers without marking them as read. Blocking, one thread;
/// every wait also watches the Interrupter. Keeps its connection between two calls.
/// Faults: stages dns, tcp, tls, auth, protocol, query.
class ImapClient {
public:
    ImapClient(MailboxTarget target, net::Interrupter &interrupter);
    ~ImapClient();
    ImapClient(const ImapClient &) = delete;
    ImapClient &operator=(const ImapClient &) = delete;

    /// UIDs that match the criteria of RFC 3501 6.4.4, oldest first: `HEADER Message-ID "<a@b>"`. At most 10 000.
    [[nodiscard]] std::expected<std::vector<std::uint32_t>, Fault> search(const std::string &criteria, Deadline deadline);
    /// The header of one message, at most 256 KiB. Empty when the message is gone.
    [[nodiscard]] std::expected<std::string, Fault> header(std::uint32_t uid, Deadline deadline);

private:
    struct Library;
    MailboxTarget m_target;
    net::Interrupter &m_interrupter;
    std::unique_ptr<Library> m_library;

    /// Every line of the server, the literals too.
    [[nodiscard]] std::expected<std::string, Fault> command(const std::string &line, Deadline deadline);
    [[nodiscard]] std::expected<void, Fault> transfer(Deadline deadline);
    void setUp(const std::string &line);
    void setTls();
};

/// `text` as a quoted string of IMAP; quotes and backslashes escaped, controls left out.
[[nodiscard]] std::string quotedString(const std::string &text);

} // namespace muster::imap
