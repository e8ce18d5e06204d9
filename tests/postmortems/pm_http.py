# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP, SEC, LB and CLOCK: endpoints that answered, elsewhere, for somebody else, too late, or in another year."""
import contextlib
import time
from pathlib import Path

from kit import case
from monitors import Monitors
from sites import PAGES, Sites, answering


@case("PM-71", "University of Iowa 2025: an unscoped 301 sent every site to one, and browsers kept it",
      red={"api/endpoints-answer": ["/items answers 301 to https://one.test/items", "another host, for good"]}, amber={"api/health": ["a balancer or a failover would believe it"]})
def every_site_sent_to_one(bench, broken):
    sites = Sites(bench)
    entry = sites.site(own="        location = /items { return 301 https://one.test$request_uri; }\n" if broken else "")
    with sites.running():
        yield bench.environment(http=[entry])


@case("PM-71b", "The one site itself: it was redirected to itself without end",
      red={"api/endpoints-answer": ["/items answers 302 to https://127.0.0.1:", "the redirects do not end"]}, amber={"api/health": ["do not end"]})
def site_redirected_to_itself(bench, broken):
    sites = Sites(bench)
    entry = sites.site(own=f"        location = /items {{ return 302 https://127.0.0.1:{sites.port('https')}/items; }}\n" if broken else "")
    with sites.running():
        yield bench.environment(http=[entry])


@case("PM-73", "crates.io 2023: a missing slash sent downloads to a host that does not exist; a 302 counted as success",
      red={"api/endpoints-answer": ["/download answers 302 to https://localhostcrates", "does not resolve"]}, amber={"api/health": ["localhostcrates"]})
def downloads_sent_to_no_host(bench, broken):
    sites = Sites(bench)
    files = sites.site("files")
    target = "https://localhostcrates.invalid" if broken else files["url"]
    entry = sites.site(own=f"        location = /download {{ return 302 {target}/items; }}\n") | {"api": ["/items", "/download"]}
    with sites.running():
        yield bench.environment(http=[entry])


@case("PM-75", "Steam 2015: rules against an attack cached what belonged to one visitor, and showed it to the next",
      red={"api/response-caching": ["a cache hands the same cookie session to every caller"]})
def pages_of_one_visitor_cached(bench, broken):
    sites = Sites(bench)
    visitors = iter(range(1, 10**6))

    def shop(_path):
        return 200, {"Set-Cookie": f"session={next(visitors):032x}; Path=/; Secure; HttpOnly; SameSite=Lax", "ETag": '"one"'}, PAGES["items"]
    with answering(shop) as port:
        sites.more(f"    proxy_cache_path {bench.place.root}/nginx/shared keys_zone=shared:1m;\n")
        rules = "proxy_cache shared; proxy_cache_valid 200 1m; proxy_ignore_headers Set-Cookie Cache-Control Expires;" if broken else ""
        entry = sites.site(own=f"        location = /items {{ proxy_pass http://127.0.0.1:{port}; {rules} }}\n", lifetime='"no-cache"')
        with sites.running():
            yield bench.environment(http=[entry])


@case("PM-76", "Roku 2024: half a million accounts opened with passwords from elsewhere; nothing slowed the attempts down",
      red={"security/rate-limiting": ["no answer announces a rate limit"]})
def nothing_limits_a_caller(bench, broken):
    sites = Sites(bench)
    entry = sites.site(**({"limits": ""} if broken else {}))
    with sites.running():
        yield bench.environment(http=[entry])


def shop(sites, seconds):
    """A site whose /orders answers after so many seconds, and whose health path asks nothing."""
    def orders(_path):
        time.sleep(seconds)
        return 200, {"ETag": '"one"'}, PAGES["items"]
    stack = contextlib.ExitStack()
    port = stack.enter_context(answering(orders))
    entry = sites.site(own=f"        location = /orders {{ proxy_pass http://127.0.0.1:{port}; }}\n") | {"api": ["/items", "/orders"]}
    stack.enter_context(sites.running())
    return stack, entry


@case("PM-91", "PostHog 2024: the database stalled, every health check stayed green, and clients retried until nothing went",
      red={"api/endpoints-answer": ["/orders: ", "no answer within the deadline"]}, amber={"api/health": ["health says pass, and /orders: ", "would believe it"]})
def health_green_while_pages_stall(bench, broken):
    stack, entry = shop(Sites(bench), 8 if broken else 0)
    with stack:
        yield bench.environment(http=[entry])


@case("PM-91b", "The hour before: the page took a second and more", red={"api/first-byte": ["first byte after", "/orders"]}, amber={"performance/http-latency": ["slowest answer took", "/orders"]})
def pages_slow_down(bench, broken):
    stack, entry = shop(Sites(bench), 1.2 if broken else 0)
    with stack:
        yield bench.environment(http=[entry])


@case("PM-93", "Chef Supermarket 2014: the balancer gave the health check a second, and dropped slow but healthy nodes under load",
      amber={"api/health": ["health answers after", "drops healthy instances under load"]})
def health_check_near_its_timeout(bench, broken):
    sites = Sites(bench)

    def health(_path):
        time.sleep(0.8 if broken else 0)
        return 200, {}, '{"status":"pass"}'
    with answering(health) as port:
        entry = sites.site(own=f"        location = /healthz {{ proxy_pass http://127.0.0.1:{port}; }}\n") | {"health": "/healthz"}
        with sites.running():
            yield bench.environment(http=[entry])


@case("PM-94", "USNO 2012: two time servers served the year 2000, and the machines behind them followed",
      red={"environment/clock": ["endpoint clock is off by 438"]})
def web_server_in_another_year(bench, broken):
    sites, database, monitors = Sites(bench), bench.postgres(), Monitors(bench)
    monitors.run()
    entry = sites.site()
    faketime = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    past = {"LD_PRELOAD": str(faketime), "FAKETIME": "-378691200", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with sites.running(past if broken else None):
        yield bench.environment(http=[entry], postgres=[database.section()], prometheus=[monitors.section()])
