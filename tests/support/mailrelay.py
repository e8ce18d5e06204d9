# SPDX-License-Identifier: GPL-3.0-or-later
"""Two relays of the distribution's: Postfix with Dovecot's authentication, and Dovecot's submission server in front of it.

Postfix delivers into mailbox.folder(place), whose IMAP server is `imap`. Its master process insists on root."""
import grp
import os
import pwd
import subprocess

import mailbox
import pki
from place import SERVICE_USER, DemoError, answers, program

PYTHON = "/usr/bin/python3"
# One port a list of mechanisms; "postfix:tls" speaks TLS from the first byte.
OFFERS = {"postfix": "!external, static:rest", "postfix:plain": "plain, login", "postfix:login": "login", "postfix:xoauth2": "xoauth2, login", "postfix:tls": "plain"}

# The introspection of RFC 7662, as Dovecot asks it: the one token that is written in the file is active.
INTROSPECTION = """
import http.server, json, pathlib, sys
token = pathlib.Path(sys.argv[2]).read_text().strip()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        active = "token=" + token in body.split("&")
        answer = json.dumps({"active": active, "username": "oncall", "scope": "mail"} if active else {"active": False}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _account():
    return pwd.getpwnam(SERVICE_USER) if SERVICE_USER else pwd.getpwuid(os.geteuid())


def _start_introspection(place):
    token = place.write("oauth.token", place.secret("smtp-token"), 0o600, service=True)
    script = place.write("oauth.py", INTROSPECTION)
    place.spawn("oauth", [PYTHON, script, place.port("oauth"), token])
    place.ready("oauth", lambda: answers(place.port("oauth")))


def _start_dovecot(place):
    """Authentication for Postfix at the port "dovecot", and a submission server with STARTTLS at the port "submission"."""
    certificate, key = pki.issue(place, "mail")
    account = _account()
    home = place.folder("dovecot", 0o700)
    users = place.write("dovecot/users", f"{mailbox.USER}:{{PLAIN}}{place.secret('smtp')}::::::\n", 0o600, service=True)
    oauth = place.write("dovecot/oauth2.conf", f"""
introspection_mode = post
introspection_url = http://127.0.0.1:{place.port('oauth')}/introspect
username_attribute = username
active_attribute = active
active_value = true
tokeninfo_url =
""", 0o600, service=True)
    group = grp.getgrgid(account.pw_gid).gr_name
    config = f"""
protocols = submission
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/run
log_path = /dev/stderr
auth_debug = no
instance_name = muster-dovecot
hostname = mail.shop.example
default_internal_user = {account.pw_name}
default_internal_group = {group}
default_login_user = {account.pw_name}
first_valid_uid = {account.pw_uid}
first_valid_gid = 0
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login scram-sha-256 xoauth2
mail_location = maildir:{home}/mail
submission_relay_host = 127.0.0.1
submission_relay_port = {place.port('postfix:inside')}
submission_relay_trusted = yes
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {oauth}
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login scram-sha-256
  args = {users}
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={home} allow_all_users=yes
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {place.port('dovecot')}
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {place.port('submission')}
  }}
}}
"""
    path = place.write("dovecot/dovecot.conf", config, 0o600, service=True)
    place.spawn("dovecot", [program("dovecot"), "-F", "-c", path])
    place.ready("dovecot", lambda: answers(place.port("dovecot")))


def _main_cf(place, certificate, key):
    account = _account()
    folder = mailbox.folder(place)
    return f"""
compatibility_level = 3.6
queue_directory = {place / 'postfix/queue'}
data_directory = {place / 'postfix/data'}
maillog_file = {place / 'postfix/mail.log'}
maillog_file_prefixes = {place.root}
myhostname = mail.shop.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = shop.example
virtual_mailbox_maps = inline:{{ oncall@shop.example={folder.name}/ }}
virtual_mailbox_base = {folder.parent}
virtual_minimum_uid = 1
virtual_uid_maps = static:{account.pw_uid}
virtual_gid_maps = static:{account.pw_gid}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{place.port('dovecot')}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unlisted_recipient
smtpd_sender_restrictions = check_sender_access inline:{{ refused@shop.example=REJECT }}
default_transport = error:no mail leaves this machine
alias_maps =
alias_database =
local_recipient_maps =
"""


def _master_cf(place):
    lines = [f"127.0.0.1:{place.port(name)} inet n - n - - smtpd -o {{smtpd_sasl_mechanism_filter={mechanisms}}}"
             + (" -o smtpd_tls_wrappermode=yes" if name == "postfix:tls" else "") for name, mechanisms in OFFERS.items()]
    lines.append(f"127.0.0.1:{place.port('postfix:inside')} inet n - n - - smtpd -o smtpd_sasl_auth_enable=no -o mynetworks=127.0.0.1"
                 " -o smtpd_relay_restrictions=permit_mynetworks,reject")
    lines += ["pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite",
              "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "error unix - - n - - error", "retry unix - - n - - error",
              "virtual unix - n n - - virtual", "anvil unix - - n - 1 anvil", "tlsmgr unix - - n 1000? 1 tlsmgr", "postlog unix-dgram n - n - 1 postlogd"]
    return "\n".join(lines) + "\n"


def start(place):
    """Postfix and what it needs; returns the ports by the names of OFFERS, and "submission"."""
    if os.geteuid() != 0:
        raise DemoError("Postfix starts as root only: run this test as root")
    certificate, key = pki.issue(place, "mail")
    _start_introspection(place)
    _start_dovecot(place)
    for name in ("postfix", "postfix/queue", "postfix/data"):
        (place / name).mkdir(parents=True, exist_ok=True)
    owner = pwd.getpwnam("postfix")
    os.chown(place / "postfix/data", owner.pw_uid, owner.pw_gid)
    place.write("postfix/main.cf", _main_cf(place, certificate, key))
    place.write("postfix/master.cf", _master_cf(place))
    # `postfix check` makes the queue's directories; `postfix start-fg` would leave its master behind when it is stopped.
    subprocess.run([program("postfix"), "-c", place / "postfix", "check"], check=True, stdin=subprocess.DEVNULL)
    place.spawn("postfix", ["/usr/lib/postfix/sbin/master", "-c", place / "postfix", "-d"], is_service=False)
    place.ready("postfix", lambda: answers(place.port("postfix")))
    return {name: place.port(name) for name in (*OFFERS, "submission")}
