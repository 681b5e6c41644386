#!/bin/sh
# SPDX-License-Identifier: MIT
# Compares the documents with the code: kimi-api(7) names every route,
# kimi.conf(5) every setting and kimi.db(5) every table, view and column, and
# none of the documents names one that does not exist. Prints what is wrong;
# the status says whether anything is.
#
#     tests/docs/names.sh PROGRAM
#
# PROGRAM prints the names that the code has: BUILD/doc_tables.
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

# sorted NAME: what a document names, or the code has, once each.
sorted() {
	sort -u >"$found/$1"
}

# same WHAT DOCUMENT: both lists have the same names.
same() {
	comm -3 "$found/code" "$found/text" >"$found/differ"
	[ -s "$found/differ" ] || return 0
	sed -n "s|^\t\(.*\)|$2: \1 is no $1|p; t; s|^|$2: the $1 is missing: |p" \
		"$found/differ"
	return 1
}

# {id} here may be {response-id} there.
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

# Names that look like a setting; KIMI_CONFIG, the key of Codex's example and
# what the web servers' files define are none. The changelog may name others.
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
			sed "s|^|$page: no setting is called |"
	done | awk '{ print } END { exit NR > 0 }'
}

# Both READMEs name the same settings and paths.
languages() {
	for readme in README.md README.zh-CN.md; do
		grep -oE '\<(KIMI_|DEFAULT_|ALLOW_|MOONSHOT_)[A-Z_]*[A-Z]\>|/v1/[a-z/_]*[a-z]|\<v_[a-z_]*[a-z]\>' \
			"$readme" | sort -u >"$found/$readme"
	done
	diff "$found/README.md" "$found/README.zh-CN.md"
}

# What is to be typed for coding agents is the same in kimi-api(7).
agents() {
	awk '/^## / { inside = 0 }
		/^### (Codex|Claude Code)$/ { inside = 1 }
		inside && /^    / { print substr($0, 5) }' README.md |
		while read -r line; do
			grep -qF -- "$line" cgi/kimi-api.7 ||
				echo "cgi/kimi-api.7: as in README.md, but for: $line"
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
