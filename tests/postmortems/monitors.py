# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus and Alertmanager for the cases about monitoring: every class of alert that the shipped profile asks for, over a page of metrics that has what they read."""
import contextlib
import datetime
import http.server
import json
import signal
import threading
import time
import urllib.request

import alertrules
import monitoring
from kit import PATIENCE, wait_for
from place import answers, program

PAGE = """# TYPE http_requests_total counter
http_requests_total{{code="200"}} {count}
http_requests_total{{code="500"}} 0
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{{code="200",le="0.1"}} {count}
http_request_duration_seconds_bucket{{code="200",le="0.5"}} {count}
http_request_duration_seconds_bucket{{code="200",le="+Inf"}} {count}
http_request_duration_seconds_sum{{code="200"}} 1
http_request_duration_seconds_count{{code="200"}} {count}
# TYPE redis_up gauge
redis_up 1
redis_memory_used_bytes 1000
redis_memory_max_bytes 1000000
pg_up 1
pg_stat_activity_count 3
pg_settings_max_connections 100
pg_stat_database_deadlocks 0
pg_stat_archiver_failed_count 0
node_filesystem_avail_bytes{{device="/dev/vda1",fstype="ext4",mountpoint="/"}} 6e10
node_filesystem_size_bytes{{device="/dev/vda1",fstype="ext4",mountpoint="/"}} 1e11
shop_certificate_not_after_seconds {later}
shop_backup_last_success_seconds {now}
"""
RULES = [(name, expression, "0s" if name == "Watchdog" else duration, severity, summary) for name, expression, duration, severity, summary in alertrules.ALERTS + alertrules.DATABASE]


class Exporter:
    """Serves PAGE and what a case adds; answers after `delay` seconds."""

    def __init__(self):
        self.delay, self.more = 0.0, ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                time.sleep(outer.delay)
                now = time.time()
                body = (PAGE.format(count=int(now), now=now - 3600, later=now + 60 * 86400) + outer.more).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "text/plain; version=0.0.4")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_):
                pass
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self._server.server_address[1]}"


class Monitors:
    """The family's Prometheus and Alertmanager; a case says what is different, and they are started afresh when that is not what runs."""
    _running = None
    _exporters = []  # of the shop, which a case may change, and of everything else

    def __init__(self, bench):
        self.place = bench.place
        if not Monitors._exporters:
            Monitors._exporters = [Exporter(), Exporter()]
        self.exporter = Monitors._exporters[0]
        self.exporter.delay, self.exporter.more = 0.0, ""

    def url(self, name):
        return f"http://127.0.0.1:{self.place.port(name)}"

    def section(self, **more):
        return {"name": "main", "url": self.url("prometheus"), "alertmanagers": [self.url("alertmanager")], "watchdog": "Watchdog",
                "latency": {"histogram": "http_request_duration_seconds", "slo": 0.5}, **more}

    def run(self, jobs=None, rules=(), receivers="", routes="", interval="1s", timeout="1s"):
        """jobs: name → (targets, extra YAML) beside the healthy ones; rules as in alertrules.py; `receivers`, `routes`: YAML lines of Alertmanager's."""
        wanted = (repr(jobs), repr(rules), receivers, routes, interval, timeout)
        if Monitors._running != wanted or not (self.place.alive("prometheus") and self.place.alive("alertmanager")):
            self._start(jobs or {}, list(rules), receivers, routes, interval, timeout)
            Monitors._running = wanted
        wait_for(self._is_settled, 40 * PATIENCE, "every target is scraped and the watchdog arrives in Alertmanager", 0.2)

    def _start(self, jobs, rules, receivers, routes, interval, timeout):
        place = self.place
        place.stop([name for name in ("prometheus", "alertmanager") if place.alive(name)])
        place.folder("alertmanager", 0o700)
        place.write("alertmanager/alertmanager.yml", f"route:\n  receiver: oncall\n  group_by: [alertname]\n  group_wait: 1s\n{routes}receivers:\n"
                    f"  - name: oncall\n    webhook_configs: [{{url: 'http://127.0.0.1:9/'}}]\n{receivers}", service=True)
        place.spawn("alertmanager", [program("prometheus-alertmanager"), f"--config.file={place / 'alertmanager/alertmanager.yml'}", f"--storage.path={place / 'alertmanager/data'}",
                                     f"--web.listen-address=127.0.0.1:{place.port('alertmanager')}", "--cluster.listen-address="])
        own = {name: ([f"127.0.0.1:{place.port(name)}"], "") for name in ("prometheus", "alertmanager")}
        monitoring.write_config(place, own | {"shop": ([self.exporter.address], f"scrape_interval: {interval}\n    scrape_timeout: {timeout}\n    "),
                                              "postgres": ([Monitors._exporters[1].address], "")} | jobs, "1s")
        place.write("prometheus/rules/shop.yml", alertrules.document("shop", RULES + rules), service=True)
        monitoring.wait_ready(place, "alertmanager")
        monitoring.start_prometheus(place)
        monitoring.wait_ready(place)

    def _is_settled(self):
        targets = self.targets()
        alerts = monitoring.get_json(self.url("alertmanager") + "/api/v2/alerts") or []
        return targets and all(target["health"] != "unknown" for target in targets) and any(alert["labels"]["alertname"] == "Watchdog" for alert in alerts)

    def targets(self):
        return (monitoring.get_json(self.url("prometheus") + "/api/v1/targets?state=active") or {}).get("data", {}).get("activeTargets", [])

    def wait_for_targets(self, healths):
        """healths: job → "up" or "down"."""
        wait_for(lambda: all(target["health"] == healths[target["labels"]["job"]] for target in self.targets() if target["labels"]["job"] in healths),
                 30 * PATIENCE, f"the targets are {healths}", 0.2)

    def wait_for_scrape(self, job, seconds):
        """Until the last scrape of that job took so long, or longer."""
        wait_for(lambda: any(target["lastScrapeDuration"] >= seconds > 0 or seconds == 0 for target in self.targets() if target["labels"]["job"] == job),
                 40 * PATIENCE, f"a scrape of {job} takes {seconds} s", 0.2)

    def wait_for_value(self, expression, value):
        wait_for(lambda: monitoring.value(self.place, expression) == value, 30 * PATIENCE, f"{expression} is {value}", 0.2)

    def firing(self):
        """Names of what Alertmanager shows."""
        return {alert["labels"]["alertname"] for alert in monitoring.get_json(self.url("alertmanager") + "/api/v2/alerts") or []}

    def silence(self, alert, seconds):
        now = datetime.datetime.now(datetime.timezone.utc)
        body = {"matchers": [{"name": "alertname", "value": alert, "isRegex": False, "isEqual": True}], "startsAt": now.isoformat(),
                "endsAt": (now + datetime.timedelta(seconds=seconds)).isoformat(), "createdBy": "oncall", "comment": "known, ticket 4711"}
        request = urllib.request.Request(self.url("alertmanager") + "/api/v2/silences", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10 * PATIENCE):
            pass

    def kill(self, name):
        """As the kernel does to what takes too much memory."""
        self.place.signal(name, signal.SIGKILL)
        wait_for(lambda: not answers(self.place.port(name)), 10 * PATIENCE, f"{name} is gone")
        self.forget()

    @staticmethod
    def forget():
        """The next case starts them afresh."""
        Monitors._running = None
