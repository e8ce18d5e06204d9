#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private servers for tests: the demo's own servers, chosen by name, in a directory of the test's.

    servers.py start --dir D [--until-exit-of PID] [--postgres-setting NAME=VALUE]... NAME...
    servers.py stop --dir D

`start` prints one JSON object:
    { "dir": "/tmp/x", "ca": "/tmp/x/tls/ca.pem", "servers": { "postgres": { "port": 21000, "pid": 4711, "log": "...", "url": "postgresql://oncall@...",
      "user": "oncall", "password": "...", "passwordFile": "...", "adminUser": "postgres", "adminPassword": "...", "adminPasswordFile": "..." } } }
Names: postgres (TLS and plain; database shop; roles oncall, shop, exporter), pgbouncer (before postgres), redis (plain), redis-tls,
redis-replica (of redis), redis-cluster and redis-cluster-tls (six nodes: "ports", "pids"), redis-sentinel (see redisgroups.py), nginx (files in nginx/www by "httpPort" and "port"), prometheus (rules in prometheus/rules, read again on SIGHUP; scrapes alertmanager and node-exporter), alertmanager, node-exporter (filesystems only),
smtp (STARTTLS and AUTH), smtp-plain (neither), smtp-implicit, imap (Dovecot on a Maildir),
postfix (with Dovecot for SASL, and Dovecot's submission server in front; ports "plain", "login", "xoauth2" by
what is offered, "tls" for implicit TLS, "submission"), dns (dnsmasq by D/dns.conf). A mail server plays D/NAME.faults.json: see packaging/demo/lib/smtpd.py.
With --until-exit-of the servers stop and D is removed when that process ends, however it ends.
"""
import argparse
import json
import os
import select
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
LIB = Path(__file__).resolve().parents[2] / "packaging/demo/lib"
sys.path.insert(0, str(LIB))

# pylint: disable=wrong-import-position
import cache
import mailbox
import mailrelay
import monitoring
import pki
import postgres
import redisgroups
import web
from place import DemoError, Place, answers, program

PYTHON = "/usr/bin/python3"


def _access(place, user, secret, admin_user=None, admin_secret=None):
    entry = {"user": user, "password": place.secret(secret), "passwordFile": str(place / "secrets" / secret)}
    if admin_user:
        entry |= {"adminUser": admin_user, "adminPassword": place.secret(admin_secret), "adminPasswordFile": str(place / "secrets" / admin_secret)}
    return entry


def start_postgres(place, options):
    settings = dict(setting.split("=", 1) for setting in options.postgres_setting)
    if postgres.start(place, extra=settings, is_tls_only=False):
        postgres.create_roles(place, "shop")
    return {"url": f"postgresql://oncall@127.0.0.1:{place.port('postgres')}/shop", "binaries": str(postgres.binaries()),
            **_access(place, "oncall", "pg", "postgres", "pg-admin")}


def start_pgbouncer(place, _options):
    postgres.start_pgbouncer(place)
    return {"url": f"postgresql://stats@127.0.0.1:{place.port('pgbouncer')}/pgbouncer", **_access(place, "stats", "pgbouncer")}


def _redis(place, name, is_tls):
    cache.start(place, name, is_tls)
    scheme = "rediss" if is_tls else "redis"
    return {"url": f"{scheme}://oncall@127.0.0.1:{place.port(name)}/0", **_access(place, "oncall", "redis", "default", "redis-admin")}


def start_replica(place, _options):
    entry = _redis(place, "redis-replica", False)
    replica = cache.client(place, "redis-replica", is_tls=False)
    replica.config_set("masteruser", "default")
    replica.config_set("masterauth", place.secret("redis-admin"))
    replica.replicaof("127.0.0.1", place.port("redis"))
    place.ready("redis-replica", lambda: replica.info("replication").get("master_link_status") == "up")
    return entry


def _redis_group(place, start_it, *arguments):
    return {**start_it(place, *arguments), **_access(place, "oncall", "redis", "default", "redis-admin")}


def start_nginx(place, _options):
    web.start(place, web.render_files(place))
    return {"url": f"https://127.0.0.1:{place.port('nginx:https')}", "port": place.port("nginx:https"), "httpPort": place.port("nginx:http"),
            "plainUrl": f"http://127.0.0.1:{place.port('nginx:http')}", "www": str(place / "nginx/www"), "folder": str(place / "nginx"),
            "certificate": str(place / "tls/web.pem")}


def start_prometheus(place, options):
    jobs = {name: ([f"127.0.0.1:{place.port(name)}"], "") for name in ("prometheus", "alertmanager", "node-exporter") if name in options.names}
    monitoring.write_config(place, jobs, "1s")
    monitoring.start_prometheus(place)
    monitoring.wait_ready(place)
    return {"url": f"http://127.0.0.1:{place.port('prometheus')}", "rules": str(place / "prometheus/rules")}


def start_node_exporter(place, _options):
    """Of this machine's filesystems, also those of a container."""
    address = f"127.0.0.1:{place.port('node-exporter')}"
    place.spawn("node-exporter", [program("prometheus-node-exporter"), f"--web.listen-address={address}", "--collector.disable-defaults", "--collector.filesystem",
                                  "--collector.filesystem.fs-types-exclude=^(proc|sysfs)$"])
    place.ready("node-exporter", lambda: answers(place.port("node-exporter")))
    return {"url": f"http://{address}/metrics"}


