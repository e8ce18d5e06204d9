// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/promclient.h"
#include "models/facts/factbatch.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace muster::prometheus {

/// Alerting rules over a metric that nobody has exported for a day: misspelt, or renamed by an update. Their health is "ok", their result is
/// empty, and they never fire. One thread.
class BlindRules {
public:
    /// Sets Rule::isBlind, by what is known; asks for the metrics' names at most every minute, or when the rules read others.
    /// `isSettling`: the configuration is so new that nothing may have been scraped by it. `now`: the server's clock, epoch seconds.
    void watch(FactBatch &batch, std::vector<Rule> &rules, PromClient &client, double now, bool isSettling, Deadline deadline);

private:
    std::set<std::string> m_wanted;
    std::set<std::string> m_asked; ///< m_wanted, but for what would be too much to ask
    std::set<std::string> m_seen;  ///< those of m_asked that exist
    std::optional<BootTime> m_at;
    bool m_wasSettling = false;

    [[nodiscard]] std::optional<Fault> ask(PromClient &client, double now, Deadline deadline);
    void addFacts(FactBatch &batch, const std::vector<Rule> &rules, bool isSettling) const;
    [[nodiscard]] std::string missingOf(const Rule &rule) const;
};

/// The paths that ask which of these metrics have had a series within the last day. Each under 4 KiB; at most eight: what is too much for them is
/// taken out of `metrics`, since what was not asked for is not known to be missing.
[[nodiscard]] std::vector<std::string> nameQueries(std::set<std::string> &metrics, double now);

} // namespace muster::prometheus
