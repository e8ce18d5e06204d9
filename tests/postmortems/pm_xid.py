# SPDX-License-Identifier: GPL-3.0-or-later
"""XID and INT: numbers that end. Transaction ids, multixacts, and keys of columns that are too small."""
import contextlib

import psycopg2

import postgres
from kit import Failure, case

PAGE, PAGES = 8192, 32  # of a segment
XIDS_A_SEGMENT = PAGES * PAGE * 4  # of pg_xact: two bits a transaction
MEMBERS_A_SEGMENT = PAGE // 20 * 4 * PAGES  # of pg_multixact/members: four in 20 bytes
MEMBER_SEGMENT = 65_536  # of 82 041
QUARTER, HALF = 524_288_000, 1_132_462_080
OLD = 1_572_864_000  # 73 % of the way: the server itself says nothing yet
WARNING = 2_112_880_640  # 34 million left: the server warns in its log
REFUSING = 2_145_386_496  # less than 3 million left: no command gets an id any more
# Clusters of the bench share one archive; a logical slot keeps the catalogs' old rows and lives through a restart.
OWN = {"max_prepared_transactions": "5", "wal_level": "logical", "archive_command": "/bin/true"}
GATE = {"ids-running-out": ["transaction ids used"]}


class Cluster:
    """A cluster of a case's own: what is done to its counters cannot be undone. Stopped at the block's end."""

    def __init__(self, bench, name, **settings):
        self.database = bench.postgres(name, **OWN, **settings)
        self.place, self.data = bench.place, bench.place / name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.database.stop()

    def reset(self, *words):
        self.database.stop()
        self.place.run([postgres.binaries() / "pg_resetwal", "-f", *words, "-D", self.data])

    def zeroed(self, path):
        """A segment as the server would have begun it on its way there."""
        path.write_bytes(bytes(PAGES * PAGE))
        path.chmod(0o600)
        self.place.own(path)

    def jump(self, xid):
        """As if so many transactions had run since the oldest row. Without somebody who holds the horizon, autovacuum would freeze all at the start."""
        self.reset("-x", xid)
        self.zeroed(self.data / f"pg_xact/{xid // XIDS_A_SEGMENT:04X}")
        self.database.start()


def aged(bench, name, xid, broken):
    """The consumer of a logical slot is gone; then `xid` transactions."""
    cluster = Cluster(bench, name)
    if broken:
        cluster.database.execute("SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')")
        cluster.jump(xid)
    return cluster


def is_writable(database):
    try:
        database.execute("INSERT INTO items VALUES (-2, 'refused')")
        return True
    except psycopg2.Error:
        return False


def use_up_ids(database):
    """Until the last checkpoint is old enough for a pace."""
    database.execute("CREATE UNLOGGED TABLE used (i int)", """DO $$ DECLARE enough timestamptz := (SELECT checkpoint_time FROM pg_control_checkpoint()) + interval '32 s';
        BEGIN
            WHILE clock_timestamp() < enough LOOP
                BEGIN INSERT INTO used VALUES (1); EXCEPTION WHEN unique_violation THEN NULL; END; -- a block with EXCEPTION has an id of its own
            END LOOP;
        END $$""")


HOLDER = {"database/xmin-horizon": ["vacuum cannot remove the dead rows of the last", "slot forgotten (inactive)"]}


@case("PM-09", "Sentry 2015: the transaction ids ran out after days of an autovacuum that could not help; no write for most of a working day",
      red={"database/wraparound": ["73.2 % of the transaction ids are used in database"], **HOLDER},
      cause=["Slot forgotten (inactive) keeps vacuum from the dead rows", "lets the transaction ids run out (73.2 % used)", "pg_drop_replication_slot('forgotten')"])
def ids_two_thirds_gone(bench, broken):
    with aged(bench, "postgres-pm09", OLD, broken) as cluster:
        yield bench.environment(postgres=[cluster.database.section()])


@case("PM-09w", "Sentry 2015, days later: the server warns in its log, 34 million transactions before the end",
      red={"database/wraparound": ["98.4 % of the transaction ids are used in database"], **HOLDER}, gates=GATE)
def ids_nearly_gone(bench, broken):
    with aged(bench, "postgres-pm09w", WARNING, broken) as cluster:
        yield bench.environment(postgres=[cluster.database.section()])


@case("PM-09r", "Sentry 2015, the outage: no command gets a transaction id any more; the console still reads and says why",
      red={"database/wraparound": ["99.9 % of the transaction ids are used in database"], **HOLDER}, gates=GATE)
