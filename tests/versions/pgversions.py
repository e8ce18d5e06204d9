#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of PostgreSQL on real servers 13 to 18, as a superuser, a member of pg_monitor and a role without any right.

Where all can see, all judge alike; where a role cannot, the check is unknown and names the GRANT; nothing is green that the superuser sees red.
Then `musterctl env grants` prints what is missing, and with it every role sees what the superuser sees. Once also on standbys (the oldest and the
newest major) and through PgBouncer. Prints the table checks x versions x roles and writes it to TABLE.

Usage: pgversions.py DIRECTORY_OF_THE_PROGRAMS TABLE [MAJOR...]
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from servers13to18 import PACKAGES, Server, as_service, free_port

ROLES = {"superuser": "postgres", "pg_monitor": "watcher", "plain": "plain"}
LETTERS = {"pass": "pass", "warn": "warn", "fail": "FAIL", "unknown": "?", "stale": "stale", "not-applicable": "n/a", "waived": "waived"}
MOMENTARY = {"performance/cache-hit-ratio"}  # a rate of the moment: each look measures another one
OLD = (13, 14)  # without a recorded version of the databases' collation

TROUBLED = {"password_encryption": "md5", "archive_mode": "on", "archive_command": "/bin/false", "autovacuum": "off", "max_prepared_transactions": "5",
            "wal_level": "logical", "synchronous_standby_names": "missing", "synchronous_commit": "local", "zero_damaged_pages": "on",
            "shared_preload_libraries": "pg_stat_statements", "max_locks_per_transaction": "10", "max_connections": "20"}
# What the superuser must see, and a word of the evidence that names it.
TROUBLES = {
    "environment/durability": ("fail", "zero_damaged_pages"), "environment/settings": ("fail", "1 error in the configuration"),
    "environment/postgres-version": (None, "citext 1.4"), "security/database-tls": ("fail", "not encrypted"),
    "security/password-encryption": ("fail", "md5"), "security/database-access": ("fail", "errors"), "security/least-privilege": ("fail", "superuser"),
    "database/archiving": ("fail", "archiving fails"), "database/replication": ("fail", "synchronous_standby_names"),
    "database/slots": ("warn", "forgotten"), "database/subscriptions": ("fail", "broken_sub"), "database/autovacuum": ("fail", "autovacuum is off"),
    "database/checksums": ("warn", "checksums are off"), "database/sequences": ("fail", "small_id_seq"), "database/collations": ("fail", "shop"),
    "database/advice": ("warn", "not_yet"), "database/index-completion": ("fail", "items_broken"), "database/lock-table": ("fail", "lock table"),
}
LEGEND = """Columns: major, role (super: superuser, mon: member of pg_monitor, plain: no right; pooled: mon through PgBouncer). The first columns are servers with
everything wrong that can be made wrong at once, then a healthy pair of the oldest and of the newest major. ? = unknown, with the GRANT that helps.

"""
faults = []


def expect(is_true, words):
    if not is_true:
        print(f"NOT: {words}", flush=True)
        faults.append(words)


class Console:
    """musterctl with an environment that declares one server, as one role."""

    def __init__(self, programs, directory):
        self.programs, self.directory = pathlib.Path(programs), pathlib.Path(directory)

    def environment(self, name, port, user, database="shop"):
        path = self.directory / f"{name}-{user}.json"
        path.write_text(json.dumps({"name": name, "kind": "staging", "postgres": [
            {"name": "db", "url": f"postgresql://{user}@127.0.0.1:{port}/{database}?sslmode=disable"}]}))
        return path

    def call(self, *words):
        state = dict(os.environ, XDG_STATE_HOME=str(self.directory / "state"), NO_COLOR="1")
        return subprocess.run([str(self.programs / "musterctl"), *map(str, words)], env=state, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)

    def check(self, environment):
        done = self.call("check", "-e", environment, "--output", "json")
        if done.returncode not in (0, 1, 2):
            sys.exit(f"check ended with {done.returncode}: {done.stderr}")
        report = json.loads(done.stdout)
        for fault in report["faults"]:
            expect(False, f"{environment.name}: {fault}")
        return {row["id"]: row for row in report["checks"] if row.get("source", "").startswith("postgres/")}

    def grants(self, environment):
        done = self.call("env", "grants", environment)
        expect(done.returncode == 0, f"env grants {environment.name} ended with {done.returncode}: {done.stderr}")
        return done.stdout


