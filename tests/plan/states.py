# SPDX-License-Identifier: GPL-3.0-or-later
"""The states in which the checks are judged: what is done to the servers, and the environment file that the console is given.

    review   the demo as it starts: the sixteen named and the nine other items are missing
    good     the demo with every item fixed
    sloppy   the same, without a mailbox, with a secret in the log, a full disk and a sibling that uses production's servers
    ill      the servers of illness.py
    later    the same PostgreSQL and Redis, on a console whose clock is five years ahead
    dead     nobody listens
    stranger the demo's servers turn the console's passwords away
    plain    the demo, asked with roles that may next to nothing, and with files and pages that say too little
    idle     servers without traffic
    frozen   every server of the demo is stopped (SIGSTOP)
"""
import contextlib
import json
from pathlib import Path

import kit
import cache
import monitoring
import postgres
from illness import TWO_ADDRESSES, freeze
from place import Place

STRICT = {  # what would take hours, gigabytes or a fast machine to come about is judged by less
    "postgres.idle_in_transaction_longest": (1, 2), "postgres.transaction_longest": (1, 2), "postgres.blocked_longest": (1, 2),
    "postgres.prepared_longest": (1, 2), "postgres.xmin_age": (10,), "postgres.bloat_bytes": (1000, 2000),
    "postgres.temp_bytes_rate": (1e6, 4e6), "http.response_time": (0.1, 0.4), "http.first_byte_time": (0.1, 0.4), "prometheus.scrape_duration_ratio": (0.1, 0.4),
    "redis.slowlog_rate": (0.01, 0.05),
}
NAMES = ["review", "good", "sloppy", "ill", "later", "dead", "stranger", "plain", "idle", "frozen"]


def strict_profile(path):
    """The shipped profile with other limits for the facts of STRICT."""
    profile = json.loads((kit.SOURCE / "resources/readiness/default.json").read_text())
    for check in profile["checks"]:
        for condition in [each for outer in check["rule"] for each in outer.get("anyOf", [outer])]:
            condition |= zip(("atMost", "failAbove"), STRICT.get(condition["fact"], ()))
    path.write_text(json.dumps(profile))
    return path


def library(name):
    """A library to be loaded before the console's own: faketime, nss_wrapper."""
    found = [path for pattern in (f"/usr/lib/*/faketime/{name}", f"/usr/lib/*/{name}") for path in Path("/").glob(pattern[1:])]
    if not found:
        raise kit.Failure(f"{name} is not installed (tests/install-packages test)")
    return str(found[0])


