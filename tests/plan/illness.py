# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers in bad states, beside the demo: each trouble of the foundation once, many on one server.

postgres (settings, damage, sessions and load), redis, nginx (a server block per trouble), Prometheus with a dead target and a broken rule.
"""
import contextlib
import http.server
import signal
import socket
import threading
import time

import psycopg2
import redis

import kit  # before the demo's own modules: it knows where they lie
import cache
import monitoring
import pki
import postgres
import web
from place import Place, wait_for

# Ids of a transaction and of a multixact at the begin of a segment, so that no file is missing before them; over 80 % of the way.
NEXT_XID, NEXT_MULTIXACT = 1717 << 20, 27000 << 16
SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "default_transaction_read_only": "on", "password_encryption": "md5", "autovacuum": "off",
    "autovacuum_freeze_max_age": "2000000000", "autovacuum_multixact_freeze_max_age": "2000000000", "max_connections": "30",
    "shared_buffers": "400kB", "work_mem": "64kB", "archive_command": "/bin/false", "deadlock_timeout": "100ms",
    "idle_in_transaction_session_timeout": "0", "max_wal_size": "8MB", "min_wal_size": "8MB", "max_prepared_transactions": "5", "max_slot_wal_keep_size": "8MB",
    "max_locks_per_transaction": "10", "max_logical_replication_workers": "0",
}
IDLE_SESSIONS, CLIENTS = 15, 38  # beside eight at work, of 27; of 40; the console adds its own
TWO_ADDRESSES = "two.shop.example"


class Noise:
    """What keeps going in the background until stop(): one thread a job, each with an exception only at the end."""

    def __init__(self):
        self._stop = threading.Event()
        self._threads = []

    def run(self, work, pause=0.0):
        def loop():
            while not self._stop.wait(pause):
                with contextlib.suppress(psycopg2.Error, redis.RedisError, OSError):
                    work()
        self._threads.append(threading.Thread(target=loop, daemon=True))
        self._threads[-1].start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(10)


class SlowPings:
    """Passes Redis' bytes on, a PING only after a while."""

    def __init__(self, target, seconds):
        self._target, self._seconds = target, seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, wait in ((client, server, self._seconds), (server, client, 0)):
                threading.Thread(target=self._pass, args=(source, sink, wait), daemon=True).start()

    @staticmethod
    def _pass(source, sink, wait):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if wait and b"PING" in data:
                    time.sleep(wait)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class SlowPages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.6)
        kind, body = ("text/plain; version=0.0.4", b"pages 1\n") if self.path == "/metrics" else ("application/json", b"[]")
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Ill:
    def __init__(self, folder):
        self.place = Place(folder)
        self._noise = Noise()
        self._held = []

    def start(self):
        jobs = [threading.Thread(target=self._keep, args=(work,)) for work in (self._start_postgres, self._start_redis, self._start_web)]
        self._failed = []
        for name in ("postgres", "redis"):
            pki.issue(self.place, name)  # one after the other, as the ports: both keep their books in one file
        for name in ("postgres", "redis", "redis-lost", "redis-orphan", "redis-orphan:plain", "prometheus", *(f"nginx:{name}" for name in ("https", "broken", "slow", "old", "two", "starting"))):
            self.place.port(name)
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
        if self._failed:
            raise kit.Failure(f"the ill servers do not start: {self._failed}")

    def _keep(self, work):
        try:
            work()
        except Exception as error:  # a thread's end says nothing by itself
            self._failed.append(error)

    def stop(self):
        self._noise.stop()
        for each in self._held:
            each.close()
        self.place.stop(self.place.names())
        if (self.place / "redis-orphan").exists():
            (self.place / "redis-orphan").chmod(0o700)

    # -- PostgreSQL ----------------------------------------------------------------------------------------------
    def _session(self, *statements, is_held=True):
        session = postgres.connect(self.place, database="shop")
        with session.cursor() as cursor:
            for statement in ("SET default_transaction_read_only = off", *statements):
                cursor.execute(statement)
        if is_held:
            self._held.append(session)
        return session

    def _start_postgres(self):
        place = self.place
        postgres.start(place, is_tls_only=False)
        postgres.create_roles(place, "shop")
        postgres.execute(place, "CREATE TABLE big AS SELECT n, repeat('x', 900) AS filler FROM generate_series(1, 12000) AS n",
                         "CREATE TABLE torn AS SELECT n FROM generate_series(1, 10) AS n", "CREATE SEQUENCE invoice_numbers MAXVALUE 1000",
                         "SELECT setval('invoice_numbers', 990)", "DELETE FROM big WHERE n % 10 <> 0", "VACUUM ANALYZE big",
                         "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de'",
                         "UPDATE pg_database SET datcollversion = '1' WHERE datname = 'sorted'",
                         "CREATE SUBSCRIPTION left_alone CONNECTION 'host=127.0.0.1 port=1' PUBLICATION news WITH (connect = false)",
                         "ALTER SUBSCRIPTION left_alone ENABLE")
        torn = place / "postgres" / postgres.value(place, "SELECT pg_relation_filepath('torn')")
        place.stop(["postgres"])
        with open(torn, "r+b") as file:
            file.seek(8000)
            file.write(b"not what was written")
        place.run([postgres.binaries() / "pg_resetwal", "-x", str(NEXT_XID), "-m", f"{NEXT_MULTIXACT},1", "-D", place / "postgres"])
        postgres.start(place, extra=SETTINGS, is_tls_only=False)
        self._spoil_postgres()

    def _spoil_postgres(self):
        with contextlib.suppress(psycopg2.Error):
            postgres.execute(self.place, "SELECT count(*) FROM torn")
        postgres.execute(self.place, "SELECT pg_create_physical_replication_slot('left_behind', true)",
                         *["SELECT pg_logical_emit_message(false, 'ill', 'a segment more')", "SELECT pg_switch_wal()", "CHECKPOINT"] * 12)
        with open(self.place / "postgres/postgresql.conf", "a") as file:
            file.write("\nno_such_setting = 'on'\n")
        with open(self.place / "postgres/pg_hba.conf", "a") as file:
            file.write("host all all 10.0.0.0/8 trust\nno such line\n")
        self._session("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(n) FROM generate_series(1000, 1480) AS n")
        self._session("ANALYZE big", is_held=False).close()
        self._session("BEGIN", "CREATE TABLE kept (n int)", "PREPARE TRANSACTION 'left-open'", *["SELECT txid_current()"] * 20)
        waiter = self._session(is_held=False)
        threading.Thread(target=self._wait_for_lock, args=(waiter,), daemon=True).start()
        self._repeat("SELECT count(*) FROM big")
        self._repeat("SELECT count(*) FROM (SELECT filler || n FROM big, generate_series(1, 8) ORDER BY 1) AS sorted")
        self._repeat(*["SELECT 1"] * 50, "CHECKPOINT", pause=0.2)  # rates want some traffic
        for first, second in ((11, 12), (12, 11)):
            self._repeat("BEGIN", f"SELECT pg_advisory_xact_lock({first})", "SELECT pg_sleep(0.05)", f"SELECT pg_advisory_xact_lock({second})", pause=0.05)
        for _ in range(IDLE_SESSIONS):
            self._session()

    def _repeat(self, *statements, pause=0.0):
        """The statements over and over, in a session of their own; an error ends that turn."""
        session = self._session()

        def turn():
            with session.cursor() as cursor:
                try:
                    for statement in statements:
                        cursor.execute(statement)
                finally:
                    cursor.execute("ROLLBACK")
        self._noise.run(turn, pause)

    @staticmethod
    def _wait_for_lock(waiter):
        with contextlib.suppress(psycopg2.Error), waiter.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")

    # -- Redis ---------------------------------------------------------------------------------------------------
    def _start_redis(self):
        cache.start(self.place, is_tls=False, limits={"maxmemory": "3mb", "maxmemory-policy": "allkeys-lru"})
        admin = cache.client(self.place, is_tls=False)
        admin.config_set("save", "")
        admin.config_set("maxclients", 40)
        admin.execute_command("ACL", "SETUSER", "default", "on", "nopass", "~*", "&*", "+@all")

        def fill():
            pipe = admin.pipeline(transaction=False)
            for _ in range(200):
                pipe.set(f"cache:api:page:{time.monotonic_ns()}", b"x" * 2000)
            pipe.execute()
        self._noise.run(fill, 0.05)
        for _ in range(CLIENTS - 3):
            client = socket.create_connection(("127.0.0.1", self.place.port("redis")))
            client.sendall(b"PING\r\n")
            client.recv(64)
            self._held.append(client)
        admin.config_set("slowlog-log-slower-than", 0)
        self.slow_redis = SlowPings(self.place.port("redis"), 0.3).port
        cache.start(self.place, "redis-lost", is_tls=False, extra="cluster-enabled yes\n")
        self._start_orphan()

    def _start_orphan(self):
        """TLS beside a plain port, limiter keys that never expire, holes in the memory, an AOF that cannot be written, and no primary."""
        place, name = self.place, "redis-orphan"
        cache.start(place, name, extra=f"port {place.port('redis-orphan:plain')}\n")
        admin = cache.client(place, name)
        admin.config_set("save", "")
        for begin in range(0, 60000, 6000):
            pipe = admin.pipeline(transaction=False)
            for number in range(begin, begin + 6000):
                pipe.set(f"cache:api:{number}", b"x" * 1000)
            pipe.execute()
        admin.delete(*(f"cache:api:{number}" for number in range(60000) if number % 16))
        admin.mset({f"rl:10.0.{number}": 1 for number in range(2000)})
        admin.config_set("appendonly", "yes")
        wait_for(lambda: not admin.info("persistence")["aof_rewrite_in_progress"], 10, "the first AOF is written")
        (place / name).chmod(0o500)
        admin.execute_command("BGREWRITEAOF")
        admin.replicaof("127.0.0.1", 1)
        self._noise.run(lambda: admin.set("cache:api:refused", 1), 0.1)

    # -- nginx and Prometheus ------------------------------------------------------------------------------------
    def _start_web(self):
        place = self.place
        slow = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowPages)
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        monitoring.write_config(place, {"gone": ([f"127.0.0.1:{port}" for port in (1, 2, 3)], ""), "slow": ([f"127.0.0.1:{slow.server_address[1]}"], "")}, "1s")
        place.write("prometheus/rules/broken.yml", "groups:\n  - name: ill\n    rules:\n      - alert: TwiceTheSame\n        expr: label_replace(up, 'instance', 'x', '', '')\n", service=True)
        monitoring.start_prometheus(place)
        pki.issue(place, "old", issued_ago=100, lifetime=90, renew=True)
        for name in ("here", "there"):
            pki.issue(place, name, sans=f"DNS:{TWO_ADDRESSES}", renew=True)
        web.start(place, self._blocks(slow.server_address[1]))
        monitoring.wait_ready(place)
        place.write("prometheus/prometheus.yml", "global: {scrape_interval: often}\n", service=True)
        monitoring.reload(place)
        url = f"http://127.0.0.1:{place.port('prometheus')}/api/v1/rules"
        wait_for(lambda: "err" in str(monitoring.get_json(url)), 15, "the broken rule fails")

    def _block(self, name, body, certificate="web", address="127.0.0.1"):
        tls = self.place / "tls"
        return (f"    server {{\n        listen {address}:{self.place.port(f'nginx:{name}')} ssl;\n        ssl_certificate {tls}/{certificate}.pem;\n"
                f"        ssl_certificate_key {tls}/{certificate}.key;\n{body}    }}\n")

    def _blocks(self, slow):
        bad = """        ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
        ssl_ciphers ALL:@SECLEVEL=0;
        add_header Set-Cookie "sid=1; Path=/" always;
        add_header Access-Control-Allow-Origin $http_origin always;
        add_header Access-Control-Allow-Credentials true always;
        default_type image/png;
        location / { return 200 '{"items":[]}'; }
        location = /health { return 200 '{"status":"fail"}'; }
"""
        answer = "        default_type application/json;\n        location / { return 200 '[]'; }\n"
        ready = (f"    server {{\n        listen 127.0.0.1:{self.place.port('nginx:starting')};\n        location = /-/ready {{ return 503; }}\n"
                 f"        location / {{ proxy_pass http://127.0.0.1:{self.place.port('prometheus')}; }}\n    }}\n")
        return (self._block("https", bad) + self._block("broken", "        location / { return 500 '{}'; }\n")
                + self._block("slow", f"{answer}        location = /items {{ proxy_pass http://127.0.0.1:{slow}; }}\n") + self._block("old", answer, "old")
                + self._block("two", answer, "here") + self._block("two", answer, "there", "127.0.0.2") + ready)


def freeze(place, names, is_on):
    """Stops servers where they stand, or lets them go on."""
    for name in names:
        place.signal_group(name, signal.SIGSTOP if is_on else signal.SIGCONT)
