# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a production beside its plan: each gate of the readiness model, and servers that die or hang.

    break gate:certificate-invalid   fix gate:certificate-invalid      trips a gate and clears it
    break server:redis               fix server:redis                  kills a server (SIGKILL) and starts it again
    break frozen:redis               fix frozen:redis                  stops a server (SIGSTOP) and lets it go on

An entry of GATES is the function that trips the gate (True) or clears it (False); a text is the item of the plan that it follows from.
"""
import json
import shutil
import signal

import cache
import environment
import items
import monitoring
import pki
import postgres
import stack
import web
from place import DemoError, wait_for

# What the console speaks to. The load generator and the exporters are not among them.
ANSWERING = ["postgres", "pgbouncer", "redis", "prometheus", "alertmanager", "nginx", "smtp"]


def names():
    return [f"gate:{name}" for name in GATES] + [f"{kind}:NAME" for kind in ("server", "frozen")]


def set_trouble(place, name, is_on):
    """break (True) or fix (False) of one of names()."""
    kind, _, what = name.partition(":")
    if kind == "gate" and what in GATES:
        trouble = GATES[what]
        if isinstance(trouble, str):
            items.set_item(place, trouble, not is_on)
        else:
            place.set_trouble(what, is_on)
            trouble(place, is_on)
            environment.write(place)
    elif kind in ("server", "frozen") and what in place.names():
        (kill if kind == "server" else freeze)(place, what, is_on)
    else:
        raise DemoError(f"{name}: there is no such trouble; there are: {', '.join(names())}; NAME: {', '.join(place.names())}")


# -- servers -----------------------------------------------------------------------------------------------------
def start_again(place):
    stack.start(place, lambda _: None)
    if "redis-caching" in place.fixed():
        items.apply_caching(place, True)  # a killed Redis comes back with the pages of its last save


def kill(place, name, is_on):
    if not is_on:
        start_again(place)
        return
    place.signal_group(name, signal.SIGKILL)
    wait_for(lambda: not place.alive(name), 5, f"{name} is gone")


def freeze(place, name, is_on):
    place.signal_group(name, signal.SIGSTOP if is_on else signal.SIGCONT)


def stop_all(place, is_on):
    """Every server that the console asks."""
    if not is_on:
        start_again(place)
        return
    for name in [name for name in place.names() if name in ANSWERING or name.startswith("shop")]:
        kill(place, name, True)


# -- PostgreSQL --------------------------------------------------------------------------------------------------
def run_out_of_numbers(place, is_on):
    """A sequence with ten numbers left of a thousand."""
    postgres.execute(place, "DROP SEQUENCE IF EXISTS invoice_numbers")
    if is_on:
        postgres.execute(place, "CREATE SEQUENCE invoice_numbers MAXVALUE 1000", "SELECT setval('invoice_numbers', 990)")


def refuse_database_writes(place, is_on):
    items.set_system(place, default_transaction_read_only="on" if is_on else None)


def fill_wal(place, is_on):
    """Archiving fails, so WAL piles up beyond what the settings allow."""
    items.set_system(place, archive_command="/bin/false" if is_on else None, min_wal_size="8MB" if is_on else None, max_wal_size="8MB" if is_on else None)
    if is_on:
        for _ in range(12):  # segments of 4 MB
            postgres.execute(place, "SELECT pg_logical_emit_message(false, 'demo', 'a segment more')", "SELECT pg_switch_wal()")
        return
    failing = "SELECT coalesce(last_failed_time > last_archived_time, false) FROM pg_stat_archiver"
    wait_for(lambda: not postgres.value(place, failing), 30, "archiving works again")
    postgres.execute(place, "CHECKPOINT")


# -- the others --------------------------------------------------------------------------------------------------
def expire_certificate(place, is_on):
    """The certificate of nginx ended ten days ago, or is again as item tls has it."""
    if not is_on:
        items.apply_tls(place, "tls" in place.fixed())
        return
    before = web.shown_serial(place)
    pki.issue(place, "web", renew=True, issued_ago=100, lifetime=90)
    web.reload(place)
    wait_for(lambda: web.shown_serial(place) != before, 5, "nginx shows the expired certificate")


def refuse_cache_writes(place, is_on):
    """Full under noeviction, or again as item redis-service has it."""
    if not is_on:
        items.apply_limits(place, "redis-service" in place.fixed())
        return
    for key, value in {"maxmemory-policy": "noeviction", "maxmemory": "1mb"}.items():
        cache.client(place).config_set(key, value)


def want_more_disk(place, is_on):
    """A team's own profile that asks for more room for backups than the disk has."""
    path = place / environment.STRICT_PROFILE
    if not is_on:
        path.unlink(missing_ok=True)
        return
    profile = json.loads((items.REPOSITORY / "resources/readiness/default.json").read_text())
    profile["name"] = "strict"
    gate = next(gate for gate in profile["gates"] if gate["id"] == "backup-disk-full")
    next(rule for rule in gate["rule"] if rule["fact"] == "backup.free_bytes")["atLeast"] = 2 * shutil.disk_usage(place.root).total
    place.write(environment.STRICT_PROFILE, json.dumps(profile, indent=1) + "\n")


def fill_disk(place, is_on):
    """Node-exporter says that the demo's volume is nearly full."""
    monitoring.note_disk(place, is_on)
    seen = f'node_filesystem_avail_bytes{{mountpoint="{monitoring.MOUNT}"}} / node_filesystem_size_bytes < 0.02'
    wait_for(lambda: (monitoring.value(place, seen) is not None) == is_on, 30, "Prometheus has read it")


GATES = {
    "no-source-answering": stop_all, "no-usable-backup": "automated-backups", "certificate-invalid": expire_certificate,
    "ids-running-out": run_out_of_numbers, "database-refuses-writes": refuse_database_writes, "cache-refuses-writes": refuse_cache_writes,
    "watchdog-missing": "alerting", "https-not-enforced": "https-enforced", "wal-filling": fill_wal, "backup-disk-full": want_more_disk, "disk-full": fill_disk,
}
