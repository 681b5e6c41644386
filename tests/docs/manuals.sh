#!/bin/sh
# SPDX-License-Identifier: MIT
# Updates what is generated from the code, the tables in the manual pages and the
# sample configuration, or checks that it is up to date.
#
#     tests/docs/manuals.sh PROGRAM           updates
#     tests/docs/manuals.sh PROGRAM --check   prints what differs, then fails
#
# PROGRAM (BUILD/doc_tables) prints a table. It goes between two marks, the
# first of which has the arguments of PROGRAM:
#
#     .\" make docs: settings Credentials
#     .\" make docs: end
#
# In the sample, marks begin with # instead.
set -u
cd "$(dirname "$0")/../.." || exit 1

made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT

status=0
for page in */*.[1-8] cgi/kimi.conf.example; do
	awk -v program="$1" '
		/^(\.\\"|#) make docs: end$/ { inside = 0 }
		!inside { print }
		/^(\.\\"|#) make docs: / && !/: end$/ {
			if (inside++)
				exit bad = 1
			sub(/^(\.\\"|#) make docs: /, "")
			command = program " " $0
			while ((command | getline line) > 0)
				print line
			if (close(command) != 0)
				exit bad = 1
		}
		END { exit bad || inside }' "$page" >"$made/page" || {
		echo "$page: a mark has no end, or names a table that does not exist"
		exit 1
	}
	if [ "${2:-}" != --check ]; then
		cmp -s "$page" "$made/page" || cat "$made/page" >"$page"
	elif ! diff "$page" "$made/page"; then
		echo "$page is out of date: run make docs"
		status=1
	fi
done
exit $status
