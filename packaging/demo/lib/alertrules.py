# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerting rules of the demo: name, expression, how long it holds, severity, what it says."""

ALERTS = [
    # Not at once: for five seconds after a reload Prometheus knows no Alertmanager, and would drop it.
    ("Watchdog", "vector(1)", "5s", "none", "Always firing: while Alertmanager shows it, the way from Prometheus works"),
    ("TargetDown", "up == 0", "1m", "critical", "{{ $labels.job }} at {{ $labels.instance }} cannot be scraped"),
    ("TargetAbsent", 'absent(up{job="shop"})', "1m", "critical", "No instance of the shop is known to Prometheus"),
    ("ErrorRatioHigh", 'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])) > 0.02', "2m", "critical",
     "More than 2 % of the requests fail"),
    # The mean is what there is before the histogram is.
    ("LatencyHigh", "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5"
     " or sum(rate(shop_request_seconds_total[5m])) / sum(rate(http_requests_total[5m])) > 0.5", "5m", "warning", "The shop answers slower than in 500 ms"),
    ("RedisDown", "redis_up == 0", "1m", "critical", "Redis does not answer its exporter"),
    ("RedisMemoryFull", "redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.9", "5m", "warning", "Redis uses more than 90 % of its memory"),
    ("DiskFull", 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes < 0.05', "5m", "critical",
     "{{ $labels.mountpoint }} has less than 5 % left"),
    ("CertificateEnds", "min(shop_certificate_not_after_seconds) - time() < 7 * 86400", "5m", "critical", "A certificate ends in less than a week"),
    ("BackupOld", "time() - max(shop_backup_last_success_seconds) > 26 * 3600", "5m", "critical", "The newest backup is older than 26 hours"),
]
DATABASE = [
    ("PostgresDown", "pg_up == 0", "1m", "critical", "PostgreSQL does not answer its exporter"),
    ("PostgresConnections", "sum(pg_stat_activity_count) / max(pg_settings_max_connections) > 0.8", "5m", "warning", "More than 80 % of the connections are used"),
    ("PostgresDeadlocks", "sum(rate(pg_stat_database_deadlocks[5m])) > 0.1", "5m", "warning", "Transactions run into deadlocks"),
    ("PostgresArchiveFails", "increase(pg_stat_archiver_failed_count[10m]) > 0", "5m", "critical", "WAL segments cannot be archived"),
]


def _quoted(text):
    return "'" + text.replace("'", "''") + "'"


def document(group, rules):
    """A rule file of Prometheus, YAML."""
    lines = [f"groups:\n  - name: {group}\n    rules:\n"]
    for name, expression, duration, severity, summary in rules:
        lines.append(f"      - alert: {name}\n        expr: {_quoted(expression)}\n        for: {duration}\n        labels: {{severity: {severity}}}\n"
                     f"        annotations: {{summary: {_quoted(summary)}, runbook_url: 'https://docs.shop.example/runbooks/{name}'}}\n")
    return "".join(lines)
