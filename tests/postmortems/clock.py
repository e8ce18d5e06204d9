# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL cluster whose clock can be put forward, and a console that has the same one: what takes an hour to get old is old at once.

    with Clocked(bench) as clocked:
        with clocked.database.session() as one: ...
            clocked.advance(3600)
            yield ...

It never goes back; the cases of a family share it.
"""
import contextlib
import os
import time
from pathlib import Path

import psycopg2

import postgres
from kit import PATIENCE, Failure, wait_for

OWN = {"archive_command": "/bin/true"}  # clusters of the bench share one archive


def library():
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise Failure("libfaketime is not installed (tests/install-packages test)")
    return str(found[0])


def remove_leavings():
    """The library leaves a semaphore and a segment named after each process that was killed, and a later process of that number cannot start."""
    for path in Path("/dev/shm").glob("*faketime_*"):
        number = path.name.rsplit("_", 1)[1]
        if number.isdigit() and not Path("/proc", number).exists():
            path.unlink(missing_ok=True)


class Clocked:
    """Use as a context: the console's clock is the cluster's inside of it."""
    NAME = "postgres-clocked"

    def __init__(self, bench):
        remove_leavings()
        self.place = bench.place
        self._offset_file = self.place / "clock"
        self._environment = {"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(self._offset_file), "FAKETIME_NO_CACHE": "1",
                             "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        is_new = not self._offset_file.exists()
        if is_new:
            self.place.write("clock", "+0\n")
        self.database = bench.postgres(self.NAME, **OWN)
        if is_new:
            self.database.stop()
            self.run(self.NAME)
            self.place.ready(self.NAME, lambda: self._answers(self.NAME), 30 * PATIENCE)

    def run(self, name):
        """Starts a cluster's server under this clock. The library is loaded by the server only, not by what changes the account before it."""
        words = [f"{key}={value}" for key, value in self._environment.items()]
        self.place.spawn(name, ["/usr/bin/env", *words, postgres.binaries() / "postgres", "-D", self.place / name])

    def _answers(self, name):
        with contextlib.suppress(psycopg2.OperationalError):
            postgres.connect(self.place, name).close()
            return True
        return False

    def advance(self, seconds):
        """Every open transaction and every wait is so much older."""
        offset = int(self._offset_file.read_text()) + seconds
        self.place.write("clock", f"+{offset}\n")
        ahead = "SELECT extract(epoch FROM clock_timestamp() - to_timestamp({}))"
        wait_for(lambda: abs(float(self.database.value(ahead.format(time.time()))) - offset) < 60, 10 * PATIENCE, "the server's clock is ahead")
        self.database.execute("CHECKPOINT")  # the last one is not overdue for it

    def __enter__(self):
        self._before = {name: os.environ.get(name) for name in self._environment}
        os.environ.update(self._environment)
        return self

    def __exit__(self, *_):
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