def start_alertmanager(place, _options):
    monitoring.start_alertmanager(place, "http://127.0.0.1:9/")
    monitoring.wait_ready(place, "alertmanager")
    return {"url": f"http://127.0.0.1:{place.port('alertmanager')}"}


def _smtp(place, name, *flags):
    certificate, key = pki.issue(place, "mail")
    folder = place.folder(name)
    password = place.write(f"{name}.pw", place.secret("smtp"), 0o600, service=True)
    faults = place / f"{name}.faults.json"
    place.spawn(name, [PYTHON, LIB / "smtpd.py", "--port", place.port(name), "--mail", folder, "--cert", certificate, "--key", key,
                       "--password-file", password, "--faults", faults,
                       "--maildir", mailbox.folder(place), *flags])
    place.ready(name, lambda: answers(place.port(name)))
    scheme = "smtps" if "--implicit" in flags else "smtp"
    return {"url": f"{scheme}://oncall@127.0.0.1:{place.port(name)}", "mail": str(folder), "faults": str(faults), **_access(place, "oncall", "smtp")}


def start_imap(place, _options):
    mailbox.start(place)
    return {"url": f"imaps://{mailbox.USER}@127.0.0.1:{place.port('imap')}/INBOX", "mail": str(mailbox.folder(place) / "new"), **_access(place, mailbox.USER, "smtp")}


def start_postfix(place, _options):
    ports = mailrelay.start(place)
    return {"url": f"smtp://oncall@127.0.0.1:{ports['postfix']}", **{name.removeprefix("postfix:"): port for name, port in ports.items()},
            "mail": str(mailbox.folder(place) / "new"), "token": place.secret("smtp-token"),
            **_access(place, "oncall", "smtp")}


# shop.example does all that receivers ask for, broken.example nothing of it; the key is the one of RFC 8463.
ZONE = """
mx-host=shop.example,mail.shop.example,10
mx-host=shop.example,backup.shop.example,20
host-record=mail.shop.example,192.0.2.7,2001:db8::7
txt-record=shop.example,"another text"
txt-record=shop.example,"v=spf1 a:mail.shop.example include:_spf.shop.example -all"
txt-record=_spf.shop.example,"v=spf1 ip4:198.51.100.0/24"," -all"
txt-record=_dmarc.shop.example,"v=DMARC1; p=reject; adkim=s"
txt-record=s1._domainkey.shop.example,"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
ptr-record=7.2.0.192.in-addr.arpa,mail.shop.example
mx-host=broken.example,.,0
txt-record=broken.example,"v=spf1 ip4:192.0.2.1 -all"
txt-record=broken.example,"v=spf1 ip4:192.0.2.2 -all"
txt-record=s1._domainkey.broken.example,"v=DKIM1; p="
ptr-record=8.2.0.192.in-addr.arpa,elsewhere.broken.example
host-record=elsewhere.broken.example,192.0.2.99
txt-record=strict.example,"v=spf1 -all"
txt-record=_dmarc.strict.example,"v=DMARC1; p=quarantine; sp=none"
"""


