# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis servers that belong together: a cluster of six, or a primary and a replica under three Sentinels. All on loopback."""
import os
import subprocess

import redis

import cache
import pki
from place import DemoError, program

NODES = 6
SENTINELS = 3
MASTER = "shop-cache"


def _describe(place, names):
    return {"ports": ",".join(str(place.port(name)) for name in names), "pids": ",".join(str(place.pid(name)) for name in names)}


def _replication(place):
    return f"masteruser default\nmasterauth {place.secret('redis-admin')}\n"


def client_certificate(place):
    """tls/peer.pem and tls/peer.key, which a server takes from a client: nodes of a cluster always show one to each other."""
    authority = pki.authority(place)
    certificate, key, request = place / "tls/peer.pem", place / "tls/peer.key", place / "tls/peer.csr"
    if not certificate.exists():
        extensions = place.write("tls/peer.cnf", "extendedKeyUsage = clientAuth\n")
        for words in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=peer"],
                      ["x509", "-req", "-in", request, "-CA", authority, "-CAkey", place / "tls/ca.key", "-days", "30", "-extfile", extensions, "-out", certificate]):
            subprocess.run([program("openssl"), *map(str, words)], capture_output=True, check=True)
        place.own(key)
    return certificate, key


def start_cluster(place, name, is_tls):
    """Three primaries, three replicas; a failover takes about three seconds. "clientCert" and "clientKey" are good with these servers."""
    names = [f"{name}-{number}" for number in range(1, NODES + 1)]
    certificate, key = client_certificate(place)
    tls = f"tls-cluster yes\ntls-replication yes\ntls-client-cert-file \"{certificate}\"\ntls-client-key-file \"{key}\"\n" if is_tls else ""
    for node in names:
        cache.start(place, node, is_tls, extra=f"cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout 2000\n"
                                               f"cluster-port {place.port(node + ':bus')}\nrepl-diskless-sync-delay 0\n{tls}{_replication(place)}")
    command = [program("redis-cli"), *(["--tls", "--cacert", str(place / "tls/ca.pem")] if is_tls else []),
               "--cluster", "create", *(f"127.0.0.1:{place.port(node)}" for node in names), "--cluster-replicas", "1", "--cluster-yes"]
    made = subprocess.run(command, env={**os.environ, "REDISCLI_AUTH": place.secret("redis-admin")}, capture_output=True, text=True, timeout=60, check=False)
    if made.returncode:
        raise DemoError(f"redis-cli --cluster create: {made.stdout[-400:]} {made.stderr[-400:]}")

    def is_settled():
        try:
            nodes = [cache.client(place, node, is_tls=is_tls) for node in names]
            return all(b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO") for node in nodes) \
                and all(str(node.execute_command("CLUSTER", "NODES")).count("slave") == NODES // 2 for node in nodes) \
                and sum(node.info("replication").get("master_link_status") == "up" for node in nodes) == NODES // 2
        except redis.RedisError:
            return False
    place.ready(names[-1], is_settled, seconds=45)
    return {"port": place.port(names[0]), "pid": place.pid(names[0]), "clientCert": str(certificate), "clientKey": str(key), **_describe(place, names)}


def start_sentinel(place):
    """"port" is the first primary's; "sentinels" and "sentinelPids" are the Sentinels'."""
    servers = ["sentinel-a", "sentinel-b"]
    for name in servers:
        cache.start(place, name, is_tls=False, extra=_replication(place) + "repl-diskless-sync-delay 0\n")
    cache.client(place, "sentinel-b", is_tls=False).replicaof("127.0.0.1", place.port("sentinel-a"))
    place.ready("sentinel-b", lambda: cache.client(place, "sentinel-b", is_tls=False).info("replication").get("master_link_status") == "up")
    names = [f"sentinel-{number}" for number in range(1, SENTINELS + 1)]
    password = place.secret("redis-admin")
    for name in names:
        folder = place.folder(name, 0o700)
        place.write(f"{name}/sentinel.conf", f"bind 127.0.0.1\nport {place.port(name)}\ndir \"{folder}\"\ndaemonize no\nrequirepass {password}\n"
                    f"sentinel sentinel-pass {password}\nsentinel monitor {MASTER} 127.0.0.1 {place.port('sentinel-a')} 2\nsentinel auth-user {MASTER} default\n"
                    f"sentinel auth-pass {MASTER} {password}\nsentinel down-after-milliseconds {MASTER} 1500\nsentinel failover-timeout {MASTER} 4000\n", 0o600, service=True)
        place.spawn(name, [program("redis-server"), folder / "sentinel.conf", "--sentinel"])

    def know_each_other():
        try:
            clients = [redis.Redis(host="127.0.0.1", port=place.port(name), password=password, socket_timeout=5) for name in names]
            return all(int(client.sentinel_master(MASTER)["num-other-sentinels"]) == SENTINELS - 1 and int(client.sentinel_master(MASTER)["num-slaves"]) == 1
                       for client in clients)
        except redis.RedisError:
            return False
    place.ready(names[-1], know_each_other, seconds=45)
    return {"port": place.port("sentinel-a"), "pid": place.pid("sentinel-a"), "master": MASTER, **_describe(place, servers),
            "sentinels": ",".join(str(place.port(name)) for name in names), "sentinelPids": ",".join(str(place.pid(name)) for name in names)}
