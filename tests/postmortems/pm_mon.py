# SPDX-License-Identifier: GPL-3.0-or-later
"""MON: those who watch, and were not watched."""
import monitoring
from kit import PATIENCE, case, wait_for
from monitors import Monitors
from sites import Sites


@case("PM-69", "Equifax 2017: the device that looked into the traffic had been blind since its certificate ended",
      red={"monitoring/targets-up": ["sensor 127.0.0.1:", "certificate has expired"]})
def sensor_with_an_ended_certificate(bench, broken):
    monitors, sites = Monitors(bench), Sites(bench)
    sites.certificate("sensor", issued_ago=100 if broken else 1, lifetime=90)
    sites.site("sensor", certificate="sensor", own="        location = /metrics { default_type text/plain; return 200 'events_total 7\\n'; }\n")
    extra = f"scheme: https\n    tls_config: {{ca_file: {bench.place / 'tls/ca.pem'}}}\n    "
    with sites.running():
        monitors.run({"sensor": ([f"127.0.0.1:{sites.port('sensor')}"], extra)})
        monitors.wait_for_targets({"sensor": "down" if broken else "up"})
        yield bench.environment(prometheus=[monitors.section()])


@case("PM-85", "MoJ Cloud Platform 2021: Prometheus was killed for its memory on a weekend; declared fifteen hours later",
      red={"environment/prometheus-reachable": ["main refused the connection"]})
def prometheus_killed(bench, broken):
    monitors, sites = Monitors(bench), Sites(bench)
    monitors.run()
    entry = sites.site()
    with sites.running():
        if broken:
            monitors.kill("prometheus")
        yield bench.environment(http=[entry], prometheus=[monitors.section()])


@case("PM-85b", "The other end: Prometheus is well, Alertmanager is gone, and nobody is told",
      red={"monitoring/alertmanager": ["no Alertmanager answers"], "monitoring/targets-up": ["alertmanager 127.0.0.1:"]})
def alertmanager_killed(bench, broken):
    monitors = Monitors(bench)
    monitors.run()
    if broken:
        monitors.kill("alertmanager")
        monitors.wait_for_targets({"alertmanager": "down"})
    yield bench.environment(prometheus=[monitors.section()])


@case("PM-87", "DFDS 2022: an exporter came near its timeout for days", amber={"monitoring/scrape-margin": ["of the time that it has", "shop 127.0.0.1:"]})
def exporter_near_its_timeout(bench, broken):
    monitors = Monitors(bench)
    monitors.exporter.delay = 3 if broken else 0
    monitors.run(interval="8s", timeout="4s")
    monitors.wait_for_scrape("shop", monitors.exporter.delay)
    yield bench.environment(prometheus=[monitors.section()])


@case("PM-87b", "Then it was slower, and the metrics were gone for almost twenty hours",
      red={"monitoring/targets-up": ["nothing is known any more of", "shop 127.0.0.1:", "context deadline exceeded"]}, follows={"api/api-metrics"})
def exporter_slower_than_its_timeout(bench, broken):
    monitors = Monitors(bench)
    monitors.run()
    monitors.exporter.delay = 5 if broken else 0
    monitors.wait_for_targets({"shop": "down" if broken else "up"})
    yield bench.environment(prometheus=[monitors.section()])


@case("T-35", "SigNoz 10309: the e-mail receiver was never executed, without an error; another receiver of the same rule worked",
      red={"monitoring/alerting": ["severities that reach nobody", "critical"]})
def severity_without_a_receiver(bench, broken):
    monitors = Monitors(bench)
    monitors.run(routes="  routes: [{receiver: mail, matchers: ['severity=\"critical\"']}]\n",
                 receivers="  - name: mail\n" + ("" if broken else "    webhook_configs: [{url: 'http://127.0.0.1:9/mail'}]\n"))
    yield bench.environment(prometheus=[monitors.section()])


@case("prometheus config", "A reload failed, and for weeks the rules that were written did not run",
      red={"monitoring/config-reload": ["the last reload failed"]})
def reload_failed(bench, broken):
    monitors = Monitors(bench)
    monitors.run()
    path = bench.place / "prometheus/prometheus.yml"
    good = path.read_text()
    try:
        if broken:
            bench.place.write("prometheus/prometheus.yml", good + "no_such_key: 1\n", service=True)
            monitoring.reload(bench.place)
            wait_for(lambda: monitoring.value(bench.place, "prometheus_config_last_reload_successful") == 0, 30 * PATIENCE, "the reload failed", 0.2)
        yield bench.environment(prometheus=[monitors.section()])
    finally:
        bench.place.write("prometheus/prometheus.yml", good, service=True)
        monitors.forget()
