#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo from outside: packaging/demo/up, fix, break and down, judged by plain clients that share no code with it."""
import email.header
import http.client
import imaplib
import json
import os
import re
import signal
import smtplib
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import redis

DEMO = Path(__file__).resolve().parents[2] / "packaging/demo"


def demo(command, *words, programs=os.environ.get("MUSTER_BIN_DIR", "/nonexistent")):
    environment = {**os.environ, "MUSTER_BIN_DIR": programs}
    return subprocess.run([DEMO / command, *words], env=environment, text=True, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        os.chmod(cls.scratch.name, 0o755)
        os.environ["XDG_STATE_HOME"] = f"{cls.scratch.name}/state"  # the audit of what the console does here
        cls.dir = Path(cls.scratch.name) / "demo"
        started = demo("up", "--no-build", "--headless", "--dir", str(cls.dir))
        cls.addClassCleanup(demo, "down", "--dir", str(cls.dir))
        assert started.returncode == 0, started.stderr
        cls.environment = json.loads((cls.dir / "environment.json").read_text())
        cls.trust = ssl.create_default_context(cafile=cls.dir / "tls/ca.pem")

    # -- clients -------------------------------------------------------------------------------------------------
    def read(self):
        return json.loads((self.dir / "environment.json").read_text())

    def secret(self, declared):
        return (self.dir / declared["password"]["file"]).read_text()

    def get(self, path, headers=None):
        request = urllib.request.Request(self.environment["http"][0]["url"] + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=5) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def row(self, sql):
        declared = self.environment["postgres"][0]
        connection = psycopg2.connect(declared["url"], password=self.secret(declared), sslrootcert=str(self.dir / "tls/ca.pem"))
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchone()
        finally:
            connection.close()

    def cache(self):
        declared = self.environment["redis"][0]
        return redis.Redis.from_url(declared["url"], password=self.secret(declared), ssl_ca_certs=str(self.dir / declared["ca"]))

    def hit_ratio(self, seconds=3):
        server = self.cache()
        before = server.info("stats")
        time.sleep(seconds)  # what is measured is a rate
        after = server.info("stats")
        hits, misses = (after[key] - before[key] for key in ("keyspace_hits", "keyspace_misses"))
        self.assertGreater(hits + misses, 100 * seconds)
        return hits / (hits + misses)

    def certificate_share_left(self):
        host, port = self.environment["http"][0]["url"].removeprefix("https://").split(":")
        connection = http.client.HTTPSConnection(host, int(port), context=self.trust, timeout=5)
        connection.connect()
        shown = connection.sock.getpeercert()
        connection.close()
        begin, end = (ssl.cert_time_to_seconds(shown[key]) for key in ("notBefore", "notAfter"))
        return (end - time.time()) / (end - begin)

    def plain_answer(self):
        connection = http.client.HTTPConnection(self.environment["http"][0]["plain"].removeprefix("http://"), timeout=5)
        connection.request("GET", "/items")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Location")

    def mail_server(self):
        host, port = self.environment["smtp"]["url"].rpartition("@")[2].split(":")
        server = smtplib.SMTP(host, int(port), timeout=5)
        self.addCleanup(server.close)
        server.ehlo()
        return server

    def mails_in_mailbox(self):
        """Subjects in the declared mailbox, as its owner reads them."""
        host, port = re.fullmatch(r"imaps://oncall@(.*):(\d+)/INBOX", self.environment["smtp"]["mailbox"]).groups()
        with imaplib.IMAP4_SSL(host, int(port), ssl_context=self.trust, timeout=5) as box:
            box.login("oncall", self.secret(self.environment["smtp"]))
            count = int(box.select("INBOX", readonly=True)[1][0])
            heads = [box.fetch(str(number + 1), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1].decode() for number in range(count)]
            return [str(email.header.make_header(email.header.decode_header(head.partition(": ")[2].strip()))) for head in heads]

    def change(self, command, item):
        done = demo(command, "--dir", str(self.dir), item)
        self.assertEqual(done.returncode, 0, done.stderr)

    def both_ways(self, item, is_good):
        """Bad at the start, good after fix, bad again after break."""
        self.assertFalse(is_good(), f"{item} is good before it was fixed")
        self.change("fix", item)
        self.assertTrue(is_good(), f"{item} is not good after fix")
        self.change("break", item)
        self.assertFalse(is_good(), f"{item} is still good after break")

    # -- the foundation ------------------------------------------------------------------------------------------
    def test_foundation_holds(self):
        settings = "archive_mode data_checksums log_checkpoints log_lock_waits autovacuum".split()
        self.assertEqual(self.row("SELECT count(*) FROM pg_settings WHERE setting = 'on' AND name = ANY ('{%s}')" % ",".join(settings)), (len(settings),))
        self.assertEqual(self.row("SELECT rolsuper, pg_has_role(oid, 'pg_monitor', 'member') FROM pg_roles WHERE rolname = current_user"), (False, True))
        self.assertEqual(self.row("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"), (0,))
        self.assertEqual(self.row("SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"), (0,))
        archived, failed = self.row("SELECT archived_count, failed_count FROM pg_stat_archiver")
        self.assertGreater(archived, 0)
        self.assertEqual(failed, 0)
        status, headers, body = self.get("/health")
        self.assertEqual((status, headers["Content-Type"], json.loads(body)["status"]), (200, "application/health+json", "pass"))
        self.assertEqual((headers["X-Content-Type-Options"], headers["Referrer-Policy"]), ("nosniff", "no-referrer"))
        self.assertIn("frame-ancestors", headers["Content-Security-Policy"])
        with self.assertRaises(redis.AuthenticationError):
            redis.Redis.from_url(re.sub(r"oncall@", "", self.environment["redis"][0]["url"]), ssl_ca_certs=str(self.dir / "tls/ca.pem")).ping()
        for folder, mode in (("secrets", 0o700), *((f"secrets/{path.name}", 0o600) for path in (self.dir / "secrets").iterdir())):
            self.assertEqual((self.dir / folder).stat().st_mode & 0o777, mode, folder)

    def test_no_secret_in_arguments_or_environment_file(self):
        secrets = [path.read_bytes() for path in (self.dir / "secrets").iterdir()]
        arguments = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
        for secret in secrets:
            self.assertNotIn(secret, arguments)
            self.assertNotIn(secret, (self.dir / "environment.json").read_bytes())

    # -- the items -----------------------------------------------------------------------------------------------
    def test_redis_service(self):
        self.both_ways("redis-service", lambda: self.cache().config_get("maxmemory")["maxmemory"] != "0"
                       and self.cache().config_get("maxmemory-policy")["maxmemory-policy"] == "allkeys-lru")

    def test_redis_caching(self):
        self.both_ways("redis-caching", lambda: self.hit_ratio() > 0.9)
        time.sleep(8)  # the pages' five seconds, and a little
        self.assertAlmostEqual(self.hit_ratio(), 0.35, delta=0.12)

    def test_email_service(self):
        self.assertFalse(self.mail_server().has_extn("starttls") or self.mail_server().has_extn("auth"))
        self.assertEqual(self.mails_in_mailbox(), [])
        self.change("fix", "email-service")
        self.assertEqual(self.mails_in_mailbox(), ["Test mail from Muster for “shop”"])
        server = self.mail_server()
        server.starttls(context=self.trust)
        server.login("oncall", self.secret(self.environment["smtp"]))
        server.mail("alerts@shop.example")
        self.assertEqual(server.rcpt("nobody@shop.example")[0], 550)
        self.assertEqual(server.rcpt("oncall@shop.example")[0], 250)
        code, text = server.data("Subject: test\r\n\r\nhello\r\n")
        number = re.search(rb"queued as ([0-9A-F]+)", text)
        self.assertEqual(code, 250)
        self.assertIn(b"hello", (self.dir / f"mail/{number[1].decode()}.eml").read_bytes())
        self.assertEqual(len(self.mails_in_mailbox()), 2)
        self.change("break", "email-service")
        self.assertFalse(self.mail_server().has_extn("starttls"))
        self.assertEqual(self.mails_in_mailbox(), [])

    def test_tls(self):
        self.both_ways("tls", lambda: self.certificate_share_left() > 1 / 3)
        self.assertLess(self.certificate_share_left(), 1 / 6)

    def test_https_enforced(self):
        target = self.environment["http"][0]["url"] + "/items"
        self.both_ways("https-enforced", lambda: self.plain_answer() == (308, target) and "Strict-Transport-Security" in self.get("/items")[1])

    def test_api_compression(self):
        self.both_ways("api-compression", lambda: self.get("/items", {"Accept-Encoding": "gzip"})[1]["Content-Encoding"] == "gzip"
                       and self.get("/items")[1]["Vary"] == "Accept-Encoding" and "Content-Encoding" not in self.get("/items")[1])

    def test_response_caching(self):
        def revalidates():
            headers = self.get("/items")[1]
            return "ETag" in headers and "max-age" in headers["Cache-Control"] and self.get("/items", {"If-None-Match": headers["ETag"]})[0] == 304
        self.both_ways("response-caching", revalidates)

    def test_input_validation(self):
        def refuses():
            answers = [self.get(path) for path in ("/items?limit=abc", "/items?limit=-1", "/items/x%27y")]
            return all(status == 400 and b"x'y" not in body for status, _, body in answers)
        self.both_ways("input-validation", refuses)

    def test_index_completion(self):
        self.both_ways("index-completion", lambda: self.row("SELECT bool_and(indisvalid) AND count(*) = count(DISTINCT (indrelid, indkey::text, indoption::text))"
                                                            " FROM pg_index WHERE indrelid = 'orders'::regclass") == (True,))

    def test_slow_query_log(self):
        self.both_ways("slow-query-log", lambda: self.row("SELECT setting::int >= 0 FROM pg_settings WHERE name = 'log_min_duration_statement'") == (True,))

    def test_alerting(self):
        am = self.environment["prometheus"][0]["alertmanagers"][0]

        def watchdog_arrived():
            with urllib.request.urlopen(am + "/api/v2/alerts", timeout=5) as answer:
                return any(alert["labels"]["alertname"] == "Watchdog" for alert in json.load(answer))
        self.assertFalse(watchdog_arrived())
        self.change("fix", "alerting")
        self.assertTrue(watchdog_arrived())

    def test_declared_items_come_and_go(self):
        for item, key in (("connection-pooling", "pgbouncer"), ("structured-logging", "logs"), ("security-log", "audit")):
            self.both_ways(item, lambda key=key: key in self.read())

    # -- the scripts ---------------------------------------------------------------------------------------------
    def test_unknown_item_is_refused(self):
        done = demo("fix", "--dir", str(self.dir), "no-such-item")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not available yet", done.stderr)

    def test_backup_needs_the_console(self):
        self.assertEqual(demo("fix", "--dir", str(self.dir), "automated-backups", programs="/nonexistent").returncode, 1)
        self.assertEqual(list((self.dir / "backups").iterdir()), [])

    def test_up_again_keeps_everything(self):
        pids = {path.name: path.read_text() for path in (self.dir / "run").glob("*.json")}
        self.assertEqual(demo("up", "--no-build", "--headless", "--dir", str(self.dir)).returncode, 0)
        self.assertEqual(pids, {path.name: path.read_text() for path in (self.dir / "run").glob("*.json")})


class Down(unittest.TestCase):
    def test_stops_all_and_no_stranger(self):
        with tempfile.TemporaryDirectory() as scratch, subprocess.Popen(["sleep", "60"]) as stranger:
            os.chmod(scratch, 0o755)
            folder = Path(scratch) / "demo"
            self.assertEqual(demo("up", "--no-build", "--headless", "--dir", str(folder)).returncode, 0)
            pids = [json.loads(path.read_text())["pid"] for path in (folder / "run").glob("*.json")]
            (folder / "run/stranger.json").write_text(json.dumps({"pid": stranger.pid, "start": 1}))
            self.assertEqual(demo("down", "--dir", str(folder)).returncode, 0)
            self.assertIsNone(stranger.poll())
            stranger.send_signal(signal.SIGTERM)
            for pid in pids:
                state = Path(f"/proc/{pid}/stat")
                self.assertTrue(not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z", pid)


if __name__ == "__main__":
    unittest.main(verbosity=2)
