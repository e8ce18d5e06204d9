# SPDX-License-Identifier: GPL-3.0-or-later
"""Negative controls: states that look bad and are not. The “fault” is the look alone, so nothing may be red with it."""
import redis

import cache
import pki
from kit import PATIENCE, case, wait_for
from monitors import Monitors
from place import Place
from relays import Relay
from sites import PAGES, Sites, answering


@case("T-32", "A cache that is full under allkeys-lru, and evicts: that is what it is for", amber={"performance/redis-memory": ["allkeys-lru makes room"]})
def full_cache_that_evicts(bench, broken):
    place, name = bench.place, "redis"
    cache.start(place, name, is_tls=False, limits={"maxmemory": "64mb", "maxmemory-policy": "allkeys-lru"})
    client = cache.client(place, name, is_tls=False)
    client.flushall()
    number = 0
    while number < (70000 if broken else 100):
        with client.pipeline(transaction=False) as pipe:
            for number in range(number, number + 100):
                pipe.set(f"cache:{number}", "x" * 1000, ex=3600)
            pipe.execute()
        number += 1
    yield bench.environment(redis=[redis_section(place, name, "cache")])


def redis_section(place, name, role):
    return {"name": role, "url": f"redis://oncall@127.0.0.1:{place.port(name)}/0", "password": {"file": "secrets/redis"}, "role": role, "prefixes": ["cache:"]}


@case("old errors", "Refused writes, evictions and misses by the million, all of last year: lifetime counters are no alarm", facts={"redis.hit_ratio_lifetime": ["0"]})
def counters_of_last_year(bench, broken):
    place, name = bench.place, "redis-store"
    cache.start(place, name, is_tls=False, limits={"maxmemory": "64mb", "maxmemory-policy": "noeviction"})
    client = cache.client(place, name, is_tls=False)
    client.config_resetstat()
    if broken:
        client.config_set("maxmemory", "1mb")
        for number in range(2000):
            client.get(f"cache:none{number}")
            try:
                client.set("cache:one", "more")
            except redis.ResponseError:
                pass  # OOM
        client.config_set("maxmemory", "64mb")
    yield bench.environment(redis=[redis_section(place, name, "store")])


@case("PM-18", "Basecamp's way out: an int4 sequence begun again at its negative end has half of its numbers left", facts={"postgres.sequence_used_ratio": ["0."]})
def sequence_from_the_negative_end(bench, broken):
    database = bench.postgres()
    start = -2147483648 if broken else 1
    database.execute(f"CREATE SEQUENCE ids AS integer MINVALUE {start} START {start}", "CREATE TABLE numbered (id integer PRIMARY KEY DEFAULT nextval('ids'))", "ALTER SEQUENCE ids OWNED BY numbered.id",
                     "INSERT INTO numbered SELECT nextval('ids') FROM generate_series(1, 1000)", "VACUUM (ANALYZE) numbered")
    try:
        yield bench.environment(postgres=[database.section()])
    finally:
        database.execute("DROP TABLE numbered")


@case("PM-62", "Expired authorities in the bundle of trusted ones, and expired files beside the key: nobody uses them")
def unused_files_have_ended(bench, broken):
    sites, place = Sites(bench), bench.place
    pki.authority(place)
    older = Place(bench.folder("older"))
    pki.authority(older)
    pki._sign(older, older / "tls/ca.csr", older / "tls/gone.pem", "authority", 3000, 2000 if broken else 3650, pki.DEFAULT_SANS, "-selfsign", "-keyfile", older / "tls/ca.key")
    sites.certificate("unused", issued_ago=100 if broken else 1, lifetime=90)
    place.write("tls/bundle.pem", (older / "tls/gone.pem").read_text() + (place / "tls/ca.pem").read_text())
    entry = sites.site() | {"ca": "tls/bundle.pem"}
    with sites.running():
        yield bench.environment(http=[entry])


@case("T-27", "ingress-nginx 4158, turned round: the file has ended, and the server shows the one that was renewed")
def file_has_ended_and_nobody_shows_it(bench, broken):
    sites = Sites(bench)
    sites.certificate("shown")
    entry = sites.site(certificate="shown")
    with sites.running():
        if broken:
            sites.certificate("shown", issued_ago=100, lifetime=90)
        yield bench.environment(http=[entry])


@case("short lives", "A certificate for six days with four of them left is as good as one for ninety with sixty", facts={"tls.lifetime": ["518400"]})
def certificate_for_six_days(bench, broken):
    sites = Sites(bench)
    sites.certificate("short", **({"issued_ago": 2, "lifetime": 6} if broken else {}))
    entry = sites.site(certificate="short")
    with sites.running():
        yield bench.environment(http=[entry])


@case("closed port", "Nobody listens at port 80: nothing to redirect, and nothing wrong", facts={"http.redirect_chain": ["port is closed"]})
def plain_port_is_closed(bench, broken):
    sites = Sites(bench)
    entry = sites.site()
    if broken:
        entry["plain"] = f"http://127.0.0.1:{bench.place.port('nobody')}"
    with sites.running():
        yield bench.environment(http=[entry])


@case("own sessions", "Every visitor gets a session of his own, on a page that no cache may keep")
def sessions_of_their_own(bench, broken):
    sites = Sites(bench)
    visitors = iter(range(10**6))

    def shop(_path):
        cookie = {"Set-Cookie": f"session={next(visitors):032x}; Path=/; Secure; HttpOnly; SameSite=Lax"} if broken else {}
        return 200, {"ETag": '"one"', **cookie}, PAGES["items"]
    with answering(shop) as port:
        entry = sites.site(own=f"        location = /items {{ proxy_pass http://127.0.0.1:{port}; }}\n", lifetime='"no-cache"')
        with sites.running():
            yield bench.environment(http=[entry])


@case("greylisting", "The relay asks to come again in five minutes, as it does with everybody it does not know", facts={"smtp.refusal": ["oncall@shop.example: temporary refusal"]})
def relay_greylists(bench, broken):
    relay = Relay(bench)
    with relay.set(**({"smtpd_recipient_restrictions": "check_recipient_access inline:{oncall@shop.example=DEFER_IF_PERMIT}, reject_unlisted_recipient"} if broken else {})):
        yield bench.environment(smtp=relay.section())


@case("alarms", "Alerts fire, one is pending, one is silenced: that is for those who are on call, not for the score of the monitoring", facts={"prometheus.alerts": ["OrdersStuck", "SoonFull", "pending"], "prometheus.silences": ["ticket 4711"]})
def alarms_are_no_fault_of_the_monitoring(bench, broken):
    monitors = Monitors(bench)
    rules = [("OrdersStuck", "vector(1)", "0s", "critical", "Orders are stuck"), ("SoonFull", "vector(1)", "1h", "warning", "The disk is filling"),
             ("Known", "vector(1)", "0s", "warning", "Known since yesterday")]
    monitors.run(rules=rules if broken else [])
    if broken:
        wait_for(lambda: monitors.firing() >= {"OrdersStuck", "Known"}, 40 * PATIENCE, "the alerts fire", 0.2)
        monitors.silence("Known", 3600)
    yield bench.environment(prometheus=[monitors.section()])
