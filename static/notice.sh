#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the notice that goes with the static programs: what is in them, and
# each licence in full.
#
#     static/notice.sh FOLDER     as fetch.sh has filled it
set -eu

cat <<EOF
kimi.cgi and kimi.fcgi contain kimi-proxy (MIT license) and these libraries, in
these versions of their Debian packages:

$(sed 's/^/    /' "$1/versions")

Whoever passes the programs on must pass on this file, too. Nettle is under the
LGPL (or the GPL): whoever gets the programs may change it and link them anew.
For that, let them have the source of kimi-proxy, too; \`make static\` there
fetches the sources of the libraries and links everything.

EOF

# section NAME FILE...: those of the files that there are, at least one. Debian's
# own point to licences that other systems do not have.
section() {
	printf '%s\n\n' "===== $1 ====="
	name=$1
	shift
	for file; do
		shift
		[ ! -f "$file" ] || set -- "$@" "$file"
	done
	[ $# -gt 0 ] || {
		echo "$name has no licence here" >&2
		exit 1
	}
	cat "$@"
	echo
}

section kimi-proxy LICENSE
while read -r name _; do
	case $name in
	musl) section musl "$(find "$1" -path "*/musl-dev/copyright" | head -n 1)" ;;
	*) section "$name" "$1/source/$name"/debian/copyright \
		"$1/source/$name"/COPYING* "$1/source/$name"/LICEN[CS]E* ;;
	esac
done <"$1/versions"
