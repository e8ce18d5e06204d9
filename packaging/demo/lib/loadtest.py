# SPDX-License-Identifier: GPL-3.0-or-later
"""A load test in the open model: requests start on schedule, whether or not earlier ones have answered; latency counts from
the time a request was due. Writes what `vegeta report -type=json` writes (nanoseconds)."""
import collections
import concurrent.futures
import datetime
import http.client
import json
import ssl
import threading
import time

RATE, SECONDS = 100, 8
_local = threading.local()


def _request(port, context, due):
    time.sleep(max(0.0, due - time.monotonic()))
    try:
        if not hasattr(_local, "server"):
            _local.server = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
        _local.server.request("GET", "/items?limit=20")
        answer = _local.server.getresponse()
        answer.read()
        status = answer.status
    except (OSError, http.client.HTTPException):
        del _local.server
        status = 0
    return status, int((time.monotonic() - due) * 1e9)


def _rfc3339(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run(place, report):
    """Twice the declared peak rate of 50/s against the shop."""
    context = ssl.create_default_context(cafile=str(place / "tls/ca.pem"))
    begin, started = datetime.datetime.now(datetime.timezone.utc), time.monotonic() + 0.1
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        results = list(pool.map(lambda n: _request(place.port("nginx:https"), context, started + n / RATE), range(RATE * SECONDS)))
    took = time.monotonic() - started
    latencies = sorted(latency for _, latency in results)
    good = sum(200 <= status < 300 for status, _ in results)

    def at(share):
        return latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    place.write(report.relative_to(place.root), json.dumps({
        "latencies": {"total": sum(latencies), "mean": sum(latencies) // len(latencies), "50th": at(0.5), "90th": at(0.9), "95th": at(0.95),
                      "99th": at(0.99), "max": latencies[-1], "min": latencies[0]},
        "earliest": _rfc3339(begin), "latest": _rfc3339(begin + datetime.timedelta(seconds=SECONDS)), "end": _rfc3339(begin + datetime.timedelta(seconds=took)),
        "duration": int(SECONDS * 1e9), "wait": int(max(0.0, took - SECONDS) * 1e9), "requests": len(results), "rate": len(results) / SECONDS,
        "throughput": good / took, "success": good / len(results), "status_codes": collections.Counter(str(status) for status, _ in results), "errors": []}, indent=2) + "\n")
