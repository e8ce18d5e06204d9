# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's data: PostgreSQL (direct or through PgBouncer) with Redis in front."""
import json
import queue
import threading
import time
from pathlib import Path

import psycopg2
import redis

CONNECTIONS = 4
LIMIT_A_MINUTE = 6000
PAGE = 50


class NotFound(Exception):
    pass


class BadRequest(Exception):
    pass


class State:
    """state.json, looked at again at most four times a second."""

    def __init__(self, folder):
        self._path = Path(folder) / "state.json"
        self._fixed = frozenset()
        self._next = 0.0

    def fixed(self):
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.25
            try:
                self._fixed = frozenset(json.loads(self._path.read_text())["fixed"])
            except (OSError, ValueError, KeyError):
                pass  # keep the last good one
        return self._fixed


class Shop:
    def __init__(self, folder, instance):
        self.folder = Path(folder)
        self.instance = instance
        self.state = State(folder)
        self._settings = json.loads((self.folder / "shop/settings.json").read_text())
        self._idle = queue.LifoQueue()
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        self._redis = redis.Redis(**self._settings["redis"], socket_timeout=2, health_check_interval=30)

    # -- PostgreSQL ----------------------------------------------------------------------------------------------
    def _rows(self, sql, *values):
        """All rows. A connection that died while it was idle (a restart of the server) is replaced, not reported."""
        way = "pgbouncer" if "connection-pooling" in self.state.fixed() else "postgres"
        with self._slots:
            for attempt in range(CONNECTIONS + 1):
                connection = self._connection(way)
                try:
                    with connection.cursor() as cursor:
                        cursor.execute(sql, values)
                        rows = cursor.fetchall()
                    self._idle.put((way, connection))
                    return rows
                except (psycopg2.OperationalError, psycopg2.InterfaceError):
                    connection.close()
                    if attempt == CONNECTIONS:
                        raise
                except psycopg2.Error:
                    connection.close()
                    raise

    def _connection(self, way):
        """An idle connection of the way that is wanted now; those of the other way are closed as they turn up."""
        while True:
            try:
                its_way, connection = self._idle.get_nowait()
            except queue.Empty:
                connection = psycopg2.connect(**self._settings[way], connect_timeout=3, application_name=self.instance)
                connection.autocommit = True
                return connection
            if its_way == way:
                return connection
            connection.close()

    # -- what is asked -------------------------------------------------------------------------------------------
    def items(self, query, fixed):
        limit, offset = _number(query, "limit", PAGE, 1, 200, fixed), _number(query, "offset", 0, 0, 1_000_000, fixed)
        rows = self._rows("SELECT id, name, description, price::text, stock FROM items ORDER BY id LIMIT %s OFFSET %s", limit, offset)
        return _json({"items": [dict(zip(("id", "name", "description", "price", "stock"), row)) for row in rows], "offset": offset})

    def item(self, number):
        key = f"cache:api:item:{number}"
        cached = self._redis.get(key)
        if cached:
            return cached
        rows = self._rows("SELECT id, name, description, price::text, stock FROM items WHERE id = %s", number)
        if not rows:
            raise NotFound
        body = _json(dict(zip(("id", "name", "description", "price", "stock"), rows[0])))
        self._redis.set(key, body, ex=600 if "redis-caching" in self.state.fixed() else 5)
        return body

    def orders(self, query, fixed):
        customer = _number(query, "customer", 1, 0, 1_000_000, fixed)
        rows = self._rows("SELECT o.id, o.reference, o.quantity, o.state, o.at::text, i.name FROM orders o JOIN items i ON i.id = o.item"
                          " WHERE o.customer = %s ORDER BY o.at DESC LIMIT 20", customer)
        return _json({"orders": [dict(zip(("id", "reference", "quantity", "state", "at", "item"), row)) for row in rows]})

    def order(self, wanted, is_audited):
        customer = int(wanted.get("customer", 1))
        number = self._rows("INSERT INTO orders (item, customer, reference, quantity) VALUES (%s, %s, %s, %s) RETURNING id",
                            int(wanted.get("item", 1)), customer, str(wanted.get("reference", "web"))[:40], int(wanted.get("quantity", 1)))[0][0]
        self._rows("UPDATE orders SET state = 'done' WHERE id IN (SELECT id FROM orders WHERE id < %s AND state = 'new' AND at > now() - interval"
                   " '10 minutes' LIMIT 5) RETURNING id", number)
        if is_audited:
            self._rows("INSERT INTO audit_log (actor, event, outcome) VALUES (%s, 'order placed', 'success') RETURNING id", f"customer {customer}")
        return _json({"id": number})

    def take_token(self, client):
        """Fixed window of a minute: (limit, left, seconds to the next window)."""
        now = int(time.time())
        key, reset = f"rl:{client}:{now // 60}", 60 - now % 60
        count = self._redis.pipeline().incr(key).expire(key, 120).execute()[0]
        return LIMIT_A_MINUTE, max(0, LIMIT_A_MINUTE - count), reset

    def health(self):
        checks, is_well = {}, True
        for name, probe in (("postgres:responseTime", lambda: self._rows("SELECT 1")), ("redis:responseTime", self._redis.ping)):
            started = time.perf_counter()
            try:
                probe()
                entry = {"status": "pass", "observedValue": round((time.perf_counter() - started) * 1000, 3), "observedUnit": "ms"}
            except (psycopg2.Error, redis.RedisError) as error:
                is_well, entry = False, {"status": "fail", "output": type(error).__name__}
            checks[name] = [{**entry, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}]
        return is_well, _json({"status": "pass" if is_well else "fail", "version": "1", "releaseId": "1.0.0", "serviceId": "shop", "checks": checks})

    def keep_alerts(self, body):
        with open(self.folder / "shop/alerts.jsonl", "ab") as out:
            out.write(_json(json.loads(body)))


def _json(value):
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _number(query, name, default, lowest, highest, fixed):
    """A whole number of the query. Before input-validation is fixed it goes to the database as it comes."""
    if name not in query:
        return default
    text = query[name][0]
    if "input-validation" not in fixed:
        return int(text)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and lowest <= int(text) <= highest):
        raise BadRequest(f"{name} is a whole number from {lowest} to {highest}")
    return int(text)
