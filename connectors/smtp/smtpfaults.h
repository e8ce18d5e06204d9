// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/smtp/smtpparser.h"
#include "models/facts/fault.h"

#include <string>
#include <string_view>

namespace muster::smtp {

/// A reply that turned a stage down, as a fault: kind by stage and class (4xx and 421 Unavailable, 535 Auth, 5xx to MAIL or RCPT Denied ...),
/// detail with the reply, hint by enhanced code (RFC 3463) and stage.
[[nodiscard]] Fault refusal(std::string_view stage, const Reply &reply);

/// The stage of a source (models/facts/fault.h) that a step of the conversation belongs to: "banner" and "ehlo" are "protocol", "rcpt" is "privileges".
[[nodiscard]] std::string_view stageOf(std::string_view step);
/// The fault as a source tells it: at a stage, with the step in its detail.
[[nodiscard]] Fault atStageOfSource(Fault fault);

/// "temporary refusal (a mail server would try again): 450 4.7.1 …", "refusal: 550 5.1.1 …"
[[nodiscard]] std::string verdict(const Reply &reply);

} // namespace muster::smtp
