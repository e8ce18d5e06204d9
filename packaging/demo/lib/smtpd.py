#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that keeps its mail, with a policy per recipient and, for tests, scripted faults.

Recipients (any domain in --domain is local):
    full@ 452 4.2.2 · later@ 451 4.7.1 (greylisted) · nobody@ 550 5.1.1 · blocked@ 550 5.7.1 · foreign domains 554 5.7.1

--faults FILE: JSON, read again for every connection; stages GREETING EHLO STARTTLS EHLO2 (after it) AUTH MAIL RCPT DATA BODY QUIT:
    { "RCPT": {"reply": "450 4.3.0 try later", "delay": 2, "drop": false, "times": 1} }
"delay" seconds come first, then "reply" in place of the true one (or the true one, if none is given), then "drop" closes the
connection; "raw" is sent as it stands; "times": only the first so many of this process.
"""
import argparse
import asyncio
import collections
import json
import secrets
import ssl
import time
import warnings
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

warnings.simplefilter("ignore", DeprecationWarning)  # aiosmtpd 1.4.3 warns of itself at each login

REFUSED = {"full": "452 4.2.2 Mailbox full", "later": "451 4.7.1 Greylisted, try again in 300 seconds",
           "nobody": "550 5.1.1 No such user here", "blocked": "550 5.7.1 Blocked by policy"}


class Mailbox:
    """Policy and storage, as aiosmtpd's handler hooks."""

    def __init__(self, options):
        self.folder = Path(options.mail)
        self.domain = options.domain
        self.maildir = Path(options.maildir) if options.maildir else None

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        local, _, domain = address.rpartition("@")
        if domain.lower() != self.domain:
            return "554 5.7.1 Relay access denied"
        if local.lower() in REFUSED:
            return REFUSED[local.lower()]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        if fault := await server.fault("BODY"):
            return fault
        number = secrets.token_hex(5).upper()
        head = (f"Return-Path: <{envelope.mail_from}>\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
                f"Received: from {session.host_name} by localhost ({'ESMTPS' if session.ssl else 'ESMTP'}) id {number};"
                f" {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n")
        temporary = self.folder / f".{number}"
        temporary.write_bytes(head.encode() + envelope.original_content)
        temporary.rename(self.folder / f"{number}.eml")
        if self.maildir:
            temporary = self.maildir / "tmp" / number
            temporary.write_bytes(head.encode() + envelope.original_content)
            temporary.rename(self.maildir / "new" / f"{int(time.time())}.{number}.localhost")
        return f"250 2.0.0 Ok: queued as {number}"


class Faults:
    def __init__(self, path):
        self.path = path
        self.used = collections.Counter()

    def take(self, stage):
        """The fault of this stage that is due now, or {}."""
        try:
            fault = json.loads(Path(self.path).read_text()).get(stage, {}) if self.path else {}
        except (OSError, ValueError):
            return {}
        if not fault or self.used[stage] >= fault.get("times", 1 << 30):
            return {}
        self.used[stage] += 1
        return fault


class FaultySmtp(SMTP):
    def __init__(self, handler, faults, **options):
        self._faults = faults
        self._is_greeted = False
        super().__init__(handler, **options)

    async def fault(self, stage):
        """Plays the stage's fault; the reply to give in place of the true one, or None."""
        fault = self._faults.take(stage)
        await asyncio.sleep(fault.get("delay", 0))
        if "raw" in fault:
            self._writer.write(fault["raw"].encode("latin-1"))
            await self._writer.drain()
        if fault.get("drop"):
            if "reply" in fault:
                await super().push(fault["reply"])
            self.transport.close()
            raise ConnectionResetError("dropped by script")  # aiosmtpd ends the session quietly on this one
        return fault.get("reply")

    async def push(self, status):
        if not self._is_greeted:  # the first line of a connection is the greeting
            self._is_greeted = True
            status = await self.fault("GREETING") or status
        await super().push(status)


def _scripted(stage, original):
    async def command(self, argument):
        reply = await self.fault("EHLO2" if stage == "EHLO" and self._tls_protocol else stage)
        if reply:
            await self.push(reply)
        else:
            await original(self, argument)
    command.__doc__ = original.__doc__
    for mark in ("__smtp_syntax__", "__smtp_syntax_extended__", "__smtp_syntax_when__"):
        if hasattr(original, mark):
            setattr(command, mark, getattr(original, mark))
    return command


for _name in ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"):
    setattr(FaultySmtp, f"smtp_{_name}", _scripted(_name, getattr(SMTP, f"smtp_{_name}")))


def is_secured(options):
    """STARTTLS and AUTH offered: always, never, or as soon as the state file names the item."""
    if options.secure != "state":
        return options.secure == "yes"
    try:
        return "email-service" in json.loads(Path(options.state).read_text())["fixed"]
    except (OSError, ValueError, KeyError):
        return False


def make_factory(options, context):
    handler, faults = Mailbox(options), Faults(options.faults)
    password = Path(options.password_file).read_text().strip() if options.password_file else ""

    def authenticate(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.login == options.user.encode() and secrets.compare_digest(data.password, password.encode())
        return AuthResult(success=good, handled=False, auth_data=data if good else None)

    def make():
        common = {"hostname": "mail." + options.domain, "ident": "ESMTP demo", "timeout": 60, "data_size_limit": 10 << 20}
        if options.implicit:
            return FaultySmtp(handler, faults, authenticator=authenticate, auth_require_tls=False, auth_required=True, **common)
        if is_secured(options):
            return FaultySmtp(handler, faults, tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True, **common)
        return FaultySmtp(handler, faults, **common)  # aiosmtpd offers AUTH only under TLS
    return make


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mail", required=True, help="directory for the mails")
    parser.add_argument("--maildir", help="directory for the mails")
    parser.add_argument("--domain", default="shop.example")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user", default="oncall")
    parser.add_argument("--password-file")
    parser.add_argument("--secure", choices=("yes", "no", "state"), default="yes")
    parser.add_argument("--state", help="state.json, for --secure state")
    parser.add_argument("--implicit", action="store_true", help="TLS from the first byte")
    parser.add_argument("--faults", help="JSON file, see above")
    return parser.parse_args()


async def main():
    options = arguments()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(options.cert, options.key)
    server = await asyncio.get_running_loop().create_server(make_factory(options, context), "127.0.0.1", options.port,
                                                            ssl=context if options.implicit else None)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
