// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/session.h"
#include "models/ports/reportwriter.h"
#include "tests/support/fakes.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// A session on made-up sources, for the window's tests and for looking at it.
namespace muster::test {

/// What a source answers each round.
using Answer = std::function<std::expected<FactBatch, Fault>(int round)>;

struct GuiSetup {
    std::string kind = "production";
    std::string name = "shop";
    std::map<std::string, Answer> sources;  ///< by id; nothing for "declared but silent"
    std::vector<std::string> declared;      ///< ids in order
    std::shared_ptr<ActionScript> action;   ///< every action is this one
    std::shared_ptr<std::vector<SessionEndRequest>> ended; ///< may be null: what the factory was asked to end
    std::shared_ptr<HistoryStore> history;
    std::string path;                       ///< of the environment file, where there is one
    std::vector<readiness::Waiver> waived;
    std::shared_ptr<WaiverStore> waivers;
    std::shared_ptr<ReportWriter> reports;
};

/// A shop with a bit of everything: passing, failing, unknown, stale; numbers move.
[[nodiscard]] GuiSetup shopSetup();
/// Every source refuses.
[[nodiscard]] GuiSetup faultSetup();
/// Declared, but never answers in time.
[[nodiscard]] GuiSetup silentSetup();
/// An environment that declares nothing.
[[nodiscard]] GuiSetup emptySetup();
/// Every text that a server can choose is `text`.
[[nodiscard]] GuiSetup hostileSetup(const std::string &text);

struct GuiSession {
    std::shared_ptr<FakeAudit> audit;
    std::unique_ptr<Session> session;
};
[[nodiscard]] GuiSession makeSession(GuiSetup setup);

/// A plan that may run, and a run that reports `steps` times and succeeds.
[[nodiscard]] std::shared_ptr<ActionScript> flushScript(int steps);

/// Scores and facts of the last day, from a formula.
[[nodiscard]] std::shared_ptr<HistoryStore> syntheticHistory();

} // namespace muster::test
