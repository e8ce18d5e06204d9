// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/http/documentedpaths.h"
#include "connectors/net/stream.h"
#include "models/ports/secret.h"

#include <memory>
#include <string>
#include <vector>

namespace muster::prometheus {

/// What node-exporter calls a filesystem.
struct Filesystem {
    std::string instance; ///< "db1:9100"
    std::string mount;    ///< "/var/lib/postgresql"
};

/// One declared Prometheus with its Alertmanagers.
struct Target {
    std::string id;                         ///< "prometheus/main"
    std::string url;                        ///< "http://prom:9090", a path prefix may follow
    SecretProvider bearer;                  ///< may be empty; goes to `url`'s origin only
    net::TlsOptions tls;
    std::vector<std::string> alertmanagers; ///< addresses
    std::string watchdog = "Watchdog";      ///< the alert that always fires
    std::string histogram;                  ///< "http_request_duration_seconds"; "" = none declared
    double slo = 0;                         ///< seconds; 0 = none declared
    double objective = 0;                   ///< share of requests that must not fail, nor be late: what burn rates are measured against; 0 = none declared
    std::vector<Filesystem> filesystems{};  ///< whose free space is judged
    bool hasCache = true;                   ///< what else this production has: alerts on what it has not are not missed
    bool hasStandby = true;
    bool hasBackup = true;
    std::vector<std::shared_ptr<const http::DocumentedPaths>> documented{}; ///< of the endpoints that the histogram may speak of
};

/// One declared direct scrape.
struct MetricsTarget {
    std::string id;  ///< "metrics/api"
    std::string url; ///< "http://api1:9102/metrics"
    SecretProvider bearer;
    net::TlsOptions tls;
    std::string histogram; ///< base name that must be seen; "" = any histogram of a duration or latency
};

} // namespace muster::prometheus