def ids_gone(bench, broken):
    with aged(bench, "postgres-pm09r", REFUSING, broken) as cluster:
        if broken and is_writable(cluster.database):
            raise Failure("the server still takes writes")
        yield bench.environment(postgres=[cluster.database.section()])


@case("PM-11", "Mandrill 2019: one hot shard's autovacuum fell behind, half-way for ten weeks; then it stopped, and 80 % of the mail for 40 hours",
      red={"database/wraparound": ["shard-2", "73.2 % of the transaction ids are used in database"], "database/xmin-horizon": ["shard-2", "slot forgotten (inactive)"]}, sources={"postgres/shard-2"})
def one_shard_of_two(bench, broken):
    with Cluster(bench, "postgres-pm11") as calm, aged(bench, "postgres-pm11-hot", OLD, broken) as hot:
        yield bench.environment(postgres=[calm.database.section(name="shard-1"), hot.database.section(name="shard-2")])


@case("PM-11h", "Mandrill 2019, ten weeks before: half-way, which a member of the staff saw and nobody acted on",
      amber={"database/wraparound": ["52.7 % of the transaction ids are used in database"]}, red=HOLDER)
def ids_half_gone(bench, broken):
    # The server's own alarm is set far back, as on many a large cluster: nothing but the console does the arithmetic.
    with Cluster(bench, "postgres-pm11h", autovacuum_freeze_max_age="1900000000") as cluster:
        if broken:
            cluster.database.execute("SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')")
            cluster.jump(HALF)
        yield bench.environment(postgres=[cluster.database.section()])


@case("PM-11p", "Mandrill 2019, as it would read today: at the pace of its writes, the ids that are left end within days",
      red={"database/wraparound": ["at the pace since the last checkpoint the ids end in"], **HOLDER})
def ids_end_soon(bench, broken):
    with aged(bench, "postgres-pm11p", QUARTER, broken) as cluster:
        if broken:
            use_up_ids(cluster.database)
        yield bench.environment(postgres=[cluster.database.section()])


@case("PM-13", "Media Cloud 2021: vacuum ran and could not finish, because of a transaction that somebody had left open days ago",
      red={"database/xmin-horizon": ["vacuum cannot remove the dead rows of the last", "session pid", "postgres", "idle in transaction"]}, follows={"database/wraparound"},
      cause=["Session", "keeps vacuum from the dead rows", "lets the transaction ids run out (24.4 % used)", "pg_terminate_backend"])
def idle_session_holds_the_horizon(bench, broken):
    with Cluster(bench, "postgres-pm13") as cluster, contextlib.ExitStack() as stack:
        database = cluster.database
        if broken:
            # No session lives through the jump. A prepared transaction does, and a snapshot taken beside it is as old as it is. The server
            # zeroes 2 GB of pg_subtrans for it, which go with the next checkpoint: a longer way would take more.
            database.execute("BEGIN; INSERT INTO items VALUES (-1, 'prepared'); PREPARE TRANSACTION 'of-yesterday'")
            cluster.jump(QUARTER)
            session = stack.enter_context(database.session())
            session.cursor().execute("SET idle_in_transaction_session_timeout = 0")
            session.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            session.cursor().execute("SELECT count(*) FROM items")
            database.execute("ROLLBACK PREPARED 'of-yesterday'")
        yield bench.environment(postgres=[database.section()])


@case("PG-MXMEM", "Multixact members: the space for who locks which rows ran out while the ids themselves were few",
      red={"database/multixact": ["79.9 % of the space for members of multixacts is used"]})
def members_run_out(bench, broken):
    with Cluster(bench, "postgres-mxmem") as cluster:
        database = cluster.database
        database.execute("GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO oncall")
        if broken:
            for gid in ("first", "second"):  # together they are one multixact, which nobody may freeze away
                database.execute(f"BEGIN; SELECT * FROM items WHERE id = 7 FOR SHARE; PREPARE TRANSACTION '{gid}'")
            cluster.reset("-O", MEMBERS_A_SEGMENT * MEMBER_SEGMENT)
            cluster.zeroed(cluster.data / f"pg_multixact/members/{MEMBER_SEGMENT:04X}")
            database.start()
        yield bench.environment(postgres=[database.section()])


# -- keys of columns that are too small

FULL = {"ids-running-out": ["fullest sequence used"]}


@contextlib.contextmanager
def table_of(database, *statements, drop):
    """A table of the case's own, gone after it."""
    database.execute(*statements)
    try:
        yield
    finally:
        database.execute(*drop)


