# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of its own: cluster, settings, roles, and PgBouncer in front."""
import shlex
from pathlib import Path

import psycopg2

import pki
from place import DemoError, program, start_ticks, wait_for

# What a healthy production has from the start; the items of the plan change others by ALTER SYSTEM.
SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "cluster_name": "shop", "max_connections": "60",
    "shared_buffers": "64MB", "wal_level": "replica", "max_wal_size": "512MB", "archive_mode": "on", "archive_timeout": "60s",
    "max_slot_wal_keep_size": "256MB", "password_encryption": "scram-sha-256", "ssl": "on", "ssl_min_protocol_version": "TLSv1.2",
    "idle_in_transaction_session_timeout": "60s", "track_io_timing": "on", "track_activity_query_size": "2kB", "jit": "off",
    "log_checkpoints": "on", "log_lock_waits": "on", "log_temp_files": "10MB", "log_autovacuum_min_duration": "10min",
    "log_connections": "off", "log_disconnections": "off", "log_min_duration_statement": "-1", "log_line_prefix": "%m [%p] %q%u@%d %a ",
}
# Compressed, written whole or not at all, the newest 200 segments kept (a demo does not fill the disk).
ARCHIVE = """#!/bin/sh
set -e
archive=$(dirname "$0")/../wal-archive
test ! -e "$archive/$2.gz"
gzip -1 -c "$1" > "$archive/$2.partial"
mv "$archive/$2.partial" "$archive/$2.gz"
cd "$archive"
ls -1 | head -n -200 | xargs -r rm -f
"""


def binaries():
    """Folder of the newest installed server."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if not folders:
        return Path(program("postgres")).parent
    return max(folders, key=lambda folder: float(folder.parent.name))


def connect(place, name="postgres", database="postgres", user="postgres", secret="pg-admin"):
    """An autocommitting connection, by TLS as every client."""
    connection = psycopg2.connect(host="127.0.0.1", port=place.port(name), dbname=database, user=user, password=place.secret(secret),
                                  sslmode="verify-full", sslrootcert=str(place / "tls/ca.pem"), connect_timeout=5,
                                  application_name="demo")
    connection.autocommit = True
    return connection


def execute(place, *statements, name="postgres", database="shop"):
    connection = connect(place, name, database)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def value(place, query, name="postgres", database="shop"):
    """The one value that a query answers."""
    connection = connect(place, name, database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]
    finally:
        connection.close()


def _quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def _initialise(place, name, data):
    place.secret("pg-admin")
    # initdb runs as another account and reads the password from a file of its own.
    password = place.write(f"{name}.pw", place.secret("pg-admin"), 0o600, service=True)
    try:
        place.run([binaries() / "initdb", "-D", data, "-U", "postgres", "-k", "-E", "UTF8", "--locale=C.UTF-8", "--wal-segsize=4",
                   "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"])
    finally:
        password.unlink()


def _configure(place, name, data, extra, is_tls_only):
    certificate, key = pki.issue(place, "postgres")
    place.folder("wal-archive")
    archive = place.write("pg-tools/archive", ARCHIVE, 0o755)
    settings = {**SETTINGS, "port": place.port(name), "ssl_cert_file": certificate, "ssl_key_file": key,
                "archive_command": f"{shlex.quote(str(archive))} %p %f".replace("%p", '"%p"').replace("%f", '"%f"'), **extra}
    text = "".join(f"{key} = {_quoted(value)}\n" for key, value in settings.items())
    place.write(f"{data.name}/demo.conf", text, 0o600, service=True)
    main = data / "postgresql.conf"
    if "demo.conf" not in main.read_text():
        with open(main, "a") as out:
            out.write("\ninclude 'demo.conf'\n")
    kind = "hostssl" if is_tls_only else "host"
    rules = f"{kind} all all 127.0.0.1/32 scram-sha-256\n{kind} replication all 127.0.0.1/32 scram-sha-256\n"
    place.write(f"{data.name}/pg_hba.conf", rules, 0o600, service=True)


def _wait_for_the_killed(data):
    """A killed postmaster holds its lock file until its parent has taken note of its end."""
    lock = data / "postmaster.pid"
    if lock.exists():
        pid = int(lock.read_text().splitlines()[0])
        wait_for(lambda: start_ticks(pid) is not None or not Path(f"/proc/{pid}").exists(), 10, f"the killed server {pid} does not go away")


def start(place, name="postgres", extra=None, is_tls_only=True):
    """Starts the cluster in NAME/, made at the first time. True when it was made now."""
    data = place.folder(name, 0o700)
    is_new = not (data / "PG_VERSION").exists()
    if is_new:
        _initialise(place, name, data)
    if not place.alive(name):
        _configure(place, name, data, extra or {}, is_tls_only)
        _wait_for_the_killed(data)
        place.spawn(name, [binaries() / "postgres", "-D", data])

    def is_up():
        try:
            connect(place, name).close()
            return True
        except psycopg2.OperationalError as error:
            if "authentication failed" in str(error):
                raise DemoError(f"{name}: the password in {place / 'secrets/pg-admin'} is not the server's") from error
            return False
    place.ready(name, is_up, 30)
    return is_new


def create_roles(place, database, name="postgres", owner="shop"):
    """The database, its owner, and the console's role: no superuser, reads everything, the two views that pg_monitor lacks."""
    passwords = {"oncall": place.secret("pg"), owner: place.secret("pg-app"), "exporter": place.secret("pg-exporter")}
    execute(place, *(f"CREATE ROLE {role} LOGIN PASSWORD {_quoted(password)}" for role, password in passwords.items()),
            "GRANT pg_monitor, pg_read_all_data TO oncall", "GRANT pg_monitor TO exporter",
            f"CREATE DATABASE {database} OWNER {owner}", name=name, database="postgres")
    for target in ("postgres", database):
        execute(place, "GRANT SELECT ON pg_hba_file_rules, pg_file_settings TO oncall",
                "GRANT EXECUTE ON FUNCTION pg_hba_file_rules(), pg_show_all_file_settings() TO oncall", name=name, database=target)


