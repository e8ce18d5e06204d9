# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo and its judgement, for tests that play the readiness plan on real servers.

MUSTER_PLAN_PATIENCE multiplies every deadline, for machines that are slow or busy.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
SOURCE = Path(__file__).resolve().parents[2]
DEMO = SOURCE / "packaging/demo"
sys.path.insert(0, str(DEMO / "lib"))

PATIENCE = float(os.environ.get("MUSTER_PLAN_PATIENCE", "1"))
DEADLINE = 15 * PATIENCE  # seconds from the moment a fix or break has returned until the console shows it
EXACT = 0.0005

# item -> (component, worth in points of the total, what the evidence says when it is missing); in the order of the readiness model
NAMED = {
    "redis-service": ("environment", 1.00, "maxmemory"), "email-service": ("environment", 0.60, "could not be trusted over TLS"), "tls": ("environment", 0.40, "expires in"),
    "redis-caching": ("performance", 1.20, "lookups hit"), "connection-pooling": ("performance", 0.60, "no pgbouncer"),
    "api-compression": ("performance", 0.45, "/items"), "https-enforced": ("security", 1.00, "http://127.0.0.1:"),
    "rate-limiting": ("security", 0.50, "rate limit"), "security-log": ("security", 0.50, "log_connections"),
    "automated-backups": ("database", 0.75, "no usable backup"), "database-monitoring": ("database", 0.45, "alert rule"),
    "index-completion": ("database", 0.30, "orders_reference_key"), "response-caching": ("api", 0.50, "/items"),
    "api-documentation": ("api", 0.30, "/openapi.json"), "api-metrics": ("api", 0.20, "latency histogram"), "alerting": ("monitoring", 0.75, "alert"),
}
REST = {
    "structured-logging": ("environment", 0.60, "no logs"), "separate-environments": ("environment", 0.40, "no siblings"),
    "static-assets": ("performance", 0.45, "/static/app.js"), "cdn": ("performance", 0.30, "CDN"), "input-validation": ("security", 0.50, "answered with 500"),
    "slow-query-log": ("database", 0.45, "log_min_duration_statement"), "query-performance": ("database", 0.30, "pg_stat_statements"),
    "load-balancing": ("api", 0.10, "1 instances"), "load-test": ("api", 0.10, "no loadTests"),
}
ITEMS = NAMED | REST
START, WITH_NAMED = 87.3, 96.8


class Failure(Exception):
    """What did not hold, in words."""


class Report:
    def __init__(self, document):
        self.document = document
        self.low, self.high = document["score"]["low"], document["score"]["high"]
        self.verdict = document["verdict"]
        self.gates = {gate["id"]: gate["reason"] for gate in document["gates"] if gate.get("status", "fail") == "fail"}
        self.checks = {}
        for row in document["checks"]:
            self.checks.setdefault(row["id"], row)  # the worst instance comes first

    def is_score(self, value):
        return abs(self.low - value) < EXACT and abs(self.high - value) < EXACT

    def with_status(self, *statuses):
        return {name for name, row in self.checks.items() if row["status"] in statuses}

    def describe(self, names=None):
        rows = [row for name, row in self.checks.items() if (name in names if names is not None else row["status"] != "pass")]
        return "\n".join([f"  {self.verdict}, {self.low:.2f} to {self.high:.2f}, gates {self.gates}"]
                         + [f"  {row['id']}: {row['status']}: {row['evidence']}" for row in rows]
                         + [f"  fault {fault['source']}: {fault['kind']} at {fault['stage']}: {fault['detail']}" for fault in self.document["faults"]])


class Demo:
    """A running demo in a directory of its own."""

    def __init__(self, programs, directory):
        self.programs, self.directory = Path(programs), Path(directory)
        self.surroundings = dict(os.environ, MUSTER_BIN_DIR=str(self.programs), XDG_STATE_HOME=f"{directory}-state", NO_COLOR="1")

    def call(self, verb, *words):
        command = [str(DEMO / verb), *words, "--dir", str(self.directory)]
        done = subprocess.run(command, env=self.surroundings, capture_output=True, text=True, timeout=120 * PATIENCE, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")

    def fix(self, item):
        self.call("fix", item)

    def break_(self, item):
        self.call("break", item)

    def check(self, environment=None, profile=None, extra=None, watch=0):
        """musterctl check; `extra`: variables for that program alone; `watch`: seconds, for rates of more than two samples."""
        command = [str(self.programs / "musterctl"), "check", "-e", str(environment or self.directory / "environment.json"), "--output", "json"]
        done = subprocess.run(command + (["--profile", str(profile)] if profile else []) + (["--for", str(watch)] if watch else []), env=self.surroundings | (extra or {}), capture_output=True,
                              text=True, timeout=60 * PATIENCE, stdin=subprocess.DEVNULL)
        if done.returncode not in (0, 1, 2):
            raise Failure(f"check ended with {done.returncode}: {done.stderr[-2000:]}")
        report = Report(json.loads(done.stdout))
        if done.returncode != ["ready", "at-risk", "not-ready"].index(report.verdict):
            raise Failure(f"check ended with {done.returncode} and said {report.verdict}")
        return report

    def until(self, what, problem, names=None, deadline=DEADLINE, **how):
        """Measures until problem(report) is "" and returns (report, seconds); Failure with what stands in the way after the deadline."""
        begun = time.monotonic()
        while True:
            report = self.check(**how)
            words = problem(report)
            took = time.monotonic() - begun
            if not words:
                return report, took
            if took > deadline:
                raise Failure(f"{what}: {words}, after {took:.1f} s\n{report.describe(names)}")

    def until_score(self, what, value, check=None, status="pass", word=""):
        def problem(report):
            row = report.checks[check] if check else None
            if row and row["status"] != status:
                return f"{check} is {row['status']}, expected {status}"
            if row and word not in row["evidence"]:
                return f"the evidence of {check} does not say “{word}”: {row['evidence']}"
            return "" if report.is_score(value) else f"expected {value:.2f}, found {report.low:.2f} to {report.high:.2f}"
        return self.until(what, problem)


def processes_of(directory):
    """Pids of processes that carry the demo's mark."""
    mark = f"MUSTER_PLACE={directory}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def running_demo(programs):
    """Starts a demo in a temporary directory; stops it, and sees that nothing is left."""
    with tempfile.TemporaryDirectory(prefix="muster-plan-") as folder:
        os.chmod(folder, 0o755)  # servers that refuse root run as another user
        demo = Demo(programs, Path(folder) / "demo")
        subprocess.Popen([SOURCE / "tests/support/servers.py", "guard", "--dir", demo.directory, "--until-exit-of", str(os.getpid())],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)  # we may be killed
        try:
            demo.call("up", "--headless", "--no-build", "--yes")
            yield demo
        finally:
            demo.call("down")
        if left := processes_of(demo.directory):
            raise Failure(f"down left processes: {left}")


def say(text):
    print(text, flush=True)


def run(main):
    """A test program: DIRECTORY_OF_THE_PROGRAMS is its one argument."""
    begun = time.monotonic()
    try:
        with running_demo(sys.argv[1]) as demo:
            say(f"demo started ({time.monotonic() - begun:.1f} s)")
            main(demo)
    except Failure as failure:
        say(f"FAIL: {failure}")
        sys.exit(1)
    say(f"all held ({time.monotonic() - begun:.0f} s)")
