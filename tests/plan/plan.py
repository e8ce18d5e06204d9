#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan, played on the demo: 87.3 at the start, every item worth exactly its points, 96.8 with the named ones, 100.0 with the rest;
every gate tripped and cleared; every item broken again and back to 87.3.

Usage: plan.py DIRECTORY_OF_THE_PROGRAMS
"""
from kit import ITEMS, NAMED, REST, START, WITH_NAMED, Failure, run, say

# gate -> what its reason says, in words
GATES = {
    "no-usable-backup": "no usable backup inside the window of 26 h", "certificate-invalid": "has expired", "ids-running-out": "invoice_numbers",
    "database-refuses-writes": "read-only", "cache-refuses-writes": "maxmemory is reached", "watchdog-missing": "does not arrive in Alertmanager",
    "https-not-enforced": "HTTPS is not enforced: http://127.0.0.1:", "wal-filling": "the disk is filling", "backup-disk-full": "free for backups", "disk-full": "/srv/shop at 127.0.0.1",
    "no-source-answering": "refused the connection",
}
ALL_STOPPED = "no-source-answering"
AT_START = {"no-usable-backup", "watchdog-missing", "https-not-enforced"}


def begin(demo):
    report, took = demo.until_score("the start", START)
    for name, row in report.checks.items():
        expected = "pass" if row["group"] == "foundation" else "fail"
        if row["status"] != expected:
            raise Failure(f"at the start {name} is {row['status']}, expected {expected}: {row['evidence']}")
    items = {name for name, row in report.checks.items() if row["group"] != "foundation"}
    if items != {f"{component}/{item}" for item, (component, _, _) in ITEMS.items()}:
        raise Failure(f"the profile's items are not those of the plan: {items}")
    if set(report.gates) != AT_START or report.verdict != "not-ready":
        raise Failure(f"at the start expected the gates {AT_START}\n{report.describe([])}")
    say(f"start                        {report.low:6.2f}   {took:4.1f} s")


def fix(demo, items, score):
    for item, (component, worth, _) in items.items():
        demo.fix(item)
        score += worth
        _, took = demo.until_score(f"fix {item}", score, f"{component}/{item}")
        say(f"fix   {item:22} {worth:+.2f} {score:6.2f}   {took:4.1f} s")
    return score


def take_back(demo, score):
    for item, (component, worth, word) in ITEMS.items():
        demo.break_(item)
        score -= worth
        _, took = demo.until_score(f"break {item}", score, f"{component}/{item}", "fail", word)
        say(f"break {item:22} {-worth:+.2f} {score:6.2f}   {took:4.1f} s")
    return score


def reached(what, score, expected):
    if f"{score:.1f}" != f"{expected:.1f}":
        raise Failure(f"{what}: {score}, expected {expected}")


def be_ready(demo):
    def problem(report):
        criteria = [criterion["id"] for criterion in report.document["criteria"] if criterion["status"] != "pass"]
        is_ready = report.verdict == "ready" and not report.gates and not criteria
        return "" if is_ready else f"expected READY, found {report.verdict}, gates {report.gates}, open criteria {criteria}"
    demo.until("READY", problem)
    say("READY, no gate, all criteria met")


def trip(demo, gate, cleared):
    def tripped(report):
        if gate not in report.gates or report.verdict != "not-ready":
            return f"the gate does not show, the verdict is {report.verdict}"
        return "" if GATES[gate] in report.gates[gate] else f"its reason does not say “{GATES[gate]}”: {report.gates[gate]}"

    demo.break_(f"gate:{gate}")
    report, took = demo.until(f"trip {gate}", tripped)
    others = set(report.gates) - {gate}
    if others and gate != ALL_STOPPED:
        raise Failure(f"trip {gate}: trips others too: {others}")
    say(f"trip  {gate:24} {took:4.1f} s   {report.gates[gate][:150]}")
    demo.fix(f"gate:{gate}")
    _, took = demo.until(f"clear {gate}", cleared)
    say(f"clear {gate:24} {took:4.1f} s")


def trip_gates(demo):
    def cleared(report):
        return "" if report.verdict == "ready" and report.is_score(100) and not report.gates else "it is not READY at 100 again"
    declared = {gate["id"] for gate in demo.check().document["gates"]}
    if unknown := declared - set(GATES):
        raise Failure(f"gates without a way to trip them: {unknown}")
    for gate in GATES:  # all stopped is the last: from then on Prometheus, killed, shows series of before that must not count as collected
        trip(demo, gate, cleared)


def main(demo):
    begin(demo)
    score = fix(demo, NAMED, START)
    reached("the named items", score, WITH_NAMED)
    score = fix(demo, REST, score)
    reached("everything", score, 100)
    be_ready(demo)
    trip_gates(demo)
    reached("taken back", take_back(demo, score), START)


if __name__ == "__main__":
    run(main)
