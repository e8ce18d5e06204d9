# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP: what called itself a backup and was none."""
import contextlib
import json
import os
import subprocess
import time

from kit import PATIENCE, Failure, case, wait_for

NO_BACKUP = {"no-usable-backup": ["no usable backup inside the window of 26 h"]}


def nightly(folder, **more):
    """A backup set over a directory."""
    return {"name": "nightly", "driver": "pg_dump", "postgres": "primary", "directory": str(folder), "window": "26h", "keep": 7, **more}


def good(done):
    if done.returncode:
        raise Failure(f"{done.args[0]}: {done.stderr.decode()}")


def of_last_night(*paths):
    """What is cut and fresh may still be being written."""
    then = time.time() - 8 * 3600
    for path in paths:
        os.utime(path, (then, then))


def dump(database, path, *words, name="shop"):
    """As cron does it: one database, and the globals beside it."""
    good(database.tool("pg_dump", f"--file={path}", *words, database=name))
    good(database.tool("pg_dumpall", "--globals-only", f"--file={path.parent / 'globals.sql'}", database=name))


def piped(database, path, **broken):
    """What half of all cron lines say: pg_dump | gzip > FILE, whose status is gzip's. The globals beside it are good."""
    good(database.tool("pg_dumpall", "--globals-only", f"--file={path.parent / 'globals.sql'}"))
    with open(path, "wb") as out, subprocess.Popen(["pg_dump"], env={**database.access(), **broken}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as dumping:
        if subprocess.run(["gzip"], stdin=dumping.stdout, stdout=out, check=False).returncode:
            raise Failure("the pipe did not end with 0")


def set_of(bench, database, folder, **more):
    return bench.environment(postgres=[database.section()], backups=[nightly(folder, **more)])


@case("PM-01", "GitLab 2017: the nightly dumps had failed for weeks; the pipe into gzip ended with 0 and left 20 bytes",
      red={"database/automated-backups": ["no usable backup", "shop.sql.gz (20 B): damaged", "nothing behind its compression"]}, gates=NO_BACKUP)
def dead_server_dumped(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    piped(database, folder / "shop.sql.gz", **({"PGPORT": "1"} if broken else {}))
    environment = set_of(bench, database, folder)
    bench.act(environment, "backup", "verify", "shop.sql.gz", expected=1 if broken else 0)
    yield environment


@case("PM-03", "KDE 2013: mirrors taken for backups copied the deletion: 1500 repositories, then none, and the sync said OK",
      red={"database/automated-backups": ["no usable backup", "there is none"]}, gates=NO_BACKUP)
def mirror_copies_the_deletion(bench, broken):
    database, source, mirror = bench.postgres(), bench.folder("source"), bench.folder("mirror")
    dump(database, source / "shop.dump", "-Fc")
    environment = set_of(bench, database, mirror)
    for night in range(2):
        subprocess.run(["rsync", "-a", "--delete", "--exclude=.muster-notes", f"{source}/", f"{mirror}/"], check=True)
        if night == 0:
            bench.act(environment, "backup", "verify", "shop.dump")
        if broken:
            for path in source.iterdir():
                path.unlink()
    yield environment


@case("PM-03b", "KDE 2013, the other half: the copy falls in step with the source, valid and nearly empty",
      red={"database/recovery": ["of the size of those before it", "tuesday.dump"]})
def backup_shrinks_with_its_source(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    database.execute("CREATE TABLE repositories AS SELECT i AS id, md5(i::text) AS head FROM generate_series(1, 1500) i")
    try:
        dump(database, folder / "monday.dump", "-Fc")
        of_last_night(folder / "monday.dump")
        if broken:
            database.execute("TRUNCATE items, repositories")
        time.sleep(1.1)  # a dump's head has whole seconds
        dump(database, folder / "tuesday.dump", "-Fc")
        environment = set_of(bench, database, folder)
        for name in ("monday.dump", "tuesday.dump"):
            bench.act(environment, "backup", "verify", name)
        yield environment
    finally:
        database.execute("DROP TABLE repositories", "INSERT INTO items SELECT i, md5(i::text) FROM generate_series(1, 20000) i ON CONFLICT DO NOTHING", "VACUUM (ANALYZE)")


@case("PM-05", "matrix.org 2025: six hours without any standby, then the last copy was lost and a restore took a day",
      red={"database/replication": ["standby"]})
def redundancy_is_gone(bench, broken):
    primary = bench.postgres()
    with contextlib.ExitStack() as stack:
        standby = stack.enter_context(bench.standby(primary))
        if broken:
            standby.stop()
        yield bench.environment(postgres=[primary.section(expectedStandbys=1)])


@case("PM-05b", "matrix.org 2025, the other half: the restore takes longer than the service may be away",
      amber={"database/recovery": ["a restore takes about", "longer than it may (limit 1 ms)"]})
def restore_takes_too_long(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    dump(database, folder / "shop.dump", "-Fc")
    environment = set_of(bench, database, folder, restoreWithin="1ms" if broken else "4h")
    bench.act(environment, "backup", "drill", "shop.dump")
    yield environment


@case("PM-07", "Travis CI 2018: a TRUNCATE meant for a test database waits ten minutes behind readers, then empties every table",
      amber={"database/blocked-sessions": ["1 session waits", "blocks 1 session"]}, facts={"postgres.sessions": ["TRUNCATE items", "127.0.0.1"]})
def truncate_waits(bench, broken):
    database = bench.postgres()
    with database.session() as reader, database.waiting("TRUNCATE items", 62 if broken else 0) as human:
        if broken:
            reader.cursor().execute("SET idle_in_transaction_session_timeout = 0; SELECT count(*) FROM items")
            human.begin()
        yield bench.environment(postgres=[database.section()])


@case("T-07", "plugin-barman-cloud 454: base backups “completed” while no WAL was archived at all",
      red={"database/automated-backups": ["sunday", "WAL segment", "is missing"]}, gates=NO_BACKUP)
def base_backup_without_its_wal(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    try:
        database.set(archive_command="/bin/true" if broken else None)
        time.sleep(0.5)  # the archiver reads its command again
        good(database.tool("pg_basebackup", "-D", folder / "sunday", "-X", "none", "-c", "fast", "--no-sync"))
        last = database.value("SELECT pg_walfile_name(pg_switch_wal())")
        wait_for(lambda: database.value("SELECT last_archived_wal FROM pg_stat_archiver") >= last, 20 * PATIENCE, "the WAL is archived, as far as the server knows")
        environment = set_of(bench, database, folder, driver="pg_basebackup", archive=str(bench.place / "wal-archive"))
        if not broken:
            bench.act(environment, "backup", "verify", "sunday")
        yield environment
    finally:
        database.set(archive_command=None)


@case("T-11", "bcgov/backup-container 137: the disk is full, “Successfully backed up”, 0 bytes",
      red={"database/automated-backups": ["shop.dump (0 B): damaged", "0 bytes: the tool wrote nothing"]}, gates=NO_BACKUP)
def zero_bytes(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    dump(database, folder / "shop.dump", "-Fc")
    environment = set_of(bench, database, folder)
    if broken:
        (folder / "shop.dump").write_bytes(b"")
        of_last_night(folder / "shop.dump")
    else:
        bench.act(environment, "backup", "verify", "shop.dump")
    yield environment


@case("T-13", "nfrastack/db-backup 366: a wrong password, exit code 0 through the pipe, no notice",
      red={"database/automated-backups": ["shop.sql.gz (20 B): damaged", "nothing behind its compression"]}, gates=NO_BACKUP)
def wrong_password_through_a_pipe(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    piped(database, folder / "shop.sql.gz", **({"PGPASSWORD": "wrong"} if broken else {}))
    environment = set_of(bench, database, folder)
    if not broken:
        bench.act(environment, "backup", "verify", "shop.sql.gz")
    yield environment


@case("T-15", "docker-postgres-backup-local 38: the dump is valid SQL without a table, “created successfully”",
      red={"database/automated-backups": ["shop.sql (", "): damaged: it holds no table", "the server's database has"]}, gates=NO_BACKUP)
def dump_without_tables(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    dump(database, folder / "shop.sql", *(["--exclude-schema=public"] if broken else []))
    environment = set_of(bench, database, folder)
    bench.act(environment, "backup", "verify", "shop.sql", expected=2 if broken else 0)
    yield environment


@case("T-17", "docker-borgmatic 355: after an upgrade only half of what was declared was saved, silently, pings green",
      red={"database/automated-backups": ["no usable one of database orders"]}, gates=NO_BACKUP)
def half_of_the_databases(bench, broken):
    database, folder = bench.postgres(), bench.folder("backups")
    database.execute("CREATE DATABASE orders TEMPLATE shop", database="postgres")
    try:
        dump(database, folder / "shop.dump", "-Fc")
        if not broken:
            dump(database, folder / "orders.dump", "-Fc", name="orders")
        environment = bench.environment(postgres=[database.section(databases=["shop", "orders"])], backups=[nightly(folder)])
        for path in folder.glob("*.dump"):
            bench.act(environment, "backup", "verify", path.name)
        yield environment
    finally:
        database.execute("DROP DATABASE orders WITH (FORCE)", database="postgres")


@case("T-21", "RamenDR 1281: the backup's status was Failed, the command's exit code 0",
      red={"database/automated-backups": ["night-2", "snapshot failed: quota exceeded"]}, gates=NO_BACKUP)
def failed_with_exit_code_zero(bench, broken):
    database = bench.postgres()
    now = time.time()
    one = {"id": "night-2", "kind": "snapshot", "started": now - 7200, "finished": now - 7000, "size": 5e9, "server_version": "15.1",
           "system_identifier": str(database.value("SELECT system_identifier FROM pg_control_system()"))}
    one |= {"state": "failed", "reason": "snapshot failed: quota exceeded"} if broken else {"state": "finished", "verified": now - 6900}
    answer = bench.folder("command") / "answer.json"
    answer.write_text(json.dumps({"schema": 1, "backups": [one], "archive": {"newest": now - 60, "from": now - 7000, "to": now - 60}}))
    yield bench.environment(postgres=[database.section()], backups=[{"name": "cloud", "driver": "command", "postgres": "primary", "window": "26h", "list": ["/bin/cat", str(answer)]}])
