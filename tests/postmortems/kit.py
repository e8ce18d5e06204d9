# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-mortems as a bench: the state shortly before an outage, built on real servers; a console started cold; one poll.

A case is a function that builds the state and yields the environment; it is called twice, first without the fault (the healthy twin), then with it:

    @case("PM-07", "Travis CI 2018: TRUNCATE waits behind readers, then empties every table", red={"database/blocked-sessions": ["TRUNCATE", "127.0.0.1"]})
    def truncate_waits(bench, broken):
        database = bench.postgres()
        with database.session() as reader, database.session() as human:
            ...
            yield bench.environment(postgres=[database.section()])

A case passes when its twin has no red row and no gate, and with the fault each check of `red` fails and each of `amber` warns, with all its words in the
evidence, the gates of `gates` and the facts of `facts` say theirs, and nothing else is red but what `follows` names.
Rows of what the environment does not declare ("not configured") are left out: they are red in both.
Servers are shared by the cases of a family: a case takes back what it changes. MUSTER_PLAN_PATIENCE multiplies every deadline.
"""
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
SOURCE = Path(__file__).resolve().parents[2]
for folder in ("packaging/demo/lib", "tests/support"):
    sys.path.insert(0, str(SOURCE / folder))

# pylint: disable=wrong-import-position
import psycopg2

import pki
import postgres
import servers
from place import Place, wait_for

PATIENCE = float(os.environ.get("MUSTER_PLAN_PATIENCE", "1"))
RED, AMBER = "fail", "warn"
# Beyond the demo's own settings: nothing of what the default profile asks of a PostgreSQL server is missing.
HEALTHY = {"shared_preload_libraries": "pg_stat_statements", "log_min_duration_statement": "500ms", "log_connections": "on", "log_disconnections": "on"}
CASES = []


class Failure(Exception):
    """What did not hold, in words."""


def case(identity, incident, *, red=None, amber=None, gates=None, facts=None, follows=(), watch=None, sources=None, cause=()):
    """`red`, `amber`: check id → words of its evidence; `gates`: id → words of its reason; `facts`: name → words of its value;
    `follows`: checks that the fault rightly makes red too; `watch`: seconds of `check --for` instead of one poll;
    `sources`: exactly these have a red row; `cause`: words of one cause, its sentence and its action."""
    def add(function):
        CASES.append(SimpleNamespace(id=identity, incident=incident, red=red or {}, amber=amber or {}, gates=gates or {}, facts=facts or {},
                                     follows=set(follows), watch=watch, sources=sources, cause=cause, state=contextlib.contextmanager(function)))
        return function
    return add


class Report:
    """What `check --output json` said, without what is not declared."""

    def __init__(self, document):
        undeclared = {gate.get("whenUndeclared") for gate in json.loads((SOURCE / "resources/readiness/default.json").read_text())["gates"]}
        self.rows = [row for row in document["checks"] if row["source"] and not row["evidence"].startswith("not configured:")]
        self.gates = {gate["id"]: gate["reason"] for gate in document["gates"] if gate["status"] == RED and gate["reason"] not in undeclared}
        self.facts = {}
        for fact in document["facts"]:
            self.facts.setdefault(fact["name"], []).append(fact["value"])
        self.faults = document["faults"]
        self.causes = [f"{cause['sentence']} {cause['action']}" for cause in document["causes"]]

    def red(self):
        return {row["id"] for row in self.rows if row["status"] == RED}

    def of(self, check):
        return [row for row in self.rows if row["id"] == check]

    def describe(self):
        return "\n".join([f"    {row['id']} of {row['source']}: {row['status']}: {row['evidence']}" for row in self.rows if row["status"] != "pass"]
                         + [f"    gate {name}: {reason}" for name, reason in self.gates.items()]
                         + [f"    cause: {cause}" for cause in self.causes]
                         + [f"    fault {fault['source']}: {fault['kind']} at {fault['stage']}: {fault['detail']}" for fault in self.faults])


class Database:
    """A PostgreSQL cluster of the bench."""

    def __init__(self, bench, name, settings):
        self.place, self.name, self._settings = bench.place, name, settings

    @property
    def port(self):
        return self.place.port(self.name)

    @property
    def data(self):
        return self.place / self.name

    def execute(self, *statements, database="shop"):
        postgres.execute(self.place, *statements, name=self.name, database=database)

    def value(self, query, database="shop"):
        return postgres.value(self.place, query, name=self.name, database=database)

    @contextlib.contextmanager
    def session(self, database="shop", user="postgres", secret="pg-admin"):
        """A connection whose transactions are the case's own; its backend ends with the block."""
        connection = postgres.connect(self.place, self.name, database, user, secret)
        connection.autocommit = False
        try:
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def waiting(self, statement, seconds, **who):
        """begin() starts a statement in a session of its own and returns when it has waited so long for a lock; the block's end cancels it."""
        with self.session(**who) as connection:
            connection.autocommit = True
            pid = connection.info.backend_pid
            thread = threading.Thread(target=self._try, args=(connection, statement))

            def begin():
                thread.start()
                waits = f"SELECT count(*) FROM pg_locks WHERE pid = {pid} AND NOT granted AND waitstart < now() - interval '{seconds} s'"
                wait_for(lambda: self.value(waits), 20 * PATIENCE + seconds, f"{statement} waits", 0.2)
            try:
                yield SimpleNamespace(begin=begin, pid=pid)
            finally:
                self.execute(f"SELECT pg_terminate_backend({pid})")
                if thread.ident:
                    thread.join()

    @staticmethod
    def _try(connection, statement):
        with contextlib.suppress(psycopg2.Error), connection.cursor() as cursor:
            cursor.execute(statement)

    def set(self, **settings):
        """ALTER SYSTEM and reload; None takes the setting back."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM {'RESET ' + name if value is None else f'SET {name} = ' + postgres._quoted(value)}", database="postgres")
        loaded = "SELECT pg_conf_load_time()"  # of the server process, as a new session has it
        before = self.value(loaded)
        self.execute("SELECT pg_reload_conf()", database="postgres")
        wait_for(lambda: self.value(loaded) != before, 20 * PATIENCE, "the settings are loaded", 0.05)

    def stop(self):
        self.place.stop([self.name])

    def start(self):
        postgres.start(self.place, self.name, extra=HEALTHY | self._settings, is_tls_only=False)

    def tool(self, name, *words, database="shop", **options):
        """One of PostgreSQL's own programs on this server, as its administrator and as ourselves."""
        return subprocess.run([str(postgres.binaries() / name), *map(str, words)], env=self.access(database), cwd=self.place.root, capture_output=True,
                              check=False, timeout=120 * PATIENCE, **options)

    def access(self, database="shop"):
        """Environment of libpq's programs."""
        return {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGPASSWORD": self.place.secret("pg-admin"), "PGDATABASE": database,
                "PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(self.place / "tls/ca.pem")}

    def section(self, **more):
        """Its entry of the environment file."""
        return {"name": "primary", "url": f"postgresql://oncall@127.0.0.1:{self.port}/shop?sslmode=verify-full", "password": {"file": "secrets/pg"},
                "ca": "tls/ca.pem", "databases": ["shop"], "expectedStandbys": 0, **more}


class Bench:
    """The servers of a family, started when a case first asks for them, and a directory for each case."""

    def __init__(self, programs, folder):
        self.programs = Path(programs)
        self.place = Place(folder)
        self.place.root.chmod(0o755)
        self.place.spawn("guard", [servers.PYTHON, servers.__file__, "guard", "--dir", self.place.root, "--until-exit-of", os.getpid()], is_service=False)
        pki.authority(self.place)
        self.variables = {}  # of the console's environment, beside our own
        self._entries = {}
        self._count = 0

    def server(self, name, **options):
        """The entry of tests/support/servers.py for one of its servers, e.g. {"url": ..., "password": ...}."""
        if name not in self._entries:
            options = {"names": [name], "postgres_setting": [], **options}
            self._entries[name] = servers.SERVERS[name](self.place, SimpleNamespace(**options))
        return self._entries[name]

    def postgres(self, name="postgres", **settings):
        """A healthy cluster with the database shop and the table items of 20 000 rows; another `name` is another cluster."""
        settings = self._entries.setdefault(name, settings)
        database = Database(self, name, settings)
        if not database.place.alive(name) and postgres.start(self.place, name, extra=HEALTHY | settings, is_tls_only=False):
            postgres.create_roles(self.place, "shop", name)
            database.execute("CREATE EXTENSION pg_stat_statements", "CREATE TABLE items AS SELECT i AS id, md5(i::text) AS name FROM generate_series(1, 20000) i",
                             "ALTER TABLE items ADD PRIMARY KEY (id)", "VACUUM (ANALYZE)", "SELECT pg_switch_wal()")
            wait_for(lambda: database.value("SELECT archived_count FROM pg_stat_archiver") > 0, 20 * PATIENCE, "the first archived WAL")
        return database

    @contextlib.contextmanager
    def standby(self, primary, name="postgres-standby"):
        """A streaming standby of `primary`, gone after the block; yields a Database that can be stopped."""
        data = self.place.folder(name, 0o700)
        place = self.place
        done = primary.tool("pg_basebackup", "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        if done.returncode:
            raise Failure(f"pg_basebackup: {done.stderr.decode()}")
        subprocess.run(["chown", "-R", f"{data.stat().st_uid}:{data.stat().st_gid}", str(data)], check=True)
        with open(data / "demo.conf", "a", encoding="utf-8") as out:
            out.write(f"port = {place.port(name)}\nhot_standby = on\narchive_mode = off\n")
        standby = Database(self, name, {})
        place.spawn(name, [postgres.binaries() / "postgres", "-D", data])
        try:
            wait_for(lambda: primary.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"), 30 * PATIENCE, "the standby streams")
            yield standby
        finally:
            place.stop([name])
            subprocess.run(["rm", "-rf", str(data)], check=True)

    def folder(self, name):
        """A fresh directory for a case."""
        self._count += 1
        path = self.place / f"{name}{self._count}"
        path.mkdir()
        return path

    def environment(self, **sections):
        return {"name": "shop", "kind": "production", **sections}

    def _call(self, environment, *words):
        path = self.place / "environment.json"
        path.write_text(json.dumps(environment, indent=1))
        surroundings = dict(os.environ, XDG_STATE_HOME=str(self.folder("state")), NO_COLOR="1", **self.variables)  # started cold: it remembers nothing
        return subprocess.run([str(self.programs / "musterctl"), *words, "-e", str(path)], env=surroundings, cwd=self.place.root, capture_output=True, text=True,
                              timeout=180 * PATIENCE, stdin=subprocess.DEVNULL, check=False)

    def check(self, environment, watch=None):
        done = self._call(environment, "check", "--output", "json", *(["--for", str(watch)] if watch is not None else []))
        if done.returncode not in (0, 1, 2):
            raise Failure(f"check ended with {done.returncode}: {done.stderr[-2000:]}")
        return Report(json.loads(done.stdout))

    def act(self, environment, *words, expected=0):
        """An action, e.g. act(environment, "backup", "run", "nightly")."""
        done = self._call(environment, *words, "--yes", "--confirm", environment["name"])
        if done.returncode != expected:
            raise Failure(f"musterctl {' '.join(words)} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout + done.stderr

    def stop(self):
        servers.stop(self.place)


def said(row):
    """Of whom, and what."""
    return f"{row['source']}: {row['evidence']}"


def lacking(words, text):
    return [word for word in words if word.lower() not in text.lower()]


def problems_of_twin(one, report):
    problems = [f"the healthy twin is red: {check}" for check in sorted(report.red())] + [f"the healthy twin trips {gate}" for gate in report.gates]
    for check in one.red | one.amber:
        statuses = {row["status"] for row in report.of(check)}
        if statuses != {"pass"} and RED not in statuses:
            problems.append(f"{check} of the healthy twin does not pass: {statuses or 'it is not judged'}")
    return problems


def problems_of_fault(one, report):
    problems = []
    for status, expected in ((RED, one.red), (AMBER, one.amber)):
        for check, words in expected.items():
            rows = [row for row in report.of(check) if row["status"] == status]
            if not rows:
                problems.append(f"{check} is not {status}: {[row['status'] for row in report.of(check)]}")
            elif all(lacking(words, said(row)) for row in rows):
                problems.append(f"the evidence of {check} lacks {lacking(words, said(rows[0]))}: {said(rows[0])}")
    for name, words in one.gates.items():
        if name not in report.gates:
            problems.append(f"the gate {name} does not show")
        elif missing := lacking(words, report.gates[name]):
            problems.append(f"the reason of {name} lacks {missing}: {report.gates[name]}")
    for name, words in one.facts.items():
        if lacking(words, json.dumps(report.facts.get(name), ensure_ascii=False)):
            problems.append(f"the fact {name} lacks {words}: {report.facts.get(name)}")
    sick = {row["source"] for row in report.rows if row["status"] == RED}
    if one.sources is not None and sick != set(one.sources):
        problems.append(f"red are {sorted(sick)}, not {sorted(one.sources)}")
    if all(lacking(one.cause, words) for words in report.causes or [""]):
        problems.append(f"no cause has the words {one.cause}")
    unrelated = report.red() - set(one.red) - one.follows
    problems += [f"unrelated red: {check}" for check in sorted(unrelated)] + [f"unrelated gate: {gate}" for gate in report.gates if gate not in one.gates]
    return problems


def play(bench, one):
    """The healthy twin, then the fault; raises Failure with all that did not hold."""
    for broken, judge in ((False, problems_of_twin), (True, problems_of_fault)):
        with one.state(bench, broken) as environment:
            report = bench.check(environment, one.watch)
        if problems := judge(one, report):
            raise Failure("\n  ".join(problems) + f"\n  {'with the fault' if broken else 'healthy twin'}:\n{report.describe()}")
    return report


def run(programs, folder, only):
    """All cases that were declared, or those whose id is in `only`; the number of those that did not hold."""
    bench, failed = Bench(programs, folder), 0
    try:
        for one in CASES:
            if only and one.id not in only:
                continue
            begun = time.monotonic()
            print(f"{one.id:6} {one.incident}", flush=True)
            try:
                report = play(bench, one)
                for check in [*one.red, *one.amber]:
                    row = next(row for row in report.of(check) if row["status"] in (RED, AMBER))
                    print(f"       {'red' if row['status'] == RED else 'amber'} {check}: {row['evidence'][:240]}")
                print(f"       twin without red, nothing unrelated red ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception as failure:  # pylint: disable=broad-except; the next case is another story
                failed += 1
                print(f"FAIL   {one.id}: {type(failure).__name__}: {failure}", flush=True)
    finally:
        bench.stop()
    return failed
