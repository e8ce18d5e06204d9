# SPDX-License-Identifier: GPL-3.0-or-later
"""REDIS and CACHE: what was green until it refused to write, lost everything, or stopped sparing the database."""
import contextlib
import threading
import time

import redis

import cache
from kit import PATIENCE, Failure, case, wait_for
from monitors import Monitors

NAME = "redis"
LIMITS = {"maxmemory": "64mb", "maxmemory-policy": "noeviction"}
REFUSED = {"cache-refuses-writes": ["writes are refused"]}


class Store:
    """One server of the family; a case takes back what it changes."""

    def __init__(self, bench):
        self.place = bench.place
        cache.start(self.place, NAME, is_tls=False, limits=LIMITS)
        self.client = cache.client(self.place, NAME, is_tls=False)
        self.client.flushall()
        self.client.config_resetstat()

    def fill(self, prefix, count, size=10, ttl=3600):
        with self.client.pipeline(transaction=False) as pipe:
            for number in range(count):
                pipe.set(f"{prefix}{number}", "x" * size, ex=ttl)
            pipe.execute()

    @contextlib.contextmanager
    def set(self, **settings):
        """CONFIG SET for the length of a block."""
        before = {name: self.client.config_get(name.replace("_", "-"))[name.replace("_", "-")] for name in settings}
        for name, value in settings.items():
            self.client.config_set(name.replace("_", "-"), value)
        try:
            yield
        finally:
            for name, value in before.items():
                self.client.config_set(name.replace("_", "-"), value)

    @contextlib.contextmanager
    def traffic(self, command):
        """Somebody's program that calls command(client) all the time."""
        stop = threading.Event()

        def work():
            client = cache.client(self.place, NAME, is_tls=False)
            while not stop.is_set():
                with contextlib.suppress(redis.RedisError):
                    command(client)
                stop.wait(0.001)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def section(self, role="store", **more):
        return {"name": "store", "url": f"redis://oncall@127.0.0.1:{self.place.port(NAME)}/0", "password": {"file": "secrets/redis"}, "role": role, "prefixes": ["cache:"], **more}


def saved(store):
    store.client.bgsave()
    wait_for(lambda: not store.client.info("persistence")["rdb_bgsave_in_progress"], 20 * PATIENCE, "BGSAVE")


@case("PM-44", "Twilio 2013: a restart came up empty; what would have come back was never saved anywhere",
      red={"environment/redis-service": ["persistence does not fit a store"]}, facts={"redis.save_points": ["none"]})
def restart_would_lose_everything(bench, broken):
    store = Store(bench)
    store.fill("balance:", 500)
    with store.set(save="" if broken else "3600 1 300 1000"):
        yield bench.environment(redis=[store.section()])


@case("PM-46", "Gemfury: a store that must not lose anything filled up over hours, below every threshold that somebody watched",
      red={"performance/redis-memory": ["of the memory limit is used"]})
def store_fills_up(bench, broken):
    store = Store(bench)
    store.fill("debug:", 12000, size=1000)
    used = store.client.info("memory")["used_memory"]
    with store.set(maxmemory=str(int(used * 1.07) if broken else 64 << 20)):
        yield bench.environment(redis=[store.section()])


@case("PM-46b", "Gemfury, seven hours later: writes fail, and the rate of errors is under the alarm's threshold",
      red={"performance/redis-errors": ["writes were refused", "OOM"], "environment/redis-service": ["writes are refused: OOM"]}, gates=REFUSED,
      follows={"performance/redis-memory"}, watch=3)
def writes_fail_unnoticed(bench, broken):
    store = Store(bench)
    store.fill("debug:", 2000, size=1000)
    used = store.client.info("memory")["used_memory"]
    with store.set(maxmemory=str(int(used * 0.9) if broken else 64 << 20)), store.traffic(lambda client: client.set("one", "more")):
        yield bench.environment(redis=[store.section()])


@case("PM-48", "GuideCX 2025: the cache was full and evicted nothing; every request fell through to the database",
      red={"performance/redis-memory": ["of the memory limit is used"], "environment/redis-service": ["policy noeviction does not fit a cache"]})
def full_cache_evicts_nothing(bench, broken):
    store = Store(bench)
    store.fill("cache:", 12000, size=1000)
    used = store.client.info("memory")["used_memory"]
    with store.set(maxmemory=str(int(used * 1.07) if broken else 64 << 20), maxmemory_policy="noeviction" if broken else "allkeys-lru"):
        yield bench.environment(redis=[store.section("cache")])


