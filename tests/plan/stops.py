#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each server of the demo killed (SIGKILL), and those that the console speaks to frozen (SIGSTOP), one after the other: the low end of the score
never rises, no check turns green, what the console asks widens the interval, and everything is as before when the server is back.

Usage: stops.py DIRECTORY_OF_THE_PROGRAMS
"""
import contextlib

from kit import DEADLINE, EXACT, Failure, run, say
from place import Place

FIXED = ["connection-pooling", "email-service", "alerting"]  # so that every server has a part in the score; the rest stays as it was at the review
ASKED = ["postgres", "pgbouncer", "redis", "prometheus", "alertmanager", "nginx", "smtp", "imap"]
# What others look at: an exporter or an instance that is gone is a finding, nothing becomes unknown. Nothing at all is no finding: without traffic rates are unknown.
SEEN_BY_OTHERS = ["node-exporter", "postgres-exporter", "redis-exporter", "shop-1"]
RECOVERY = 2 * DEADLINE  # a Prometheus that was killed replays, scrapes, evaluates and sends again


def never(before, report):
    """What may not be, at any moment."""
    if report.low > before.low + EXACT:
        return f"the low end rose from {before.low:.2f} to {report.low:.2f}"
    if report.high < report.low - EXACT:
        return f"the interval is upside down: {report.low:.2f} to {report.high:.2f}"
    green = report.with_status("pass") - before.with_status("pass")
    return f"turned green: {sorted(green)}" if green else ""


def stop(demo, before, kind, server):
    def problem(report):
        if wrong := never(before, report):
            raise Failure(f"{kind} {server}: {wrong}\n{report.describe()}")
        if server in SEEN_BY_OTHERS:
            return "" if report.low < before.low - EXACT else "no check notices"
        return "" if report.high - report.low > EXACT else "the interval does not widen"
    demo.break_(f"{kind}:{server}")
    try:
        report, took = demo.until(f"{kind} {server}", problem)
    finally:
        with contextlib.suppress(Failure):
            demo.fix(f"{kind}:{server}")
    _, back = demo.until(f"{server} is back", lambda now: "" if now.is_score(before.low) and now.with_status("pass") == before.with_status("pass") else f"expected {before.low:.2f} again", deadline=RECOVERY)
    say(f"{kind:7} {server:18} {report.low:6.2f} to {report.high:6.2f}   {len(report.with_status('unknown', 'stale')):2} unknown   {took:4.1f} s   back after {back:4.1f} s")


def main(demo):
    for item in FIXED:
        demo.fix(item)
    before, _ = demo.until("the state before", lambda report: "" if report.high - report.low < EXACT else "not everything is measured")
    say(f"before                     {before.low:6.2f}")
    names = set(Place(demo.directory).names())
    if strange := names ^ {*ASKED, *SEEN_BY_OTHERS, "load"}:
        raise Failure(f"the demo has other servers than this test knows: {sorted(strange)}")
    for server in ASKED:
        stop(demo, before, "frozen", server)
    for server in sorted(names):
        stop(demo, before, "server", server)


if __name__ == "__main__":
    run(main)
