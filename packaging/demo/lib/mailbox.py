# SPDX-License-Identifier: GPL-3.0-or-later
"""The mailbox of the test mails' recipient: Dovecot over TLS on the folder that the mail server delivers into."""
import grp
import os
import pwd

import pki
from place import SERVICE_USER, answers, program

USER = "oncall"


def folder(place):
    """A Maildir; the mail server writes into its `new`."""
    root = place.folder("mailbox", 0o700)
    for part in ("new", "cur", "tmp"):
        place.folder(f"mailbox/{part}", 0o700)
    return root


def _mails(place):
    return [path for part in ("new", "cur") for path in (folder(place) / part).iterdir()]


def count(place):
    return len(_mails(place))


def clear(place):
    for path in _mails(place):
        path.unlink()


def start(place, name="imap"):
    """IMAP over TLS from the first byte; one user, with the mail server's password."""
    certificate, key = pki.issue(place, "mail")
    account = pwd.getpwnam(SERVICE_USER) if SERVICE_USER else pwd.getpwuid(os.geteuid())
    group = grp.getgrgid(account.pw_gid).gr_name
    if not place.alive(name):
        home = place.folder(name, 0o700)
        users = place.write(f"{name}/users", f"{USER}:{{PLAIN}}{place.secret('smtp')}::::::\n", 0o600, service=True)
        config = f"""
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/run
log_path = /dev/stderr
instance_name = muster-{name}
default_internal_user = {account.pw_name}
default_internal_group = {group}
default_login_user = {account.pw_name}
first_valid_uid = {account.pw_uid}
first_valid_gid = 0
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
auth_mechanisms = plain login
mail_location = maildir:{folder(place)}
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={home} allow_all_users=yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {place.port(name)}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
"""
        path = place.write(f"{name}/dovecot.conf", config, 0o600, service=True)
        # A Dovecot that was killed leaves its pid file, and its pid may live on as a zombie that nobody has waited for.
        (home / "run/master.pid").unlink(missing_ok=True)
        place.spawn(name, [program("dovecot"), "-F", "-c", path])
    place.ready(name, lambda: answers(place.port(name)))
