# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory with everything that one set of private servers owns: ports, passwords, pid files, logs, state.

    ports.json   name -> port on 127.0.0.1, the same after a restart
    secrets/     one file a password, 0600
    run/         NAME.json: {"pid": 4711, "start": 123456}; start is field 22 of /proc/PID/stat, so a re-used pid is not ours
    log/         NAME.log
    state.json   {"fixed": ["tls", ...], "troubles": ["wal-filling", ...]}
"""
import fcntl
import json
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

# PostgreSQL and PgBouncer refuse root; then every server runs as this account instead.
SERVICE_USER = "postgres" if os.geteuid() == 0 else None
FIRST_PORT, LAST_PORT = 20000, 29999  # below the ephemeral range: no client socket takes a remembered port


class DemoError(Exception):
    """Something the user can act on; printed without a traceback."""


def program(name, *folders):
    """Absolute path of an executable; sbin is not on everybody's PATH."""
    search = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/bin"])
    found = shutil.which(name, path=search)
    if not found:
        raise DemoError(f"{name} is not installed (tests/install-packages demo)")
    return found


def wait_for(condition, seconds, what, interval=0.05):
    """Polls until condition() is true; a DemoError that names `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise DemoError(f"{what}: not within {seconds} s")
        time.sleep(interval)


def answers(port):
    """True when something accepts TCP connections on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_ticks(pid):
    """Start time of a live process in clock ticks since boot; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Place:
    def __init__(self, root):
        self.root = Path(root).expanduser().absolute()
        for folder in ("", "secrets", "run", "log"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "secrets").chmod(0o700)
        self.own(self.root / "log")
        self._ports = self._load("ports.json", {})

    def __truediv__(self, name):
        return self.root / name

    @contextmanager
    def locked(self):
        """One up, down, fix or break at a time."""
        with open(self / "lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    # -- files ---------------------------------------------------------------------------------------------------
    def _load(self, name, default):
        try:
            return json.loads((self / name).read_text())
        except FileNotFoundError:
            return default

    def write(self, name, text, mode=0o644, service=False):
        """Writes a file whole or not at all; `service`: owned by the account that runs the servers."""
        path = self / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as out:
            os.fchmod(out.fileno(), mode)
            out.write(text)
        if service:
            self.own(temporary)
        temporary.replace(path)
        return path

    def folder(self, name, mode=0o755):
        """A directory that the servers may write to."""
        path = self / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        self.own(path)
        return path

    def own(self, path):
        if SERVICE_USER:
            account = pwd.getpwnam(SERVICE_USER)
            os.chown(path, account.pw_uid, account.pw_gid)

    # -- ports and passwords -------------------------------------------------------------------------------------
    def port(self, name):
        if name not in self._ports:
            self._ports[name] = self._free_port()
            self.write("ports.json", json.dumps(self._ports, indent=2) + "\n")
        return self._ports[name]

    def _free_port(self):
        for candidate in random.sample(range(FIRST_PORT, LAST_PORT), 500):
            if candidate in self._ports.values():
                continue
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", candidate))
                    return candidate
                except OSError:
                    continue
        raise DemoError(f"no free port between {FIRST_PORT} and {LAST_PORT}")

    def replace_taken_ports(self):
        """Before a start: a remembered port that somebody else listens on meanwhile is exchanged. Returns their names."""
        taken = [name for name, port in self._ports.items() if not self.alive(self._owner(name)) and answers(port)]
        for name in taken:
            del self._ports[name]
            self.port(name)
        return taken

    @staticmethod
    def _owner(port_name):
        """Ports are named SERVICE or SERVICE:what."""
        return port_name.partition(":")[0]

    def secret(self, name):
        path = self / "secrets" / name
        if not path.exists():
            self.write(f"secrets/{name}", secrets.token_urlsafe(24), 0o600)
        return path.read_text()

    # -- state of the demo's items -------------------------------------------------------------------------------
    def fixed(self):
        return self._state("fixed")

    def set_fixed(self, item, is_fixed):
        self._set_state("fixed", item, is_fixed)

    def troubles(self):
        """Gates that were tripped on purpose."""
        return self._state("troubles")

    def set_trouble(self, name, is_on):
        self._set_state("troubles", name, is_on)

    def _state(self, key):
        return set(self._load("state.json", {}).get(key, []))

    def _set_state(self, key, word, is_in):
        lists = {each: self._state(each) for each in ("fixed", "troubles")}
        lists[key] = lists[key] | {word} if is_in else lists[key] - {word}
        self.write("state.json", json.dumps({each: sorted(words) for each, words in lists.items()}) + "\n")

    # -- processes -----------------------------------------------------------------------------------------------
    def command(self, argv):
        """argv, run as the service account when we are root."""
        if not SERVICE_USER:
            return [str(word) for word in argv]
        # A root's home is closed to other accounts, with the data or this program in it: only then the right to walk through it is kept.
        caps = "-all" if self._is_open() else "-all,+dac_override"
        return [program("setpriv"), f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--clear-groups", "--no-new-privs",
                f"--inh-caps={caps}", f"--ambient-caps={caps}", "--", *(str(word) for word in argv)]

    def _is_open(self):
        return all(folder.stat().st_mode & 0o001 for folder in (self.root, *self.root.parents, *Path(__file__).resolve().parents))

    def environment(self, extra=None):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.root), "LANG": "C.UTF-8",
                "MUSTER_PLACE": str(self.root), "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}

    def run(self, argv, **options):
        """A helper program to its end, as the service account. DemoError with its stderr when it fails."""
        done = subprocess.run(self.command(argv), env=self.environment(), cwd=self.root, text=True, capture_output=True, **options)
        if done.returncode:
            raise DemoError(f"{Path(str(argv[0])).name} failed: {done.stderr.strip()[-800:]}")
        return done.stdout

    def spawn(self, name, argv, env=None, is_service=True):
        """Starts a server that outlives us, as the service account or as ourselves. Nothing happens when it runs already."""
        if self.alive(name):
            return False
        with open(self / f"log/{name}.log", "ab") as log:
            command = self.command(argv) if is_service else [str(word) for word in argv]
            process = subprocess.Popen(command, env=self.environment(env), cwd=self.root, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, start_new_session=True)
        self.write(f"run/{name}.json", json.dumps({"pid": process.pid, "start": start_ticks(process.pid)}) + "\n")
        return True

    def pid(self, name):
        """The pid of a server of ours that is alive, else None."""
        record = self._load(f"run/{name}.json", None)
        if record and record["start"] is not None and start_ticks(record["pid"]) == record["start"]:
            return record["pid"]
        return None

    def alive(self, name):
        return self.pid(name) is not None

    def names(self):
        return sorted(path.stem for path in (self / "run").glob("*.json"))

    def ready(self, name, condition, seconds=15):
        """Waits for condition(); tells the log's end when the server dies instead."""
        def check():
            if not self.alive(name):
                raise DemoError(f"{name} ended at once; the end of {self / 'log' / name}.log:\n{self.log_tail(name)}")
            return condition()
        wait_for(check, seconds, f"{name} does not answer; see {self / 'log' / name}.log")

    def log_tail(self, name):
        return "\n".join((self / f"log/{name}.log").read_text(errors="replace").splitlines()[-8:])

    def signal(self, name, number):
        """Sends a signal to exactly the process that we started; False when it is gone."""
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            if self.pid(name) != pid:  # the handle is bound now: check again that it is ours
                return False
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)

    def signal_group(self, name, number):
        """The same for a server and its children: of nginx the workers, which live on without their master."""
        pid = self.pid(name)
        if pid is not None:
            os.killpg(pid, number)  # spawn() made it the leader of its group

    def stop(self, names, seconds=10):
        """Stops servers together. PostgreSQL reads SIGINT as fast shutdown, SIGTERM would wait for its clients."""
        for name in names:
            self.signal_group(name, signal.SIGCONT)
            self.signal(name, signal.SIGINT if name.startswith("postgres") and "exporter" not in name else signal.SIGTERM)
        try:
            wait_for(lambda: not any(self.alive(name) for name in names), seconds, "stopping")
        except DemoError:
            for name in names:
                if self.signal(name, signal.SIGKILL):
                    print(f"{name} did not stop by itself: killed", file=sys.stderr)
            wait_for(lambda: not any(self.alive(name) for name in names), 5, "killing")
        for name in names:
            self._kill_orphans(name)
            (self / f"run/{name}.json").unlink(missing_ok=True)

    def _kill_orphans(self, name):
        """What a server that was killed left behind: nginx's workers listen on without their master, and its title hides our mark."""
        record = self._load(f"run/{name}.json", None)
        if not record or record["start"] is None or start_ticks(record["pid"]) is not None:
            return
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            try:
                is_orphan = os.getsid(pid) == record["pid"] and (start_ticks(pid) or 0) >= record["start"]  # spawn() gave it a session
                if is_orphan:
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def leftovers(self):
        """Pids that carry our mark in their environment: children of a server that died before them."""
        mark = f"MUSTER_PLACE={self.root}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0") and start_ticks(folder.name) is not None:
                    found.append(int(folder.name))
            except OSError:
                continue
        return [pid for pid in found if pid != os.getpid()]
