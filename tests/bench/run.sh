#!/bin/sh
# SPDX-License-Identifier: MIT
# What kimi-proxy costs, beside lighttpd as a plain proxy to the same fake Kimi
# and beside the floor, the least that its libraries can do. Servers have core
# 0, the fake and the load core 1. Prints a table, and keeps it as JSON. Exits
# with 1 only if a reply is lost, out of order or wrong.
#
#     tests/bench/run.sh [requests] [chunks] [delays] [crowd] [queue] [cgi]
#                        [fcgid] [counts]     measures only these
#
#   BUILD     the build that is measured, and has the load (build/release)
#   PROGRAMS  a directory with other kimi.fcgi and kimi.cgi to measure: those of
#             an older commit, say
#   STATIC    the same from make static (build/static/ARCHITECTURE); without it
#             they are not measured
#   BENCH     quick: one round, in 2 minutes; otherwise five, in 8
#   JSON      where to ($BUILD/bench.json)

# shellcheck disable=SC2034,SC2154 # variables of the other files

set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

fail() {
	echo "make bench: $*" >&2
	exit 1
}

absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}

BUILD=$(absolute "${BUILD:-build/release}")
PROGRAMS=$(absolute "${PROGRAMS:-$BUILD}")
STATIC=$(absolute "${STATIC:-build/static/$(dpkg --print-architecture)}")
JSON=$(absolute "${JSON:-$BUILD/bench.json}")

rounds=5
requests=2000 requests_plain=10000 # at_once of them
at_once=16
pieces=3000 # of each of the streams at full speed
spawns=100  # of a CGI program
counted=500 # requests whose system calls and page faults are counted
if [ "${BENCH:-}" = quick ]; then
	rounds=1
	requests=1000 requests_plain=5000
	pieces=1500
	spawns=40
	counted=200
fi
streams=100              # a piece each ms, or each pace_ms
pace_ms=40 pace_pieces=100
crowd=1000 crowd_ms=100 crowd_pieces=90
forks=50   # streams under mod_fcgid
waiting=16 # requests that need the same slot

# shellcheck source=/dev/null
. tests/bench/servers.sh
# shellcheck source=/dev/null
. tests/bench/measure.sh

for program in "$BUILD/fake_kimi" "$BUILD/bench_load" "$BUILD/bench_floor" \
	"$BUILD/costs.so" "$PROGRAMS/kimi.fcgi" "$PROGRAMS/kimi.cgi"; do
	[ -x "$program" ] || fail "there is no $program"
done
for program in lighttpd nginx apache2 curl openssl sqlite3 strace taskset; do
	command -v $program >/dev/null || fail "$program is not installed"
done
cores=$(nproc)
if taskset -pc 1 $$ >/dev/null 2>&1; then
	server_core='taskset -c 0'
else
	server_core=
	echo "make bench: one core only: servers and load share it" >&2
fi

read -r load_before _ </proc/loadavg
began=$(date +%s)
status=0
servers_begin
start_fake
start_plain
start_floor
start_ours
start_nginx

each_round='requests chunks delays crowd queue cgi'
once='fcgid counts'
wanted=${*:-$each_round $once}

# measure NAME...: those of them that are wanted.
measure() {
	for name; do
		case " $wanted " in
		*" $name "*) "measure_$name" ;;
		esac
	done
}

# What to know before one believes the figures.
remarks() {
	awk -v load="$load_before" -v cores="$cores" 'BEGIN {
		if (load > cores)
			print "load " load " on " cores " core" \
				(cores > 1 ? "s" : "") \
				": run it again when the machine is idle"
	}'
	case " $wanted " in
	*" cgi "* | *" fcgid "*)
		[ -x "$STATIC/kimi.cgi" ] && [ -x "$STATIC/kimi.fcgi" ] ||
			echo "static programs not measured: run make static"
		;;
	esac
}
remarks >&2

round=0
while [ $round -lt $rounds ]; do
	round=$((round + 1))
	# shellcheck disable=SC2086 # a list
	measure $each_round
done
# shellcheck disable=SC2086
measure $once
check_leftovers

# table FORMAT
table() {
	awk -v format="$1" -v rounds="$rounds" -v machine="$(uname -m)" \
		-v load="$load_before" -v programs="$PROGRAMS" \
		-v seconds=$(($(date +%s) - began)) \
		-f tests/bench/report.awk tests/bench/rows "$out/values"
}
echo
table text
remarks
echo
table json >"$JSON"
echo "as JSON: $JSON"
servers_end $status
