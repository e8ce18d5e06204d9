// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promclient.h"

#include "connectors/http/httpdate.h"
#include "models/facts/fact.h"

#include <QByteArray>

#include <algorithm>

namespace muster::prometheus {

namespace {

constexpr std::size_t kBodyLimit = 8UL * 1024 * 1024;
constexpr long long kPoints = 11000;

http::HttpClient::Options optionsOf(const Target &target)
{
    const auto url = http::Url::parse(target.url);
    return {target.tls, target.bearer, url ? url->origin() : std::string()};
}

std::string encoded(const std::string &text)
{
    return QByteArray::fromStdString(text).toPercentEncoding().toStdString();
}

std::string seconds(WallTime at)
{
    const auto millis = at.time_since_epoch().count();
    const auto fraction = std::to_string(1000 + millis % 1000).substr(1);
    return std::to_string(millis / 1000) + "." + fraction;
}

} // namespace

Millis raisedStep(WallTime from, WallTime to, Millis step)
{
    const auto span = std::max<Millis>(to - from, Millis{0});
    const auto asked = std::max(step, Millis{1000});
    if (span / asked < kPoints)
        return asked;
    // Whole seconds, so that two calls for one range fall on one grid.
    return std::chrono::ceil<std::chrono::seconds>(Millis(span.count() / (kPoints - 1) + 1));
}

PromClient::PromClient(const Target &target, net::Interrupter &interrupter)
    : m_url(http::Url::parse(target.url)), m_urlText(target.url), m_client(optionsOf(target), interrupter)
{
}

std::expected<http::Response, Fault> PromClient::send(const std::optional<http::Url> &base, const std::string &path, Deadline deadline, std::string form)
{
    if (!base)
        return std::unexpected(Fault{FaultKind::Config, "dns", "the address is no http(s) address", "Check the address in the environment file."});
    http::Request request;
    request.url = base->withPath(path);
    request.bodyLimit = kBodyLimit;
    request.decodes = true;
    request.encoding = "gzip";
    if (!form.empty()) {
        request.method = "POST";
        request.body = std::move(form);
    }
    return m_client.send(request, deadline);
}

std::expected<std::string, Fault> PromClient::body(const std::optional<http::Url> &base, const std::string &path, Deadline deadline, std::string form)
{
    auto answer = send(base, path, deadline, std::move(form));
    if (!answer)
        return std::unexpected(answer.error());
    if (!answer->isSuccess())
        return std::unexpected(parseFailure(answer->status, answer->body));
    return std::move(answer->body);
}

std::expected<Readiness, Fault> PromClient::readiness(Deadline deadline)
{
    const auto answer = send(m_url, "/-/ready", deadline);
    if (!answer)
        return std::unexpected(answer.error());
    Readiness readiness;
    readiness.date = http::parseHttpDate(answer->headers.first("Date"));
    readiness.isReady = answer->status == 200;
    // 503 Service Unavailable, X-Prometheus-Stopping: false
    const auto stopping = answer->headers.first("X-Prometheus-Stopping");
    if (readiness.isReady)
        readiness.words = "ready";
    else if (answer->status == 503)
        readiness.words = stopping == "true" ? "stopping" : "starting";
    else
        return std::unexpected(parseFailure(answer->status, answer->body));
    return readiness;
}

std::expected<std::string, Fault> PromClient::get(const std::string &path, Deadline deadline)
{
    return body(m_url, path, deadline);
}

std::expected<QueryResult, Fault> PromClient::query(const std::string &promql, Deadline deadline)
{
    const auto bytes = body(m_url, "/api/v1/query", deadline, "query=" + encoded(promql));
    if (!bytes)
        return std::unexpected(bytes.error());
    return parseQuery(*bytes);
}

std::expected<RangeResult, Fault> PromClient::queryRange(const std::string &promql, WallTime from, WallTime to, Millis step, Deadline deadline)
{
    const auto bytes = body(m_url, "/api/v1/query_range", deadline,
                            "query=" + encoded(promql) + "&start=" + seconds(from) + "&end=" + seconds(to) + "&step=" + seconds(WallTime(raisedStep(from, to, step))));
    if (!bytes)
        return std::unexpected(bytes.error());
    return parseRange(*bytes);
}

std::expected<std::string, Fault> PromClient::getFrom(const std::string &alertmanager, const std::string &path, Deadline deadline)
{
    return body(http::Url::parse(alertmanager), path, deadline);
}

} // namespace muster::prometheus
