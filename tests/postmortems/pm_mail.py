# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIL and DNS: mail that was accepted and never arrived, and names that were gone."""
import contextlib
import json
from pathlib import Path

from kit import SOURCE, case
from monitors import Monitors
from relays import Relay
from sites import Sites


@case("PM-81", "Exchange 2022: the scanner's version no longer fitted into 32 bits; mail sat in queues while port 25 said 250",
      amber={"environment/email-service": ["that mail arrives is not proven: no test mail arrived in the mailbox within 7 days"]})
def accepted_and_never_delivered(bench, broken):
    relay = Relay(bench)
    environment = bench.environment(smtp=relay.section())
    with relay.set(**({"content_filter": "scanner:[127.0.0.1]:1"} if broken else {})):
        bench.act(environment, "mail", "test")
        yield environment


@case("PM-83", "Boardsesh 2026: after a move the application had no password for its relay; its API said 200, and no reset arrived for a week",
      red={"environment/email-service": ["password resets without a mail 40 (≤ 0)"]})
def application_sends_nothing(bench, broken):
    relay, monitors = Relay(bench), Monitors(bench)
    monitors.exporter.more = f"password_resets_submitted_total 40\npassword_resets_succeeded_total {0 if broken else 40}\n"
    monitors.run()
    monitors.wait_for_value("sum(password_resets_succeeded_total)", 0 if broken else 40)
    profile = json.loads((SOURCE / "resources/readiness/default.json").read_text())
    row = next(check for check in profile["checks"] if check["id"] == "environment/email-service")
    row["rule"].append({"fact": "shop.resets_lost", "atMost": 0, "label": "password resets without a mail"})
    bench.place.write("resets.json", json.dumps(profile))
    fact = {"name": "shop.resets_lost", "prometheus": "main", "promql": "sum(password_resets_submitted_total) - sum(password_resets_succeeded_total)", "unit": "count"}
    environment = bench.environment(smtp=relay.section(), prometheus=[monitors.section()], facts=[fact], profile="resets.json")
    bench.act(environment, "mail", "test")  # the relay itself is well
    yield environment


NAMES = ["www", "api", "orders", "login", "static"]


@contextlib.contextmanager
def resolving(bench, names):
    """For the console, *.shop.test are these names and no other."""
    hosts = bench.place.write("hosts", "".join(f"127.0.0.1 {name}.shop.test\n" for name in names))
    wrapper = next(Path("/usr/lib").glob("*/libnss_wrapper.so"))
    bench.variables = {"LD_PRELOAD": str(wrapper), "NSS_WRAPPER_HOSTS": str(hosts)}
    try:
        yield
    finally:
        bench.variables = {}


def named(sites, name):
    """A site asked for by a name."""
    entry = sites.site(name, certificate="names")
    return entry | {key: entry[key].replace("127.0.0.1", f"{name}.shop.test") for key in ("url", "plain")}


@case("PM-77", "Zoom 2025: the registry took the domain out of its parent's zone; Zoom's own name servers were well",
      red={"environment/http-reachable": ["www has a host name that does not resolve", "www.shop.test"]}, gates={"no-source-answering": ["www.shop.test"]})
def domain_gone_from_its_parent(bench, broken):
    sites = Sites(bench)
    sites.certificate("names", sans=",".join(f"DNS:{name}.shop.test" for name in NAMES))
    entry = named(sites, "www")
    with sites.running(), resolving(bench, [] if broken else NAMES):
        yield bench.environment(http=[entry])


@case("PM-79", "MoJ Cloud Platform 2022: 51 names vanished, and the alarm of the controller that could not restore them had a low priority",
      red={"environment/http-reachable": ["orders has a host name that does not resolve", "orders.shop.test"]}, sources={"http/orders", "http/login"},
      watch=8)  # libnss_wrapper reads its file without a lock: of several threads that ask at once the first answers may be wrong
def some_names_vanished(bench, broken):
    sites = Sites(bench)
    sites.certificate("names", sans=",".join(f"DNS:{name}.shop.test" for name in NAMES))
    entries = [named(sites, name) for name in NAMES]
    with sites.running(), resolving(bench, [name for name in NAMES if not (broken and name in ("orders", "login"))]):
        yield bench.environment(http=entries)
