#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's score, end to end on real servers: 87.3 at the start, and each fix worth exactly its points times its weight.

Usage: demo_scores.py DIRECTORY_OF_THE_PROGRAMS
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

DEMO = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "demo"
START = 87.3
# item of the plan -> (check, worth in points of the total)
ITEMS = {
    "redis-service": ("environment/redis-service", 1.00),
    "redis-caching": ("performance/redis-caching", 1.20),
    "email-service": ("environment/email-service", 0.60),
    "tls": ("environment/tls", 0.40),
    "https-enforced": ("security/https-enforced", 1.00),
    "api-compression": ("performance/api-compression", 0.45),
    "response-caching": ("api/response-caching", 0.50),
    "automated-backups": ("database/automated-backups", 0.75),
}
PATIENCE = 60  # seconds; a cache warms up, a busy machine answers late


class Demo:
    def __init__(self, programs, directory):
        self.programs = pathlib.Path(programs)
        self.directory = pathlib.Path(directory)
        self.environment = dict(os.environ, MUSTER_BIN_DIR=str(self.programs), XDG_STATE_HOME=str(directory) + "-state")

    def call(self, verb, *words):
        arguments = [str(DEMO / verb), *words, "--dir", str(self.directory)]
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, timeout=300)
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")

    def check(self):
        arguments = [str(self.programs / "musterctl"), "check", "-e", str(self.directory / "environment.json"), "--output", "json"]
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode not in (0, 1, 2):
            sys.exit(f"check ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(done.stdout)


def differences(report):
    """What keeps the score from the expected one: checks that neither pass nor fail, and foundations that do not pass."""
    return [f"{check['id']}: {check['status']}: {check['evidence']}" for check in report["checks"]
            if check["status"] not in ("pass", "fail") or (check["group"] == "foundation" and check["status"] != "pass")]


def expect(demo, what, score, check=None, status="pass"):
    """Measures until score and status are as expected; says what stands in the way when patience ends."""
    end = time.monotonic() + PATIENCE
    while True:
        report = demo.check()
        found = report["score"]
        is_status = check is None or next(c for c in report["checks"] if c["id"] == check)["status"] == status
        if is_status and abs(found["low"] - score) < 0.005 and abs(found["high"] - score) < 0.005:
            print(f"{what}: {found['low']:.2f}", flush=True)
            return
        if time.monotonic() > end:
            sys.exit(f"{what}: expected {score:.2f}, found {found['low']:.2f} to {found['high']:.2f}\n" + "\n".join(differences(report)))
        time.sleep(1)


def main():
    with tempfile.TemporaryDirectory(prefix="muster-demo-") as folder:
        os.chmod(folder, 0o755)  # servers that refuse root run as another user
        demo = Demo(sys.argv[1], pathlib.Path(folder) / "demo")
        demo.call("up", "--headless", "--no-build", "--yes")
        try:
            score = START
            expect(demo, "start", score)
            for item, (check, worth) in ITEMS.items():
                demo.call("fix", item)
                score += worth
                expect(demo, f"fix {item}", score, check)
            demo.call("break", "https-enforced")
            expect(demo, "break https-enforced", score - ITEMS["https-enforced"][1], "security/https-enforced", "fail")
        finally:
            demo.call("down")


if __name__ == "__main__":
    main()
