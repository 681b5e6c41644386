#!/bin/sh
# SPDX-License-Identifier: MIT
# What lighttpd + kimi.fcgi cost, compared with lighttpd as a plain reverse
# proxy to the same fake Kimi. Servers have core 0, fake and load core 1. Exits
# with 1 only if a reply is lost, out of order or wrong.
#
#     BUILD=build/release tests/bench/run.sh

# shellcheck disable=SC2317 # functions that only traps call

set -u
cd "$(dirname "$0")/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
BUILD=${BUILD:-build/release}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac

rounds=3
warm=300
requests=2000
requests_plain=10000 # cheap, and CPU time is measured in steps of 10 ms
at_once=16
streams=200 pieces=200 piece_ms=40
crowd=1000 crowd_pieces=20 crowd_ms=500

fail() {
	echo "make bench: $*" >&2
	exit 1
}

for program in fake_kimi kimi.fcgi kimi.cgi bench_load; do
	[ -x "$BUILD/$program" ] || fail "there is no $BUILD/$program"
done
for program in lighttpd curl taskset; do
	command -v $program >/dev/null || fail "$program is not installed"
done
if taskset -pc 1 $$ >/dev/null 2>&1; then
	server_core='taskset -c 0'
else
	server_core=
	echo "make bench: one core only: servers and load share it" >&2
fi

ticks=$(getconf CLK_TCK)
sockets=$(mktemp -d) || exit 1
out=$(mktemp -d "$BUILD/bench.XXXXXX") || exit 1
fake='' ours='' plain='' program='' load=''
status=0

# Which of the processes we started are still running.
stop() {
	trap '' INT TERM HUP
	trap - EXIT
	for pid in $load $plain $ours $program $fake; do
		kill -TERM "$pid"
	done 2>/dev/null
	for pid in $load $plain $ours $program $fake; do
		patience=100
		while [ $patience -gt 0 ] && kill -0 "$pid"; do
			wait "$pid"
			patience=$((patience - 1))
			kill -0 "$pid" && sleep 0.05
		done
		kill -KILL "$pid"
	done 2>/dev/null
	rm -rf "$sockets" "$out"
	exit "$1"
}
trap 'stop 1' INT TERM HUP EXIT

# --- Starting ----------------------------------------------------------------
start_fake() {
	: >"$out/fake"
	"$BUILD/fake_kimi" --port 0 >"$out/fake" &
	fake=$!
	patience=50
	until read -r _ _ _ url <"$out/fake"; do
		patience=$((patience - 1))
		[ $patience -gt 0 ] || fail "the fake Kimi did not start"
		sleep 0.1
	done
	fake_port=${url##*:}
}

# numbers N: the text of a reply, of which each piece is different.
numbers() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%05d ", i }'
}

rule() {
	printf '{"match":{"route":"completion","prompt":"%s"},"times":-1,' "$1"
	printf '"scene":{"answer":"%s","reasoning":"","stamp":true,' \
		"$(numbers "$2")"
	printf '"chunks":%d,"chunk_ms":%d}}' "$2" "$3"
}

control() {
	curl -fsS -o /dev/null --max-time 10 "$url/_fake/$1" -d "$2" ||
		fail "the fake Kimi does not take $1"
}

# start_lighttpd CONFIGURATION PORT [VARIABLE=VALUE...]
start_lighttpd() {
	configuration=$1
	port=$2
	shift 2
	# shellcheck disable=SC2086 # a command and its arguments
	env -i "PATH=$PATH" "$@" $server_core \
		lighttpd -D -f "$configuration" >"$out/lighttpd" 2>&1 &
	started=$!
	patience=100
	until curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$port/"; do
		patience=$((patience - 1))
		if [ $patience -eq 0 ] || ! kill -0 "$started" 2>/dev/null; then
			cat "$out/lighttpd" >&2
			fail "lighttpd did not start with $configuration"
		fi
		sleep 0.05
	done
}

