#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the tables of fields between the marks in both READMEs, or tells
# whether they stand there.
#
#     tests/docs/readme.sh PROGRAM           writes
#     tests/docs/readme.sh PROGRAM --check   prints what differs; the status tells
#
# PROGRAM prints the tables: BUILD/readme_fields.
set -u
cd "$(dirname "$0")/../.." || exit 1

made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
"$1" >"$made/tables" || exit 1

status=0
for readme in README.md README.zh-CN.md; do
	awk -v tables="$made/tables" '
		/^<!-- fields: end -->$/ { skipped = 0; ends++ }
		!skipped { print }
		/^<!-- fields: made by `make docs` -->$/ {
			skipped = 1
			begins++
			print ""
			while ((getline line < tables) > 0)
				print line
		}
		END { exit begins != 1 || ends != 1 }' "$readme" >"$made/$readme" || {
		echo "$readme: not one pair of marks"
		exit 1
	}
	if [ "${2:-}" != --check ]; then
		cat "$made/$readme" >"$readme"
	elif ! diff "$readme" "$made/$readme"; then
		echo "$readme is not what the tables of fields say: make docs"
		status=1
	fi
done
exit $status