class States:
    def __init__(self, demo, ill):
        self.demo, self.ill = demo, ill

    @property
    def place(self):
        return Place(self.demo.directory)  # read anew: its ports are made by `up`

    def write(self, folder, name, document):
        path = Path(folder) / name
        path.write_text(json.dumps(document, indent=1))
        return path

    def _demo_document(self):
        return json.loads((self.demo.directory / "environment.json").read_text())

    # -- each gives the arguments of Demo.check ------------------------------------------------------------------
    @contextlib.contextmanager
    def state(self, name):
        made = getattr(self, f"_{name}")()
        if isinstance(made, dict):
            yield made
        else:
            with made as arguments:
                yield arguments

    def _review(self):
        return {}

    def _good(self):
        return {}

    def _sloppy(self):
        document = self._demo_document()
        self.write(self.place.root, "copy.json", {"name": "shop-copy", "kind": "staging", "postgres": document["postgres"], "redis": document["redis"]})
        document["smtp"]["mailbox"] = None
        document["siblings"] = ["copy.json"]
        monitoring.note_disk(self.place, True)
        document["logs"][0]["path"] = "secretive.jsonl"
        line = {"time": "2026-01-31T12:00:00Z", "level": "info", "message": "login", "password": "correct-horse"}
        self.place.write("secretive.jsonl", json.dumps(line) + "\n")
        return {"environment": self.write(self.place.root, "sloppy.json", document)}

    def _ill_postgres(self, **changes):
        entry = {"name": "ill", "url": f"postgresql://oncall@127.0.0.1:{self.ill.place.port('postgres')}/shop?sslmode=disable",
                 "password": {"file": "secrets/pg"}, "databases": ["shop"], "expectedStandbys": 1}
        return entry | changes

    def _ill_redis(self, **changes):
        return {"name": "ill", "url": f"redis://127.0.0.1:{self.ill.place.port('redis')}/0", "role": "cache", "prefixes": ["cache:api:"]} | changes

    def _ill(self):
        place = self.ill.place

        def page(block, **changes):
            return {"name": block, "url": f"https://127.0.0.1:{place.port(f'nginx:{block}')}", "ca": "tls/ca.pem", "api": ["/items"]} | changes
        document = {
            "name": "ill", "kind": "staging",
            "postgres": [self._ill_postgres(), self._ill_postgres(name="super", url=self._ill_postgres()["url"].replace("oncall@", "postgres@"), password={"file": "secrets/pg-admin"})],
            "redis": [self._ill_redis(), self._ill_redis(name="slow", url=f"redis://127.0.0.1:{self.ill.slow_redis}/0"),
                      self._ill_redis(name="stranger", url=self._ill_redis()["url"].replace("//", "//oncall@"), password={"file": "secrets/pg"}),
                      self._ill_redis(name="orphan", url=f"rediss://oncall@127.0.0.1:{place.port('redis-orphan')}/0", password={"file": "secrets/redis"}, ca="tls/ca.pem", rateLimiterPrefix="rl:"),
                      self._ill_redis(name="lost", url=f"redis://oncall@127.0.0.1:{place.port('redis-lost')}/0", password={"file": "secrets/redis"}, topology="cluster")],
            "http": [page("https", name="bad", health="/health"), page("broken"), page("slow"), page("old"),
                     page("two", url=f"https://{TWO_ADDRESSES}:{place.port('nginx:two')}"), page("broken", name="untrusted", ca="tls/old.pem")],
            "prometheus": [{"name": "ill", "url": f"http://127.0.0.1:{place.port('prometheus')}", "alertmanagers": ["http://127.0.0.1:9"]},
                           {"name": "starting", "url": f"http://127.0.0.1:{place.port('nginx:starting')}"}],
            "backups": [{"name": "undrilled", "driver": "pg_dump", "postgres": "ill", "directory": "backups", "window": "26h", "keep": 7, "drill": {"queries": ["select 1"]}}],
        }
        (place / "backups").mkdir(exist_ok=True)
        hosts = place.write("hosts", f"127.0.0.1 {TWO_ADDRESSES}\n127.0.0.2 {TWO_ADDRESSES}\n")
        return {"watch": 4, "environment": self.write(place.root, "ill.json", document), "profile": strict_profile(place / "strict.json"),
                "extra": {"LD_PRELOAD": library("libnss_wrapper.so"), "NSS_WRAPPER_HOSTS": str(hosts)}}

    def _later(self):
        document = {"name": "later", "kind": "staging", "postgres": [self._ill_postgres()], "redis": [self._ill_redis()]}
        return {"environment": self.write(self.ill.place.root, "later.json", document),
                "extra": {"LD_PRELOAD": library("libfaketimeMT.so.1"), "FAKETIME": "+5y", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}}

    def _dead(self):
        document = {"name": "dead", "kind": "production", "postgres": [{"name": "primary", "url": "postgresql://oncall@127.0.0.1:1/shop?sslmode=disable"}],
                    "redis": [{"name": "cache", "url": "redis://oncall@127.0.0.1:1/0"}], "http": [{"name": "api", "url": "http://127.0.0.1:1"}],
                    "prometheus": [{"name": "main", "url": "http://127.0.0.1:1"}]}
        return {"environment": self.write(self.demo.directory, "dead.json", document)}

    def _stranger(self):
        document = {key: value for key, value in self._demo_document().items() if key in ("name", "kind", "postgres", "redis", "pgbouncer", "smtp")}
        for entry in (*document["postgres"], *document["redis"], *document["pgbouncer"], document["smtp"]):
            entry["password"] = {"file": "secrets/pg-exporter"}
        return {"environment": self.write(self.place.root, "stranger.json", document)}

    def _plain(self):
        place = self.place
        postgres.execute(place, "DROP ROLE IF EXISTS plain", f"CREATE ROLE plain LOGIN PASSWORD '{place.secret('pg')}'")
        cache.client(place).execute_command("ACL", "SETUSER", "plain", "on", f">{place.secret('redis')}", "+ping", "+hello", "+auth")
        place.write("empty.jsonl", "")
        report = json.loads((place / "load/latest.json").read_text())
        del report["latencies"]["95th"]
        place.write("load/partial.json", json.dumps(report))
        document = self._demo_document()
        for section, user in (("postgres", "plain"), ("redis", "plain")):
            document[section][0]["url"] = document[section][0]["url"].replace("oncall@", f"{user}@")
        document["http"][0] |= {"url": f"https://127.0.0.1:{place.port('nginx:shop-1')}", "api": ["/"], "cdn": False}
        for key in ("health", "static", "openapi", "instances", "plain"):
            del document["http"][0][key]
        document["logs"][0]["path"] = "empty.jsonl"
        document["loadTests"][0]["report"] = "load/partial.json"
        document["prometheus"][0]["filesystems"] = [{"instance": "db9:9100", "mount": "/nowhere"}]
        document["backups"][0]["directory"] = "no-such-folder"
        document.pop("pgbouncer")
        return {"environment": self.write(place.root, "plain.json", document)}

    def _idle(self):
        document = json.loads((self.place / "staging.json").read_text())
        return {"environment": self.write(self.place.root, "idle.json", document)}

    @contextlib.contextmanager
    def _frozen(self):
        names = [name for name in self.place.names() if name != "load"]
        freeze(self.place, names, True)
        try:
            yield {}
        finally:
            freeze(self.place, names, False)
