// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/environment/environment.h"
#include "models/facts/factbatch.h"

#include <string>
#include <vector>

namespace muster::ctl {

struct MissingGrant {
    std::string statement; ///< GRANT pg_monitor TO "oncall";
    std::string facts;     ///< what it would show: "postgres.sessions, postgres.wal_size"
};

/// What the facts that could not be had ask for, each statement once, in the order of the facts.
[[nodiscard]] std::vector<MissingGrant> missingGrants(const FactBatch &batch);

/// `musterctl env grants`: asks each PostgreSQL server and prints what its role lacks. Done, or failed when one could not be asked.
[[nodiscard]] int runGrants(const environment::Environment &environment);

} // namespace muster::ctl
