// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/readiness/readiness.h"

#include <expected>
#include <string>
#include <vector>

namespace muster {

/// Waivers where the team keeps them: in the environment file. Calls block on the disk: not for the GUI thread. Thread-safe.
/// Each call gives all waivers of the file as it stands after the change. A fault means that the file is as it was.
class WaiverStore {
public:
    using Result = std::expected<std::vector<readiness::Waiver>, Fault>;

    virtual ~WaiverStore() = default;
    /// Replaces the one of the same check.
    [[nodiscard]] virtual Result add(const readiness::Waiver &waiver) = 0;
    /// A fault when there is none for `check`.
    [[nodiscard]] virtual Result remove(const std::string &check) = 0;
};

} // namespace muster
