# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis server of its own: password for the default user, ACL users for the console, the shop and the exporter."""
import hashlib

import redis

import pki
from place import program

# What the console needs to look, and to flush by prefix, by database or all; no key outside the cache's prefixes is readable.
ONCALL = ("~cache:* ~sess:* ~rl:* &* -@all +ping +hello +auth +quit +select +info +dbsize +scan +unlink +flushdb +flushall +client|setname "
          "+client|id +client|list +client|kill +slowlog|get +slowlog|len +latency|latest +latency|histogram +config|get "
          "+memory|stats +memory|usage +memory|doctor +role +lastsave +time +acl|whoami +acl|dryrun +command +cluster|info +cluster|nodes +asking "
          "+type +ttl +pttl +exists +object|freq +object|encoding")
EXPORTER = "-@all +ping +auth +hello +info +client|setname +client|list +config|get +slowlog|get +slowlog|len +latency|latest +latency|histogram +select +dbsize"


# maxmemory and policy of a cache: at the review, and as redis-service wants it.
REVIEW_LIMITS = {"maxmemory": "0", "maxmemory-policy": "noeviction"}
CACHE_LIMITS = {"maxmemory": "128mb", "maxmemory-policy": "allkeys-lru"}


def _user(place, name, secret, rights):
    digest = hashlib.sha256(place.secret(secret).encode()).hexdigest()
    return f"user {name} on #{digest} {rights}\n"


def start(place, name="redis", is_tls=True, limits=None, extra=""):
    """TLS only when is_tls, else plain; data in NAME/, RDB saves, no AOF. `extra`: more lines of redis.conf."""
    certificate, key = pki.issue(place, "redis")
    folder = place.folder(name, 0o700)
    if is_tls:
        listen = (f"port 0\ntls-port {place.port(name)}\ntls-cert-file \"{certificate}\"\ntls-key-file \"{key}\"\n"
                  f"tls-ca-cert-file \"{place / 'tls/ca.pem'}\"\ntls-auth-clients no\ntls-protocols \"TLSv1.2 TLSv1.3\"\n")
    else:
        listen = f"port {place.port(name)}\n"
    if not place.alive(name):
        digest = hashlib.sha256(place.secret("redis-admin").encode()).hexdigest()
        config = (f"bind 127.0.0.1\n{listen}dir \"{folder}\"\ndaemonize no\nappendonly no\nsave 3600 1 300 1000\n"
                  + "".join(f"{key} {value}\n" for key, value in (limits or REVIEW_LIMITS).items()) + f"latency-monitor-threshold 100\nset-proc-title no\n{extra}"
                  f"user default on #{digest} ~* &* +@all\n" + _user(place, "oncall", "redis", ONCALL)
                  + _user(place, "shop", "redis-app", "~cache:* ~sess:* ~rl:* +@all -@admin -@dangerous")
                  + _user(place, "exporter", "redis-exporter", EXPORTER))
        place.write(f"{name}/redis.conf", config, 0o600, service=True)
        place.spawn(name, [program("redis-server"), folder / "redis.conf"])

    def is_up():
        try:
            return client(place, name, is_tls=is_tls).ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False
    place.ready(name, is_up)


def client(place, name="redis", user="default", secret="redis-admin", is_tls=True):
    options = {"ssl": True, "ssl_ca_certs": str(place / "tls/ca.pem")} if is_tls else {}
    return redis.Redis(host="127.0.0.1", port=place.port(name), username=user, password=place.secret(secret), socket_timeout=5, **options)
