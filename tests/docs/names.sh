#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares the documents with the code: kimi-api(7) names every route,
# kimi.conf(5) every setting and kimi.db(5) every table, view and column, and
# no document names one that does not exist. Prints what is wrong, and fails if
# anything is.
#
#     tests/docs/names.sh PROGRAM
#
# PROGRAM (BUILD/doc_tables) prints the names that the code has.
set -u
cd "$(dirname "$0")/../.." || exit 1

found=$(mktemp -d) || exit 1
trap 'rm -rf "$found"' EXIT
"$1" names >"$found/names" || exit 1
cat sql/migrations/*.sql | sqlite3 "$found/db" || exit 1
sqlite3 -separator ' ' "$found/db" "
	SELECT m.type, m.name, c.name
	  FROM sqlite_schema m, pragma_table_info(m.name) c
	 WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite%'
	 ORDER BY m.type DESC, m.name, c.cid" >"$found/columns" || exit 1

# sorted NAME: saves names, each once: "code" those that exist, "text" those in
# a document.
sorted() {
	sort -u >"$found/$1"
}

# same WHAT DOCUMENT: whether both lists have the same names.
same() {
	comm -3 "$found/code" "$found/text" >"$found/differ"
	[ -s "$found/differ" ] || return 0
	sed -n "s|^\t\(.*\)|$2: there is no $1 \1|p; t; s|^|$2: missing $1: |p" \
		"$found/differ"
	return 1
}

# What is {id} in a document may be {response-id} in the code.
plain() {
	sed 's/{[^}]*}/{}/g'
}

routes() {
	sed -n 's/^route //p' "$found/names" | plain | sorted code
	sed -n 's/^\.It Li \([A-Z]* \)/\1/p' cgi/kimi-api.7 | plain | sorted text
	same route cgi/kimi-api.7
}

settings() {
	sed -n 's/^setting //p; s/^retired //p' "$found/names" | sorted code
	sed -n 's/^\.It Ev //p' cgi/kimi.conf.5 | grep -v '^KIMI_CONFIG$' |
		sorted text
	same setting cgi/kimi.conf.5
}

columns() {
	sed 's/^[a-z]* //; s/ /./' "$found/columns" | sorted code
	awk '/^\.Ss / { object = $2 }
		/^\.It Va / {
			for (i = 3; i <= NF; i++)
				if ($i != ",")
					print object "." $i
		}' cgi/kimi.db.5 | sorted text
	same column cgi/kimi.db.5
}

# What looks like the name of a setting must be one, except KIMI_CONFIG, the key
# in the example for Codex, and what the web server files define. The changelog
# may name former settings.
others() {
	{
		sed -n 's/^setting //p; s/^retired //p' "$found/names"
		printf '%s\n' KIMI_CONFIG KIMI_KEY
		grep -hoE 'KIMI_[A-Z_]+' apache/*.conf apache/htaccess \
			lighttpd/*.conf nginx/*.conf
	} | sorted code
	for page in $(git ls-files '*.md' '*.[1-8]' ':!CHANGELOG.md'); do
		grep -oE '\<KIMI_[A-Z_]*[A-Z]\>' "$page" | sorted text
		comm -13 "$found/code" "$found/text" |
			sed "s|^|$page: there is no setting |"
	done | awk '{ print } END { exit NR > 0 }'
}

# Both READMEs name the same settings, paths and views.
languages() {
	for readme in README.md README.zh-CN.md; do
		grep -oE '\<(KIMI_|DEFAULT_|ALLOW_|MOONSHOT_)[A-Z_]*[A-Z]\>|/v1/[a-z/_]*[a-z]|\<v_[a-z_]*[a-z]\>' \
			"$readme" | sort -u >"$found/$readme"
	done
	diff "$found/README.md" "$found/README.zh-CN.md"
}

# What README says to type for coding agents is in kimi-api(7), too.
agents() {
	awk '/^## / { inside = 0 }
		/^### (Codex|Claude Code)$/ { inside = 1 }
		inside && /^    / { print substr($0, 5) }' README.md |
		while read -r line; do
			grep -qF -- "$line" cgi/kimi-api.7 ||
				echo "cgi/kimi-api.7 lacks this line of README.md: $line"
		done | awk '{ print } END { exit NR > 0 }'
}

status=0
routes || status=1
settings || status=1
columns || status=1
others || status=1
languages || status=1
agents || status=1
exit $status
