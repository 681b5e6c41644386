#!/bin/sh
# SPDX-License-Identifier: MIT
# Holds what people read to the code: every route (shared/app/routes.c) stands
# in the table of endpoints of both READMEs, every setting (shared/base/config_table.c)
# in their table of settings and in the manual page; and nothing else does.
# Prints what is missing or too much; the status tells whether anything is.
set -u
cd "$(dirname "$0")/../.." || exit 1

status=0
for text in README.md README.zh-CN.md fcgi/kimi.fcgi.8; do
	awk -v text="$text" '
	# {id} here may be {response-id} there.
	function plain(path) {
		gsub(/[{][^}]*[}]/, "{}", path)
		return path
	}
	function bad(what) {
		print text ": " what
		found = 1
	}
	# Any method of a row goes with any of its paths.
	function read_endpoints(row,    n, i, j, piece, word, words, methods, paths) {
		n = split(row, piece, "`")
		for (i = 2; i <= n; i += 2) {
			words = split(piece[i], word, " ")
			for (j = 1; j <= words; j++)
				if (word[j] ~ /^[A-Z]+$/)
					methods = methods " " word[j]
				else if (word[j] ~ /^\//)
					paths = paths " " plain(word[j])
		}
		n = split(paths, piece, " ")
		words = split(methods, word, " ")
		for (i = 1; i <= n; i++) {
			if (!(piece[i] in path))
				bad(piece[i] " is no route")
			for (j = 1; j <= words; j++)
				named[word[j] " " piece[i]] = 1
		}
	}
	function read_setting(name) {
		if (!(name in setting))
			bad(name " is no setting")
		named[name] = 1
	}
	FILENAME ~ /routes\.c$/ && match($0, /[{] "[A-Z]+", "[^"]+"/) {
		split(substr($0, RSTART, RLENGTH), part, "\"")
		route[part[2] " " plain(part[4])] = path[plain(part[4])] = ++routes
	}
	FILENAME ~ /config_table\.c$/ && /^\t[{] GROUP_[A-Z]+, "[A-Z_]+",/ {
		split($0, part, "\"")
		setting[part[2]] = ++settings
	}
	FILENAME != text { next }
	/^\| (endpoint|接口) \|/ { endpoints = 1 }
	!/^\|/ { endpoints = 0 }
	endpoints { read_endpoints($0) }
	/^\| `[A-Z_]+` \|/ { read_setting(substr($2, 2, length($2) - 2)) }
	/^\.It Ev / {
		for (i = 3; i <= NF; i++)
			if ($i != "," && $i != "KIMI_CONFIG") # names the file
				read_setting($i)
	}
	END {
		if (!routes || !settings)
			bad("there are no routes or no settings in the code")
		for (name in route)
			if (text ~ /README/ && !(name in named))
				bad(name " is missing")
		for (name in setting)
			if (!(name in named))
				bad(name " is missing")
		exit found
	}' shared/app/routes.c shared/base/config_table.c "$text" || status=1
done
exit $status
