// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/targets.h"

#include "connectors/secrets/secretstore.h"

#include <algorithm>
#include <array>
#include <pwd.h>
#include <unistd.h>

namespace muster::wiring {

std::string operatorName()
{
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const auto *user = getpwuid(geteuid());
    return std::string(user ? user->pw_name : std::to_string(geteuid())) + "@" + host.data();
}

net::TlsOptions tlsOptions(const environment::Tls &tls, bool isOn)
{
    net::TlsOptions options;
    options.isOn = isOn;
    options.caFile = tls.ca;
    options.clientCertFile = tls.clientCert;
    options.clientKeyFile = tls.clientKey;
    options.verifyName = tls.verifyName;
    options.pins = tls.pins;
    return options;
}

Targets::Targets(const environment::Environment &environment)
    : m_environment(environment)
    , m_secrets(std::make_shared<secrets::Store>())
    , m_operator(operatorName())
{
    for (const auto &entry : environment.http)
        m_documented.emplace(entry.name, std::make_shared<http::DocumentedPaths>());
}

SecretProvider Targets::secret(const SecretRef &ref) const
{
    if (ref.kind == SecretRef::Kind::None)
        return {};
    return [store = m_secrets, ref] { return store->fetch(ref); };
}

/// What a PostgreSQL and a PgBouncer have in common.
template<class Entry>
postgres::Target Targets::server(const std::string &kind, const Entry &entry) const
{
    postgres::Target target;
    target.id = kind + "/" + entry.name;
    target.url = entry.address.url;
    target.password = secret(entry.password);
    target.caFile = entry.tls.ca;
    target.clientCertFile = entry.tls.clientCert;
    target.clientKeyFile = entry.tls.clientKey;
    target.verifyName = entry.tls.verifyName;
    target.operatorName = m_operator;
    return target;
}

/// Of the same server, by other entries: nobody has to be told that they are not looked at.
std::vector<std::string> Targets::databasesBeside(const postgres::Target &target) const
{
    std::vector<std::string> names;
    const auto own = postgres::ConnectionParameters::from(target);
    for (const auto &entry : m_environment.postgres) {
        auto other = server("postgres", entry);
        other.databases = entry.databases;
        const auto its = postgres::ConnectionParameters::from(other);
        if (own && its && its->host() == own->host() && its->port() == own->port())
            names.push_back(its->dbname());
    }
    return names;
}

postgres::Target Targets::postgres(const environment::Postgres &entry) const
{
    auto target = server("postgres", entry);
    target.databases = entry.databases;
    target.alsoSeen = databasesBeside(target);
    target.expectedStandbys = entry.expectedStandbys.value_or(-1);
    target.isPrimaryExpected = entry.expectedStandbys.value_or(0) > 0;
    return target;
}

postgres::Target Targets::pgbouncer(const environment::PgBouncer &entry) const
{
    return server("pgbouncer", entry);
}

redis::Target Targets::redis(const environment::Redis &entry) const
{
    redis::Target target;
    target.id = "redis/" + entry.name;
    target.host = entry.address.host;
    target.port = entry.address.port;
    target.database = entry.database;
    target.user = entry.address.user;
    target.secret = secret(entry.password);
    target.tls = tlsOptions(entry.tls, entry.address.scheme == "rediss");
    target.declaredRole = entry.role == "store" ? redis::Purpose::Store : redis::Purpose::Cache;
    target.prefixes = entry.prefixes;
    target.rateLimiterPrefix = entry.rateLimiterPrefix;
    target.topology = entry.topology == "cluster" ? redis::Topology::Cluster : entry.topology == "sentinel" ? redis::Topology::Sentinel : redis::Topology::Standalone;
    for (const auto &sentinel : entry.sentinels)
        target.sentinels.push_back({{sentinel.host, sentinel.port}, sentinel.isTls});
    for (const auto &node : entry.nodes)
        target.seeds.push_back({node.host, node.port});
    target.master = entry.master;
    target.sentinelUser = entry.sentinelUser;
    target.sentinelSecret = secret(entry.sentinelPassword);
    target.operatorName = m_operator;
    return target;
}

prometheus::Target Targets::prometheus(const environment::Prometheus &entry) const
{
    prometheus::Target target;
    target.id = "prometheus/" + entry.name;
    target.url = entry.address.url;
    target.bearer = secret(entry.bearer);
    target.tls = tlsOptions(entry.tls, entry.address.scheme == "https");
    target.alertmanagers = entry.alertmanagers;
    target.watchdog = entry.watchdog;
    target.histogram = entry.latencyHistogram;
    target.slo = entry.latencySlo;
    target.objective = entry.latencyObjective;
    for (const auto &each : entry.filesystems)
        target.filesystems.push_back({each.instance, each.mount});
    target.hasCache = !m_environment.redis.empty();
    target.hasStandby = std::ranges::any_of(m_environment.postgres, [](const auto &server) { return server.expectedStandbys.value_or(0) > 0; });
    target.hasBackup = !m_environment.backups.empty();
    for (const auto &[name, paths] : m_documented)
        target.documented.push_back(paths);
    return target;
}

prometheus::MetricsTarget Targets::metrics(const environment::Metrics &entry) const
{
    prometheus::MetricsTarget target;
    target.id = "metrics/" + entry.name;
    target.url = entry.address.url;
    target.bearer = secret(entry.bearer);
    target.tls = tlsOptions(entry.tls, entry.address.scheme == "https");
    return target;
}

http::Target Targets::http(const environment::Http &entry) const
{
    http::Target target;
    target.id = "http/" + entry.name;
    target.url = entry.address.url;
    target.plain = entry.plain;
    target.tls = tlsOptions(entry.tls, entry.address.scheme == "https");
    target.bearer = secret(entry.bearer);
    target.health = entry.health;
    target.api = entry.api;
    target.assets = entry.statics;
    target.openapi = entry.openapi;
    target.instances = entry.instances;
    target.isCdnDeclared = entry.cdn.value_or(false);
    target.signOn = entry.signOn;
    if (const auto paths = m_documented.find(entry.name); paths != m_documented.end())
        target.documented = paths->second;
    return target;
}

smtp::Target Targets::smtp(const environment::Smtp &entry) const
{
    smtp::Target target;
    target.environment = m_environment.name;
    target.host = entry.address.host;
    target.port = entry.address.port;
    target.user = entry.address.user;
    const bool hasToken = entry.token.kind != SecretRef::Kind::None;
    target.secret = secret(hasToken ? entry.token : entry.password);
    target.credential = hasToken ? smtp::Credential::Token : smtp::Credential::Password;
    target.tls = tlsOptions(entry.tls, entry.tlsMode != "none");
    target.mode = entry.tlsMode == "none" ? smtp::TlsMode::None : entry.tlsMode == "implicit" ? smtp::TlsMode::Implicit : smtp::TlsMode::StartTls;
    target.from = entry.from;
    target.to = entry.to;
    target.heloName = entry.helo;
    target.egress = entry.egress;
    target.dkimSelector = entry.dkimSelector;
    target.dkimDomain = entry.dkimDomain;
    target.dnsServers = entry.dnsServers;
    if (entry.mailbox)
        target.mailbox = mailbox(entry);
    return target;
}

imap::MailboxTarget Targets::mailbox(const environment::Smtp &entry) const
{
    imap::MailboxTarget target;
    target.host = entry.mailbox->host;
    target.port = entry.mailbox->port;
    target.isImplicit = entry.mailbox->scheme == "imaps";
    target.user = entry.mailbox->user;
    target.secret = secret(entry.mailboxPassword.kind == SecretRef::Kind::None ? entry.password : entry.mailboxPassword);
    if (entry.mailbox->path.size() > 1)
        target.folder = entry.mailbox->path.substr(1);
    target.tls = tlsOptions(entry.tls, true);
    if (target.host != entry.address.host)
        target.tls.verifyName.clear(); // that name is the relay's
    return target;
}

backup::Set Targets::backup(const environment::Backup &entry) const
{
    backup::Set set;
    set.name = entry.name;
    set.directory = entry.directory;
    set.window = entry.window;
    set.keep = entry.keep;
    set.restoreWithin = entry.restoreWithin;
    set.server = postgresNamed(entry.postgres);
    set.environment = m_environment.name;
    set.driver = entry.driver;
    set.archive = entry.archive;
    set.stanza = entry.stanza;
    set.config = entry.config;
    set.barmanServer = entry.server;
    set.listWords = entry.list;
    set.runWords = entry.run;
    set.verifyWords = entry.verify;
    set.host = {entry.ssh, entry.sshConfig};
    set.remoteEnvironment = entry.remoteEnvironment;
    set.drillQueries = entry.drillQueries;
    set.drillDirectory = entry.drillDirectory;
    return set;
}

samples::LogTarget Targets::log(const environment::Log &entry) const
{
    return {"log/" + entry.name, entry.path, entry.format == "logfmt" ? samples::LogFormat::Logfmt : samples::LogFormat::Json};
}

samples::LoadTestTarget Targets::loadTest(const environment::LoadTest &entry) const
{
    return {"loadtest/" + entry.name, entry.report, entry.maxAge, entry.p95, entry.peakRate};
}

loadtest::Target Targets::loadRun(const environment::LoadTest &entry, const environment::Http &endpoint) const
{
    loadtest::Target target;
    target.id = "loadtest/" + entry.name;
    target.endpoint = http(endpoint);
    target.report = entry.report;
    target.rate = entry.rate > 0 ? entry.rate : entry.peakRate > 0 ? entry.peakRate : 10;
    target.duration = entry.duration;
    target.p95 = entry.p95;
    target.peakRate = entry.peakRate;
    target.isProduction = m_environment.kind == "production";
    target.sender = m_operator;
    return target;
}

samples::AppAuditTarget Targets::appAudit(const environment::AppAudit &entry) const
{
    return {"appaudit/" + entry.name, postgresNamed(entry.postgres), entry.query};
}

samples::Servers Targets::servers() const
{
    samples::Servers servers;
    for (const auto &entry : m_environment.postgres)
        servers.databases.push_back(postgres(entry));
    for (const auto &entry : m_environment.redis)
        servers.caches.push_back(redis(entry));
    return servers;
}

samples::SiblingTarget Targets::sibling(const std::string &id, const std::string &path) const
{
    samples::SiblingTarget target{id, path, servers(), {}, {}};
    const auto other = environment::load(path);
    if (!other) {
        target.problem = Fault{FaultKind::Config, "file", clamp(environment::describe(other.error(), path), 600), "Correct that file, or the section “siblings” that names it."};
        return target;
    }
    target.name = other->name;
    target.theirs = Targets(*other).servers(); // the targets are copies: nothing in them refers to `other`
    return target;
}

postgres::Target Targets::postgresNamed(const std::string &name) const
{
    const auto it = std::ranges::find(m_environment.postgres, name, &environment::Postgres::name);
    return it == m_environment.postgres.end() ? postgres::Target{} : postgres(*it);
}

} // namespace muster::wiring
