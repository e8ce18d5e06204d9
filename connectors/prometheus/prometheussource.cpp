// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/prometheussource.h"

#include "connectors/prometheus/burnrate.h"
#include "connectors/prometheus/customexpression.h"

#include <algorithm>
#include <cmath>

namespace muster::prometheus {

namespace {

constexpr double kSettling = 15; ///< s; after a new configuration
constexpr double kLookBack = 300; ///< s, Prometheus' default

Millis since(BootTime begun)
{
    return std::chrono::ceil<Millis>(BootClock::now() - begun);
}

/// A series that was not scraped for three rounds is one of before: s, never over Prometheus' own look-back.
double freshnessOf(const std::vector<ScrapeTarget> &targets)
{
    double longest = 0;
    for (const auto &target : targets)
        longest = std::max(longest, target.interval);
    return longest > 0 ? std::clamp(3 * longest, 10.0, kLookBack) : kLookBack;
}

} // namespace

PrometheusSource::PrometheusSource(Target target, std::vector<CustomFact> custom)
    : m_target(std::move(target)), m_client(m_target, m_interrupter), m_custom(std::move(custom))
{
}

Cadence PrometheusSource::cadence() const
{
    return {Millis{3000}, Millis{5000}, Millis{4500}, Millis{1000}};
}

std::expected<FactBatch, Fault> PrometheusSource::collect(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    if (auto standing = m_guard.standing())
        return std::unexpected(*standing);
    auto batch = observe(deadline);
    if (!batch)
        m_guard.note(batch.error());
    return batch;
}

std::expected<FactBatch, Fault> PrometheusSource::observe(Deadline deadline)
{
    FactBatch batch{m_target.id, Stamp::now(), {}};
    const double mine = toSeconds(batch.at.wall.time_since_epoch());
    const auto readiness = m_client.readiness(deadline);
    if (!readiness)
        return std::unexpected(readiness.error());
    batch.add("prometheus.reachable", true, "", kBudget);
    batch.add("prometheus.ready", readiness->isReady, "", kBudget, "-/ready: " + readiness->words);
    // Date has whole seconds: what lies within two of them is no skew.
    const double skew = readiness->date ? std::abs(mine - *readiness->date - 0.5) : 0;
    batch.add("prometheus.clock_skew", readiness->date ? Value(skew <= 2 ? 0 : skew) : Value(Unknown{"the server sends no Date", {}}), "s", kBudget);
    std::vector<AlertmanagerView> views;
    for (std::size_t i = 0; i < m_target.alertmanagers.size(); ++i) {
        // A silent Alertmanager takes its share of a quarter of the time, not Prometheus's.
        const auto share = deadline.left() / static_cast<int>(4 * (m_target.alertmanagers.size() - i));
        views.push_back(viewAlertmanager(m_client, m_target.alertmanagers[i], deadline.atMost(share)));
    }
    const double now = readiness->date.value_or(mine);
    addAlertmanagerFacts(batch, views, m_target.watchdog, now);
    if (!readiness->isReady)
        return batch; // what Prometheus knows goes on ageing until it serves again
    if (const auto added = addServerFacts(batch, views, now, deadline); !added)
        return std::unexpected(added.error());
    watchDelivery(batch, now, deadline);
    const auto label = addLatencyFacts(batch, m_client, m_target, m_freshness, deadline);
    if (!m_burnAt || BootClock::now() - *m_burnAt >= kBurnEvery || label != m_burnLabel) {
        addBurnFacts(batch, m_client, m_target, label, deadline);
        m_burnAt = BootClock::now();
        m_burnLabel = label;
    }
    watchPaths(batch, deadline);
    addFilesystemFacts(batch, m_client, m_target, deadline);
    m_custom.collect(batch, deadline, [this](const CustomFact &fact, Deadline limit) { return askCustom(m_client, fact, limit); });
    if (m_interrupter.isInterrupted())
        return std::unexpected(net::cancelledFault("query"));
    return batch;
}

std::expected<void, Fault> PrometheusSource::addServerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, double now, Deadline deadline)
{
    std::optional<Fault> failed;
    const auto fetch = [&](const char *path, auto parse) -> decltype(parse(std::string_view())) {
        if (failed)
            return std::unexpected(*failed);
        const auto bytes = m_client.get(path, deadline);
        auto parsed = bytes ? parse(*bytes) : std::unexpected(bytes.error());
        if (!parsed)
            failed = parsed.error();
        return parsed;
    };
    const auto version = fetch("/api/v1/status/buildinfo", parseBuildVersion);
    const auto info = fetch("/api/v1/status/runtimeinfo", parseRuntimeInfo);
    const auto targets = fetch("/api/v1/targets?state=active", parseTargets);
    auto rules = fetch("/api/v1/rules", parseRules);
    const auto alerts = fetch("/api/v1/alerts", parseAlerts);
    if (failed)
        return std::unexpected(*failed);
    batch.add("prometheus.version", *version, "", kBudget);
    batch.add("prometheus.config_reload_ok", info->isReloadGood, "", kBudget);
    addTargetFacts(batch, *targets, now);
    m_freshness = freshnessOf(*targets);
    m_configLoaded = std::max(info->startTime, info->lastConfigTime);
    m_blind.watch(batch, *rules, m_client, now, now - m_configLoaded < m_freshness, deadline);
    addRuleFacts(batch, *rules, now, m_configLoaded);
    addCoverageFacts(batch, *rules, m_target);
    addRoutingFacts(batch, views, *rules, m_target.watchdog);
    addAlertFacts(batch, *alerts);
    addExporterFacts(batch, m_client, *targets, deadline);
    return {};
}

