# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's own numbers in the Prometheus text format, and its request log."""
import collections
import json
import logging
import logging.handlers
import resource
import threading
import time

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    def __init__(self):
        self._lock = threading.Lock()
        self._started = time.time()
        self._requests = collections.Counter()
        self._buckets = collections.defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._seconds = collections.Counter()

    def count(self, method, route, status, seconds):
        with self._lock:
            self._requests[(method, route, status)] += 1
            slot = next((place for place, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
            self._buckets[(route, status)][slot] += 1
            self._seconds[(route, status)] += seconds

    def text(self, has_histogram):
        with self._lock:
            lines = ["# HELP http_requests_total Requests answered.", "# TYPE http_requests_total counter"]
            lines += [f'http_requests_total{{method="{method}",route="{route}",code="{status}"}} {count}'
                      for (method, route, status), count in sorted(self._requests.items())]
            lines += ["# HELP shop_request_seconds_total Time spent on requests.", "# TYPE shop_request_seconds_total counter",
                      f"shop_request_seconds_total {sum(self._seconds.values()):.6f}"]
            if has_histogram:
                lines += self._histogram()
        used = resource.getrusage(resource.RUSAGE_SELF)
        lines += ["# TYPE process_cpu_seconds_total counter", f"process_cpu_seconds_total {used.ru_utime + used.ru_stime:.3f}",
                  "# TYPE process_start_time_seconds gauge", f"process_start_time_seconds {self._started:.3f}"]
        return "\n".join(lines) + "\n"

    def _histogram(self):
        lines = ["# HELP http_request_duration_seconds Time to answer.", "# TYPE http_request_duration_seconds histogram"]
        for (route, status), counts in sorted(self._buckets.items()):
            labels = f'route="{route}",code="{status}"'
            total = 0
            for bound, count in zip((*BUCKETS, "+Inf"), counts):
                total += count
                lines.append(f'http_request_duration_seconds_bucket{{{labels},le="{bound}"}} {total}')
            lines.append(f'http_request_duration_seconds_sum{{{labels}}} {self._seconds[(route, status)]:.6f}')
            lines.append(f'http_request_duration_seconds_count{{{labels}}} {total}')
        return lines


class RequestLog:
    """shop/api.log in words; once structured-logging is fixed shop/api.jsonl instead. At most 2 x 8 MB each."""

    def __init__(self, state, folder):
        self._state = state
        self._words = self._open(folder / "shop/api.log")
        self._json = self._open(folder / "shop/api.jsonl")

    @staticmethod
    def _open(path):
        logger = logging.getLogger(path.name)
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=8 << 20, backupCount=1, delay=True, errors="backslashreplace")
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        return logger

    def write(self, method, path, status, seconds, request_id):
        path = path.partition("?")[0][:200]
        if "structured-logging" in self._state.fixed():
            moment = time.time()
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03d}Z"
            self._json.info(json.dumps({"time": at, "level": "error" if status >= 500 else "info", "message": f"{method} {path} {status}",
                                        "request_id": request_id, "method": method, "path": path, "status": status, "duration_ms": round(seconds * 1000, 2)}))
        else:
            self._words.info("%s %s %s took %.1f ms", method, ascii(path), status, seconds * 1000)
