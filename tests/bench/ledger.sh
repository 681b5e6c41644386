#!/bin/sh
# SPDX-License-Identifier: MIT
# How long an owner waits for each screen of a database of many requests, and a
# program of the owner for each answer.
#
#     tests/bench/ledger.sh [ROWS]    10000000 by default, which takes 5 GB
#
#   BUILD  the build that is measured (build/release)
#   DIR    where the database is made, and kept if it is given (a new folder)
set -u
cd "$(dirname "$0")/../.." || exit 1
program=${BUILD:-build/release}/kimi.cgi
rows=${1:-10000000}
dir=${DIR:-$(mktemp -d)}
[ -n "${DIR:-}" ] || trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
db=$dir/kimi.db

cat >"$dir/kimi.conf" <<END
KIMI_DB = $db
KIMI_LOG = $dir/kimi.log
DEFAULT_AUTHKEYS = sk-owner-0123456789abcdef
KIMI_TOKENS = platform:sk-0123456789abcdef
END
chmod 600 "$dir/kimi.conf"

if [ ! -f "$db" ]; then
	GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET PATH_INFO=/v1/models \
		HTTP_AUTHORIZATION='Bearer sk-owner-0123456789abcdef' \
		KIMI_CONFIG=$dir/kimi.conf "$program" >/dev/null
	{
		echo 'CREATE TEMP VIEW request_usage AS'
		sed -n '/^-- view: request_usage$/,/;$/p' sql/queries.sql
		cat tests/bench/ledger_rows.sql
	} | sqlite3 "$db" -cmd ".param set :rows $rows" >/dev/null || exit 1
	sqlite3 "$db" 'PRAGMA journal_mode = WAL' >/dev/null
fi
du -m "$db" | awk '{ print "the file: " $1 " MB" }'

ms() {
	date +%s%3N
}

# best TITLE COMMAND...: of five, without what the program takes to start.
best() {
	title=$1
	best=
	shift
	for _ in 1 2 3 4 5; do
		from=$(ms)
		"$@" >/dev/null
		took=$(($(ms) - from))
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
	done
	printf '%6d ms  %s\n' "$((best - start))" "$title"
}

# screen COMMAND...
screen() {
	best "$*" "$program" "$@" --config "$dir/kimi.conf"
}

# answer PATH [QUERY]: with an admin key, by CGI.
answer() {
	best "GET $1${2:+?$2}" env GATEWAY_INTERFACE=CGI/1.1 \
		REQUEST_METHOD=GET PATH_INFO="$1" QUERY_STRING="${2:-}" \
		HTTP_AUTHORIZATION="Bearer $admin" \
		KIMI_CONFIG="$dir/kimi.conf" "$program"
}

start=0
screen version
start=$best
screen usage
for by in hour key model credential; do
	screen usage --by "$by"
done
screen usage --since 180d
screen usage --by key --since 180d
screen requests
screen requests --failed
screen requests --key team-3
screen price check

admin=$("$program" key add "admin-$$" --admin yes --config "$dir/kimi.conf" \
	2>/dev/null)
day=86400
today=$(($(date +%s) / day * day))
usage=/v1/organization/usage/completions
groups='group_by=model,api_key_id'
answer $usage "start_time=$((today - 30 * day))&limit=31"
answer $usage "start_time=$((today - 30 * day))&limit=31&$groups"
answer $usage "start_time=$((today - day))&bucket_width=1h"
answer $usage "start_time=$((today - 6 * day))&bucket_width=1h&limit=168"
answer $usage "start_time=$((today - 6 * day))&bucket_width=1h&limit=168&$groups"
answer $usage "start_time=$((today - day))&bucket_width=1m"
answer $usage "start_time=$((today - day))&bucket_width=1m&limit=1440"
answer $usage "start_time=$((today - day))&bucket_width=1m&limit=1440&$groups"
answer /v1/organization/usage/web_search_calls \
	"start_time=$((today - 30 * day))&limit=31"
answer /v1/organization/costs "start_time=$((today - 179 * day))&limit=180"
answer /v1/organization/costs \
	"start_time=$((today - 179 * day))&limit=180&group_by=line_item,api_key_id"
answer /v1/organization/projects/default/api_keys
answer /metrics
answer /v1/usage/me
answer /key/info
answer /dashboard/billing/usage
