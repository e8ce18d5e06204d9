// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/factbook.h"

#include <string>
#include <vector>

/// Several findings, one cause: what leads to what, in one sentence, and the one safe thing to do. Pure; the text is plain.
namespace muster::readiness {

struct Cause {
    std::string source;              ///< "postgres/primary"
    std::string kind;                ///< "slot" | "blocker" | "horizon" | "archiver"
    std::string sentence;            ///< "Session 4711 (shop, idle in transaction for 40 min) blocks 3 sessions ... "
    std::string action;              ///< the safe step, with its command
    std::vector<std::string> checks; ///< that it explains
};

/// Of facts that are fresh and known; what is not known is left out of the sentence, and a chain without its root is no cause.
[[nodiscard]] std::vector<Cause> causesOf(const Snapshot &snapshot);

} // namespace muster::readiness
