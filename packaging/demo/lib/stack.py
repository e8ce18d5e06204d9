# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop's production: which servers there are and how they hang together."""
import json
import shutil
import sys
import time
from pathlib import Path

import psycopg2

import cache
import mailbox
import monitoring
import pki
import postgres
import web
from place import wait_for

LIB = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
# The state of the review: 85 of 90 days gone.
OLD_CERTIFICATE = {"issued_ago": 85, "lifetime": 90}
NEW_CERTIFICATE = {"issued_ago": 0.01, "lifetime": 90}
NO_BACKUP = "shop_backup_last_success_seconds 0\n"  # there from the start, so that an alert on its age can fire


def instances(fixed):
    return ["shop-1", "shop-2"] if "load-balancing" in fixed else ["shop-1"]


def _fill(place):
    """The shop's tables, and the two index troubles of the review."""
    postgres.create_roles(place, "shop")
    owner = postgres.connect(place, "postgres", "shop", "shop", "pg-app")
    with owner.cursor() as cursor:
        cursor.execute((LIB / "shop.sql").read_text())
    owner.close()
    postgres.execute(place, "SELECT pg_stat_reset()", "VACUUM (ANALYZE)")
    spoil_indexes(place)


def spoil_indexes(place):
    """An index twice, and one left INVALID by a unique build over repeating values."""
    postgres.execute(place, "CREATE INDEX IF NOT EXISTS orders_customer_copy ON orders (customer, at DESC)", "DROP INDEX IF EXISTS orders_reference_key")
    try:
        postgres.execute(place, "CREATE UNIQUE INDEX CONCURRENTLY orders_reference_key ON orders (reference)")
    except psycopg2.errors.UniqueViolation:
        pass  # as meant: it stays behind, not valid


def warm_up(place):
    """After a start of PostgreSQL: the tables in memory again, and the shop at work, as after some minutes of production."""
    postgres.execute(place, "CREATE EXTENSION IF NOT EXISTS pg_prewarm",
                     "SELECT pg_prewarm(oid) FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace")
    blocks = "SELECT sum(blks_hit + blks_read) FROM pg_stat_database"

    def is_busy():
        before = postgres.value(place, blocks)
        time.sleep(1)
        return postgres.value(place, blocks) - before > 1000
    wait_for(is_busy, 15, "the shop asks the database again")


def write_shop_settings(place):
    ca = str(place / "tls/ca.pem")
    base = {"host": "127.0.0.1", "dbname": "shop", "user": "shop", "password": place.secret("pg-app")}
    settings = {
        "ca": ca, "https": place.port("nginx:https"),
        "postgres": {**base, "port": place.port("postgres"), "sslmode": "verify-full", "sslrootcert": ca},
        "pgbouncer": {**base, "port": place.port("pgbouncer"), "sslmode": "verify-full", "sslrootcert": ca},
        "redis": {"host": "127.0.0.1", "port": place.port("redis"), "username": "shop", "password": place.secret("redis-app"),
                  "ssl": True, "ssl_ca_certs": ca},
    }
    place.folder("shop")
    place.write("shop/settings.json", json.dumps(settings), 0o600, service=True)


def start_shop(place, name):
    place.spawn(name, [PYTHON, LIB / "shop.py", place.root, place.port(name), name])
    place.ready(name, lambda: monitoring.is_ok(f"http://127.0.0.1:{place.port(name)}/health"))


def start_mail(place):
    certificate, key = pki.issue(place, "mail")
    folder = place.folder("mail")
    # The server reads its password from a file of its own: secrets/ is closed to its account.
    password = place.write("smtp.pw", place.secret("smtp"), 0o600, service=True)
    place.spawn("smtp", [PYTHON, LIB / "smtpd.py", "--port", place.port("smtp"), "--mail", folder, "--cert", certificate, "--key", key,
                         "--password-file", password, "--secure", "state", "--state", place / "state.json", "--maildir", mailbox.folder(place)])
    mailbox.start(place)


def scrape_jobs(place, fixed):
    def at(*names):
        return [f"127.0.0.1:{place.port(name)}" for name in names]
    return {"prometheus": (at("prometheus"), ""), "alertmanager": (at("alertmanager"), ""), "node": (at("node-exporter"), ""),
            "postgres": (at("postgres-exporter"), ""), "redis": (at("redis-exporter"), ""), "shop": (at(*instances(fixed)), "")}


def start(place, say):
    """Everything, in the order in which it needs each other. Servers that run already stay as they are."""
    fixed = place.fixed()
    if not (place / "state.json").exists():
        place.write("state.json", json.dumps({"fixed": []}) + "\n")
    (place / "backups").mkdir(exist_ok=True)
    pki.authority(place)
    say("PostgreSQL, Redis")
    is_filled, is_running = (place / "filled").exists(), place.alive("postgres")
    if not is_filled:
        # Nothing there yet, or a first start that was interrupted: from the beginning.
        place.stop(["postgres"])
        for folder in ("postgres", "wal-archive"):
            shutil.rmtree(place / folder, ignore_errors=True)
        postgres.start(place)
        _fill(place)
        place.write("filled", "")
    postgres.start(place)
    cache.start(place, limits=cache.CACHE_LIMITS if "redis-service" in fixed else None)
    postgres.start_pgbouncer(place)
    say("shop, nginx, mail")
    write_shop_settings(place)
    for name in instances(fixed):
        start_shop(place, name)
    start_mail(place)
    certificate = NEW_CERTIFICATE if "tls" in fixed else OLD_CERTIFICATE
    web.start(place, web.render(place, instances(fixed), fixed), **certificate)
    if "separate-environments" in fixed:
        start_staging(place)
    say("Prometheus, exporters, Alertmanager")
    if "automated-backups" not in fixed:
        monitoring.note(place, "backup", NO_BACKUP)
    monitoring.start_exporters(place)
    monitoring.start_alertmanager(place, f"http://127.0.0.1:{place.port('shop-1')}/internal/alerts")
    monitoring.write_config(place, scrape_jobs(place, fixed))
    monitoring.start_prometheus(place)
    say("load")
    postgres.execute(place, "SELECT pg_switch_wal()")  # after a pause the newest archived segment would be old
    place.spawn("load", [PYTHON, LIB / "load.py", place.root])
    monitoring.wait_ready(place)
    if is_filled and not is_running:
        warm_up(place)
    wait_for(lambda: monitoring.targets_up(place), 20, "every target scraped")


def start_staging(place):
    """A second database and cache, so that staging shares nothing with production."""
    if postgres.start(place, "postgres-staging", {"cluster_name": "staging", "archive_mode": "off", "shared_buffers": "16MB"}):
        postgres.create_roles(place, "shop", "postgres-staging")
    cache.start(place, "redis-staging")


def stop(place):
    """Clients first, so that nothing logs an outage. True when nothing of ours is left."""
    names = place.names()
    data = [name for name in names if name.startswith(("postgres", "redis")) and not name.endswith("exporter")]
    for group in (["load", "prometheus", "alertmanager"], [name for name in names if name not in data], data):
        place.stop([name for name in group if name in names])
    time.sleep(0.05)
    left = place.leftovers()
    if left:
        print(f"still there: processes {left}", file=sys.stderr)
    return not left
