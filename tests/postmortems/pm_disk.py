# SPDX-License-Identifier: GPL-3.0-or-later
"""DISK: what fills in front of everybody's graphs."""
import time

import monitoring
from kit import PATIENCE, case, wait_for
from monitors import Monitors
from place import program

SIZE, NOW = 100e9, 18e9  # bytes: 18 % is free, which alarms nobody
LABELS = '{{device="/dev/vdb",fstype="ext4",mountpoint="{mount}"{more}}}'
RATES = {"/srv/quiet": 0.0, "/srv/builds": -2e9}  # B/h


def past_of(exporter):
    """Six hours of a declared past up to a minute ago, as Prometheus would have scraped it: lines of OpenMetrics."""
    end = time.time() - 60
    more = f',instance="{exporter.address}",job="shop"'
    lines = ["# TYPE node_filesystem_avail_bytes gauge"]
    for mount, rate in RATES.items():
        labels = LABELS.format(mount=mount, more=more)
        lines += [f"node_filesystem_avail_bytes{labels} {NOW + rate * (at - end) / 3600:.0f} {at:.0f}" for at in (end - 6 * 3600 + step * 60 for step in range(361))]
    return "\n".join([*lines, "# EOF", ""])


def remember(bench, exporter):
    """Puts the past into Prometheus' database, before it starts."""
    place = bench.place
    if (place / "prometheus/past.om").exists():
        return
    folder = place.folder("prometheus")
    place.write("prometheus/past.om", past_of(exporter), service=True)
    place.run([program("promtool"), "tsdb", "create-blocks-from", "openmetrics", folder / "past.om", folder / "data"])


def show(bench, monitors, free):
    """The exporter has these bytes free by mount, and Prometheus has read them."""
    labels = {mount: LABELS.format(mount=mount, more="") for mount in free}
    monitors.exporter.more = "".join(f"node_filesystem_size_bytes{labels[mount]} {SIZE:.0f}\nnode_filesystem_avail_bytes{labels[mount]} {size:.0f}\n" for mount, size in free.items())
    monitors.run()
    for mount, size in free.items():
        query = f'node_filesystem_avail_bytes{{mountpoint="{mount}"}}'
        wait_for(lambda asked=query, expected=size: monitoring.value(bench.place, asked) == expected, 20 * PATIENCE, "Prometheus has read what is free", 0.2)


@case("PM-24", "docs.rs 2019: the disk filled over weeks; builds failed a day before the site did; there were graphs, and no alarm",
      red={"environment/disk-space": ["/srv/builds at 127.0.0.1", "18 GB of 100 GB", "is full in 9"]})
def disk_fills(bench, broken):
    monitors = Monitors(bench)
    remember(bench, monitors.exporter)
    show(bench, monitors, {mount: NOW for mount in RATES})
    entry = {"instance": monitors.exporter.address, "mount": "/srv/builds" if broken else "/srv/quiet"}
    yield bench.environment(prometheus=[monitors.section(filesystems=[entry])])


@case("PM-24b", "docs.rs, a day later: nothing is left",
      red={"environment/disk-space": ["only 2.0 % is free on /srv/builds"]}, gates={"disk-full": ["only 2.0 % is free on /srv/builds"]})
def disk_is_full(bench, broken):
    monitors = Monitors(bench)
    show(bench, monitors, {"/srv/builds": SIZE * (0.02 if broken else 0.6)})
    yield bench.environment(prometheus=[monitors.section(filesystems=[{"instance": monitors.exporter.address, "mount": "/srv/builds"}])])
