#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers, workers and reports: some 200 Redis lookups and 20 HTTP requests a second, evenly spread.

A worker keeps item pages in Redis under cache:api:page:N: a lookup, and after a miss a write that lives for a while. N is drawn evenly
from KEYS, so the hit rate is rate x life / (KEYS + rate x life): 5 s give about 0.33, 600 s nearly 1.
"""
import http.client
import json
import random
import ssl
import sys
import threading
import time
import traceback

import psycopg2
import redis

from shopdata import State

KEYS, LOOKUPS, BATCH = 2000, 200, 20
SHORT_LIFE, LONG_LIFE = 5, 600
PAGE = b'{"page":' + b'"' + b"x" * 300 + b'"}'
REQUESTS = 20
REPORTERS, REPORT_PACE = 4, 1.5


def page_key(number):
    return f"cache:api:page:{number}"


def every(seconds):
    """Ticks at a steady pace; after a stall it goes on from now and does not catch up."""
    due = time.monotonic()
    while True:
        due = max(due + seconds, time.monotonic() - seconds)
        time.sleep(max(0.0, due - time.monotonic()))
        yield


def look_up(settings, state):
    cache = redis.Redis(**settings["redis"], socket_timeout=2)
    for _ in every(BATCH / LOOKUPS):
        keys = [page_key(random.randrange(KEYS)) for _ in range(BATCH)]
        reads = cache.pipeline(transaction=False)
        for key in keys:
            reads.get(key)
        life = LONG_LIFE if "redis-caching" in state.fixed() else SHORT_LIFE
        writes = cache.pipeline(transaction=False)
        for key in {key for key, value in zip(keys, reads.execute()) if value is None}:
            writes.set(key, PAGE, ex=life)
        if random.random() < 0.1:
            writes.set(f"sess:{random.randrange(500)}", PAGE, ex=1800)
        writes.execute()


def path():
    draw = random.random()
    if draw < 0.45:
        return f"/items?limit=50&offset={random.randrange(0, 15000, 50)}"
    if draw < 0.65:
        return f"/items/{random.randrange(1, 20000)}"
    return f"/orders?customer={random.randrange(3000)}"


def browse(settings, state):
    context = ssl.create_default_context(cafile=settings["ca"])
    server = http.client.HTTPSConnection("127.0.0.1", settings["https"], timeout=5, context=context)
    for tick, _ in enumerate(every(1 / REQUESTS)):
        if tick % REQUESTS == 0:
            body = json.dumps({"item": random.randrange(1, 20000), "customer": random.randrange(3000), "reference": f"W-{time.time_ns()}"})
            server.request("POST", "/orders", body, {"Content-Type": "application/json"})
        else:
            server.request("GET", path(), headers={"Accept-Encoding": "gzip"})
        server.getresponse().read()


def report(settings, state, share):
    """A reporting job: its query is slow (it waits, it does not burn) until query-performance is fixed."""
    connection = psycopg2.connect(**settings["postgres"], connect_timeout=3, application_name="shop-reports")
    connection.autocommit = True
    with connection.cursor() as cursor:
        time.sleep(share * REPORT_PACE)  # out of step, so that every second has its share of work
        for _ in every(REPORT_PACE):
            wait = "" if "query-performance" in state.fixed() else " CROSS JOIN (SELECT pg_sleep(1.2)) AS slow"
            cursor.execute(f"SELECT state, count(*) FROM orders{wait} GROUP BY state")
            cursor.fetchall()


def keep_going(work, *arguments):
    """Production's clients come back after an outage."""
    while True:
        try:
            work(*arguments)
        except (OSError, http.client.HTTPException, redis.RedisError, psycopg2.Error):
            traceback.print_exc(limit=1)
            time.sleep(1)


if __name__ == "__main__":
    with open(sys.argv[1] + "/shop/settings.json", encoding="utf-8") as settings_file:
        shop_settings = json.load(settings_file)
    shop_state = State(sys.argv[1])
    jobs = [(look_up, shop_settings, shop_state), *((report, shop_settings, shop_state, n / REPORTERS) for n in range(REPORTERS))]
    for job in jobs:
        threading.Thread(target=keep_going, args=job, daemon=True).start()
    keep_going(browse, shop_settings, shop_state)
