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

Who passes the programs on has to pass on this file. Nettle is under the LGPL
(or the GPL): whoever gets the programs may change it and link them anew. For
that, let them have the source of kimi-proxy too; \`make static\` there fetches
the sources of the libraries and links everything.

EOF

# section NAME FILE
section() {
	printf '%s\n\n' "===== $1 ====="
	cat "$2"
	echo
}

section kimi-proxy LICENSE
while read -r name _; do
	for file in "$1/source/$name"/debian/copyright \
		"$1/source/$name"/COPYING "$1/source/$name"/LICEN[CS]E* \
		"$1"/*/root/usr/share/doc/musl-dev/copyright; do
		[ ! -f "$file" ] || break
	done
	section "$name" "$file"
done <"$1/versions"
