#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The units of packaging/systemd, installed below a folder of ours: systemd itself finds nothing to complain about.
#   backup_units.sh SOURCE-DIR FOLDER-OF-MUSTERCTL
set -euo pipefail
source=$1 programs=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cat >"$root/shop.json" <<'JSON'
{ "name": "shop", "kind": "production", // the one that counts
  "postgres": [ { "name": "primary", "url": "postgresql://postgres@/shop?host=/var/run/postgresql" } ],
  "backups": [ { "name": "nightly", "driver": "pg_dump", "postgres": "primary", "directory": "/var/backups" } ] }
JSON
PATH="$programs:$PATH" "$source/packaging/systemd/install" nightly "$root/shop.json" --user root --at '*-*-* 04:15' --root "$root"
diff <(printf 'MUSTER_ENVIRONMENT=%s/shop.json\nMUSTER_NAME=shop\n' "$root") "$root/etc/muster/backup-nightly.conf"
cd "$root/etc/systemd/system"
grep -q '^User=root$' muster-backup@.service
grep -q '^OnCalendar=\*-\*-\* 04:15$' muster-backup@nightly.timer.d/at.conf
for unit in backup drill; do
    cp "muster-$unit@.service" "muster-$unit@nightly.service"
    cp "muster-$unit@.timer" "muster-$unit@nightly.timer"
    said=$(systemd-analyze verify --man=no "$PWD/muster-$unit@nightly.service" "$PWD/muster-$unit@nightly.timer" 2>&1 | grep -F "muster-$unit" || true)
    if [ -n "$said" ]; then echo "$said"; exit 1; fi
done
# A name that could leave the folder, and a broken environment, are refused.
if PATH="$programs:$PATH" "$source/packaging/systemd/install" '../x' "$root/shop.json" --root "$root" 2>/dev/null; then exit 1; fi
echo '{' >"$root/broken.json"
if PATH="$programs:$PATH" "$source/packaging/systemd/install" nightly "$root/broken.json" --root "$root" 2>/dev/null >&2; then exit 1; fi
echo "the units are good"
