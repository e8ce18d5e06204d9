// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpconversation.h"

#include "models/facts/fact.h"

namespace muster::smtp {

namespace {

constexpr std::size_t kTranscriptLimit = 65536;
constexpr std::size_t kShortestSecret = 3; ///< shorter ones would blank out half of every reply
constexpr std::string_view kMask = "[hidden]";

Millis since(BootTime start) { return std::chrono::round<Millis>(BootClock::now() - start); }

/// The stream speaks of reads and writes; the operator thinks in stages.
Fault atStage(Fault fault, std::string_view stage, Millis waited)
{
    fault.stage = stage;
    if (fault.kind == FaultKind::Timeout)
        fault.detail += " (waited " + std::to_string(waited.count()) + " ms)";
    return fault;
}

Fault notConnected(std::string_view stage)
{
    return {FaultKind::Unavailable, std::string(stage), "not connected", ""};
}

} // namespace

SmtpConversation::SmtpConversation(std::function<void(const Step &)> observer) : m_observer(std::move(observer)) {}

void SmtpConversation::hide(std::string secret)
{
    if (secret.size() >= kShortestSecret)
        m_secrets.push_back(std::move(secret));
}

std::string SmtpConversation::masked(std::string text) const
{
    for (const std::string &secret : m_secrets) {
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size()))
            text.replace(at, secret.size(), kMask);
    }
    return text;
}

void SmtpConversation::write(std::string_view mark, std::string_view text)
{
    if (m_transcript.size() + text.size() <= kTranscriptLimit)
        m_transcript.append(mark).append(text).append(1, '\n');
}

void SmtpConversation::finish(Step step)
{
    write("   ", step.stage + ": " + std::to_string(step.took.count()) + " ms");
    m_steps.push_back(std::move(step));
    if (m_observer)
        m_observer(m_steps.back());
}

std::expected<Reply, Fault> SmtpConversation::readReply(std::string_view stage, Deadline deadline)
{
    ReplyAssembler assembler;
    for (;;) {
        auto line = m_stream->readLine(kMaxLine, deadline);
        if (!line)
            return std::unexpected(line.error());
        auto fed = assembler.feed(*line);
        if (!fed)
            return std::unexpected(Fault{FaultKind::Protocol, std::string(stage), masked(fed.error()), "Check that the port is one of a mail relay."});
        if (!*fed)
            continue;
        Reply reply = std::move(**fed);
        for (std::string &text : reply.lines)
            text = masked(std::move(text));
        return reply;
    }
}

std::expected<Reply, Fault> SmtpConversation::listen(std::string_view stage, Deadline deadline)
{
    if (!m_stream)
        return std::unexpected(notConnected(stage));
    const BootTime start = BootClock::now();
    auto reply = readReply(stage, deadline);
    if (!reply) {
        const Fault fault = atStage(reply.error(), stage, since(start));
        write("!  ", fault.stage + ": " + fault.detail);
        return std::unexpected(fault);
    }
    for (std::size_t i = 0; i < reply->lines.size(); ++i)
        write("<- ", std::to_string(reply->code) + (i + 1 < reply->lines.size() ? "-" : " ") + reply->lines[i]);
    finish({std::string(stage), since(start), reply->code, clamp(reply->text(), 1024), reply->enhanced});
    return reply;
}

std::expected<void, Fault> SmtpConversation::send(std::string_view stage, std::string_view bytes, Deadline deadline, std::string_view shown)
{
    if (!m_stream)
        return std::unexpected(notConnected(stage));
    write("-> ", shown);
    const BootTime start = BootClock::now();
    if (auto sent = m_stream->writeAll(bytes, deadline); !sent) {
        const Fault fault = atStage(sent.error(), stage, since(start));
        write("!  ", fault.stage + ": " + fault.detail);
        return std::unexpected(fault);
    }
    return {};
}

std::expected<Reply, Fault> SmtpConversation::say(std::string_view stage, std::string_view line, Deadline deadline, std::string_view shown)
{
    const std::string visible = masked(std::string(shown.empty() ? line : shown));
    std::string bytes(line);
    bytes += "\r\n";
    if (auto sent = send(stage, bytes, deadline, visible); !sent)
        return std::unexpected(sent.error());
    return listen(stage, deadline);
}

void SmtpConversation::note(std::string_view stage, Millis took, std::string_view text)
{
    write("*  ", text);
    finish({std::string(stage), took, 0, clamp(text, 1024)});
}

} // namespace muster::smtp
