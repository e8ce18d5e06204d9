// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/clock.h"
#include "models/facts/customfact.h"
#include "models/ports/secret.h"
#include "models/readiness/readiness.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace muster::environment {

/// TLS keys that may stand wherever TLS is spoken. Paths are absolute here.
struct Tls {
    std::string ca;
    std::string clientCert;
    std::string clientKey;
    std::string verifyName;
    std::vector<std::string> pins;
};

/// scheme://user@host:port/path?query, taken apart once. Never carries a password.
struct Address {
    std::string url;
    std::string scheme;
    std::string user;
    std::string host;       ///< "service NAME" for a PostgreSQL of libpq's service file, "/var/run/postgresql" for one on a socket
    std::uint16_t port = 0; ///< the scheme's default filled in
    std::string path;       ///< without query, with its slash

    [[nodiscard]] std::string display() const; ///< "cache1:6379"
};

struct Postgres {
    std::string name;
    Address address;
    SecretRef password;
    std::vector<std::string> databases;
    std::optional<int> expectedStandbys; ///< not declared: none is expected, none is missed
    Tls tls;
};

struct PgBouncer {
    std::string name;
    Address address;
    SecretRef password;
    Tls tls;
};

struct RedisAddress {
    std::string host;
    std::uint16_t port = 0;
    bool isTls = false;
    friend bool operator==(const RedisAddress &, const RedisAddress &) = default;
};

struct Redis {
    std::string name;
    Address address;
    int database = 0;
    SecretRef password;
    std::string topology = "standalone"; ///< "standalone" | "sentinel" | "cluster"
    std::vector<RedisAddress> sentinels;
    std::string master;
    std::string sentinelUser;
    SecretRef sentinelPassword;
    std::vector<RedisAddress> nodes; ///< of a cluster: asked beside the url's
    std::vector<std::string> prefixes;
    std::string rateLimiterPrefix;
    std::string role = "cache"; ///< "cache" | "store"
    Tls tls;
};

/// A filesystem whose free space node-exporter tells Prometheus.
struct Filesystem {
    std::string instance; ///< node-exporter as it is scraped: "db1:9100"
    std::string mount;
};

struct Prometheus {
    std::string name;
    Address address;
    SecretRef bearer;
    std::vector<std::string> alertmanagers;
    std::string watchdog = "Watchdog";
    std::string longTerm; ///< address of a longer memory that speaks the same API; "" = this one
    std::string latencyHistogram;
    double latencySlo = 0; ///< s; 0 = none
    double latencyObjective = 0; ///< share of requests that must not fail; 0 = none
    std::vector<Filesystem> filesystems;
    Tls tls;
};

struct Metrics {
    std::string name;
    Address address;
    SecretRef bearer;
    Tls tls;
};

struct Http {
    std::string name;
    Address address;
    std::string plain; ///< plain-HTTP address to test; "" = http://host/
    SecretRef bearer;
    std::string health;
    std::vector<std::string> api;
    std::vector<std::string> statics;
    std::string openapi;
    std::vector<std::string> instances;
    std::optional<bool> cdn;
    std::string signOn; ///< path of the metadata of a sign-on service (SAML, JWKS)
    Tls tls;
};

struct Smtp {
    Address address;
    SecretRef password;
    SecretRef token; ///< OAuth 2.0 access token, for XOAUTH2; never beside a password
    std::string tlsMode = "starttls"; ///< "starttls" | "implicit" | "none"
    std::string from;
    std::vector<std::string> to;
    std::optional<Address> mailbox; ///< imap(s)://user@host/FOLDER, where the test mails arrive
    SecretRef mailboxPassword;      ///< none: as `password`
    std::vector<std::string> egress; ///< addresses from which the relay sends on
    std::string dkimSelector;
    std::string dkimDomain;
    std::string dnsServers;
    std::string helo;
    Tls tls;
};

struct Backup {
    std::string name;
    std::string driver;   ///< "pg_dump" | "pg_basebackup" | "pgbackrest" | "barman" | "command"
    std::string postgres;
    std::string directory;
    std::string archive;  ///< WAL archive directory beside base backups
    Millis window{0};
    int keep = 0;
    Millis restoreWithin{0}; ///< how long a restore may take; 0 = not said
    std::string stanza;
    std::string config;
    std::string server;   ///< of Barman
    std::vector<std::string> list; ///< program and arguments of the command driver
    std::vector<std::string> run;
    std::vector<std::string> verify;
    std::string ssh;      ///< destination; "" = this machine
    std::string sshConfig;
    std::string remoteEnvironment; ///< environment file on that host, for sets that musterctl makes there
    std::vector<std::string> drillQueries;
    std::string drillDirectory;
};

struct Log {
    std::string name;
    std::string path;
    std::string format;
};

struct AppAudit {
    std::string name;
    std::string postgres;
    std::string query;
};

struct LoadTest {
    std::string name;
    std::string report;
    Millis maxAge{0};
    Millis p95{0};
    double peakRate = 0;
    std::string http;    ///< the declared endpoint that `load run` may ask; "" = the only one
    double rate = 0;     ///< requests a second of `load run`; 0 = peakRate, or 10
    Millis duration{0};  ///< of `load run`
};

/// The whole file, checked. Relative paths were resolved against its folder.
struct Environment {
    std::string name;
    std::string kind; ///< "production" | "staging" | "development"
    std::string path; ///< of the file, absolute
    std::vector<Postgres> postgres;
    std::vector<PgBouncer> pgbouncer;
    std::vector<Redis> redis;
    std::vector<Prometheus> prometheus;
    std::vector<Metrics> metrics;
    std::vector<Http> http;
    std::optional<Smtp> smtp;
    std::vector<Backup> backups;
    std::vector<Log> logs;
    std::vector<AppAudit> audit;
    std::vector<LoadTest> loadTests;
    std::vector<std::string> siblings;
    std::vector<CustomFact> facts;
    std::string profile = "default"; ///< "default" or an absolute path
    std::vector<readiness::Waiver> waivers;
};

/// One thing that is wrong in the file.
struct Problem {
    std::string where;    ///< JSON path ("redis[0].password") or "line 3, column 5"
    std::string message;  ///< what was found and what was expected, with the fix
};

using Problems = std::vector<Problem>;

/// `path` is a file, or the name of one in $XDG_CONFIG_HOME/muster/environments/ (with or without ".json"). Reads, never writes.
[[nodiscard]] std::expected<Environment, Problems> load(const std::string &path);
/// The same from bytes; `path` is where they came from.
[[nodiscard]] std::expected<Environment, Problems> parse(const std::string &bytes, const std::string &path);
/// One line a problem: "shop.json: redis[0].password: ...".
[[nodiscard]] std::string describe(const Problems &problems, const std::string &path);
/// $XDG_CONFIG_HOME/muster/environments
[[nodiscard]] std::string environmentsFolder();

} // namespace muster::environment
