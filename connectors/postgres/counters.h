// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/postgres/factwriter.h"
#include "connectors/postgres/settings.h"
#include "connectors/postgres/query.h"
#include "connectors/postgres/window.h"

#include <map>
#include <string>
#include <vector>

namespace muster::postgres {

/// Counters of the server as a whole: WAL position, I/O, evictions of pg_stat_statements, conflicts, errors of subscriptions.
struct CounterSample {
    std::string life; ///< postmaster start
    std::map<std::string, double, std::less<>> values;
};

using CounterWindow = Window<CounterSample>;
constexpr Millis kCounterWindow{ 300000 };

/// The views into `rights` live as long as it does.
[[nodiscard]] std::vector<Item> counterItems(const Rights &rights);
[[nodiscard]] std::span<const std::string_view> factsOfCounters();
[[nodiscard]] CounterSample parseCounters(const Rows &rows, std::string life);
/// Another life, or a counter that went back (a reset), starts the window anew.
void pushCounters(CounterWindow &window, BootTime at, CounterSample sample);
/// `problems`: by column, of the last answer.
void addCounterFacts(const CounterWindow &window, const std::map<std::string_view, Fault> &problems, bool hasIoTiming, const Rights &rights,
                     const Context &context, FactWriter &facts);

} // namespace muster::postgres