def make_roles(server):
    server.run("create role watcher login", "grant pg_monitor to watcher", "create role plain login", "create role old login password 'x'", "create database shop")


def trouble(server):
    """Everything that can be wrong at once without waiting for it; the holder of many locks is returned and must be kept."""
    server.run("create extension citext version '1.4'", "create extension pg_stat_statements", "create table items (id int, name text)",
               "insert into items select g, 'x' || g from generate_series(1, 30000) g", "create index items_name on items (name)",
               "create index items_again on items (name)", "create index items_broken on items (id)",
               "update pg_index set indisvalid = false where indexrelid = 'items_broken'::regclass", "delete from items where id > 10000",
               "alter table items add constraint not_yet check (id > 0) not valid", "create table small (id smallserial)", "select setval('small_id_seq', 32000)",
               "select pg_create_physical_replication_slot('forgotten', true)", "select pg_switch_wal()",
               "create subscription broken_sub connection 'host=127.0.0.1 port=1 dbname=none' publication none with (connect = false)",
               "alter subscription broken_sub enable", database="shop")
    server.run(*["select count(*) from small"] * 60, database="shop")  # enough for a mean
    if server.major not in OLD:
        server.run("update pg_database set datcollversion = 'of old' where datname = 'shop'")
    server.run("alter system set shared_buffers = '24MB'", "select pg_reload_conf()")
    server.wait_until("select count(*) > 0 from pg_settings where pending_restart")
    server.wait_until("select last_failed_time is not null from pg_stat_archiver")
    with open(server.data / "postgresql.conf", "a") as out:
        out.write("work_mem = 'banana'\n")
    with open(server.data / "pg_hba.conf", "a") as out:
        out.write("host all all 10.0.0.0/8 trust\nhost all all 10.0.0.0/8 bogus\n")
    holder = server.connect("shop")
    with holder.cursor() as cursor:  # 250 slots of the lock table, and some spare
        cursor.execute("begin")
        cursor.execute("select count(pg_advisory_xact_lock(g)) from generate_series(1, 200) g")
    return holder


def compare(name, rows):
    """The roles among each other."""
    for check, seen in rows["superuser"].items():
        for role in ("pg_monitor", "plain"):
            own = rows[role][check]
            where = f"{name} {role} {check}: {own['status']} ({own['evidence']}), the superuser: {seen['status']} ({seen['evidence']})"
            if check == "security/least-privilege":
                expect(own["status"] == "pass", where)
                continue
            if check in MOMENTARY:
                expect(own["status"] in ("pass", "warn") or "no traffic" in own["evidence"], where)
                continue
            is_alike = own["status"] == seen["status"] or own["status"] == "unknown" or (own["status"], seen["status"]) == ("warn", "fail")
            expect(is_alike, where)
            if own["status"] == "unknown" and seen["status"] != "unknown":
                expect("GRANT " in json.dumps(own), f"no GRANT: {where}")
            if own["status"] == "unknown":
                expect(own["earned"]["low"] == 0, f"unknown earns points: {where}")


@contextlib.contextmanager
def traffic(server):
    """Reads from memory, so that the share of hits can be judged."""
    is_over = threading.Event()

    def read():
        connection = server.connect("shop")
        with connection.cursor() as cursor:
            while not is_over.wait(0.05):
                cursor.execute("select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid")
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def ask(console, name, server, roles=ROLES, port=None):
    environments = {role: console.environment(name, port or server.port, user) for role, user in roles.items()}
    with traffic(server), concurrent.futures.ThreadPoolExecutor(len(roles)) as pool:
        return dict(zip(environments, pool.map(console.check, environments.values())))


