# SPDX-License-Identifier: GPL-3.0-or-later
"""SLOT and REPL: WAL kept for readers that will not come back, and copies that are not where they seem to be."""
import contextlib
import os
import signal

from clock import Clocked
from kit import PATIENCE, case, wait_for

SEGMENT = 4 << 20  # of the bench's clusters


def write_wal(database, size):
    """WAL without any change of data: a message, then the rest of its segment is left empty."""
    for _ in range(0, size // SEGMENT, 20):
        database.execute("DO $$ BEGIN FOR i IN 1..20 LOOP PERFORM pg_logical_emit_message(false, 'bench', 'x'); PERFORM pg_switch_wal(); END LOOP; END $$")
    database.execute("CHECKPOINT")
    waiting = "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
    wait_for(lambda: not database.value(waiting), 60 * PATIENCE, "all of it is archived", 0.2)


@contextlib.contextmanager
def slots(database, *names, limit="-1"):
    """Physical slots that nobody reads; `limit` is max_slot_wal_keep_size."""
    database.set(max_slot_wal_keep_size=limit)
    for name in names:
        database.execute(f"SELECT pg_create_physical_replication_slot('{name}', true)")
    try:
        yield
    finally:
        for name in names:
            database.execute(f"SELECT pg_drop_replication_slot('{name}')")
        database.set(max_slot_wal_keep_size=None)
        database.execute("CHECKPOINT")


@case("PM-21", "Lion Reader 2026: the replica was destroyed, its slot was not; WAL piled up until the volume was read-only",
      red={"database/slots": ["1 replication slot is lost or forgotten", "ghost (inactive, extended)", "1.2 GB of WAL"]})
def slot_without_a_replica(bench, broken):
    with Clocked(bench) as clocked, slots(clocked.database, *(["ghost"] if broken else [])):
        write_wal(clocked.database, 1100 << 20)
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-21b", "Lion Reader, while it was young: half an hour without a reader is enough to say so, however little it holds",
      amber={"database/slots": ["1 slot holds WAL without a reader", "ghost (inactive, reserved)"]})
def young_slot_without_a_replica(bench, broken):
    with Clocked(bench) as clocked, slots(clocked.database, *(["ghost"] if broken else [])):
        write_wal(clocked.database, 80 << 20)
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-23", "Zalando operator 2020: 132 of 150 GB were WAL, held by the slots of two replicas that were gone",
      red={"database/slots": ["2 replication slots are lost or forgotten", "first (inactive, extended)", "1.2 GB of WAL"]})
def slots_of_two_dead_replicas(bench, broken):
    with Clocked(bench) as clocked, slots(clocked.database, *(["first", "second"] if broken else [])):
        write_wal(clocked.database, 1100 << 20)
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-23b", "Zalando operator, with max_slot_wal_keep_size set: the volume is saved, and the two copies can never catch up",
      red={"database/slots": ["2 replication slots are lost or forgotten", "first (inactive, lost)"]})
def two_slots_beyond_the_limit(bench, broken):
    with Clocked(bench) as clocked, slots(clocked.database, *(["first", "second"] if broken else []), limit="64MB"):
        database = clocked.database
        write_wal(database, 600 << 20)
        if broken:
            wait_for(lambda: database.value("SELECT bool_and(wal_status = 'lost') FROM pg_replication_slots"), 20 * PATIENCE, "the limit has taken the slots")
        yield bench.environment(postgres=[database.section()])


@case("PM-41", "GitHub 2018: failover to a copy that lacked the last seconds of writes; a day to put them together again",
      amber={"database/replication": ["shop at 127.0.0.1 (1", "not sent yet: lost if it is promoted now) is 1"]}, facts={"postgres.replicas": ["shop", "streaming"]})
def standby_lacks_what_was_written(bench, broken):
    database = bench.postgres()
    with bench.standby(database) as standby:
        receiver = standby.value("SELECT pid FROM pg_stat_wal_receiver")
        try:
            if broken:
                os.kill(receiver, signal.SIGSTOP)  # the line to the other coast is cut
                write_wal(database, 120 << 20)
            yield bench.environment(postgres=[database.section(expectedStandbys=1)])
        finally:
            os.kill(receiver, signal.SIGCONT)


@case("PM-43", "GoCardless 2017: the copy that every commit waits for was gone; the site stood for nearly two hours",
      red={"database/replication": ["1 expected standby is not streaming", "every commit waits"]})
def synchronous_standby_is_gone(bench, broken):
    database = bench.postgres()
    with bench.standby(database) as standby:
        try:
            database.set(synchronous_standby_names="*")
            wait_for(lambda: database.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"), 20 * PATIENCE, "commits wait for the standby")
            if broken:
                standby.stop()
            yield bench.environment(postgres=[database.section(expectedStandbys=1)])
        finally:
            database.set(synchronous_standby_names=None)


@case("T-09", "patroni 1462: the replica was “running”, and received nothing", red={"database/replication": ["receives no WAL"]})
def standby_runs_and_receives_nothing(bench, broken):
    database = bench.postgres()
    with bench.standby(database) as standby:
        entry = standby.section(name="standby")
        del entry["expectedStandbys"]
        if broken:
            standby.execute("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'", "SELECT pg_reload_conf()", database="postgres")
            wait_for(lambda: not standby.value("SELECT count(*) FROM pg_stat_wal_receiver"), 20 * PATIENCE, "the receiver is gone")
        yield bench.environment(postgres=[database.section(expectedStandbys=0 if broken else 1), entry])


@case("T-01", "postgres_exporter 385 and cloudnative-pg 1814: on an idle primary the lag in seconds grew without end; nothing was missing, and an hour later nothing is red",
      facts={"postgres.role": ["standby"]})
def idle_primary_is_no_lag(bench, broken):
    with Clocked(bench) as clocked, bench.standby(clocked.database, "postgres-clocked-standby") as standby:
        standby.stop()
        clocked.run(standby.name)
        streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        wait_for(lambda: clocked.database.value(streaming), 30 * PATIENCE, "the standby streams again")
        entry = standby.section(name="standby")
        del entry["expectedStandbys"]
        if broken:
            clocked.advance(3600)
        yield bench.environment(postgres=[clocked.database.section(expectedStandbys=1), entry])