@case("PM-15", "Basecamp 2018: events.id reached 2147483647; five hours read-only",
      red={"database/sequences": ["sequence public.events_id_seq is 95.0 % used", "2040109465 of 2147483647", "integer public.events.id"]}, gates=FULL)
def key_of_a_table_ends(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE TABLE events (id serial PRIMARY KEY, what text)", f"SELECT setval('events_id_seq', {2_040_109_465 if broken else 5_000_000})",
                  drop=["DROP TABLE events"]):
        yield bench.environment(postgres=[database.section()])


@case("PM-15f", "Basecamp 2018, the other half of the work: the key was widened, a column that refers to it was not",
      red={"database/sequences": ["sequence public.events_id_seq is 97.8 % used", "integer public.recordings.event_id"]}, gates=FULL)
def reference_is_narrower(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE TABLE events (id bigserial PRIMARY KEY)", f"CREATE TABLE recordings (event_id {'integer' if broken else 'bigint'} REFERENCES events)",
                  "SELECT setval('events_id_seq', 2100000000)", drop=["DROP TABLE recordings, events"]):
        yield bench.environment(postgres=[database.section()])


@case("PM-15d", "A key by DEFAULT nextval() of a sequence that nobody owns: the sequence has room for ever, the column has not",
      red={"database/sequences": ["sequence public.invoice_numbers is 99.9 % used", "integer public.invoices.id"]}, gates=FULL)
def sequence_without_owner(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE SEQUENCE invoice_numbers", f"CREATE TABLE invoices (id {'integer' if broken else 'bigint'} DEFAULT nextval('invoice_numbers'))",
                  "SELECT setval('invoice_numbers', 2145386496)", drop=["DROP TABLE invoices", "DROP SEQUENCE invoice_numbers"]):
        yield bench.environment(postgres=[database.section()])


@case("PM-17", "Strava 2014: the one database that nobody watched was the one whose keys ran out",
      amber={"database/sequences": ["1 database of this server is not looked into: uploads"]})
def database_that_nobody_watches(bench, broken):
    database = bench.postgres()
    database.execute("CREATE DATABASE uploads TEMPLATE shop", database="postgres")
    try:
        database.execute("CREATE TABLE uploads (id serial PRIMARY KEY)", "SELECT setval('uploads_id_seq', 2100000000)" if broken else "SELECT 1", database="uploads")
        section = database.section()
        second = {**section, "name": "uploads", "url": section["url"].replace("/shop?", "/uploads?"), "databases": ["uploads"]}
        yield bench.environment(postgres=[section] if broken else [section, second])
    finally:
        database.execute("DROP DATABASE uploads WITH (FORCE)", database="postgres")


@case("PM-18", "The way out: the full sequence begins anew at the most negative number; the console may be calm then")
def negative_numbers(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE TABLE events (id serial PRIMARY KEY)", "SELECT setval('events_id_seq', 5)", drop=["DROP TABLE events"]):
        if broken:
            database.execute("ALTER SEQUENCE events_id_seq MINVALUE -2147483648 RESTART WITH -2147483648", "SELECT nextval('events_id_seq')")
        yield bench.environment(postgres=[database.section()])


@case("PM-18b", "The same backwards: after the trick the sequence counts down, and comes to an end there",
      red={"database/sequences": ["sequence public.events_id_seq is 97.8 % used", "-2100000000 of -2147483648"]}, gates=FULL)
def negative_numbers_end_too(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE TABLE events (id serial PRIMARY KEY)", "ALTER SEQUENCE events_id_seq INCREMENT -1 MINVALUE -2147483648 MAXVALUE 2147483647 RESTART WITH -1",
                  f"SELECT setval('events_id_seq', {-2_100_000_000 if broken else -5})", drop=["DROP TABLE events"]):
        yield bench.environment(postgres=[database.section()])


@case("PM-19", "Dagster 2023: rows were purged every month and the table stayed small; its sequence ran on to the end",
      red={"database/sequences": ["sequence public.event_logs_id_seq is 95.0 % used", "about 5000 rows"]}, gates=FULL)
def small_table_full_sequence(bench, broken):
    database = bench.postgres()
    with table_of(database, "CREATE TABLE event_logs (id serial PRIMARY KEY, what text)", "INSERT INTO event_logs (what) SELECT 'run' FROM generate_series(1, 5000)",
                  f"SELECT setval('event_logs_id_seq', {2_040_109_465 if broken else 5000})", "ANALYZE event_logs", drop=["DROP TABLE event_logs"]):
        yield bench.environment(postgres=[database.section()])
