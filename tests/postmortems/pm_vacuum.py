# SPDX-License-Identifier: GPL-3.0-or-later
"""VACUUM, CORRUPT and PLAN: rows that nobody clears away, pages that are not what was written, plans that turned."""
import contextlib
import threading

import psycopg2

import postgres
from kit import PATIENCE, Failure, case, wait_for

OWN = {"archive_command": "/bin/true"}  # clusters of the bench share one archive


@contextlib.contextmanager
def tables(database, *statements, drop):
    """Tables of the case's own, gone after it."""
    database.execute(*statements)
    try:
        yield
    finally:
        database.execute(*(f"DROP TABLE {name}" for name in drop))


@case("PM-36", "incident.io 2025: the job table filled with dead rows during a provider's outage; more workers made it slower",
      red={"database/autovacuum": ["dead rows in public.jobs"]})
def queue_of_dead_rows(bench, broken):
    database = bench.postgres()
    with tables(database, "CREATE TABLE jobs (id bigserial PRIMARY KEY, what text) WITH (autovacuum_enabled = off)",
                "INSERT INTO jobs (what) SELECT 'call' FROM generate_series(1, 40000)", "DELETE FROM jobs WHERE id % 20 > 0", drop=["jobs"]):
        if not broken:
            database.execute("VACUUM jobs")
        yield bench.environment(postgres=[database.section()])


@case("PM-36o", "The thin spot of the collection: autovacuum is off for the whole server, and nothing is slow yet", red={"database/autovacuum": ["autovacuum is off"]})
def autovacuum_is_off(bench, broken):
    database = bench.postgres()
    try:
        database.set(autovacuum="off" if broken else None)
        wait_for(lambda: database.value("SHOW autovacuum") == ("off" if broken else "on"), 10 * PATIENCE, "the setting is in effect", 0.1)
        yield bench.environment(postgres=[database.section()])
    finally:
        database.set(autovacuum=None)


@case("PM-38", "Project Sidewalk 2026: for weeks autovacuum skipped the central table every minute: lock not available",
      amber={"database/autovacuum": ["a lock keeps vacuum away from 1 table that is due", "public.items", "by pid", "postgres, idle in transaction"]})
def lock_keeps_vacuum_away(bench, broken):
    database = bench.postgres()
    with database.session() as holder:
        if broken:
            holder.cursor().execute("SET idle_in_transaction_session_timeout = 0; LOCK TABLE items IN SHARE UPDATE EXCLUSIVE MODE")
        try:
            database.execute("DELETE FROM items WHERE id > 14000")  # 6000 of 20 000: due, and far from the share that alarms by itself
            if broken:
                age = f"SELECT now() - xact_start > interval '61 s' FROM pg_stat_activity WHERE pid = {holder.info.backend_pid}"
                wait_for(lambda: database.value(age), 90 * PATIENCE, "the lock is a minute old", 1)
            yield bench.environment(postgres=[database.section()])
        finally:
            holder.rollback()
            database.execute("INSERT INTO items SELECT i, md5(i::text) FROM generate_series(14001, 20000) i ON CONFLICT DO NOTHING", "VACUUM (ANALYZE) items")


@case("PM-39", "matrix.org 2025: a page was damaged for a year before anybody read it", red={"database/checksums": ["1 checksum failure", "damages data of shop, the last one at"]})
def page_is_damaged(bench, broken):
    database = bench.postgres("postgres-pm39", **OWN)
    database.execute("CREATE TABLE letters AS SELECT i, repeat('x', 100) AS body FROM generate_series(1, 1000) i", "CHECKPOINT")
    path = database.data / database.value("SELECT pg_relation_filepath('letters')")
    database.stop()
    if broken:
        with open(path, "r+b") as page:
            page.seek(9000)
            page.write(b"damaged")
    database.start()
    try:
        database.value("SELECT sum(length(body)) FROM letters")
        if broken:
            raise Failure("the damage was not noticed")
    except psycopg2.Error as error:
        if "invalid page" not in str(error):
            raise
    yield bench.environment(postgres=[database.section()])
    database.execute("DROP TABLE letters")
    database.stop()


@case("PM-39o", "matrix.org 2025, before: a cluster without checksums, where damage like that stays unseen", amber={"database/checksums": ["data checksums are off"]})
def checksums_are_off(bench, broken):
    database = bench.postgres("postgres-pm39o", **OWN)
    if broken:
        database.stop()
        bench.place.run([postgres.binaries() / "pg_checksums", "--disable", "-D", database.data])
        database.start()
    yield bench.environment(postgres=[database.section()])
    database.stop()


