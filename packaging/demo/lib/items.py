# SPDX-License-Identifier: GPL-3.0-or-later
"""The items of the plan: what fixing one does to the running production, and what taking it back does.

An entry of ITEMS is the function that brings production to what the state now says: it runs after the item was added to the fixed
ones, or taken from them. None: the shop reads the state itself.
"""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import alertrules
import cache
import environment
import loadtest
import mailbox
import monitoring
import pki
import postgres
import stack
import web
from load import KEYS, LONG_LIFE, PAGE, page_key
from place import DemoError, wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
MUST = ["redis-service", "redis-caching", "email-service", "automated-backups", "tls", "https-enforced", "database-monitoring", "api-metrics", "alerting"]


def binary(name):
    """A program of ours: MUSTER_BIN_DIR, else the release build, else PATH. None when it is nowhere."""
    given = os.environ.get("MUSTER_BIN_DIR")
    build = REPOSITORY / "build/release"
    folders = [Path(given)] if given else [build, build / "bin", build / "app", build / f"app/{name}"]
    for folder in folders:
        if os.access(folder / name, os.X_OK) and (folder / name).is_file():
            return folder / name
    return None if given else shutil.which(name)


# -- nginx and certificates --------------------------------------------------------------------------------------
def render_web(place):
    return web.render(place, stack.instances(place.fixed()), place.fixed())


def apply_web(place, is_fixed):
    web.reload(place, render_web(place))
    time.sleep(0.3)  # nginx says nothing when the new workers are there


def apply_cached(place, is_fixed):
    """The shop reads the state itself; what the edge has kept of the answers before goes."""
    time.sleep(0.3)  # until the shop has read it
    for kept in (place / "nginx/edge").glob("*"):
        kept.unlink(missing_ok=True)


def apply_tls(place, is_fixed):
    before = web.shown_serial(place)
    pki.issue(place, "web", renew=True, **(stack.NEW_CERTIFICATE if is_fixed else stack.OLD_CERTIFICATE))
    web.reload(place)
    wait_for(lambda: web.shown_serial(place) not in (None, before), 5, "nginx shows the new certificate")


# -- Redis -------------------------------------------------------------------------------------------------------
def apply_limits(place, is_fixed):
    for key, value in (cache.CACHE_LIMITS if is_fixed else cache.REVIEW_LIMITS).items():
        cache.client(place).config_set(key, value)


def apply_caching(place, is_fixed):
    """Pages live ten minutes and are warmed; taken back, they go and live five seconds again."""
    server = cache.client(place)
    pipe = server.pipeline(transaction=False)
    for number in range(KEYS):
        if is_fixed:
            pipe.set(page_key(number), PAGE, ex=LONG_LIFE)
        else:
            pipe.unlink(page_key(number))
    pipe.execute()


# -- PostgreSQL --------------------------------------------------------------------------------------------------
def set_system(place, **settings):
    """ALTER SYSTEM, None resets; then a reload."""
    postgres.execute(place, *(f"ALTER SYSTEM RESET {key}" if value is None else f"ALTER SYSTEM SET {key} = '{value}'"
                              for key, value in settings.items()), "SELECT pg_reload_conf()")


def apply_slow_log(place, is_fixed):
    set_system(place, log_min_duration_statement="250ms" if is_fixed else None)


def apply_security_log(place, is_fixed):
    value = "on" if is_fixed else None
    set_system(place, log_connections=value, log_disconnections=value)
    if is_fixed:
        postgres.execute(place, "INSERT INTO audit_log (actor, event, outcome) VALUES ('demo', 'auditing switched on', 'success')")
    # A session keeps the log_connections it began with: idle consoles get a new one, so that they see the change.
    postgres.execute(place, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'oncall' AND state = 'idle'"
                     " AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND pid IS NOT NULL)")


def apply_indexes(place, is_fixed):
    if is_fixed:
        postgres.execute(place, "DROP INDEX CONCURRENTLY IF EXISTS orders_customer_copy")
        postgres.execute(place, "DROP INDEX CONCURRENTLY IF EXISTS orders_reference_key")
    else:
        stack.spoil_indexes(place)


