# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus, its exporters and Alertmanager."""
import datetime
import json
import signal
import subprocess
import urllib.parse
import urllib.request

from place import program

SCRAPE = """  - job_name: {job}
    {extra}static_configs: [{{targets: {targets}}}]
"""


MOUNT, VOLUME = "/srv/shop", 20 * 10**9


def get_json(url):
    """Decoded answer, None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def is_ok(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _address(place, name):
    return f"127.0.0.1:{place.port(name)}"


def note(place, name, text):
    """A number that no exporter has: node-exporter shows what lies in textfile/."""
    place.write(f"textfile/{name}.prom", text, service=True)


def note_disk(place, is_full=False):
    """The demo's own volume: what its directory takes of a made-up one, so that the score is the same on every machine, however full that is."""
    used = int(subprocess.run(["du", "-s", "--block-size=1", place.root], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout.split()[0])
    labels = f'{{device="demo",fstype="ext4",mountpoint="{MOUNT}"}}'
    note(place, "disk", f"node_filesystem_size_bytes{labels} {VOLUME}\nnode_filesystem_avail_bytes{labels} {VOLUME // 100 if is_full else VOLUME - used}\n")


def start_exporters(place):
    place.folder("textfile")
    note_disk(place, "disk-full" in place.troubles())
    ca = place / "tls/ca.pem"
    place.spawn("node-exporter", [program("prometheus-node-exporter"), f"--web.listen-address={_address(place, 'node-exporter')}",
                                  f"--collector.textfile.directory={place / 'textfile'}", "--no-collector.filesystem", "--no-collector.systemd", "--no-collector.hwmon", "--no-collector.thermal_zone", "--no-collector.cpufreq"])
    place.spawn("postgres-exporter", [program("prometheus-postgres-exporter"), f"--web.listen-address={_address(place, 'postgres-exporter')}"],
                {"DATA_SOURCE_URI": f"{_address(place, 'postgres')}/shop?sslmode=verify-full&sslrootcert={ca}",
                 "DATA_SOURCE_USER": "exporter", "DATA_SOURCE_PASS": place.secret("pg-exporter")})
    place.spawn("redis-exporter", [program("prometheus-redis-exporter"), f"-web.listen-address={_address(place, 'redis-exporter')}",
                                   f"-redis.addr=rediss://{_address(place, 'redis')}", f"-tls-ca-cert-file={ca}", "-redis.user=exporter"],
                {"REDIS_PASSWORD": place.secret("redis-exporter")})


def start_alertmanager(place, webhook):
    """One receiver that delivers every alert to `webhook`."""
    folder = place.folder("alertmanager", 0o700)
    config = f"""route:
  receiver: oncall
  group_by: [alertname]
  group_wait: 5s
  repeat_interval: 1h
receivers:
  - name: oncall
    webhook_configs: [{{url: '{webhook}'}}]
"""
    place.write("alertmanager/alertmanager.yml", config, service=True)
    place.spawn("alertmanager", [program("prometheus-alertmanager"), f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
                                 f"--web.listen-address={_address(place, 'alertmanager')}", "--cluster.listen-address="])


def write_config(place, jobs, interval="5s"):
    """jobs: name -> (targets, extra YAML). Rules are whatever lies in prometheus/rules."""
    place.folder("prometheus/rules")
    scrapes = "".join(SCRAPE.format(job=job, targets=json.dumps(targets), extra=extra) for job, (targets, extra) in jobs.items())
    alerting = ""
    if "alertmanager" in jobs:
        alerting = f"alerting:\n  alertmanagers: [{{static_configs: [{{targets: {json.dumps(jobs['alertmanager'][0])}}}]}}]\n"
    place.write("prometheus/prometheus.yml", f"global: {{scrape_interval: {interval}, scrape_timeout: {interval}, evaluation_interval: {interval}}}\n"
                f"{alerting}rule_files: ['rules/*.yml']\nscrape_configs:\n{scrapes}", service=True)


def start_prometheus(place):
    folder = place.folder("prometheus")
    place.spawn("prometheus", [program("prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                               "--storage.tsdb.retention.time=2d", "--rules.alert.resend-delay=5s", f"--web.listen-address={_address(place, 'prometheus')}"])


def reload(place):
    """Takes the new rules in; the new group is evaluated within one interval."""
    place.signal("prometheus", signal.SIGHUP)


def wait_ready(place, name="prometheus"):
    place.ready(name, lambda: is_ok(f"http://{_address(place, name)}/-/ready"), 20)


def value(place, expression):
    """The first sample of an instant query, None without one."""
    answer = get_json(f"http://{_address(place, 'prometheus')}/api/v1/query?query={urllib.parse.quote(expression)}")
    result = answer["data"]["result"] if answer else []
    return float(result[0]["value"][1]) if result else None


def targets_up(place):
    """True when every target was scraped and is up."""
    answer = get_json(f"http://{_address(place, 'prometheus')}/api/v1/targets?state=active")
    targets = answer["data"]["activeTargets"] if answer else []
    return bool(targets) and all(target["health"] == "up" for target in targets)


def resolve_alerts(place):
    """Ends what Alertmanager still shows of rules that are gone; by itself it forgets them when their time is over."""
    url = f"http://{_address(place, 'alertmanager')}/api/v2/alerts"
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    ended = [{"labels": alert["labels"], "annotations": alert["annotations"], "startsAt": alert["startsAt"], "endsAt": now} for alert in get_json(url) or []]
    request = urllib.request.Request(url, json.dumps(ended).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()
