// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/net/stream.h"
#include "connectors/smtp/smtpparser.h"

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster::smtp {

/// One stage that is over, for the transcript and for the stages fact.
struct Step {
    std::string stage; ///< "banner", "ehlo", "starttls", "tls", "ehlo-tls", "auth", "mail", "rcpt", "data", "dot", "rset", "quit"
    Millis took{0};
    int code = 0;      ///< 0 where there is no reply (dns, tcp, tls)
    std::string reply; ///< verbatim but for secrets
    std::string enhanced{}; ///< "5.7.8"
};

/// Commands and replies over one stream, with the time of each and a transcript that holds no secret.
class SmtpConversation {
public:
    explicit SmtpConversation(std::function<void(const Step &)> observer = {});

    void attach(std::unique_ptr<net::Stream> stream) { m_stream = std::move(stream); }
    [[nodiscard]] net::Stream *stream() const { return m_stream.get(); }
    [[nodiscard]] std::unique_ptr<net::Stream> release() { return std::move(m_stream); }

    /// Never shown again, neither from us nor echoed by the server.
    void hide(std::string secret);

    /// Reads one whole reply. Faults name the stage; 421 is a reply like any other here.
    [[nodiscard]] std::expected<Reply, Fault> listen(std::string_view stage, Deadline deadline);
    /// Sends `line` and reads the reply. `shown` goes into the transcript in its place, where it is not empty.
    [[nodiscard]] std::expected<Reply, Fault> say(std::string_view stage, std::string_view line, Deadline deadline, std::string_view shown = {});
    /// Sends bytes that have no reply of their own.
    [[nodiscard]] std::expected<void, Fault> send(std::string_view stage, std::string_view bytes, Deadline deadline, std::string_view shown);

    /// A stage without a reply (dns, tcp, tls), or a remark (code 0).
    void note(std::string_view stage, Millis took, std::string_view text);

    [[nodiscard]] const std::vector<Step> &steps() const { return m_steps; }
    [[nodiscard]] const std::string &transcript() const { return m_transcript; }

private:
    std::unique_ptr<net::Stream> m_stream;
    std::function<void(const Step &)> m_observer;
    std::vector<std::string> m_secrets;
    std::vector<Step> m_steps;
    std::string m_transcript;

    [[nodiscard]] std::expected<Reply, Fault> readReply(std::string_view stage, Deadline deadline);
    [[nodiscard]] std::string masked(std::string text) const;
    void write(std::string_view mark, std::string_view text);
    void finish(Step step);
};

} // namespace muster::smtp
