#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts the tables that come from the code between their marks in the manual
# pages, or says which are out of date.
#
#     tests/docs/manuals.sh PROGRAM           writes
#     tests/docs/manuals.sh PROGRAM --check   prints what differs; the status tells
#
# PROGRAM prints a table: BUILD/doc_tables. A mark names its arguments:
#
#     .\" make docs: settings Credentials
#     .\" make docs: end
set -u
cd "$(dirname "$0")/../.." || exit 1

made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT

status=0
for page in */*.[1-8]; do
	awk -v program="$1" '
		/^\.\\" make docs: end$/ { inside = 0 }
		!inside { print }
		/^\.\\" make docs: / && !/: end$/ {
			if (inside++)
				exit bad = 1
			sub(/^\.\\" make docs: /, "")
			command = program " " $0
			while ((command | getline line) > 0)
				print line
			if (close(command) != 0)
				exit bad = 1
		}
		END { exit bad || inside }' "$page" >"$made/page" || {
		echo "$page: a mark without its end, or a table that does not exist"
		exit 1
	}
	if [ "${2:-}" != --check ]; then
		cmp -s "$page" "$made/page" || cat "$made/page" >"$page"
	elif ! diff "$page" "$made/page"; then
		echo "$page is out of date: make docs"
		status=1
	fi
done
exit $status
