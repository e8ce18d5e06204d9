# SPDX-License-Identifier: GPL-3.0-or-later
"""LOCK and CONN: one who waits, all who wait behind, and connections that run out."""
import contextlib
import subprocess
import threading

import psycopg2

import postgres
from clock import Clocked
from kit import PATIENCE, case, wait_for

PATIENT = "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0"


@contextlib.contextmanager
def reading(database, seconds=3600):
    """A report that reads items for an hour, in a session of its own; its pid."""
    with database.session() as connection:
        connection.cursor().execute(PATIENT)
        pid = connection.info.backend_pid

        def read():
            with contextlib.suppress(psycopg2.Error):
                connection.cursor().execute(f"SELECT count(*), pg_sleep({seconds}) FROM items")
        thread = threading.Thread(target=read)
        thread.start()
        try:
            wait_for(lambda: database.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"), 20 * PATIENCE, "the report runs")
            yield pid
        finally:
            database.execute(f"SELECT pg_terminate_backend({pid})")
            thread.join()


@case("PM-25", "GoCardless: a long read on the parent table, a moment before the migration that will queue behind it and everybody behind that",
      amber={"database/long-transactions": ["longest transaction 4", "longest statement 4"]}, facts={"postgres.sessions": ["FROM items"]})
def long_read_before_a_migration(bench, broken):
    with Clocked(bench) as clocked, reading(clocked.database):
        if broken:
            clocked.advance(45 * 60)
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-27", "Railway 2025: a nullable column, added behind a long query; every query on the table queued behind the migration",
      red={"database/blocked-sessions": ["2 sessions wait", "the longest for 7", "blocks 2 sessions"]}, facts={"postgres.sessions": ["ALTER TABLE items ADD COLUMN note text", "127.0.0.1"]})
def migration_behind_a_reader(bench, broken):
    with Clocked(bench) as clocked:
        database = clocked.database
        with reading(database), database.waiting("ALTER TABLE items ADD COLUMN note text", 0) as migration, database.waiting("SELECT max(id) FROM items", 0) as request:
            if broken:
                migration.begin()
                request.begin()
                clocked.advance(7 * 60)
            yield bench.environment(postgres=[database.section()])


@case("PM-07t", "Travis CI 2018, ten minutes later: the TRUNCATE still waits behind readers; then it will empty every table",
      red={"database/blocked-sessions": ["1 session waits, the longest for 10", "blocks 1 session"]}, facts={"postgres.sessions": ["TRUNCATE items", "127.0.0.1"]})
def truncate_waits_for_ten_minutes(bench, broken):
    with Clocked(bench) as clocked, reading(clocked.database), clocked.database.waiting("TRUNCATE items", 0) as human:
        if broken:
            human.begin()
            clocked.advance(10 * 60)
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-29", "Purelymail 2022: a one-shot delete timed out at its client and went on; each retry queued behind the one before",
      red={"database/blocked-sessions": ["3 sessions wait", "the longest for 36", "psql"]}, amber={"database/long-transactions": ["longest transaction 3"]},
      facts={"postgres.sessions": ["DELETE FROM items WHERE id > 0"]})
def retries_of_clients_that_are_gone(bench, broken):
    with Clocked(bench) as clocked:
        database = clocked.database
        statement = "DELETE FROM items WHERE id > 0 AND (id < 20000 OR pg_sleep(3600) IS NULL)"
        running = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' AND query LIKE 'DELETE%' AND wait_event IS NOT NULL"
        ours = "pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'psql')"
        try:
            for before in range(4 if broken else 0):
                with subprocess.Popen(["psql", "-c", PATIENT, "-c", statement], env=database.access(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
                    wait_for(lambda so_far=before: database.value(running) > so_far, 20 * PATIENCE, "the delete runs")
                    client.kill()
            if broken:
                wait_for(lambda: database.value(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND {ours}") == 3, 20 * PATIENCE, "the retries wait")
                clocked.advance(36 * 60)
            yield bench.environment(postgres=[database.section()])
        finally:
            database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            wait_for(lambda: not database.value(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"), 20 * PATIENCE, "the deletes are gone")


@contextlib.contextmanager
def connections(database, count):
    """Clients of the application that do nothing."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.callback(postgres.connect(database.place, database.name, "shop", "shop", "pg-app").close)
        yield


USABLE = 57  # max_connections 60, three of them reserved


@case("PM-31", "PostHog flags 2025: crash loops and retries used up the writer's connections, a quarter of an hour before anybody felt it",
      red={"performance/connections": ["% of the connections are in use", "of 57"]})
def connections_run_out(bench, broken):
    with Clocked(bench) as clocked, connections(clocked.database, 54 if broken else 10):
        yield bench.environment(postgres=[clocked.database.section()])


@case("PM-31b", "PostHog flags, a quarter of an hour later: the console itself gets none, and says so instead of “down”",
      red={"environment/postgres-reachable": ["connection slots"]}, gates={"no-source-answering": ["connection slots"]})
def no_connection_is_left(bench, broken):
    with Clocked(bench) as clocked, connections(clocked.database, USABLE if broken else 10):
        yield bench.environment(postgres=[clocked.database.section()])


@contextlib.contextmanager
def pool_in_use(database, clients):
    """PgBouncer with eight server connections, before clients that each hold a transaction which they do not need."""
    place, stop, connected = database.place, threading.Event(), []
    postgres.start_pgbouncer(place, server=database.name)

    def request():
        with contextlib.suppress(psycopg2.Error):
            connection = psycopg2.connect(host="127.0.0.1", port=place.port("pgbouncer"), dbname="shop", user="shop", password=place.secret("pg-app"), sslmode="require")
            connected.append(connection)
            try:
                connection.cursor().execute("SELECT 1")
                stop.wait(600)
            finally:
                connection.close()
    threads = [threading.Thread(target=request) for _ in range(clients)]
    try:
        for thread in threads:
            thread.start()
        wait_for(lambda: len(connected) == clients, 20 * PATIENCE, "every client is connected")
        held = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop' AND state = 'idle in transaction'"
        wait_for(lambda: database.value(held) >= min(8, clients), 20 * PATIENCE, "the pool is in use")
        yield {"name": "pool", "url": f"postgresql://stats@127.0.0.1:{place.port('pgbouncer')}/pgbouncer?sslmode=verify-full", "password": {"file": "secrets/pgbouncer"}, "ca": "tls/ca.pem"}
    finally:
        stop.set()
        place.stop(["pgbouncer"])
        for thread in threads:
            thread.join()


@case("PM-33", "incident.io: the pool in front starved while PostgreSQL looked idle; requests waited up to twenty seconds",
      red={"performance/connection-pooling": ["clients wait for a server connection"]})
def pool_starves(bench, broken):
    with Clocked(bench) as clocked, pool_in_use(clocked.database, 38 if broken else 4) as pool:
        yield bench.environment(postgres=[clocked.database.section()], pgbouncer=[pool])