def grant_and_see(console, server, name, before):
    """What `env grants` prints is what lacks: applied once everything is known, applied twice nothing changes."""
    for role in ("pg_monitor", "plain"):
        environment = console.environment(name, server.port, ROLES[role])
        script = console.grants(environment)
        statements = re.findall(r"^GRANT .*;", script, re.MULTILINE)
        expect(statements, f"{name} {role}: no GRANT was printed: {script}")
        expect(role == "plain" or not any("pg_monitor" in line for line in statements), f"{name}: a right that is there was printed: {script}")
        for _ in range(2):
            server.run(*statements, database="shop")
        with traffic(server):
            after = console.check(environment)
        for check, row in after.items():
            expect(row["status"] == before["superuser"][check]["status"] or check == "security/least-privilege" or check in MOMENTARY,
                   f"{name} {role} with the grants, {check}: {row['status']} ({row['evidence']}), the superuser: {before['superuser'][check]}")
        again = console.grants(environment)
        expect("GRANT " not in again and "nothing is missing" in again, f"{name} {role}: still missing: {again}")
    superuser = console.grants(console.environment(name, server.port, "postgres"))
    expect("GRANT " not in superuser, f"{name}: a superuser lacks nothing: {superuser}")


def through_pgbouncer(console, server, directory, direct):
    port, folder = free_port(), pathlib.Path(directory) / "pgbouncer"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    (folder / "users").write_text('"watcher" ""\n')
    (folder / "ini").write_text(f"[databases]\nshop = host=127.0.0.1 port={server.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
                                f"auth_type = trust\nauth_file = {folder}/users\npool_mode = transaction\nlogfile = {folder}/log\npidfile =\n"
                                "ignore_startup_parameters = extra_float_digits,options\n")
    pooler = subprocess.Popen(as_service(["/usr/sbin/pgbouncer", "-q", str(folder / "ini")]), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        rows = ask(console, f"{server.major}-pooled", server, {"pg_monitor": "watcher"}, port)["pg_monitor"]
        expect(rows["environment/postgres-reachable"]["status"] == "warn", f"the pooler is not told: {rows['environment/postgres-reachable']}")
        for check, row in rows.items():
            expect(row["status"] == direct[check]["status"] or check in MOMENTARY | {"environment/postgres-reachable"}, f"through PgBouncer {check}: {row['status']} ({row['evidence']}), direct: {direct[check]['status']}")
        return rows
    finally:
        pooler.terminate()
        pooler.wait(30)


def one_major(console, major, directory, table):
    server = Server(major, pathlib.Path(directory) / f"pg{major}")
    server.create(*(["--no-data-checksums"] if major >= 18 else []))
    server.configure(**TROUBLED)
    server.start()
    holder = None
    try:
        make_roles(server)
        holder = trouble(server)
        rows = ask(console, str(major), server)
        for check, (status, word) in TROUBLES.items():
            if check == "database/collations" and major in OLD:
                expect(rows["superuser"][check]["status"] in ("pass", "not-applicable"), f"{major} {check}: {rows['superuser'][check]}")
                continue
            row = rows["superuser"][check]
            expect((status is None or row["status"] == status) and row["status"] in ("fail", "warn") and (word in row["evidence"] or status is None),
                   f"{major} {check} should be {status} and say {word}: {row['status']}: {row['evidence']}")
        compare(str(major), rows)
        for role, seen in rows.items():
            table[str(major), role] = seen
        if major == 15:
            table["15", "pooled"] = through_pgbouncer(console, server, directory, rows["pg_monitor"])
        grant_and_see(console, server, str(major), rows)
    finally:
        if holder:
            holder.close()
        server.stop()


def with_standby(console, major, directory, table):
    """A healthy pair: the primary has no red but what a test server lacks; the standby says what is not applicable to it."""
    primary = Server(major, pathlib.Path(directory) / f"primary{major}")
    primary.create(*(["--data-checksums"] if major < 18 else []))
    primary.configure(wal_level="replica", hot_standby="on")
    primary.start()
    make_roles(primary)
    primary.stop()
    standby = primary.copy_as_standby(pathlib.Path(directory) / f"standby{major}")
    try:
        primary.start()
        standby.start()
        primary.wait_until("select count(*) = 1 from pg_stat_replication where state = 'streaming'")
        for name, server in ((f"{major} primary", primary), (f"{major} standby", standby)):
            rows = ask(console, name.replace(" ", "-"), server)
            compare(name, rows)
            for role, seen in rows.items():
                table[name, role] = seen
            seen = rows["superuser"]["database/replication"]
            expect(seen["status"] == "pass", f"{name} replication: {seen}")
        in_recovery(console, major, standby)
        failover(console, major, standby)
        standby_rows = table[f"{major} standby", "superuser"]
        for check in ("database/bloat", "database/sequences"):
            expect(standby_rows[check]["status"] == "not-applicable", f"{major} standby {check}: {standby_rows[check]}")
    finally:
        standby.stop()
        primary.stop()


def in_recovery(console, major, standby):
    """A server that recovers and takes nobody is up: it says so itself, and is no refused connection."""
    standby.configure(hot_standby="off")
    standby.restart(is_waited_for=False)
    environment = console.environment(f"{major}-recovering", standby.port, "postgres")
    end = time.monotonic() + 60
    seen = ""
    while "57P03" not in seen and time.monotonic() < end:
        done = console.call("check", "-e", environment, "--output", "json")
        seen = json.dumps(json.loads(done.stdout)["faults"])
    expect("57P03" in seen and '"unavailable"' in seen and "in recovery" in seen, f"{major} in recovery: {seen}")
    standby.configure(hot_standby="on")
    standby.restart()


def failover(console, major, standby):
    """A console that watches the standby while it is promoted: one session, and the news."""
    environment = console.environment(f"{major}-failover", standby.port, "postgres")
    state = dict(os.environ, XDG_STATE_HOME=str(console.directory / "state"), NO_COLOR="1")
    log = console.directory / f"{major}-watch.log"
    with open(log, "w") as out:
        watch = subprocess.Popen([str(console.programs / "musterctl"), "watch", "-e", str(environment), "--interval", "1"], env=state, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for_words(log, "standby, accepts", f"{major}: the console never saw the standby")
        standby.promote()
        wait_for_words(log, "the role changed within the last hour: it is a primary now", f"{major}: the console never told the failover")
        sessions = standby.run("select count(*) from pg_stat_activity where application_name like 'muster %'")[0][0]
        expect(sessions == 1, f"{major}: {sessions} sessions of one console after the failover")
    finally:
        watch.terminate()
        watch.wait(30)


def wait_for_words(log, words, complaint, seconds=60):
    end = time.monotonic() + seconds
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > end:
            expect(False, f"{complaint}: {log.read_text(errors='replace')[-1500:]}")
            return
        time.sleep(0.2)


def printed(table):
    columns = sorted(table, key=lambda column: (column[0].split()[1:], column[0], list(ROLES).index(column[1]) if column[1] in ROLES else 9))
    checks = [check for check in next(iter(table.values()))]
    short = {"superuser": "super", "pg_monitor": "mon", "plain": "plain", "pooled": "pooled"}
    head = [f"{name} {short[role]}" for name, role in columns]
    lines = ["| check | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    for check in checks:
        lines.append(f"| {check} | " + " | ".join(LETTERS[table[column][check]["status"]] if check in table[column] else "" for column in columns) + " |")
    return "\n".join(lines) + "\n"


def main():
    programs, target = sys.argv[1], pathlib.Path(sys.argv[2])
    majors = [int(word) for word in sys.argv[3:]] or sorted(PACKAGES)
    table = {}
    with tempfile.TemporaryDirectory(prefix="muster-pgversions-") as directory:
        os.chmod(directory, 0o777)
        console = Console(programs, directory)
        for major in majors:
            one_major(console, major, directory, table)
        for major in sorted({majors[0], majors[-1]}):
            with_standby(console, major, directory, table)
    text = LEGEND + printed(table)
    target.write_text(text)
    print(text)
    if faults:
        sys.exit(f"{len(faults)} did not hold:\n" + "\n".join(faults))


if __name__ == "__main__":
    main()