@case("PM-48b", "GuideCX, the alert: it was loaded and healthy, read a metric that nobody exports, and could never fire",
      amber={"monitoring/alerting": ["1 rule reads a metric that nobody exports", "shop/CacheFull reads redis_memroy_used_bytes"]})
def memory_alert_reads_nothing(bench, broken):
    monitors = Monitors(bench)
    metric = "redis_memroy_used_bytes" if broken else "redis_memory_used_bytes"
    monitors.run(rules=[("CacheFull", f"{metric} > 9e8", "5m", "critical", "The cache is full")])
    monitors.wait_for_value('time() - process_start_time_seconds{job="prometheus"} > bool 12', 1)  # a new configuration may not have been scraped by yet
    yield bench.environment(prometheus=[monitors.section()])


@case("PM-52", "OpenDota 2015: one background save failed, and from then on every write was refused",
      red={"environment/redis-service": ["writes are refused: MISCONF"]}, gates=REFUSED)
def failed_save_stops_writes(bench, broken):
    store = Store(bench)
    store.fill("job:", 100)
    folder = store.place / NAME
    try:
        if broken:
            folder.chmod(0o500)  # it cannot write there, as on a full or a lost disk
        store.client.config_set("save", "3600 1 300 1000")
        with contextlib.suppress(redis.RedisError):
            saved(store)
        if broken and store.client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            raise Failure("the save did not fail")
        yield bench.environment(redis=[store.section()])
    finally:
        folder.chmod(0o700)
        saved(store)


@case("PM-54", "Harness: memory alarmed, an operator deleted one huge key by hand, and everybody waited",
      facts={"redis.big_keys": ["huge"]})
def one_key_holds_everything(bench, broken):
    store = Store(bench)
    store.fill("cache:", 20)
    if broken:
        for part in range(20):
            store.client.hset("huge", mapping={f"{part}:{number}": "x" * 20 for number in range(5000)})
    store.client.acl_setuser("oncall", keys=["*"], enabled=True)
    yield bench.environment(redis=[store.section()])


@case("PM-56", "GitHub Actions 2026: a failover left a primary that must not write without replicas, and had none; PING said PONG",
      red={"environment/redis-service": ["writes are refused: NOREPLICAS"]}, gates=REFUSED)
def primary_without_replicas(bench, broken):
    store = Store(bench)
    with store.set(min_replicas_to_write="1" if broken else "0"):
        yield bench.environment(redis=[store.section()])


@case("PM-58", "Slack 2022: caches were emptied one by one under load; the lifetime's hit rate still looked well",
      red={"performance/redis-caching": ["of the lookups hit"]}, watch=3)
def cache_emptied_under_load(bench, broken):
    store = Store(bench)
    store.fill("cache:", 200)
    numbers = iter(range(10**9))
    for _ in range(4000):  # a good past
        store.client.get(f"cache:{next(numbers) % 200}")
    if broken:
        store.client.flushall()
        store.client.set("cache:none", "1")
    with store.set(maxmemory_policy="allkeys-lru"), store.traffic(lambda client: client.get(f"cache:{next(numbers) % 200}")):
        time.sleep(0.2)
        yield bench.environment(redis=[store.section("cache")])


@case("redis#4860", "Two flushes of a production by accident: FLUSHALL also overwrote the newest dump, and the save's status was ok",
      red={"environment/redis-saves": ["FLUSHALL ran", "overwrites the file"]})
def flushall_overwrites_the_dump(bench, broken):
    store = Store(bench)
    store.client.config_resetstat()
    with store.set(save="3600 1 300 1000"):
        store.fill("order:", 2000)
        saved(store)
        if broken:
            store.client.flushall()
        yield bench.environment(redis=[store.section()])


@case("redis#9060", "Servers without a password that anybody could reach were emptied by robots",
      red={"security/redis-auth": ["anyone who reaches the port"], "environment/redis-service": ["without a password"]})
def open_door(bench, broken):
    store = Store(bench)
    password = store.place.secret("redis-admin")
    try:
        if broken:
            store.client.execute_command("ACL", "SETUSER", "default", "nopass")
        yield bench.environment(redis=[store.section()])
    finally:
        store.client.execute_command("ACL", "SETUSER", "default", "resetpass", ">" + password)
