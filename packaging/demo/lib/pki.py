# SPDX-License-Identifier: GPL-3.0-or-later
"""A private certificate authority and its certificates, by the openssl command.

`openssl ca` is the one way to set notBefore that every supported OpenSSL 3 has.
"""
import datetime
import os
import subprocess
import time

import monitoring
from place import DemoError, program

CONFIG = """[ca]
default_ca = demo
[demo]
new_certs_dir = {folder}
database = {folder}/index.txt
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {sans}
"""
DEFAULT_SANS = "DNS:localhost,IP:127.0.0.1"


def _openssl(*words):
    done = subprocess.run([program("openssl"), *map(str, words)], text=True, capture_output=True)
    if done.returncode:
        raise DemoError(f"openssl {words[0]}: {done.stderr.strip()[-600:]}")


def _sign(place, request, certificate, section, issued_ago, lifetime, sans, *signer):
    """Days since the issue may be negative: a certificate of tomorrow."""
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=issued_ago)
    end = start + datetime.timedelta(days=lifetime)
    folder = place / "tls/issued"
    config = place.write("tls/openssl.cnf", CONFIG.format(folder=folder, sans=sans))
    _openssl("ca", "-config", config, "-batch", "-notext", "-in", request, "-out", certificate, "-extensions", section,
             "-startdate", f"{start:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}", *signer)


def _is_fresh(certificate, days):
    """There, and good for so many days more."""
    words = [program("openssl"), "x509", "-in", certificate, "-noout", "-checkend", str(int(days * 86400))]
    return certificate.exists() and subprocess.run(words, capture_output=True).returncode == 0


def authority(place):
    """tls/ca.pem, made once; ten years, a year of them gone, so that it is older than whatever it signs."""
    certificate, key, request = place / "tls/ca.pem", place / "tls/ca.key", place / "tls/ca.csr"
    if certificate.exists():
        return certificate
    (place / "tls/issued").mkdir(parents=True, exist_ok=True)
    (place / "tls/issued/index.txt").touch()
    _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
             "-subj", "/CN=Muster demo authority")
    os.chmod(key, 0o600)
    _sign(place, request, certificate, "authority", 365, 3650, DEFAULT_SANS, "-selfsign", "-keyfile", key)
    return certificate


def issue(place, name, issued_ago=1, lifetime=365, sans=DEFAULT_SANS, renew=False):
    """tls/NAME.pem and tls/NAME.key (readable by the servers only). Days. Returns (certificate, key)."""
    authority(place)
    certificate, key, request = place / f"tls/{name}.pem", place / f"tls/{name}.key", place / f"tls/{name}.csr"
    if not renew and _is_fresh(certificate, lifetime / 3):
        return certificate, key
    if not key.exists():
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        os.chmod(key, 0o600)
        place.own(key)
    _openssl("req", "-new", "-key", key, "-out", request, "-subj", f"/CN={name}")
    _sign(place, request, certificate, "server", issued_ago, lifetime, sans, "-cert", place / "tls/ca.pem", "-keyfile", place / "tls/ca.key")
    end = time.time() + (lifetime - issued_ago) * 86400
    monitoring.note(place, f"certificate-{name}", f'shop_certificate_not_after_seconds{{name="{name}"}} {end:.0f}\n')
    return certificate, key
