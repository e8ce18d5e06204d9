// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/pagespec.h"

#include <QCoreApplication>

namespace muster {

QString specText(const char *text)
{
    return QCoreApplication::translate("PageSpec", text);
}

namespace pages {

// A long table is data.

const PageSpec &database()
{
    static const PageSpec spec{
        "database", QT_TRANSLATE_NOOP("PageSpec", "Database"), {"postgres", "pgbouncer"},
        QT_TRANSLATE_NOOP("PageSpec", "No PostgreSQL is declared in this environment."),
        R"("postgres": [ { "name": "primary", "url": "postgresql://oncall@db1:5432/shop?sslmode=verify-full",
                "password": {"env": "SHOP_PG"}, "databases": ["shop"] } ])",
        {
            {"postgres.connections_used_ratio", QT_TRANSLATE_NOOP("PageSpec", "Connections used")},
            {"postgres.cache_hit_ratio", QT_TRANSLATE_NOOP("PageSpec", "Cache hit ratio")},
            {"postgres.commits_rate", QT_TRANSLATE_NOOP("PageSpec", "Commits")},
            {"postgres.rtt", QT_TRANSLATE_NOOP("PageSpec", "Round trip")},
            {"postgres.transaction_longest", QT_TRANSLATE_NOOP("PageSpec", "Longest transaction")},
            {"postgres.idle_in_transaction_longest", QT_TRANSLATE_NOOP("PageSpec", "Longest idle in transaction")},
            {"postgres.blocked_count", QT_TRANSLATE_NOOP("PageSpec", "Blocked sessions")},
            {"postgres.locks_used_ratio", QT_TRANSLATE_NOOP("PageSpec", "Lock table used")},
            {"postgres.xid_used_ratio", QT_TRANSLATE_NOOP("PageSpec", "Transaction ids used")},
            {"postgres.xmin_age", QT_TRANSLATE_NOOP("PageSpec", "Dead rows kept, transactions")},
            {"postgres.replication_lag", QT_TRANSLATE_NOOP("PageSpec", "Replication lag")},
            {"postgres.slot_retained_max", QT_TRANSLATE_NOOP("PageSpec", "WAL held by a slot")},
            {"postgres.archive_age", QT_TRANSLATE_NOOP("PageSpec", "Last archived WAL")},
            {"postgres.database_size", QT_TRANSLATE_NOOP("PageSpec", "Size")},
            {"pgbouncer.clients_waiting", QT_TRANSLATE_NOOP("PageSpec", "Clients waiting")},
            {"pgbouncer.wait_longest", QT_TRANSLATE_NOOP("PageSpec", "Longest wait")},
            {"pgbouncer.clients_active", QT_TRANSLATE_NOOP("PageSpec", "Active clients")},
            {"pgbouncer.servers_active", QT_TRANSLATE_NOOP("PageSpec", "Active servers")},
        },
        {
            {QT_TRANSLATE_NOOP("PageSpec", "Connections"), "count", {{"postgres.connections_used", QT_TRANSLATE_NOOP("PageSpec", "used")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Cache hit ratio"), "ratio", {{"postgres.cache_hit_ratio", QT_TRANSLATE_NOOP("PageSpec", "hits")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Commits"), "1/s", {{"postgres.commits_rate", QT_TRANSLATE_NOOP("PageSpec", "commits")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Clients"), "count",
             {{"pgbouncer.clients_active", QT_TRANSLATE_NOOP("PageSpec", "active")}, {"pgbouncer.clients_waiting", QT_TRANSLATE_NOOP("PageSpec", "waiting")}}},
        },
        {
            {"postgres.sessions", QT_TRANSLATE_NOOP("PageSpec", "Sessions"), QT_TRANSLATE_NOOP("PageSpec", "No client is connected."), {"pid"}, {}, {}, {"postgres.sessions"}},
            {"postgres.slow_statements", QT_TRANSLATE_NOOP("PageSpec", "Queries"), QT_TRANSLATE_NOOP("PageSpec", "No statement ran in this window."), {"query", "user", "database"},
             {"total", "mean", "calls", "rows", "user", "query"}},
            {"postgres.index_findings", QT_TRANSLATE_NOOP("PageSpec", "Advice"), QT_TRANSLATE_NOOP("PageSpec", "Nothing stands out among indexes and tables."), {}, {},
             {"postgres.table_findings", "postgres.bloat_findings"}, {"postgres.index_findings", "postgres.table_findings"}},
            {"postgres.xmin_holders", QT_TRANSLATE_NOOP("PageSpec", "Xmin"), QT_TRANSLATE_NOOP("PageSpec", "Nobody keeps dead rows from being removed."), {}, {}},
            {"postgres.progress", QT_TRANSLATE_NOOP("PageSpec", "Progress"),
             QT_TRANSLATE_NOOP("PageSpec", "No VACUUM, ANALYZE, index build, COPY, CLUSTER or base backup is running."), {}, {}, {}, {"postgres.progress"}},
            {"postgres.replicas", QT_TRANSLATE_NOOP("PageSpec", "Standbys"), QT_TRANSLATE_NOOP("PageSpec", "No standby is connected, and there is no replication slot."), {}, {},
             {"postgres.slots"}},
            {"postgres.settings", QT_TRANSLATE_NOOP("PageSpec", "Settings"), QT_TRANSLATE_NOOP("PageSpec", "No setting was read."), {"name"}, {}, {"postgres.pending_settings"}, {"postgres.pending_settings"}},
            {"pgbouncer.pools", QT_TRANSLATE_NOOP("PageSpec", "Pools"), QT_TRANSLATE_NOOP("PageSpec", "There is no pool."), {"database", "user"}, {}},
        },
        QT_TRANSLATE_NOOP("PageSpec", "Vitals")};
    return spec;
}

const PageSpec &cache()
{
    static const PageSpec spec{
        "cache", QT_TRANSLATE_NOOP("PageSpec", "Cache"), {"redis"},
        QT_TRANSLATE_NOOP("PageSpec", "No Redis is declared in this environment."),
        R"("redis": [ { "name": "cache", "url": "rediss://oncall@cache1:6379/0",
             "password": {"env": "SHOP_REDIS"}, "prefixes": ["cache:api:"], "role": "cache" } ])",
        {
            {"redis.hit_ratio", QT_TRANSLATE_NOOP("PageSpec", "Hit rate")},
            {"redis.hit_ratio_5m", QT_TRANSLATE_NOOP("PageSpec", "Hit rate, 5 min")},
            {"redis.hit_ratio_1h", QT_TRANSLATE_NOOP("PageSpec", "Hit rate, 1 h")},
            {"redis.lookups_rate", QT_TRANSLATE_NOOP("PageSpec", "Lookups")},
            {"redis.operations_rate", QT_TRANSLATE_NOOP("PageSpec", "Operations")},
            {"redis.rtt_p99", QT_TRANSLATE_NOOP("PageSpec", "Round trip, p99")},
            {"redis.memory_used", QT_TRANSLATE_NOOP("PageSpec", "Memory used")},
            {"redis.memory_max", QT_TRANSLATE_NOOP("PageSpec", "Limit (maxmemory)"), QT_TRANSLATE_NOOP("PageSpec", "not set"), false},
            {"redis.memory_fragmentation_bytes", QT_TRANSLATE_NOOP("PageSpec", "Lost to fragmentation")},
            {"redis.evictions_rate", QT_TRANSLATE_NOOP("PageSpec", "Evicted")},
            {"redis.expirations_rate", QT_TRANSLATE_NOOP("PageSpec", "Expired")},
            {"redis.clients_connected", QT_TRANSLATE_NOOP("PageSpec", "Clients")},
            {"redis.keys", QT_TRANSLATE_NOOP("PageSpec", "Keys")},
            {"redis.keys_with_ttl_ratio", QT_TRANSLATE_NOOP("PageSpec", "Keys with a TTL")},
            {"redis.replication_lag_bytes", QT_TRANSLATE_NOOP("PageSpec", "Replication lag")},
        },
        {
            {QT_TRANSLATE_NOOP("PageSpec", "Hit rate"), "ratio", {{"redis.hit_ratio", QT_TRANSLATE_NOOP("PageSpec", "hits")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Operations"), "1/s",
             {{"redis.operations_rate", QT_TRANSLATE_NOOP("PageSpec", "commands")}, {"redis.lookups_rate", QT_TRANSLATE_NOOP("PageSpec", "lookups")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Memory"), "B", {{"redis.memory_used", QT_TRANSLATE_NOOP("PageSpec", "used")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Keys that leave"), "1/s",
             {{"redis.evictions_rate", QT_TRANSLATE_NOOP("PageSpec", "evicted")}, {"redis.expirations_rate", QT_TRANSLATE_NOOP("PageSpec", "expired")}}},
        },
        {
            {"redis.prefixes", QT_TRANSLATE_NOOP("PageSpec", "Prefixes"), QT_TRANSLATE_NOOP("PageSpec", "No key was sampled."), {"prefix"}, {}},
            {"redis.big_keys", QT_TRANSLATE_NOOP("PageSpec", "Big keys"), QT_TRANSLATE_NOOP("PageSpec", "No key was sampled."), {"key"}, {}, {}, {}, true},
            {"redis.commands_table", QT_TRANSLATE_NOOP("PageSpec", "Commands"), QT_TRANSLATE_NOOP("PageSpec", "Nobody but the console called a command."), {"command"}, {}, {"redis.latency_table"}, {}, true},
            {"redis.slowlog", QT_TRANSLATE_NOOP("PageSpec", "Slow log"), QT_TRANSLATE_NOOP("PageSpec", "The slow log is empty."), {"id"}, {"at", "took", "client", "command"}},
            {"redis.large_commands", QT_TRANSLATE_NOOP("PageSpec", "Command log"), QT_TRANSLATE_NOOP("PageSpec", "No request and no reply was larger than the server's limits."), {},
             {"at", "what", "size", "client", "command"}, {}, {}, true},
            {"redis.clients_table", QT_TRANSLATE_NOOP("PageSpec", "Clients"), QT_TRANSLATE_NOOP("PageSpec", "No client is connected."), {"id"},
             {"client", "name", "user", "memory", "output", "idle", "command"}, {}, {}, true},
            {"redis.databases_table", QT_TRANSLATE_NOOP("PageSpec", "Databases"), QT_TRANSLATE_NOOP("PageSpec", "There are no keys."), {"database"}, {}},
            {"redis.replicas_table", QT_TRANSLATE_NOOP("PageSpec", "Replicas"), QT_TRANSLATE_NOOP("PageSpec", "No replica is connected."), {"replica"}, {}, {}, {}, true},
            {"redis.nodes", QT_TRANSLATE_NOOP("PageSpec", "Nodes"), QT_TRANSLATE_NOOP("PageSpec", "No node answered."), {"node"},
             {"node", "role", "slots", "state", "hit_ratio", "operations_rate", "memory_used", "behind"}, {}, {}, true},
            {"redis.errors_table", QT_TRANSLATE_NOOP("PageSpec", "Errors"), QT_TRANSLATE_NOOP("PageSpec", "No command was answered by an error."), {"error"}, {}, {}, {}, true},
            {"redis.latency_events", QT_TRANSLATE_NOOP("PageSpec", "Stalls"), QT_TRANSLATE_NOOP("PageSpec", "The latency monitor has seen nothing."), {"event"}, {}, {}, {}, true},
        },
        QT_TRANSLATE_NOOP("PageSpec", "Vitals")};
    return spec;
}

const PageSpec &backups()
{
    static const PageSpec spec{
        "backups", QT_TRANSLATE_NOOP("PageSpec", "Backups"), {"backup"},
        QT_TRANSLATE_NOOP("PageSpec", "No backup set is declared in this environment."),
        R"("backups": [ { "name": "nightly", "driver": "pg_dump", "postgres": "primary",
               "directory": "/srv/backups", "window": "26h", "keep": 7 } ])",
        {
            {"backup.newest_age", QT_TRANSLATE_NOOP("PageSpec", "Last finished, age"), nullptr, false},
            {"backup.count", QT_TRANSLATE_NOOP("PageSpec", "Backups kept"), QT_TRANSLATE_NOOP("PageSpec", "none"), false},
            {"backup.wal_age", QT_TRANSLATE_NOOP("PageSpec", "Newest WAL, age"), QT_TRANSLATE_NOOP("PageSpec", "0 s: all is archived"), false},
            {"backup.restore_estimate", QT_TRANSLATE_NOOP("PageSpec", "A restore takes about"), nullptr, false},
            {"backup.free_bytes", QT_TRANSLATE_NOOP("PageSpec", "Free space"), nullptr, false},
            {"backup.holder", QT_TRANSLATE_NOOP("PageSpec", "Lock held by"), QT_TRANSLATE_NOOP("PageSpec", "nobody: a backup may start"), false},
        },
        {},
        {{"backup.backups", QT_TRANSLATE_NOOP("PageSpec", "Backups"), QT_TRANSLATE_NOOP("PageSpec", "There is no backup in the directory yet."), {"id"},
          {}},
         {"backup.schedules", QT_TRANSLATE_NOOP("PageSpec", "Schedules"), QT_TRANSLATE_NOOP("PageSpec", "No timer or cron line of that machine makes backups; a laptop is no scheduler."), {"kind", "name"}, {}}}};
    return spec;
}

