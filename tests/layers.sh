#!/bin/sh
# SPDX-License-Identifier: MIT
# The order of the folders: a file may include headers of its own folder and
# of those before it, and a library only in the folder that wraps it. Prints
# what breaks the order; the status tells whether anything does.
set -u
cd "$(dirname "$0")/.." || exit 1

# shellcheck disable=SC2046 # paths without blanks
awk '
BEGIN {
	n = split("base http chat tokens dialect upstream store app cgi fcgi", order)
	for (i = 1; i <= n; i++)
		rank[order[i]] = i
	home["sqlite3.h"] = "store"
	home["curl/curl.h"] = "http"
	home["nettle/"] = home["cjson/cJSON.h"] = "base"
	home["fcgiapp.h"] = "fcgi"
	home["pcre2.h"] = "tokens"
}
FNR == 1 {
	parts = split(FILENAME, part, "/")
	folder = part[1] == "shared" ? part[2] : part[1]
	if (!(folder in rank) || parts != (part[1] == "shared" ? 3 : 2))
		bad(FILENAME " is in no folder of the order")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	header = quoted[2]
	if (header == "statements.h") { # made by the build from sql/
		if (folder != "store")
			bad(where() folder " includes " header)
		next
	}
	split(header, part, "/")
	if (!(part[1] in rank))
		bad(where() header " is in no folder of the order")
	else if (rank[part[1]] > rank[folder])
		bad(where() folder " includes " header)
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	header = $0
	gsub(/.*<|>.*/, "", header)
	for (library in home)
		if (index(header, library) == 1 && home[library] != folder)
			bad(where() folder " includes " header)
}
function where() {
	return FILENAME ":" FNR ": "
}
function bad(text) {
	print text
	failed = 1
}
END {
	exit failed
}' $(find shared fcgi cgi -name '*.[ch]' | sort)
