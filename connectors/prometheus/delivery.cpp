// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/delivery.h"

#include "connectors/prometheus/exposition.h"
#include "connectors/prometheus/promfacts.h"
#include "connectors/prometheus/samplelexer.h"
#include "models/format/format.h"

#include <cmath>

namespace muster::prometheus {

namespace {

constexpr double kWindow = 600; // seconds

/// Growth over the watched time, restarts seen; what was lost while a configuration settled is sent again, and does not count.
double growth(const std::deque<DeliveryCounters> &seen, double DeliveryCounters::*counter)
{
    double sum = 0;
    for (std::size_t i = 1; i < seen.size(); ++i) {
        if (seen[i].isSettling)
            continue;
        const double before = seen[i - 1].*counter;
        const double now = seen[i].*counter;
        sum += now >= before ? now - before : now;
    }
    return sum;
}

} // namespace

std::optional<DeliveryCounters> parseDelivery(std::string_view body, std::string_view contentType, double time)
{
    // prometheus_notifications_sent_total{alertmanager="http://am:9093/api/v2/alerts"} 42
    const auto format = formatOf(contentType);
    if (!format)
        return std::nullopt;
    DeliveryCounters counters;
    counters.time = time;
    bool isThere = false;
    const auto take = [&](const SampleView &sample) {
        if (!sample.name.starts_with("prometheus_notifications_"))
            return;
        const auto name = sample.name.substr(std::string_view("prometheus_notifications_").size());
        const auto add = [&](std::optional<double> &into) { into = into.value_or(0) + sample.value; };
        isThere = true;
        if (name == "sent_total")
            counters.sent += sample.value;
        else if (name == "errors_total")
            counters.errors += sample.value;
        else if (name == "dropped_total")
            counters.dropped += sample.value;
        else if (name == "alertmanagers_discovered")
            add(counters.discovered);
        else if (name == "queue_length")
            add(counters.queued);
        else if (name == "queue_capacity")
            add(counters.capacity);
    };
    (void)parseExposition(body, *format, Mode::Lenient, take);
    return isThere ? std::optional(counters) : std::nullopt;
}

void DeliveryWatch::add(const DeliveryCounters &counters)
{
    m_seen.push_back(counters);
    auto &newest = m_seen.back();
    if (newest.isSettling && m_seen.size() > 1 && newest.discovered == 0.0)
        newest.discovered = m_seen[m_seen.size() - 2].discovered;
    while (m_seen.size() > 2 && counters.time - m_seen[1].time >= kWindow)
        m_seen.pop_front();
}

void DeliveryWatch::addFacts(FactBatch &batch) const
{
    if (m_seen.empty()) {
        const NotApplicable none{"the server exposes no figures of its own way to Alertmanager"};
        for (const auto &[name, unit] : {std::pair{"prometheus.alertmanagers_discovered", "count"}, std::pair{"prometheus.notifications_queue_ratio", "ratio"},
                                         std::pair{"prometheus.notifications_dropped", "count"}, std::pair{"prometheus.notifications_error_ratio", "ratio"}})
            batch.add(name, none, unit, kBudget);
        return;
    }
    const auto &now = m_seen.back();
    const Unknown missing{"the server does not expose it", {}};
    batch.add("prometheus.alertmanagers_discovered", now.discovered ? Value(*now.discovered) : Value(missing), "count", kBudget);
    const bool hasQueue = now.queued && now.capacity && *now.capacity > 0;
    batch.add("prometheus.notifications_queue_ratio", hasQueue ? Value(*now.queued / *now.capacity) : Value(missing), "ratio", kBudget);
    if (m_seen.size() < 2) {
        const Unknown young{"one sample so far: a difference needs two", {}};
        batch.add("prometheus.notifications_dropped", young, "count", kBudget);
        batch.add("prometheus.notifications_error_ratio", young, "ratio", kBudget);
        return;
    }
    const double sent = growth(m_seen, &DeliveryCounters::sent);
    const double errors = growth(m_seen, &DeliveryCounters::errors);
    const auto raw = "in " + std::to_string(static_cast<long long>(now.time - m_seen.front().time)) + " s: " + std::to_string(static_cast<long long>(sent)) + " sent, "
        + format::counted(std::round(errors), "error", "errors");
    batch.add("prometheus.notifications_dropped", growth(m_seen, &DeliveryCounters::dropped), "count", kBudget, raw);
    // What failed was sent as well; nothing to send is nothing that failed.
    batch.add("prometheus.notifications_error_ratio", sent > 0 ? errors / sent : errors > 0 ? 1.0 : 0.0, "ratio", kBudget, raw);
}

} // namespace muster::prometheus
