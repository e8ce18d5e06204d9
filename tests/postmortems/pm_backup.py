# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP: what called itself a backup and was none. Families beside it: PM-01's refused alert mails are MAIL, PM-07's lock queue is LOCK."""
import contextlib

from kit import case


@case("PM-05", "matrix.org 2025: six hours without any standby, then the last copy was lost and a restore took a day",
      red={"database/replication": ["standby"]})
def redundancy_is_gone(bench, broken):
    primary = bench.postgres()
    with contextlib.ExitStack() as stack:
        standby = stack.enter_context(bench.standby(primary))
        if broken:
            standby.stop()
        yield bench.environment(postgres=[primary.section(expectedStandbys=1)])


@case("PM-07", "Travis CI 2018: a TRUNCATE meant for a test database waits ten minutes behind readers, then empties every table",
      amber={"database/blocked-sessions": ["1 sessions wait", "blocks 1 session"]}, facts={"postgres.sessions": ["TRUNCATE items", "127.0.0.1"]})
def truncate_waits(bench, broken):
    database = bench.postgres()
    with database.session() as reader, database.waiting("TRUNCATE items", 62 if broken else 0) as human:
        if broken:
            reader.cursor().execute("SET idle_in_transaction_session_timeout = 0; SELECT count(*) FROM items")
            human.begin()
        yield bench.environment(postgres=[database.section()])
