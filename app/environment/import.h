// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace muster::environment {

/// An environment file made from what is on this machine already.
struct Imported {
    std::string text;                 ///< JSON with // comments; environment::parse() takes it
    std::vector<std::string> remarks; ///< what was left out and why, one plain line each; also comments at the top of `text`
};

/// Each argument is one of:
///   "pgpass" ($PGPASSFILE or ~/.pgpass) or a passfile's path ("pgpass" in its name, or "pgpass:PATH"),
///   "pg_service" ($PGSERVICEFILE or ~/.pg_service.conf) or a service file's path ("service" in its name, or "pg_service:PATH"),
///   "prometheus.yml" (here, or /etc/prometheus/) or the path of such a file (*.yml, *.yaml, or "prometheus:PATH"),
///   a URL: postgresql, redis(s), http(s), smtp(s), imap(s).
/// No password is ever copied, nor repeated in an error: passfile and service file stay where libpq reads them, all others become {"env": ...}.
/// Reads files, asks no server. The error is one plain line.
[[nodiscard]] std::expected<Imported, std::string> importFrom(const std::vector<std::string> &arguments);

} // namespace muster::environment