void PrometheusSource::watchPaths(FactBatch &batch, Deadline deadline)
{
    if (m_pathsAt && BootClock::now() - *m_pathsAt < kBurnEvery)
        return;
    m_pathsAt.reset();
    if (addPathFacts(batch, m_client, m_target, deadline))
        m_pathsAt = BootClock::now();
}

void PrometheusSource::watchDelivery(FactBatch &batch, double now, Deadline deadline)
{
    const auto answer = m_client.scrape(deadline);
    auto counters = answer ? parseDelivery(answer->body, answer->headers.first("Content-Type"), toSeconds(batch.at.boot.time_since_epoch())) : std::nullopt;
    if (counters) {
        counters->isSettling = now - m_configLoaded < kSettling;
        m_delivery.add(*counters);
    }
    else
        m_delivery.clear();
    m_delivery.addFacts(batch);
}

std::vector<DoctorStage> PrometheusSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    m_client.close();
    std::vector<DoctorStage> stages;
    const auto add = [&](const std::string &name, const std::expected<std::string, Fault> &seen, BootTime begun) {
        stages.push_back({seen ? name : seen.error().stage, seen.has_value(), seen ? *seen : seen.error().detail, seen ? std::string() : seen.error().hint, since(begun)});
        return seen.has_value();
    };
    auto begun = BootClock::now();
    const auto readiness = m_client.readiness(deadline);
    const auto words = readiness ? std::expected<std::string, Fault>("-/ready: " + readiness->words) : std::unexpected(readiness.error());
    if (!add("protocol", words, begun))
        return stages;
    stages.back().isGood = readiness->isReady;
    begun = BootClock::now();
    const auto bytes = m_client.get("/api/v1/status/buildinfo", deadline);
    add("version", bytes ? parseBuildVersion(*bytes) : std::unexpected(bytes.error()), begun);
    for (const auto &url : m_target.alertmanagers) {
        begun = BootClock::now();
        const auto view = viewAlertmanager(m_client, url, deadline);
        add("role", view.fault ? std::unexpected(*view.fault) : std::expected<std::string, Fault>("Alertmanager " + view.status.version + " at " + url), begun);
    }
    return stages;
}

} // namespace muster::prometheus