# The program that lighttpd started.
find_program() {
	for stat in /proc/[0-9]*/stat; do
		read -r line <"$stat" || continue
		rest=${line##*) ? }
		[ "${rest%% *}" != "$ours" ] || program=${line%% *}
	done 2>/dev/null
	[ -n "$program" ] || fail "lighttpd started no kimi.fcgi"
}

start_ours() {
	ours_port=$("$BUILD/bench_load" port)
	ln -sf "$BUILD/kimi.fcgi" "$sockets/kimi.fcgi"
	start_lighttpd lighttpd/run.conf "$ours_port" \
		"KIMI_RUN_PORT=$ours_port" "KIMI_RUN_DIR=$sockets" \
		"KIMI_DB=$out/kimi.db" \
		"KIMI_LOG=$out/log" "KIMI_WEB_URL=$url" \
		"MOONSHOT_URL=$url/v1" \
		KIMI_WEB_PROTOCOL=legacy KIMI_WEB_STREAMS=0 \
		KIMI_TOKENS=web:a-refresh-token,platform:sk-bench
	ours=$started
	find_program
}

start_plain() {
	plain_port=$("$BUILD/bench_load" port)
	cat >"$out/plain.conf" <<-END
	server.modules = ( "mod_proxy" )
	server.bind = "127.0.0.1"
	server.port = $plain_port
	server.document-root = "$out"
	server.upload-dirs = ( "$out" )
	server.stream-response-body = 2
	proxy.server = ( "/" => (( "host" => "127.0.0.1", "port" => $fake_port )) )
	END
	start_lighttpd "$out/plain.conf" "$plain_port"
	plain=$started
}

# --- Measuring ---------------------------------------------------------------
# cpu PID...: microseconds of CPU time so far.
cpu() {
	total=0
	for pid; do
		read -r line <"/proc/$pid/stat" || fail "process $pid has ended"
		# shellcheck disable=SC2086 # a list
		set -- ${line##*) }
		total=$((total + ${12} + ${13}))
	done
	echo $((total * 1000000 / ticks))
}

# memory FIELD PID...: Pss or Rss, in MiB.
memory() {
	field=$1
	shift
	for pid; do
		cat "/proc/$pid/smaps_rollup"
	done | awk -v f="$field:" '$1 == f { n += $2 }
		END { printf "%.1f", n / 1024 }'
}

# The most memory a process ever had resident, in MiB, added up.
highest() {
	for pid; do
		cat "/proc/$pid/status"
	done | awk '/^VmHWM:/ { n += $2 } END { printf "%.1f", n / 1024 }'
}

# got KEY FILE
got() {
	sed -n "s/^$1=//p" "$2"
}

median() {
	sort -n | sed -n "$(((rounds + 1) / 2))p"
}

# load_run FILE ARGUMENT...: the load; anything lost fails the benchmark.
load_run() {
	file=$1
	shift
	"$BUILD/bench_load" "$@" --limit 90 >"$file" &
	load=$!
	wait "$load" || {
		echo "make bench: something is wrong:" "$@" >&2
		grep -E '^(done|refused|broken|disorder)=' "$file" >&2
		status=1
	}
	load=
}

# body MODEL STREAM PROMPT
body() {
	printf '{"model":"%s","stream":%s,"messages":[{"role":"user","content":"%s"}]}' \
		"$1" "$2" "$3"
}

# ask FILE WHOSE MODEL COUNT
ask() {
	load_run "$1" requests --port "$(port_of "$2")" \
		--path /v1/chat/completions --header "$(header_of "$2")" \
		--body "$(body "$3" false 'Hello, who are you?')" \
		--count "$4" --connections $at_once
}

# listen FILE WHOSE PROMPT STREAMS PIECES RAMP
listen() {
	load_run "$1" streams --port "$(port_of "$2")" \
		--path /v1/chat/completions --header "$(header_of "$2")" \
		--body "$(body kimi-k3 true "$3")" \
		--count "$4" --pieces "$5" --ramp "$6"
}

port_of() {
	[ "$1" = plain ] && echo "$plain_port" || echo "$ours_port"
}

header_of() {
	[ "$1" = plain ] && echo "Authorization: Bearer sk-bench" ||
		echo "Authorization: Bearer sk-default"
}

pids_of() {
	[ "$1" = plain ] && echo "$plain" || echo "$ours $program"
}

# spent NAME WHOSE COUNT COMMAND...: adds CPU per item to the file NAME.
spent() {
	name=$1
	pids=$(pids_of "$2")
	count=$3
	shift 3
	# shellcheck disable=SC2086 # a list
	before=$(cpu $pids)
	"$@"
	sleep 0.3
	# shellcheck disable=SC2086
	after=$(cpu $pids)
	awk -v us=$((after - before)) -v n="$count" \
		'BEGIN { printf "%.1f\n", us / n }' >>"$out/$name"
}

measure_cpu() {
	ask "$out/warm" ours kimi-k3 $warm
	ask "$out/warm" ours k2 $warm
	ask "$out/warm" plain kimi-k3 $warm
	chunks=$((streams * pieces))
	round=0
	while [ $round -lt $rounds ]; do
		round=$((round + 1))
		spent k3 ours $requests ask "$out/k3.load" ours kimi-k3 $requests
		spent k3_plain plain $requests_plain \
			ask "$out/k3_plain.load" plain kimi-k3 $requests_plain
		spent k2 ours $requests ask "$out/k2.load" ours k2 $requests
		spent chunk ours $chunks listen "$out/chunk.load" ours \
			bench-chunks $streams $pieces $piece_ms
		spent chunk_plain plain $chunks listen "$out/chunk_plain.load" \
			plain bench-chunks $streams $pieces $piece_ms
	done
}

# crowd WHOSE: slow streams, and the memory once all of them run.
measure_crowd() {
	# shellcheck disable=SC2046 # a list
	{
		sleep $((crowd_ms * 5 / 1000 + 4))
		memory Pss $(pids_of "$1") >"$out/$1.pss"
		memory Rss $(pids_of "$1") >"$out/$1.rss"
		[ "$1" = plain ] || memory Pss "$program" >"$out/program.pss"
	} &
	sampler=$!
	listen "$out/crowd_$1.load" "$1" bench-crowd $crowd $crowd_pieces \
		$((crowd_ms * 5))
	wait $sampler
}

measure_start() {
	REQUEST_METHOD=GET REQUEST_URI=/v1/models SCRIPT_NAME='' \
		PATH_INFO=/v1/models GATEWAY_INTERFACE=CGI/1.1 \
		SERVER_PROTOCOL=HTTP/1.1 REMOTE_ADDR=127.0.0.1 \
		KIMI_TOKENS=platform:sk-bench KIMI_DB="$out/kimi.db" \
		KIMI_LOG="$out/log" \
		"$BUILD/bench_load" spawn 300 "$BUILD/kimi.cgi" >"$out/cgi"
	"$BUILD/bench_load" spawn 300 "$BUILD/bench_load" nothing \
		>"$out/nothing"
}

# --- Reporting ---------------------------------------------------------------
# row WHAT OURS REFERENCE [MEASURE AIM]: the measure is ratio or ours.
row() {
	awk -v what="$1" -v ours="$2" -v plain="${3:-}" -v measure="${4:-}" \
		-v aim="${5:-}" 'BEGIN {
		ratio = plain > 0 ? sprintf("%.2f", ours / plain) : "-"
		value = (measure == "ratio" ? ratio : ours) + 0
		verdict = measure == "" ? "" : value <= aim + 0 ? "ok" : "MISS"
		if (aim != "")
			aim = measure == "ratio" ? "x " aim : aim
		printf "%-46s %10s %10s %7s %7s  %s\n", what, ours,
			plain == "" ? "-" : plain, ratio, aim, verdict
	}'
}

ms() {
	awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'
}

load_rows() {
	row "  requests per second" "$(got rate "$out/$1.load")" \
		"${2:+$(got rate "$out/$2.load")}"
	row "  latency p50, ms" \
		"$(ms "$(got latency_p50_us "$out/$1.load")")" \
		"${2:+$(ms "$(got latency_p50_us "$out/$2.load")")}"
	row "  latency p99, ms" \
		"$(ms "$(got latency_p99_us "$out/$1.load")")" \
		"${2:+$(ms "$(got latency_p99_us "$out/$2.load")")}"
}

delay_row() {
	row "  event delay $1, ms" \
		"$(ms "$(got "delay_$1_us" "$out/$2.load")")" \
		"$(ms "$(got "delay_$1_us" "$out/$3.load")")" ${4+"$4" "$5"}
}

tell() {
	k3=$(median <"$out/k3")
	k3_plain=$(median <"$out/k3_plain")
	echo
	printf '%-46s %10s %10s %7s %7s\n' "$(uname -m), load before: $load_before" \
		ours reference ratio aim
	row "request, kimi-k3: CPU, us" "$k3" "$k3_plain" ratio 4
	load_rows k3 k3_plain
	row "request, k2 (creates, deletes a chat): CPU, us" \
		"$(median <"$out/k2")" "$k3_plain"
	load_rows k2 ''
	row "streamed chunk: CPU, us" "$(median <"$out/chunk")" \
		"$(median <"$out/chunk_plain")" ratio 2.5
	delay_row p99 chunk chunk_plain
	row "$crowd slow streams: whole and in order" \
		"$(got "done" "$out/crowd_ours.load")" \
		"$(got "done" "$out/crowd_plain.load")"
	delay_row p50 crowd_ours crowd_plain
	delay_row p99 crowd_ours crowd_plain ours 5
	delay_row max crowd_ours crowd_plain
	row "  memory, PSS, MiB" "$(cat "$out/ours.pss")" \
		"$(cat "$out/plain.pss")" ours 120
	row "    of it kimi.fcgi" "$(cat "$out/program.pss")"
	row "  memory, RSS, MiB" "$(cat "$out/ours.rss")" \
		"$(cat "$out/plain.rss")"
	row "  memory, highest RSS, MiB" "$highest_ours" "$highest_plain"
	row "idle after start, PSS, MiB" "$idle_ours" "$idle_plain" ours 12
	row "idle after the crowd, PSS, MiB" "$after_ours" "$after_plain" ours 12
	row "  of it kimi.fcgi" "$after_program"
	row "kimi.cgi GET /v1/models; empty program: ms" \
		"$(ms "$(got spawn_p50_us "$out/cgi")")" \
		"$(ms "$(got spawn_p50_us "$out/nothing")")"
	echo
}

check_leftovers() {
	curl -fs --max-time 10 "$url/_fake/stats" | grep -q '"chats":\[\]' || {
		echo "make bench: chats were left at the fake Kimi" >&2
		status=1
	}
}

# --- The run -----------------------------------------------------------------
read -r load_before _ </proc/loadavg
start_fake
control settings '{"record":false}'
control scenes "[$(rule bench-chunks $pieces $piece_ms),$(rule bench-crowd \
	$crowd_pieces $crowd_ms)]"
start_ours
start_plain
sleep 0.5
# shellcheck disable=SC2086 # lists
idle_ours=$(memory Pss $ours $program) idle_plain=$(memory Pss $plain)
measure_cpu
measure_crowd ours
measure_crowd plain
sleep 3
# shellcheck disable=SC2086
after_ours=$(memory Pss $ours $program) after_plain=$(memory Pss $plain)
after_program=$(memory Pss "$program")
# shellcheck disable=SC2086
highest_ours=$(highest $ours $program) highest_plain=$(highest $plain)
measure_start
check_leftovers
tell
stop $status
