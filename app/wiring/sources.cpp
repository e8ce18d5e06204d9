// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/targets.h"
#include "app/wiring/wiring.h"
#include "connectors/backup/backupsource.h"
#include "connectors/http/httpsource.h"
#include "connectors/pgbouncer/pgbouncersource.h"
#include "connectors/postgres/postgressource.h"
#include "connectors/prometheus/metricssource.h"
#include "connectors/prometheus/prometheussource.h"
#include "connectors/redis/redissource.h"
#include "connectors/smtp/smtpsource.h"

#include <algorithm>
#include <iterator>

namespace muster::wiring {

namespace {

std::vector<CustomFact> customOf(const environment::Environment &environment, const std::string &source)
{
    std::vector<CustomFact> facts;
    std::ranges::copy_if(environment.facts, std::back_inserter(facts), [&](const CustomFact &fact) { return fact.source == source; });
    return facts;
}

void addSamples(std::vector<std::unique_ptr<Source>> &sources, const environment::Environment &environment, const Targets &targets)
{
    for (const auto &entry : environment.logs)
        sources.push_back(std::make_unique<samples::LogSource>(targets.log(entry)));
    for (const auto &entry : environment.audit)
        sources.push_back(std::make_unique<samples::AppAuditSource>(targets.appAudit(entry)));
    for (const auto &entry : environment.loadTests)
        sources.push_back(std::make_unique<samples::LoadTestSource>(targets.loadTest(entry)));
    for (std::size_t i = 0; i < environment.siblings.size(); ++i)
        sources.push_back(std::make_unique<samples::SiblingSource>(targets.sibling("sibling/" + std::to_string(i + 1), environment.siblings[i])));
}

} // namespace

std::vector<std::unique_ptr<Source>> makeSources(const environment::Environment &environment)
{
    const Targets targets(environment);
    std::vector<std::unique_ptr<Source>> sources;
    for (const auto &entry : environment.postgres)
        sources.push_back(std::make_unique<postgres::PostgresSource>(targets.postgres(entry), customOf(environment, "postgres/" + entry.name)));
    for (const auto &entry : environment.pgbouncer)
        sources.push_back(std::make_unique<pgbouncer::PgBouncerSource>(targets.pgbouncer(entry)));
    for (const auto &entry : environment.redis)
        sources.push_back(std::make_unique<redis::RedisSource>(targets.redis(entry), customOf(environment, "redis/" + entry.name)));
    for (const auto &entry : environment.prometheus)
        sources.push_back(std::make_unique<prometheus::PrometheusSource>(targets.prometheus(entry), customOf(environment, "prometheus/" + entry.name)));
    for (const auto &entry : environment.metrics)
        sources.push_back(std::make_unique<prometheus::MetricsSource>(targets.metrics(entry)));
    for (const auto &entry : environment.http)
        sources.push_back(std::make_unique<http::HttpSource>(targets.http(entry), customOf(environment, "http/" + entry.name)));
    for (const auto &entry : environment.backups)
        sources.push_back(std::make_unique<backup::BackupSource>(targets.backup(entry)));
    if (environment.smtp)
        sources.push_back(std::make_unique<smtp::SmtpSource>(targets.smtp(*environment.smtp)));
    addSamples(sources, environment, targets);
    return sources;
}

} // namespace muster::wiring