const PageSpec &endpoints()
{
    static const PageSpec spec{
        "endpoints", QT_TRANSLATE_NOOP("PageSpec", "Endpoints"), {"http", "metrics"},
        QT_TRANSLATE_NOOP("PageSpec", "No HTTP endpoint is declared in this environment."),
        R"("http": [ { "name": "api", "url": "https://api.shop.example",
            "health": "/health", "api": ["/items"] } ])",
        {
            {"http.response_time", QT_TRANSLATE_NOOP("PageSpec", "Response")},
            {"http.first_byte_time", QT_TRANSLATE_NOOP("PageSpec", "First byte")},
            {"http.tls_time", QT_TRANSLATE_NOOP("PageSpec", "TLS handshake")},
            {"http.connect_time", QT_TRANSLATE_NOOP("PageSpec", "Connect")},
            {"http.dns_time", QT_TRANSLATE_NOOP("PageSpec", "DNS")},
            {"tls.expires_in", QT_TRANSLATE_NOOP("PageSpec", "Certificate ends in"), nullptr, false},
            {"http.api_worst_status", QT_TRANSLATE_NOOP("PageSpec", "Worst API status"), nullptr, false},
            {"http.health_status", QT_TRANSLATE_NOOP("PageSpec", "Health"), nullptr, false},
            {"http.compression_encoding", QT_TRANSLATE_NOOP("PageSpec", "Compression"), QT_TRANSLATE_NOOP("PageSpec", "none"), false},
            {"http.cache_control", QT_TRANSLATE_NOOP("PageSpec", "Cache-Control"), QT_TRANSLATE_NOOP("PageSpec", "none"), false},
            {"http.hsts_max_age", QT_TRANSLATE_NOOP("PageSpec", "HSTS"), QT_TRANSLATE_NOOP("PageSpec", "not sent"), false},
            {"tls.version", QT_TRANSLATE_NOOP("PageSpec", "TLS version"), nullptr, false},
            {"metrics.scrape_time", QT_TRANSLATE_NOOP("PageSpec", "Scrape time")},
            {"metrics.series", QT_TRANSLATE_NOOP("PageSpec", "Series")},
        },
        {
            {QT_TRANSLATE_NOOP("PageSpec", "Latency"), "s",
             {{"http.response_time", QT_TRANSLATE_NOOP("PageSpec", "response")}, {"http.first_byte_time", QT_TRANSLATE_NOOP("PageSpec", "first byte")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Scrape time"), "s", {{"metrics.scrape_time", QT_TRANSLATE_NOOP("PageSpec", "scrape")}}},
        },
        {
            {"http.hops", QT_TRANSLATE_NOOP("PageSpec", "Addresses and hops"), QT_TRANSLATE_NOOP("PageSpec", "No hop was observed."), {"url", "address"}, {}},
            {"http.headers", QT_TRANSLATE_NOOP("PageSpec", "Headers"), QT_TRANSLATE_NOOP("PageSpec", "No header was observed."), {}, {}},
            {"tls.chain", QT_TRANSLATE_NOOP("PageSpec", "Certificates"), QT_TRANSLATE_NOOP("PageSpec", "No certificate was shown."), {"sha256"}, {}},
        }};
    return spec;
}

const PageSpec &mail()
{
    static const PageSpec spec{
        "mail", QT_TRANSLATE_NOOP("PageSpec", "Mail"), {"smtp"},
        QT_TRANSLATE_NOOP("PageSpec", "No mail server is declared in this environment."),
        R"("smtp": { "url": "smtp://oncall@mail:587",
          "password": {"env": "SHOP_SMTP"}, "tls": "starttls",
          "from": "alerts@shop.example", "to": ["oncall@shop.example"] })",
        {
            {"smtp.ready", QT_TRANSLATE_NOOP("PageSpec", "Ready to send"), nullptr, false},
            {"smtp.connect_time", QT_TRANSLATE_NOOP("PageSpec", "Connect"), nullptr, false},
            {"smtp.tls_required_met", QT_TRANSLATE_NOOP("PageSpec", "TLS as declared"), nullptr, false},
            {"smtp.auth_ok", QT_TRANSLATE_NOOP("PageSpec", "Login accepted"), nullptr, false},
            {"smtp.sender_ok", QT_TRANSLATE_NOOP("PageSpec", "Sender accepted"), nullptr, false},
            {"smtp.recipients_ok", QT_TRANSLATE_NOOP("PageSpec", "Recipients accepted"), nullptr, false},
            {"tls.expires_in", QT_TRANSLATE_NOOP("PageSpec", "Certificate ends in"), nullptr, false},
            {"tls.version", QT_TRANSLATE_NOOP("PageSpec", "TLS version"), nullptr, false},
        },
        {},
        {
            {"smtp.stages", QT_TRANSLATE_NOOP("PageSpec", "Stages"), QT_TRANSLATE_NOOP("PageSpec", "No stage was run."), {"stage"}, {}},
            {"tls.chain", QT_TRANSLATE_NOOP("PageSpec", "Certificates"), QT_TRANSLATE_NOOP("PageSpec", "No certificate was shown."), {"sha256"}, {}},
        }};
    return spec;
}

