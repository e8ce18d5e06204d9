// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/imap/arrival.h"
#include "connectors/imap/imapclient.h"
#include "models/ports/action.h"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace muster::smtp {

/// Looks for one mail in the mailbox until it is there, the limit passes or the run is cancelled; each look is one search.
/// nullopt: not there within `limit`.
[[nodiscard]] std::expected<std::optional<imap::Arrival>, Fault> waitForArrival(imap::ImapClient &client, const std::string &messageId, Millis limit, RunControl &control);

/// The newest test mail of this sender in the mailbox that is not older than `days`. nullopt: none.
[[nodiscard]] std::expected<std::optional<imap::Arrival>, Fault> newestTestMail(imap::ImapClient &client, const std::string &sender, int days, WallTime now, Deadline deadline);

/// "Arrived", "Way", "Receiver's judgement": what the header says, for the outcome of a test.
[[nodiscard]] std::vector<PlanLine> arrivalLines(const imap::Arrival &arrival);

} // namespace muster::smtp
