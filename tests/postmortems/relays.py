# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix for the cases about mail."""
import contextlib
import subprocess

import mailbox


class Relay:
    """The family's Postfix, with a mailbox behind it."""

    def __init__(self, bench):
        self.bench, self.place = bench, bench.place
        self.entry = bench.server("postfix")
        bench.server("imap")
        mailbox.clear(self.place)

    def section(self, **more):
        return {"url": self.entry["url"], "password": {"file": "secrets/smtp"}, "tls": "starttls", "ca": "tls/ca.pem", "from": "oncall@shop.example", "to": ["oncall@shop.example"],
                "mailbox": f"imaps://oncall@127.0.0.1:{self.place.port('imap')}/INBOX", **more}

    @contextlib.contextmanager
    def set(self, **settings):
        """Settings of main.cf for the length of a block."""
        def change(*words):
            subprocess.run(["postconf", "-c", str(self.place / "postfix"), *words], check=True)
            subprocess.run(["postfix", "-c", str(self.place / "postfix"), "reload"], check=True, stderr=subprocess.DEVNULL)
        if not settings:
            yield
            return
        change("-e", *(f"{name}={value}" for name, value in settings.items()))
        try:
            yield
        finally:
            change("-X", *settings)
