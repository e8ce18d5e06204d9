// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/metricssource.h"

#include "connectors/prometheus/exposition.h"
#include "connectors/prometheus/promparser.h"

#include <algorithm>

namespace muster::prometheus {

namespace {

constexpr Millis kBudget{45000}; ///< scraped every 15 s
constexpr std::size_t kBodyLimit = 64UL * 1024 * 1024; // of text, after decoding; what is read of it keeps no sample

http::HttpClient::Options optionsOf(const MetricsTarget &target)
{
    const auto url = http::Url::parse(target.url);
    return {target.tls, target.bearer, url ? url->origin() : std::string()};
}

bool hasLatencyHistogram(const Exposition &seen, const std::string &wanted)
{
    return std::ranges::any_of(seen.families, [&](const auto &entry) {
        const auto &[name, family] = entry;
        const bool isNamed = wanted.empty() ? name.contains("duration") || name.contains("latency") : name == wanted;
        return isNamed && family.type == "histogram";
    });
}

} // namespace

MetricsSource::MetricsSource(MetricsTarget target) : m_target(std::move(target)), m_client(optionsOf(m_target), m_interrupter) {}

Cadence MetricsSource::cadence() const
{
    return {Millis{5000}, Millis{15000}, Millis{8000}};
}

std::expected<http::Response, Fault> MetricsSource::scrape(Deadline deadline)
{
    const auto url = http::Url::parse(m_target.url);
    if (!url)
        return std::unexpected(Fault{FaultKind::Config, "dns", "the address is no http(s) address", "Check \"url\" in the environment file."});
    http::Request request;
    request.url = *url;
    request.headers = {{"Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"}};
    request.decodes = true;
    request.encoding = "gzip";
    request.bodyLimit = kBodyLimit;
    auto answer = m_client.send(request, deadline);
    if (answer && !answer->isSuccess())
        return std::unexpected(parseFailure(answer->status, answer->body));
    return answer;
}

std::expected<FactBatch, Fault> MetricsSource::collect(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    if (auto standing = m_guard.standing())
        return std::unexpected(*standing);
    FactBatch batch{m_target.id, Stamp::now(), {}};
    const auto answer = scrape(deadline);
    if (!answer) {
        m_guard.note(answer.error());
        return std::unexpected(answer.error());
    }
    batch.add("metrics.reachable", true, "", kBudget);
    batch.add("metrics.scrape_time", answer->timings.total, "s", kBudget);
    const auto type = answer->headers.first("Content-Type");
    const auto format = formatOf(type);
    batch.add("metrics.format", clamp(format ? (*format == Format::Text ? "text 0.0.4" : "OpenMetrics 1.0") : type.empty() ? "no Content-Type" : type, 120), "", kBudget);
    if (!format) {
        const Unknown unread{"the Content-Type names no format that is read here; Prometheus 3 refuses it as well", "Serve text/plain; version=0.0.4."};
        for (const auto *name : {"metrics.series", "metrics.families"})
            batch.add(name, unread, "count", kBudget);
        batch.add("metrics.latency_histogram_seen", unread, "", kBudget);
        batch.add("metrics.problem", unread.reason, "", kBudget);
        return batch;
    }
    const auto seen = parseExposition(answer->body, *format, Mode::Lenient);
    std::string problems;
    for (const auto &problem : seen.problems)
        problems += problem.text() + "\n";
    batch.add("metrics.series", static_cast<double>(seen.series), "count", kBudget);
    batch.add("metrics.families", static_cast<double>(seen.families.size()), "count", kBudget);
    batch.add("metrics.latency_histogram_seen", hasLatencyHistogram(seen, m_target.histogram), "", kBudget);
    batch.add("metrics.problem", seen.isGood() ? std::string() : seen.problems.front().text(), "", kBudget, clamp(problems));
    return batch;
}

std::vector<DoctorStage> MetricsSource::diagnose(Deadline deadline, std::stop_token stop)
{
    m_interrupter.rearm();
    const std::stop_callback onStop(stop, [this] { m_interrupter.interrupt(); });
    m_client.close();
    const auto begun = BootClock::now();
    const auto answer = scrape(deadline);
    const auto took = std::chrono::ceil<Millis>(BootClock::now() - begun);
    if (!answer)
        return {{answer.error().stage, false, answer.error().detail, answer.error().hint, took}};
    const auto type = answer->headers.first("Content-Type");
    const bool isKnown = formatOf(type).has_value();
    return {{"tcp", true, "connected to " + answer->address, {}, took},
            {"protocol", isKnown, clamp(type, 200) + ", " + std::to_string(answer->body.size()) + " bytes", isKnown ? "" : "Serve text/plain; version=0.0.4.", took}};
}

} // namespace muster::prometheus
