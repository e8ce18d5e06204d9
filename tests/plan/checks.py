#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check × pass, fail and unknown, on real servers: the table of cells.py in the states of states.py.

Usage: checks.py DIRECTORY_OF_THE_PROGRAMS
"""
import concurrent.futures
import re

from kit import Failure, run, say
from cells import ROWS, Never
from illness import Ill
from states import NAMES, States

# Where servers are lost nothing is green but what lies in files.
GREEN = {"dead": set(), "stranger": set(), "frozen": {"environment/structured-logging", "database/recovery", "database/automated-backups", "api/load-test"}}
COLUMNS = {"passes": "pass", "fails": "fail", "unknown": "unknown"}


def cells():
    """(check, status, At) of every cell."""
    for check, row in ROWS.items():
        for column, status in COLUMNS.items():
            cell = getattr(row, column)
            if not isinstance(cell, Never):
                yield check, cell.status or status, cell
        for cell in row.also:
            yield check, cell.status, cell


def pattern(words):
    return re.escape(words).replace(r"\#", r"(?:[<>] )?[0-9][0-9.,]*")


def problem_of(report, check, status, cell):
    """What does not hold of one cell, "" for nothing."""
    rows = [row for row in report.document["checks"] if row["id"] == check]
    chosen = next((row for row in rows if (row["instance"] == cell.instance if cell.instance else row["status"] == status)), rows[0] if rows else None)
    if not chosen:
        return "the report has no such check"
    if chosen["status"] != status:
        return f"is {chosen['status']}, expected {status}: {chosen['evidence']}"
    missing = [words for words in cell.words if not re.search(pattern(words), chosen["evidence"] + "\n" + chosen.get("hint", ""))]
    return f"does not say {missing}: {chosen['evidence']}" if missing else ""


def same_rows(report):
    """The profile and the table have the same checks."""
    shipped = set(report.checks)
    if shipped != set(ROWS):
        raise Failure(f"checks without a row in cells.py: {sorted(shipped - set(ROWS))}; rows without a check: {sorted(set(ROWS) - shipped)}")


def judge(states, name):
    wanted = [(check, status, cell) for check, status, cell in cells() if cell.state == name]

    def problem(report):
        green = report.with_status("pass") - GREEN.get(name, report.with_status("pass"))
        return "\n".join([f"  {check} {text}" for check, status, cell in wanted if (text := problem_of(report, check, status, cell))]
                         + [f"  {check} is green" for check in sorted(green)])
    with states.state(name) as how:
        report, took = states.demo.until(name, lambda report: f"not as expected:\n{problem(report)}" if problem(report) else "", [], **how)
    say(f"{name:10} {len(wanted):3} cells   {took:4.1f} s")
    return report


def main(demo):
    ill = Ill(demo.directory.parent / "ill")
    states = States(demo, ill)
    if unknown := {cell.state for _, _, cell in cells()} - set(NAMES):
        raise Failure(f"states that nobody makes: {unknown}")
    failures = []
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            started = pool.submit(ill.start)
            same_rows(judge(states, "review"))
            demo.fix("all")
            started.result()
        for name in NAMES[1:]:
            try:
                judge(states, name)
            except Failure as failure:
                failures.append(str(failure))
    finally:
        ill.stop()
    if failures:
        raise Failure("\n".join(failures))
    kinds = [status for _, status, _ in cells()]
    say(f"{len(ROWS)} checks: " + ", ".join(f"{kinds.count(status)} × {status}" for status in ("pass", "warn", "fail", "unknown")))
    for check, row in ROWS.items():
        for column in COLUMNS:
            if isinstance(getattr(row, column), Never):
                say(f"  {check} is never {COLUMNS[column]}: {getattr(row, column).why}")


if __name__ == "__main__":
    run(main)
