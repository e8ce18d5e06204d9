# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the shipped profile and what it says in three states: pass, fail, unknown. One entry a check; states.py makes the states.

A word must stand in the evidence, “#” is a number, also “< 0.1”. “also”: more cells, of any status. A check that cannot be in a state says why (Never).
To add a check: one line here, and what makes it bad in illness.py.
"""
from typing import NamedTuple


class At(NamedTuple):
    """In that state the check has that status, and its evidence these words; on this instance, or on the first one of that status."""
    state: str
    words: tuple
    instance: str = ""
    status: str = ""  # "": as its column says


class Never(NamedTuple):
    why: str


class Row(NamedTuple):
    passes: tuple
    fails: At
    unknown: object
    also: tuple = ()


def at(state, *words, on="", status=""):
    return At(state, words, on, status)


def row(passes, fails, unknown, *also):
    return Row(At("good", (passes,) if isinstance(passes, str) else passes, "", ""), fails, unknown, also)


def frozen(server):
    return at("frozen", f"unknown: {server} did not answer in time")


ANSWERS = Never("what does not answer fails this very check")
ILL, REVIEW = "ill", "review"
PG, REDIS, API, PROM = frozen("primary"), frozen("cache"), frozen("api"), frozen("main")


def hidden(*words):
    """A role without rights gets unknown, with the right that is missing as its hint."""
    return at("plain", *words, status="unknown")


MONITOR, READ_ALL, INFO = hidden('GRANT pg_monitor TO "plain"'), hidden('GRANT pg_read_all_data TO "plain"'), hidden("ACL SETUSER plain +info")


ROWS = {
    # -- environment
    "environment/postgres-reachable": row("the database answers", at("dead", "primary refused the connection"), ANSWERS, at("frozen", "primary did not answer in time", status="fail"),
                                          at("stranger", "primary rejected the credentials", status="fail")),
    "environment/redis-reachable": row("the cache answers", at("dead", "cache refused the connection"), ANSWERS, at("frozen", "cache did not answer in time", status="fail"),
                                       at("stranger", "cache rejected the credentials", status="fail")),
    "environment/http-reachable": row("the endpoint answers", at("dead", "api refused the connection"), ANSWERS, at("frozen", "api did not answer in time", status="fail")),
    "environment/prometheus-reachable": row("Prometheus answers", at("dead", "main refused the connection"), ANSWERS, at("frozen", "main did not answer in time", status="fail")),
    "environment/disk-space": row("# % is free on /srv/shop at 127.0.0.1:# (# GB of 20 GB)", at("sloppy", "only # % is free on /srv/shop"), PROM,
                                  at("plain", "node-exporter's series are missing: /nowhere at db9:9100", "Prometheus has /srv/shop at", status="unknown")),
    "environment/postgres-version": row("PostgreSQL # still gets fixes", at("later", "PostgreSQL # gets no security fixes any more"), PG),
    "environment/redis-version": row("redis # still gets fixes", at("later", "redis # gets no security fixes any more"), REDIS, INFO),
    "environment/redis-identity": row("logged in as oncall, as declared", at(ILL, "stranger rejected the credentials", on="stranger"), REDIS, hidden("ACL SETUSER plain +acl|whoami")),
    "environment/redis-topology": row("restarts and failovers in the last 10 min: 0", at(ILL, "# of 16384 slots have no node that serves them", on="lost"), REDIS),
    "environment/redis-replication": row("no replication link is down", at(ILL, "the link to the primary is down", on="orphan"), REDIS),
    "environment/redis-saves": row("last fork stalled everybody for #", at(ILL, "the last rewrite of the AOF failed", on="orphan"), REDIS),
    "environment/durability": row(("fsync is on", "full_page_writes is on"), at(ILL, "fsync is off", "full_page_writes is off"), PG),
    "environment/settings": row(("no setting waits for a restart", "no errors"), at(ILL, "1 error in the configuration files"), PG, hidden("GRANT SELECT ON pg_file_settings")),
    "environment/clock": row("database clock is off by #", at("later", "database clock is off by # d"), PG),
    "environment/postgres-role": row("primary, accepts what its role should", at(ILL, "primary refuses writes"), PG),
    "environment/redis-service": row(("maxmemory is 134 MB", "policy allkeys-lru fits a cache"), at(REVIEW, "maxmemory is not set", "policy noeviction does not fit a cache"), REDIS, INFO),
    "environment/email-service": row("a test mail arrived in the mailbox # s ago", at(REVIEW, "main could not be trusted over TLS"), frozen("main"),
                                     at("stranger", "main rejected the credentials", status="fail"),
                                     at("sloppy", "that mail arrives is not proven: no mailbox is declared", status="warn")),
    "environment/tls": row(("the certificate is trusted", "# % of the certificate's life is left", "at 127.0.0.1"), at(REVIEW, "only # % of the certificate's life is left at 127.0.0.1"), API),
    "environment/structured-logging": row(("# % (≥ 99.0 %)", "no secret was seen"), at(REVIEW, "the environment declares no logs"), at("plain", "there is no whole line"),
                                          at("sloppy", "a line of the sample looks like a secret", status="fail")),
    "environment/separate-environments": row("no server is shared with shop-staging", at("sloppy", "shop-copy is not separate"), at("frozen", "a server could not be asked who it is"), INFO),
    # -- performance
    "performance/cache-hit-ratio": row("pages read from memory # % (≥ 98.0 %)", at(ILL, "pages read from memory # % (≥ 98.0 %)"), at("idle", "no traffic: # blocks")),
    "performance/connections": row("# % of the connections are in use (limit 80.0 %)", at(ILL, "# % of the connections are in use: # of 27"), PG),
    "performance/redis-latency": row("pings answered within # ms (≤ 50 ms)", at(ILL, "pings answered within # ms (≤ 50 ms)", on="slow"), REDIS),
    "performance/redis-commands": row("slow commands #/", at(ILL, "slow commands #/", on="ill"), REDIS),
    "performance/redis-errors": row("no write was refused", at(ILL, "# writes were refused in the last minutes: READONLY", on="orphan"), REDIS),
    "performance/redis-fragmentation": row("no waste worth mentioning", at(ILL, "memory is wasted", on="orphan", status="warn"), REDIS),
    "performance/redis-memory": row("# % of the memory limit is used (limit 80.0 %)", at(ILL, "# % of the memory limit is used: # MB", "allkeys-lru makes room", on="ill", status="warn"), REDIS, INFO),
    "performance/redis-evictions": row(("evictions: 0/s", "no connection is rejected"), at(ILL, "#/s keys are evicted for lack of memory", on="ill"), REDIS, INFO),
    "performance/redis-clients": row("client connections in use # % (≤ 80.0 %)", at(ILL, "client connections in use # % (≤ 80.0 %)", on="ill"), REDIS, INFO),
    "performance/temp-spill": row("temporary files written at 0 B/s", at(ILL, "temporary files written at # MB/s (≤ 1 MB/s)"), PG),
    "performance/http-latency": row("slowest answer took # ms (≤ 500 ms)", at(ILL, "slowest answer took ", "(≤ 100 ms): /items", on="slow"), API),
    "performance/redis-caching": row("# % of the lookups hit", at(REVIEW, "only # % of the lookups hit over # ms (≥ 80.0 %)"), at("idle", "no traffic: # lookups"), INFO),
    "performance/connection-pooling": row("no client waits", at(REVIEW, "the environment declares no pgbouncer"), frozen("pool"), at("stranger", "pool rejected the credentials", status="fail")),
    "performance/api-compression": row("answers are compressed (gzip)", at(REVIEW, "/items: no compression: # bytes are sent as they are"), at("plain", "/: every answer is under 1400 bytes")),
    "performance/static-assets": row("/static/app.js: the validator gives 304", at(REVIEW, "/static/app.js: no Cache-Control"), API),
    "performance/cdn": row("Via: 1.1 shop-edge", at(REVIEW, "a CDN is declared, but no answer shows one"), at("plain", "no answer carries a sign of a CDN, and none is declared")),
    # -- security
    "security/certificate-trust": row(("the certificate of CN=web is trusted", "the name is covered"), at(ILL, "certificate has expired (CN=old", on="old"), API,
                                      at(ILL, "unable to get local issuer certificate (CN=web", on="untrusted", status="fail")),
    "security/tls-versions": row(("TLSv1.3 is spoken", "TLS 1.0 and 1.1 are refused"), at(ILL, "TLS 1.0 or 1.1 is still accepted", on="bad"), API),
    "security/security-headers": row("the security headers are there", at(ILL, "missing: X-Content-Type-Options: nosniff; Content-Security-Policy", on="bad"), API),
    "security/database-tls": row("this connection uses TLSv1.3", at(ILL, "this connection is not encrypted"), PG, MONITOR),
    "security/password-encryption": row("hashed with scram-sha-256", at(ILL, "hashed with md5"), PG, READ_ALL),
    "security/redis-auth": row("a connection without credentials is refused", at(ILL, "gets in without a password", on="ill"), REDIS),
    "security/redis-exposure": row("no port without TLS is open", at(ILL, "a port without TLS is open beside", on="orphan"), REDIS),
    "security/redis-limiters": row("every rate limiter key expires", at(ILL, "# rate limiter keys never expire", on="orphan"), REDIS),
    "security/cors": row("foreign origins get no credentials", at(ILL, "a foreign origin is reflected together with credentials", on="bad"), API),
    "security/cookies": row("cookies are protected", at(ILL, "cookies lack Secure, HttpOnly or SameSite: sid: no Secure", on="bad"), API),
    "security/least-privilege": row("oncall is no superuser", at(ILL, "postgres is a superuser", on="super"), PG),
    "security/https-enforced": row(("redirects to https with 308", "max-age is 31536000 s (≥ 15552000 s) (at 127.0.0.1)"), at(REVIEW, "http://127.0.0.1:#/ answers 200 (at 127.0.0.1)"), API),
    "security/rate-limiting": row("limits are announced (structured", at(REVIEW, "no answer announces a rate limit"), API),
    "security/security-log": row("connections are logged", at(REVIEW, "log_connections is off, pgaudit is not loaded, no fresh audit table"), PG),
    "security/input-validation": row("# of # malformed requests were refused with 4xx", at(REVIEW, "a word where a number belongs is answered with 500"), API),
    # -- database
    "database/wraparound": row("# % of the transaction ids are used", at(ILL, "# % of the transaction ids are used in database"), PG),
    "database/multixact": row("multixact ids used # %", at(ILL, "multixact ids used # % (≤ 50.0 %)"), PG),
    "security/database-access": row(("pg_hba.conf has no errors", "every line asks for SCRAM"), at(ILL, "1 line of pg_hba.conf has errors", "anybody from elsewhere in without a password"), PG, hidden("GRANT SELECT ON pg_hba_file_rules")),
    "database/xmin-horizon": row("oldest visible transaction: # back", at(ILL, "vacuum cannot remove the dead rows of the last # transactions (limit 10"), PG, MONITOR),
    "database/prepared-transactions": row("0 prepared transactions", at(ILL, "waiting for # ", "left-open"), PG),
    "database/lock-table": row("# % of the lock table is in use (limit 20.0 %)", at(ILL, "# % of the lock table is in use (limit 20.0 %)"), PG),
    "database/subscriptions": row("every enabled subscription has its worker", at(ILL, "1 subscription has no worker", "left_alone"), PG),
    "database/bloat": row("worst of the largest tables: about # % unused", at(ILL, "about # % of public.big is unused space"), PG),
    "database/collations": row("no database was sorted by another version", at(ILL, "when sorted was made (1 database)"), PG),
    "database/advice": row(("no large index is unused", "all constraints are validated"), at(ILL, "idle_in_transaction_session_timeout is off", status="warn"), PG),
    "database/idle-in-transaction": row("longest idle transaction: # s (limit 5 min)", at(ILL, "idle in a transaction for # "), PG, MONITOR),
    "database/long-transactions": row("longest transaction #", at(ILL, "longest transaction # "), PG, MONITOR),
    "database/blocked-sessions": row("longest wait for a lock: # s (limit 60 s)", at(ILL, "the longest for #", "pid # (postgres, demo) idle in transaction"), PG, MONITOR),
    "database/archiving": row(("archiving has no failures", "WAL takes # MB"), at(ILL, "archiving fails, last on 0000", "WAL takes # MB, # % of what the settings allow"), PG, MONITOR),
    "database/replication": row("no expected standby is missing", at(ILL, "1 expected standby is not streaming"), PG, MONITOR),
    "database/slots": row("no replication slot is lost or forgotten", at(ILL, "1 replication slot is lost or forgotten: left_behind"), PG),
    "database/autovacuum": row(("autovacuum is on", "worst share of dead rows: # %"), at(ILL, "autovacuum is off"), PG, MONITOR),
    "database/checksums": row(("data checksums are on", "no checksum failure"), at(ILL, "1 checksum failure: the storage damages data of shop"), PG),
    "database/checkpoints": row("checkpoints forced by WAL volume # %", at(ILL, "checkpoints forced by WAL volume 100.0 % (≤ 50.0 %)", status="warn"), PG),
    "database/deadlocks": row("deadlocks 0/s", at(ILL, "deadlocks #/"), PG),
    "database/sequences": row("fullest sequence: # % used (limit 85.0 %)", at(ILL, "sequence public.invoice_numbers is 99.0 % used (limit 85.0 %): 990 of 1000"), PG, READ_ALL),
    "database/recovery": row("the next expiry leaves a complete full backup", at(ILL, "last restore drill: never (limit 90 d)", on="undrilled"), at("plain", "nightly is declared with something that cannot be used (directory)")),
    "database/automated-backups": row(("newest usable backup nightly-#", "window 26 h", "good backups come regularly"), at(REVIEW, "no usable backup inside the window of 26 h"), at("plain", "nightly is declared with something that cannot be used (directory)")),
    "database/database-monitoring": row(("pg_stat_statements can be read", "a database exporter is scraped", "# alert rules watch the database"),
                                        at(REVIEW, "pg_stat_statements cannot be read", "no alert rule watches the database"), PG, MONITOR),
    "database/index-completion": row("no index is invalid", at(REVIEW, "invalid index orders_reference_key", "1 index is an exact duplicate"), PG),
    "database/slow-query-log": row("statements over 250 ms are logged", at(REVIEW, "log_min_duration_statement is off"), PG),
    "database/query-performance": row("slowest statement on average # ms (≤ 50 ms)", at(REVIEW, "pg_stat_statements cannot be read"), PG, MONITOR),
    # -- api
    "api/endpoints-answer": row("every declared path answers 2xx", at(ILL, "a declared path is not to be had: /items answers 500", on="broken"), API),
    "api/health": row("health says pass", at(ILL, "health says fail", on="bad"), API),
    "api/server-errors": row("no probe got a 5xx", at(ILL, "got a 5xx in this round", on="broken"), API),
    "api/content-types": row("content types fit the bodies", at(ILL, "a content type is missing or does not fit the body", on="bad"), API),
    "api/addresses-agree": row("1 address answers", at(ILL, "the host's addresses differ in certificate or status", on="two"), API),
    "api/first-byte": row(("first byte after #", "(≤ 300 ms)"), at(ILL, "first byte after ", "(≤ 100 ms): /items", on="slow"), API),
    "api/response-caching": row("/items: the validator gives 304", at(REVIEW, "/items: no Cache-Control"), at(ILL, "/items: answers 500", on="broken")),
    "api/api-documentation": row(("OpenAPI 3.1.0", "# operations, # described"), at(REVIEW, "/openapi.json: answers 404"), API),
    "api/api-metrics": row("the latency histogram is collected", at(REVIEW, "no latency histogram of the API is collected"), PROM),
    "api/load-balancing": row("2 instances answer", at(REVIEW, "only 1 of 1 instances"), API),
    "api/load-test": row(("requests that succeeded # %", "95 % answered within # ms (≤ 500 ms)"), at(REVIEW, "the environment declares no loadTests"), at("plain", "has no 95th percentile")),
    # -- monitoring
    "monitoring/prometheus-ready": row(("Prometheus #", "is ready"), at(ILL, "not ready", on="starting"), PROM),
    "monitoring/targets-up": row("# of # targets are up", at(ILL, "3 of # targets are down: gone 127.0.0.1:#", on="ill"), PROM),
    "monitoring/scrape-margin": row("the slowest scrape takes # % of its time", at(ILL, "a scrape takes # % of the time that it has", "slow"), PROM),
    "monitoring/alert-delivery": row(("Alertmanagers that Prometheus sends to: 1", "# % of the notifications failed"), at(ILL, "Prometheus knows no Alertmanager", on="ill"), PROM),
    "monitoring/rules-healthy": row("no rule fails", at(ILL, "ill/TwiceTheSame", on="ill"), PROM),
    "monitoring/config-reload": row("the running configuration is the one on disk", at(ILL, "the last reload failed", on="ill"), PROM),
    "monitoring/alertmanager": row("Alertmanagers that answer: 1 of 1", at(ILL, "no Alertmanager answers", on="ill"), PROM),
    "monitoring/alerting": row(("alerting rules: #", "the watchdog alert arrives in Alertmanager"), at(REVIEW, "there is no alerting rule", "the watchdog alert does not arrive"), PROM),
}
