// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/blindrules.h"

#include "connectors/prometheus/burnrate.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/selectors.h"

#include <algorithm>

namespace muster::prometheus {

namespace {

constexpr double kLately = 86400; ///< s; what was exported within it may come back
constexpr std::size_t kQuery = 3500;
constexpr std::size_t kQueries = 8;

bool isJudged(const Rule &rule)
{
    return rule.isAlerting() && rule.health != "err" && rule.isWhole;
}

} // namespace

std::vector<std::string> nameQueries(std::set<std::string> &metrics, double now)
{
    // /api/v1/label/__name__/values?start=1700000000&match[]={__name__=~"up|pg_up"}
    const auto opening = "/api/v1/label/__name__/values?start=" + std::to_string(static_cast<long long>(now - kLately)) + "&match%5B%5D=%7B__name__%3D~%22";
    std::vector<std::string> queries;
    auto metric = metrics.begin();
    for (; metric != metrics.end(); ++metric) {
        if (!queries.empty() && queries.back().size() <= kQuery)
            queries.back() += "%7C" + *metric;
        else if (queries.size() < kQueries)
            queries.push_back(opening + *metric);
        else
            break;
    }
    metrics.erase(metric, metrics.end());
    for (auto &query : queries)
        query += "%22%7D";
    return queries;
}

std::optional<Fault> BlindRules::ask(PromClient &client, double now, Deadline deadline)
{
    m_asked = m_wanted;
    std::set<std::string> seen;
    for (const auto &query : nameQueries(m_asked, now)) {
        const auto bytes = client.get(query, deadline);
        const auto names = bytes ? parseNames(*bytes) : std::unexpected(bytes.error());
        if (!names)
            return names.error();
        seen.insert(names->begin(), names->end());
    }
    m_seen = std::move(seen);
    return {};
}

std::string BlindRules::missingOf(const Rule &rule) const
{
    const auto needs = needsOf(rule.query);
    std::string missing;
    std::size_t count = 0;
    for (const auto &metric : needs.metrics) {
        if (m_seen.contains(metric) || !m_asked.contains(metric))
            continue;
        missing += (missing.empty() ? "" : ", ") + metric;
        ++count;
    }
    return needs.isOneEnough && count < needs.metrics.size() ? std::string() : missing;
}

void BlindRules::addFacts(FactBatch &batch, const std::vector<Rule> &rules, bool isSettling) const
{
    if (isSettling) {
        const NotApplicable young{"the configuration is so new that what its rules read may not have been scraped yet"};
        batch.add("prometheus.rules_blind", young, "count", kPathBudget);
        batch.add("prometheus.rule_blind_worst", young, "", kPathBudget);
        return;
    }
    double blind = 0;
    std::string worst;
    std::string raw;
    for (const auto &rule : rules) {
        if (!rule.isBlind)
            continue;
        const auto words = rule.group + "/" + rule.name + " reads " + missingOf(rule);
        worst = worst.empty() ? words : worst;
        raw += words + ": " + clamp(rule.query, 300) + "\n";
        ++blind;
    }
    batch.add("prometheus.rules_blind", blind, "count", kPathBudget, clamp(raw));
    batch.add("prometheus.rule_blind_worst", clamp(worst, 300), "", kPathBudget);
}

void BlindRules::watch(FactBatch &batch, std::vector<Rule> &rules, PromClient &client, double now, bool isSettling, Deadline deadline)
{
    std::set<std::string> wanted;
    for (const auto &rule : rules) {
        if (isJudged(rule)) {
            const auto needs = needsOf(rule.query);
            wanted.insert(needs.metrics.begin(), needs.metrics.end());
        }
    }
    const bool isDue = !m_at || BootClock::now() - *m_at >= kBurnEvery || wanted != m_wanted || isSettling != m_wasSettling;
    std::optional<Fault> fault;
    if (isDue) {
        m_wanted = std::move(wanted);
        m_wasSettling = isSettling;
        fault = ask(client, now, deadline);
        m_at = fault ? std::nullopt : std::optional(BootClock::now());
    }
    // Without an answer nothing is known to be blind.
    for (auto &rule : rules)
        rule.isBlind = m_at && !isSettling && isJudged(rule) && !missingOf(rule).empty();
    if (fault) {
        batch.add("prometheus.rules_blind", Unknown{fault->detail, fault->hint}, "count", kPathBudget);
        batch.add("prometheus.rule_blind_worst", Unknown{fault->detail, fault->hint}, "", kPathBudget);
    } else if (isDue) {
        addFacts(batch, rules, isSettling);
    }
}

} // namespace muster::prometheus