def start_pgbouncer(place, name="pgbouncer", database="shop", server="postgres"):
    """Transaction pooling before `server`; users shop and oncall, `stats` for SHOW."""
    certificate, key = pki.issue(place, "pgbouncer")
    folder = place.folder(name, 0o700)
    users = {"shop": "pg-app", "oncall": "pg", "stats": "pgbouncer"}
    lines = "".join(f'"{user}" "{place.secret(secret)}"\n' for user, secret in users.items())
    place.write(f"{name}/users.txt", lines, 0o600, service=True)
    place.write(f"{name}/pgbouncer.ini", f"""[databases]
{database} = host=127.0.0.1 port={place.port(server)} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {place.port(name)}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
stats_users = stats
pool_mode = transaction
default_pool_size = 8
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
server_tls_sslmode = verify-full
server_tls_ca_file = {place / 'tls/ca.pem'}
client_tls_sslmode = allow
client_tls_cert_file = {certificate}
client_tls_key_file = {key}
log_connections = 0
log_disconnections = 0
""", 0o600, service=True)
    place.spawn(name, [program("pgbouncer"), folder / "pgbouncer.ini"])

    def is_up():
        try:
            psycopg2.connect(host="127.0.0.1", port=place.port(name), dbname="pgbouncer", user="stats", sslmode="require",
                             password=place.secret("pgbouncer"), connect_timeout=5).close()
            return True
        except psycopg2.OperationalError as error:
            # SHOW is all that this console speaks: psycopg2's own questions may be refused, which proves it is up.
            return "unsupported startup" in str(error) or "not supported" in str(error)
    place.ready(name, is_up)
