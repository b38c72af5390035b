#!/bin/sh
# What skc knows, for the textfile collector of Prometheus' node_exporter. For cron, hourly:
#   cd PROJECT && ops/skc-metrics production > /var/lib/node_exporter/skc.prom.new &&
#     mv /var/lib/node_exporter/skc.prom.new /var/lib/node_exporter/skc.prom
# Written out by: skc respond print skc-metrics --out ops/skc-metrics && chmod +x ops/skc-metrics
set -u
target=${1:?a target of skc.yaml}

said() { printf 'skc_check_exit{check="%s",target="%s"} %s\n' "$1" "$target" "$2"; }

echo '# HELP skc_check_exit How a check of skc ended: 0 well, 10 to 13 findings, 4 could not look.'
echo '# TYPE skc_check_exit gauge'
skc rotate due --target "$target" > /dev/null 2>&1; said rotation $?
skc indexes check --target "$target" > /dev/null 2>&1; said indexes $?
skc respond status > /dev/null 2>&1; said incident $?

echo '# HELP skc_backup_newest_timestamp_seconds When the newest backup was made.'
echo '# TYPE skc_backup_newest_timestamp_seconds gauge'
echo '# HELP skc_backup_newest_proven Whether a drill has restored one of the backups that are kept.'
echo '# TYPE skc_backup_newest_proven gauge'
skc backup list --target "$target" --format json 2> /dev/null | python3 -c '
import datetime, json, sys
target = sys.argv[1]
try:
    backups = json.load(sys.stdin)["facts"]["backups"]
except (ValueError, KeyError):
    backups = []
newest = max(backups, key=lambda one: one["id"], default=None)
at = datetime.datetime.fromisoformat(newest["created_at"]).timestamp() if newest else 0
proven = any((one.get("drill") or {}).get("verdict") == "passed" for one in backups)
print(f"skc_backup_newest_timestamp_seconds{{target=\"{target}\"}} {at:.0f}")
print(f"skc_backup_newest_proven{{target=\"{target}\"}} {int(proven)}")
' "$target"

echo '# HELP skc_checked_timestamp_seconds When this was written.'
echo '# TYPE skc_checked_timestamp_seconds gauge'
printf 'skc_checked_timestamp_seconds{target="%s"} %s\n' "$target" "$(date +%s)"
