// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/smtp/smtpfaults.h"

#include <algorithm>
#include <array>

namespace muster::smtp {

namespace {

struct Advice {
    std::string_view code; ///< enhanced code, or its head
    std::string_view hint;
};

constexpr std::array kByEnhancedCode{
    Advice{"5.7.8", "User name or password is wrong: check the secret that the environment names."},
    Advice{"5.7.9", "The server wants a stronger authentication mechanism."},
    Advice{"4.7.0", "The relay throttles or defers this client: wait, and try again."},
    Advice{"4.7.1", "Greylisted or throttled: a real mail server tries again after some minutes; so may you."},
    Advice{"4.2.", "The mailbox is busy or over its quota for the moment."},
    Advice{"4.3.", "The relay itself is short of something (disk, load): look at its host."},
    Advice{"5.1.1", "The relay does not know this mailbox: check the address."},
    Advice{"5.1.", "The relay does not accept this address: check sender and recipients."},
    Advice{"5.7.1", "The relay's policy forbids it: this sender, this recipient, or relaying for this client."},
    Advice{"5.7.0", "The relay wants TLS or authentication first."},
    Advice{"5.5.2", "The relay does not like the name in EHLO: set heloName to a full host name."},
    Advice{"5.3.4", "The message is too large for the relay."},
};

std::string_view hintByStage(std::string_view stage, const Reply &reply)
{
    if (reply.code == 421)
        return "The relay closes the service for the moment: look at its log and its limits.";
    if (stage == "banner")
        return "The relay turns this client away at once: look at its access rules and block lists.";
    if (stage.starts_with("ehlo"))
        return "The relay does not like the name in EHLO: set heloName to a full host name.";
    if (stage == "starttls")
        return "The relay cannot speak TLS now: look at its certificate and its log.";
    if (stage == "auth")
        return reply.isTemporary() ? "The relay cannot check passwords now: look at its authentication service."
                                   : "Check user, password and the mechanism that the relay allows.";
    if (stage == "mail")
        return "The relay does not accept this sender: is the user allowed to send as this address?";
    if (stage == "rcpt")
        return "The relay does not accept this recipient: check the address and the relaying rules.";
    return "Look at the relay's log for this connection.";
}

FaultKind kindOf(std::string_view stage, const Reply &reply)
{
    if (reply.isTemporary())
        return FaultKind::Unavailable;
    if (stage == "banner")
        return FaultKind::Refused;
    if (stage == "starttls" || reply.code == 538)
        return FaultKind::Tls;
    if (stage == "auth")
        return FaultKind::Auth;
    if (stage == "mail" || stage == "rcpt" || stage == "data" || stage == "dot")
        return FaultKind::Denied;
    return FaultKind::Protocol;
}

} // namespace

Fault refusal(std::string_view stage, const Reply &reply)
{
    std::string_view hint = hintByStage(stage, reply);
    for (const Advice &advice : kByEnhancedCode) {
        if (!reply.enhanced.empty() && reply.enhanced.starts_with(advice.code)) {
            hint = advice.hint;
            break;
        }
    }
    return {kindOf(stage, reply), std::string(stage), verdict(reply), std::string(hint)};
}

std::string_view stageOf(std::string_view step)
{
    constexpr std::array kOwnSteps{std::string_view("banner"), std::string_view("ehlo"), std::string_view("ehlo-tls"), std::string_view("ehlo-diff"), std::string_view("data"), std::string_view("dot")};
    if (step == "starttls")
        return "tls";
    if (step == "mail" || step == "rcpt")
        return "privileges";
    return std::ranges::find(kOwnSteps, step) != kOwnSteps.end() ? std::string_view("protocol") : step;
}

Fault atStageOfSource(Fault fault)
{
    const std::string stage(stageOf(fault.stage));
    if (stage != fault.stage)
        fault.detail = fault.stage + ": " + fault.detail;
    fault.stage = stage;
    return fault;
}

std::string verdict(const Reply &reply)
{
    if (reply.isPositive())
        return "accepted: " + reply.text();
    if (reply.isTemporary())
        return "temporary refusal (a mail server would try again): " + reply.text();
    return "refusal: " + reply.text();
}

} // namespace muster::smtp
