# SPDX-License-Identifier: GPL-3.0-or-later
"""environment.json: what the console is told of this production. Keys that are not ours stay as the user left them."""
import json
import re

import monitoring
import stack
from place import DemoError

STRICT_PROFILE = "strict-profile.json"


def _production(place, fixed):
    """Every key that the demo looks after; None: not declared."""
    ports = {name: f"127.0.0.1:{place.port(name)}" for name in
             ("postgres", "pgbouncer", "redis", "prometheus", "node-exporter", "alertmanager", "smtp", "imap", "nginx:http", "nginx:https")}

    def when(item, value):
        return value if item in fixed else None
    return {
        "name": "shop", "kind": "production",
        "postgres": [{"name": "primary", "url": f"postgresql://oncall@{ports['postgres']}/shop?sslmode=verify-full", "password": {"file": "secrets/pg"},
                      "ca": "tls/ca.pem", "databases": ["shop"], "expectedStandbys": 0}],
        "pgbouncer": when("connection-pooling", [{"name": "pool", "url": f"postgresql://stats@{ports['pgbouncer']}/pgbouncer?sslmode=verify-full",
                                                  "password": {"file": "secrets/pgbouncer"}, "ca": "tls/ca.pem"}]),
        "redis": [{"name": "cache", "url": f"rediss://oncall@{ports['redis']}/0", "password": {"file": "secrets/redis"}, "ca": "tls/ca.pem",
                   "topology": "standalone", "prefixes": ["cache:api:", "sess:", "rl:"], "rateLimiterPrefix": "rl:", "role": "cache"}],
        "prometheus": [{"name": "main", "url": f"http://{ports['prometheus']}", "alertmanagers": [f"http://{ports['alertmanager']}"],
                        "watchdog": "Watchdog", "latency": {"histogram": "http_request_duration_seconds", "slo": 0.5, "objective": 0.9},
                        "filesystems": [{"instance": ports["node-exporter"], "mount": monitoring.MOUNT}]}],
        "http": [{"name": "api", "url": f"https://{ports['nginx:https']}", "plain": f"http://{ports['nginx:http']}", "ca": "tls/ca.pem",
                  "health": "/health", "api": ["/items"], "static": ["/static/app.js"], "openapi": "/openapi.json",
                  "instances": [f"https://127.0.0.1:{place.port(f'nginx:{name}')}" for name in stack.instances(fixed)], "cdn": True}],
        "smtp": {"url": f"smtp://oncall@{ports['smtp']}", "password": {"file": "secrets/smtp"}, "tls": "starttls", "ca": "tls/ca.pem",
                 "from": "alerts@shop.example", "to": ["oncall@shop.example"], "mailbox": f"imaps://oncall@{ports['imap']}/INBOX"},
        "backups": [{"name": "nightly", "driver": "pg_dump", "postgres": "primary", "directory": "backups", "window": "26h", "keep": 7}],
        "logs": when("structured-logging", [{"name": "api", "path": "shop/api.jsonl", "format": "json"}]),
        "audit": when("security-log", [{"name": "app-audit", "postgres": "primary", "query": "select max(at) from audit_log"}]),
        "loadTests": when("load-test", [{"name": "nightly", "report": "load/latest.json", "maxAge": "90d", "p95": "500ms", "peakRate": 50}]),
        "siblings": when("separate-environments", ["staging.json"]),
        "profile": STRICT_PROFILE if "backup-disk-full" in place.troubles() else "default",
    }


def _staging(place):
    return {
        "name": "shop-staging", "kind": "staging",
        "postgres": [{"name": "primary", "url": f"postgresql://oncall@127.0.0.1:{place.port('postgres-staging')}/shop?sslmode=verify-full",
                      "password": {"file": "secrets/pg"}, "ca": "tls/ca.pem", "databases": ["shop"], "expectedStandbys": 0}],
        "redis": [{"name": "cache", "url": f"rediss://oncall@127.0.0.1:{place.port('redis-staging')}/0", "password": {"file": "secrets/redis"},
                   "ca": "tls/ca.pem", "topology": "standalone", "prefixes": ["cache:api:"], "role": "cache"}],
        "profile": "default",
    }


def _present(place):
    """What is in the file now; lines that are only a // comment are dropped, as they cannot be written back."""
    path = place / "environment.json"
    if not path.exists():
        return {}
    try:
        return json.loads(re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE))
    except ValueError as error:
        raise DemoError(f"{path} is not valid ({error}); put it right, or remove it and it is written anew") from error


def write(place):
    """Brings our keys up to the ports and the fixed items of now."""
    fixed = place.fixed()
    document = _present(place)
    for key, value in _production(place, fixed).items():
        if value is None:
            document.pop(key, None)
        else:
            document[key] = value
    for secret in ("pg", "redis", "smtp", "pgbouncer"):
        place.secret(secret)
    place.write("environment.json", json.dumps(document, indent=2) + "\n")
    if "separate-environments" in fixed:
        place.write("staging.json", json.dumps(_staging(place), indent=2) + "\n")
    return place / "environment.json"