def apply_statements(place, is_fixed):
    """pg_stat_statements for database-monitoring and for query-performance: wanted while one of them is fixed."""
    is_wanted = bool(place.fixed() & {"database-monitoring", "query-performance"})
    is_loaded = "pg_stat_statements" in postgres.value(place, "SHOW shared_preload_libraries")
    if is_wanted == is_loaded:
        return
    if not is_wanted:
        postgres.execute(place, "DROP EXTENSION IF EXISTS pg_stat_statements")
    set_system(place, shared_preload_libraries="pg_stat_statements" if is_wanted else None)
    place.stop(["postgres"])
    postgres.start(place)
    if is_wanted:
        postgres.execute(place, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    stack.warm_up(place)
    if is_wanted:
        wait_for_statements(place)
    wait_for(lambda: monitoring.value(place, "pg_up") == 1, 15, "the exporter found PostgreSQL again")


def wait_for_statements(place):
    """Until a statement was called often enough to be judged (20 times), the slow report while there is one."""
    wanted = "query NOT LIKE '%pg_stat_statements%'" if "query-performance" in place.fixed() else "query LIKE '%pg_sleep%'"
    sql = f"SELECT count(*) FROM pg_stat_statements WHERE calls >= 20 AND {wanted}"
    wait_for(lambda: postgres.value(place, sql), 20, "statements are counted", 0.5)


def apply_database_monitoring(place, is_fixed):
    put_rules(place, "database", alertrules.DATABASE, is_fixed)
    apply_statements(place, is_fixed)
    wait_for_rules(place, "database", is_fixed)


def apply_query_performance(place, is_fixed):
    apply_statements(place, is_fixed)
    if is_fixed:
        time.sleep(1.8)  # the last slow report ends
        postgres.execute(place, "SELECT pg_stat_statements_reset()")
        wait_for_statements(place)


# -- monitoring --------------------------------------------------------------------------------------------------
def put_rules(place, name, rules, is_fixed):
    """One rule file comes or goes."""
    path = f"prometheus/rules/{name}.yml"
    if is_fixed:
        place.write(path, alertrules.document(name, rules), service=True)
    else:
        (place / path).unlink(missing_ok=True)
    monitoring.reload(place)


def wait_for_rules(place, name, is_fixed):
    """Until Prometheus has evaluated the file's rules, or has forgotten them."""
    def is_taken():
        answer = monitoring.get_json(f"http://127.0.0.1:{place.port('prometheus')}/api/v1/rules")
        groups = {group["name"]: group["rules"] for group in answer["data"]["groups"]} if answer else None
        if groups is None or (name in groups) != is_fixed:
            return False
        return all(rule["health"] == "ok" for rule in groups.get(name, []))
    wait_for(is_taken, 15, f"Prometheus evaluates the rules of {name}")


def apply_alerting(place, is_fixed):
    put_rules(place, "alerts", alertrules.ALERTS, is_fixed)
    wait_for_rules(place, "alerts", is_fixed)
    url = f"http://127.0.0.1:{place.port('alertmanager')}/api/v2/alerts?filter=alertname%3DWatchdog"
    if is_fixed:
        wait_for(lambda: monitoring.get_json(url), 15, "Alertmanager shows the Watchdog")
    else:
        monitoring.resolve_alerts(place)
        wait_for(lambda: monitoring.get_json(url) == [], 15, "Alertmanager has forgotten the Watchdog")


def apply_api_metrics(place, is_fixed):
    """The shop shows its histogram or not; done when Prometheus has scraped that. Samples of before a restart do not count."""
    series = "time() - timestamp(http_request_duration_seconds_count) < 8"
    wait_for(lambda: (monitoring.value(place, series) is not None) == is_fixed, 15, "Prometheus scrapes the histogram")


# -- topology ----------------------------------------------------------------------------------------------------
def apply_balancing(place, is_fixed):
    if is_fixed:
        stack.start_shop(place, "shop-2")
    apply_web(place, is_fixed)
    monitoring.write_config(place, stack.scrape_jobs(place, place.fixed()))
    monitoring.reload(place)
    if not is_fixed:
        place.stop(["shop-2"])


def apply_staging(place, is_fixed):
    if is_fixed:
        stack.start_staging(place)
    else:
        place.stop(["postgres-staging", "redis-staging"])
        (place / "staging.json").unlink(missing_ok=True)


def apply_load_test(place, is_fixed):
    report = place / "load/latest.json"
    if is_fixed:
        loadtest.run(place, report)
    else:
        report.unlink(missing_ok=True)


# -- what the console itself does --------------------------------------------------------------------------------
def act(place, item, *words):
    """An action of musterctl on this production."""
    program = binary("musterctl")
    if not program:
        raise DemoError(f"{item}: not available yet: no musterctl (build it, or set MUSTER_BIN_DIR)")
    done = subprocess.run([program, *words, "-e", place / "environment.json", "--yes", "--confirm", "shop"], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode:
        raise DemoError(f"{item}: musterctl {' '.join(words)} ended with {done.returncode}")


def apply_backups(place, is_fixed):
    """Makes the backup; taken back, the demo's backups are removed."""
    folder = place / "backups"
    if is_fixed:
        act(place, "automated-backups", "backup", "run", "nightly")
        monitoring.note(place, "backup", f"shop_backup_last_success_seconds {time.time():.0f}\n")
    else:
        monitoring.note(place, "backup", stack.NO_BACKUP)
        shutil.rmtree(folder)
        folder.mkdir()


def apply_mail(place, is_fixed):
    """The mail server reads the state itself; then a test mail proves the way to the mailbox. Taken back, the mailbox is empty again."""
    if not is_fixed:
        mailbox.clear(place)
        return
    act(place, "email-service", "mail", "test")
    wait_for(lambda: mailbox.count(place), 10, "the test mail is in the mailbox")


# In the order of the readiness model; the weight of each stands there.
ITEMS = {
    "redis-service": apply_limits, "email-service": apply_mail, "tls": apply_tls, "structured-logging": None, "separate-environments": apply_staging,
    "redis-caching": apply_caching, "connection-pooling": None, "api-compression": apply_web, "static-assets": apply_cached, "cdn": apply_web,
    "https-enforced": apply_web, "rate-limiting": None, "security-log": apply_security_log, "input-validation": None,
    "database-monitoring": apply_database_monitoring, "index-completion": apply_indexes, "slow-query-log": apply_slow_log,
    "query-performance": apply_query_performance,
    "response-caching": apply_cached, "api-documentation": None, "api-metrics": apply_api_metrics, "load-balancing": apply_balancing, "load-test": apply_load_test,
    "alerting": apply_alerting, "automated-backups": apply_backups,
}


def set_item(place, item, is_fixed):
    """Fixes or breaks one item; the state says so only when it took effect."""
    if item not in ITEMS:
        raise DemoError(f"{item}: not available yet; there are: {', '.join(ITEMS)}")
    was_fixed = item in place.fixed()
    place.set_fixed(item, is_fixed)
    try:
        if ITEMS[item]:
            ITEMS[item](place, is_fixed)
        environment.write(place)
    except BaseException:
        place.set_fixed(item, was_fixed)
        raise
    time.sleep(0.3)  # the shop looks at the state four times a second