const PageSpec &alerts()
{
    static const PageSpec spec{
        "alerts", QT_TRANSLATE_NOOP("PageSpec", "Alerts"), {"prometheus"},
        QT_TRANSLATE_NOOP("PageSpec", "No Prometheus is declared in this environment."),
        R"("prometheus": [ { "name": "main", "url": "http://prom:9090",
                  "alertmanagers": ["http://am:9093"], "watchdog": "Watchdog" } ])",
        {
            {"prometheus.alerts_firing", QT_TRANSLATE_NOOP("PageSpec", "Alerts firing")},
            {"prometheus.targets_down", QT_TRANSLATE_NOOP("PageSpec", "Targets down")},
            {"prometheus.targets_total", QT_TRANSLATE_NOOP("PageSpec", "Targets")},
            {"prometheus.rules_failing", QT_TRANSLATE_NOOP("PageSpec", "Rules failing")},
            {"prometheus.latency_p95", QT_TRANSLATE_NOOP("PageSpec", "Latency, p95")},
            {"prometheus.request_rate", QT_TRANSLATE_NOOP("PageSpec", "Requests")},
            {"prometheus.error_ratio", QT_TRANSLATE_NOOP("PageSpec", "Errors")},
            {"prometheus.alertmanagers_up", QT_TRANSLATE_NOOP("PageSpec", "Alertmanagers up")},
            {"prometheus.filesystem_free_ratio", QT_TRANSLATE_NOOP("PageSpec", "Least free disk")},
        },
        {
            {QT_TRANSLATE_NOOP("PageSpec", "Requests"), "1/s", {{"prometheus.request_rate", QT_TRANSLATE_NOOP("PageSpec", "requests")}}},
            {QT_TRANSLATE_NOOP("PageSpec", "Latency"), "s",
             {{"prometheus.latency_p95", QT_TRANSLATE_NOOP("PageSpec", "p95")}, {"prometheus.latency_p99", QT_TRANSLATE_NOOP("PageSpec", "p99")}}},
        },
        {
            {"prometheus.alerts", QT_TRANSLATE_NOOP("PageSpec", "Alerts"), QT_TRANSLATE_NOOP("PageSpec", "No alert is pending or firing."), {"name", "instance", "severity"}, {}},
            {"prometheus.targets", QT_TRANSLATE_NOOP("PageSpec", "Targets"), QT_TRANSLATE_NOOP("PageSpec", "There is no scrape target."), {"job", "instance"}, {}},
            {"prometheus.filesystems", QT_TRANSLATE_NOOP("PageSpec", "Disks"), QT_TRANSLATE_NOOP("PageSpec", "No filesystem is declared."), {"mount", "instance"}, {}},
            {"prometheus.rules", QT_TRANSLATE_NOOP("PageSpec", "Rules"), QT_TRANSLATE_NOOP("PageSpec", "There is no rule."), {}, {}},
            {"prometheus.silences", QT_TRANSLATE_NOOP("PageSpec", "Silences"), QT_TRANSLATE_NOOP("PageSpec", "There is no silence."), {"id"}, {}},
        }};
    return spec;
}

} // namespace pages
} // namespace muster