def start_dns(place, _options):
    """dnsmasq with the zones above; every other name does not exist."""
    config = place.write("dns.conf", ZONE)
    place.spawn("dns", [program("dnsmasq"), "--keep-in-foreground", f"--conf-file={config}", "--no-resolv", "--no-hosts", "--bind-interfaces",
                        "--listen-address=127.0.0.1", f"--port={place.port('dns')}", "--pid-file=", "--user=", "--local=/#/"])
    place.ready("dns", lambda: answers(place.port("dns")))
    return {"servers": f"127.0.0.1:{place.port('dns')}"}


# In the order in which they need each other.
SERVERS = {
    "postgres": start_postgres, "pgbouncer": start_pgbouncer,
    "redis": lambda place, _: _redis(place, "redis", False), "redis-tls": lambda place, _: _redis(place, "redis-tls", True),
    "redis-replica": start_replica,
    "redis-cluster": lambda place, _: _redis_group(place, redisgroups.start_cluster, "redis-cluster", False),
    "redis-cluster-tls": lambda place, _: _redis_group(place, redisgroups.start_cluster, "redis-cluster-tls", True),
    "redis-sentinel": lambda place, _: _redis_group(place, redisgroups.start_sentinel), "nginx": start_nginx, "node-exporter": start_node_exporter, "alertmanager": start_alertmanager, "prometheus": start_prometheus,
    "smtp": lambda place, _: _smtp(place, "smtp"), "smtp-plain": lambda place, _: _smtp(place, "smtp-plain", "--secure", "no"),
    "postfix": start_postfix, "imap": start_imap, "dns": start_dns,
    "smtp-implicit": lambda place, _: _smtp(place, "smtp-implicit", "--implicit"),
}


def start(folder, options):
    """The described servers; those that came up are stopped again when one does not."""
    place = Place(folder)
    place.root.chmod(0o755)  # a QTemporaryDir is closed to the account that the servers may have
    if options.until_exit_of:
        place.spawn("guard", [PYTHON, Path(__file__).resolve(), "guard", "--dir", place.root, "--until-exit-of", options.until_exit_of], is_service=False)
    authority = pki.authority(place)
    servers = {}
    try:
        for name, function in SERVERS.items():
            if name in options.names:
                entry = function(place, options)
                servers[name] = {"port": place.port(name) if name != "nginx" else 0, **entry, "pid": place.pid(name), "log": str(place / f"log/{name}.log")}
    except BaseException:
        stop(place)
        raise
    return {"dir": str(place.root), "ca": str(authority), "servers": servers}


def stop(place):
    place.stop([name for name in place.names() if name != "guard"])
    place.stop(["guard"])


def guard(options):
    """Waits for the end of a process, then stops its servers and removes their directory."""
    try:
        handle = os.pidfd_open(options.until_exit_of)
        select.select([handle], [], [])
    except ProcessLookupError:
        pass
    if not Path(options.dir).exists():
        return
    place = Place(options.dir)
    place.stop([name for name in place.names() if name != "guard"])
    shutil.rmtree(options.dir, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("start", "stop", "guard"))
    parser.add_argument("--dir", required=True)
    parser.add_argument("--until-exit-of", type=int)
    parser.add_argument("--postgres-setting", action="append", default=[])
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_intermixed_args()
    unknown = set(options.names) - set(SERVERS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SERVERS)}")
    try:
        if options.command == "start":
            print(json.dumps(start(options.dir, options)))
        elif options.command == "stop":
            stop(Place(options.dir))
        else:
            guard(options)
    except DemoError as error:
        print(f"servers.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