@case("PM-39i", "matrix.org 2025: an index was damaged for a year; a clean-up job found other rows by it than it looked for, and deleted them",
      red={"database/checksums": ["2 indexes are damaged", "public.letters_up", "item order invariant violated"]})
def index_is_damaged(bench, broken):
    database = bench.postgres("postgres-pm39i", **OWN)
    database.execute("CREATE EXTENSION amcheck", "GRANT EXECUTE ON FUNCTION bt_index_check(regclass) TO oncall", "CREATE TABLE letters AS SELECT i FROM generate_series(1, 5000) i",
                     "CREATE INDEX letters_up ON letters (i)", "CREATE INDEX letters_down ON letters (i DESC)", "VACUUM letters", "CHECKPOINT")
    if broken:
        up, down = (database.data / database.value(f"SELECT pg_relation_filepath('letters_{name}')") for name in ("up", "down"))
        database.stop()
        content = up.read_bytes()
        up.write_bytes(down.read_bytes())  # as large, whole, and with good checksums
        down.write_bytes(content)
        database.start()
    yield bench.environment(postgres=[database.section()])
    database.execute("DROP TABLE letters", "DROP EXTENSION amcheck")
    database.stop()


@case("PG-COLL", "An upgrade of the system's library sorts text differently: indexes miss rows, unique keys take duplicates",
      red={"database/collations": ["the library now sorts differently than when sorted was made (1 database)"]})
def library_sorts_differently(bench, broken):
    database = bench.postgres()
    database.execute("CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'", database="postgres")
    try:
        if broken:
            database.execute("UPDATE pg_database SET datcollversion = '57.1' WHERE datname = 'sorted'", database="postgres")
        yield bench.environment(postgres=[database.section()])
    finally:
        database.execute("DROP DATABASE sorted WITH (FORCE)", database="postgres")


# -- a plan that turned

QUESTION = "SELECT count(*) FROM jobs j WHERE note IS NOT NULL AND EXISTS (SELECT FROM history h WHERE h.note = j.note AND h.amount > 1000)"


def analyzed(database, is_lucky):
    """ANALYZE as autovacuum does it; the unlucky one looks at 300 rows and finds no note among them."""
    null = "SELECT null_frac FROM pg_stats WHERE tablename = 'jobs' AND attname = 'note'"
    if is_lucky:
        database.execute("ANALYZE jobs")
    for _ in range(0 if is_lucky else 500):
        database.execute("SET default_statistics_target = 1; ANALYZE jobs")
        if database.value(null) == 1:
            return
    if (database.value(null) == 1) == is_lucky:
        raise Failure("ANALYZE does not see what it should")


@contextlib.contextmanager
def asked_by(database, count):
    """So many sessions ask the question, each once; they are broken off at the end."""
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(database.session()) for _ in range(count)]

        def ask(session):
            with contextlib.suppress(psycopg2.Error), session.cursor() as cursor:
                cursor.execute(QUESTION)
        threads = [threading.Thread(target=ask, args=(session,)) for session in sessions]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for session in sessions:
                session.cancel()
            for thread in threads:
                thread.join()


@case("PM-35", "Clerk 2026: an automatic ANALYZE saw nothing but NULL in a column, the plan flipped, 95 % of the traffic was refused for 90 minutes",
      red={"database/query-performance": ["6 sessions run far beyond the mean of their statement", "count(*) FROM jobs", "the planner takes jobs.note for nothing but NULL",
                                          "analyzed: public.jobs"]})
def plan_flips(bench, broken):
    database = bench.postgres()
    with tables(database, "CREATE TABLE jobs (id bigint, note text) WITH (autovacuum_enabled = off)", "CREATE TABLE history (note text, amount bigint) WITH (autovacuum_enabled = off)",
                drop=["jobs", "history"]):
        database.execute("ALTER DATABASE shop SET max_parallel_workers_per_gather = 0", "SELECT pg_stat_statements_reset()")
        database.execute(*[QUESTION] * 60)
        database.execute("INSERT INTO jobs SELECT i, CASE WHEN i % 150 = 0 THEN 'n' || i END FROM generate_series(1, 300000) i",
                         "INSERT INTO history SELECT 'n' || i % 100000, i FROM generate_series(1, 200000) i", "VACUUM (ANALYZE) history")
        analyzed(database, not broken)
        with contextlib.ExitStack() as stack:
            if broken:
                stack.enter_context(asked_by(database, 6))
                slow = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT count(*) FROM jobs%' AND query_start < now() - interval '1.2 s'"
                wait_for(lambda: database.value(slow) == 6, 60 * PATIENCE, "the statement is slow", 0.2)
            yield bench.environment(postgres=[database.section()])
        database.execute("ALTER DATABASE shop RESET max_parallel_workers_per_gather")
