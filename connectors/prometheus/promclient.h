// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/httpclient.h"
#include "connectors/prometheus/promparser.h"
#include "connectors/prometheus/target.h"
#include "models/facts/clock.h"

#include <expected>
#include <optional>
#include <string>

namespace muster::prometheus {

/// The step that keeps a range under Prometheus's 11 000 points, never shorter than asked for (nor than 1 s).
[[nodiscard]] Millis raisedStep(WallTime from, WallTime to, Millis step);

/// Is it serving? Before it is, Prometheus answers a plain-text 503.
struct Readiness {
    bool isReady = false;
    std::string words;           ///< "ready", "starting", "stopping", or the answer
    std::optional<double> date;  ///< the server's clock, epoch seconds
};

/// Prometheus's HTTP API v1 and Alertmanager's v2 over HttpClient. One thread at a time.
class PromClient {
public:
    PromClient(const Target &target, net::Interrupter &interrupter);

    [[nodiscard]] std::expected<Readiness, Fault> readiness(Deadline deadline);
    /// Body of a path under the server's prefix ("/api/v1/targets?state=active").
    [[nodiscard]] std::expected<std::string, Fault> get(const std::string &path, Deadline deadline);
    /// The server's own exposition, /metrics under its prefix.
    [[nodiscard]] std::expected<http::Response, Fault> scrape(Deadline deadline) { return send(m_url, "/metrics", deadline); }
    [[nodiscard]] std::expected<QueryResult, Fault> query(const std::string &promql, Deadline deadline);
    /// For charts. The step is raised where needed; the points' own times say what it became.
    [[nodiscard]] std::expected<RangeResult, Fault> queryRange(const std::string &promql, WallTime from, WallTime to, Millis step, Deadline deadline);
    /// Body of a path of one of the Alertmanagers; never carries the bearer to another origin.
    [[nodiscard]] std::expected<std::string, Fault> getFrom(const std::string &alertmanager, const std::string &path, Deadline deadline);
    void close() { m_client.close(); }

private:
    std::optional<http::Url> m_url;
    std::string m_urlText;
    http::HttpClient m_client;

    [[nodiscard]] std::expected<http::Response, Fault> send(const std::optional<http::Url> &base, const std::string &path, Deadline deadline, std::string form = {});
    [[nodiscard]] std::expected<std::string, Fault> body(const std::optional<http::Url> &base, const std::string &path, Deadline deadline, std::string form = {});
};

} // namespace muster::prometheus
