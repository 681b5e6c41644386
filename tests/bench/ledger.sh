#!/bin/sh
# SPDX-License-Identifier: MIT
# How long an owner waits for each screen of a database of many requests, and a
# program of the owner for each answer.
#
#     tests/bench/ledger.sh [ROWS]    10000000 by default, which takes 4 GB
#
#   BUILD  the build that is measured (build/release)
#   DIR    where the database is made, and kept if it is given (a new folder)
set -u
cd "$(dirname "$0")/../.." || exit 1
program=$PWD/${BUILD:-build/release}/kimi.cgi
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
export KIMI_CONFIG="$dir/kimi.conf"

# ask PATH [QUERY]: by CGI.
ask() {
	GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET PATH_INFO="$1" \
		QUERY_STRING="${2:-}" HTTP_AUTHORIZATION="Bearer $secret" \
		"$program" >"$dir/answer" && grep -q '^Status: 200' "$dir/answer"
}

if [ ! -f "$db" ]; then
	secret=sk-owner-0123456789abcdef
	ask /v1/models || exit 1
	{
		echo 'CREATE TEMP VIEW request_usage AS'
		sed -n '/^-- view: request_usage$/,/;$/p' sql/queries.sql
		cat tests/bench/ledger_rows.sql
	} | sqlite3 "$db" -cmd ".param set :rows $rows" >/dev/null || exit 1
	sqlite3 "$db" 'PRAGMA journal_mode = WAL' >/dev/null
fi
[ -f "$dir/secret" ] ||
	"$program" key add owner --admin yes >"$dir/secret" 2>/dev/null ||
	exit 1
secret=$(cat "$dir/secret")
du -m "$db" | awk '{ print "the file: " $1 " MB" }'

ms() {
	date +%s%3N
}

# milliseconds COMMAND...
milliseconds() {
	from=$(ms)
	"$@" >/dev/null 2>"$dir/errors" || {
		echo "exit $? of $*" >&2
		cat "$dir/errors" >&2
		exit 1
	}
	took=$(($(ms) - from))
}

# The system forgets what it has of the files, so that they are read anew.
forget() {
	for file in "$db" "$program"; do
		dd if="$file" iflag=nocache count=0 status=none
	done
}

# best COMMAND...: of five, after one that had to read the files.
best() {
	best=
	forget
	milliseconds "$@"
	cold=$took
	for _ in 1 2 3 4 5; do
		milliseconds "$@"
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
	done
}

# measure TITLE COMMAND...: without what the program takes to start.
measure() {
	title=$1
	shift
	best "$@"
	printf '%6d %6d  %s\n' "$((best - start))" "$((cold - cold_start))" \
		"$title"
}

# screen COMMAND...
screen() {
	measure "$*" "$program" "$@"
}

# answer PATH [QUERY]
answer() {
	measure "GET $1${2:+?$2}" ask "$@"
}

best "$program" version
start=$best
cold_start=$cold
echo "  warm   cold  (ms; to start takes $start and $cold_start)"

screen status
screen usage
for by in hour key model credential; do
	screen usage --by "$by"
done
screen usage --by conversation --since 1d
screen usage --since 180d
for by in key model credential; do
	screen usage --by "$by" --since 180d
done
export KIMI_TIMEZONE=Asia/Kolkata
measure 'usage, in India' "$program" usage
unset KIMI_TIMEZONE
screen requests
screen requests --failed
screen requests --key team-3
screen requests --model kimi-k3
screen request show \
	"$(sqlite3 "$db" "SELECT id FROM requests WHERE seq = $rows / 2")"
screen key list
screen key show team-3
screen credential list
screen conversation list
screen conversation list --key team-3
screen conversation show conversation-$((rows / 500 - 1))
screen conversation search fox
screen price list
screen price check
screen db prune --dry-run

day=86400
today=$(($(date +%s) / day * day))
usage=/v1/organization/usage/completions
groups='group_by=model,api_key_id'
answer /v1/models
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

# Of the processor, since the machine may have other work.
seconds() {
	times >"$dir/times"
	used=$(tail -n 1 "$dir/times" | tr ms '  ' |
		awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }')
}

forget
for how in cold warm; do
	seconds
	before=$used
	milliseconds "$program" db verify
	seconds
	echo "$how $took $before $used" | awk '{ printf "db verify, %s: " \
		"%.1f s, of the processor %.1f s\n", $1, $2 / 1000, $4 - $3 }'
done
