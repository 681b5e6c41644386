# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The measurements, each of which adds lines `NAME VALUE` to the file of values.
# report.awk takes the median of a name's values.

# shellcheck disable=SC2034,SC2154 # variables of the other files
# shellcheck disable=SC2046 # lists of pids

value() {
	echo "$1 $2" >>"$out/values"
}

# --- Readings -------------------------------------------------------------------
# cpu NAME: microseconds of CPU time that the server used so far.
cpu() {
	"$BUILD/bench_load" cpu $(pids "$1") || fail "a process of $1 has ended"
}

# memory FIELD PID...: Pss or Rss, in MiB.
memory() {
	field=$1
	shift
	for pid; do
		cat "/proc/$pid/smaps_rollup"
	done | awk -v f="$field:" '$1 == f { n += $2 }
		END { printf "%.2f", n / 1024 }'
}

# highest PID...: the most they ever had resident, in MiB, added up.
highest() {
	for pid; do
		cat "/proc/$pid/status"
	done | awk '/^VmHWM:/ { n += $2 } END { printf "%.2f", n / 1024 }'
}

# got KEY FILE
got() {
	sed -n "s/^$1=//p" "$2"
}

# milliseconds NAME KEY FILE: the value of the key, which ends in _us.
milliseconds() {
	value "$1" "$(got "$2_us" "$3" | awk '{ printf "%.3f", $1 / 1000 }')"
}

# --- The load -------------------------------------------------------------------
# load_run FILE ARGUMENT...: anything lost fails the benchmark.
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

# header NAME: the plain proxy shows Kimi's key, others ours.
header() {
	case $1 in
	plain) echo 'Authorization: Bearer sk-bench' ;;
	*) echo 'Authorization: Bearer sk-default' ;;
	esac
}

# ask FILE NAME MODEL COUNT
ask() {
	load_run "$1" requests --port "$(port "$2")" \
		--path /v1/chat/completions --header "$(header "$2")" \
		--body "$(body "$3" false bench-request)" \
		--count "$4" --connections "$at_once"
}

# listen FILE NAME PROMPT STREAMS PIECES RAMP [MODE]
listen() {
	load_run "$1" "${7:-streams}" --port "$(port "$2")" \
		--path /v1/chat/completions --header "$(header "$2")" \
		--body "$(body kimi-k3 true "$3")" \
		--count "$4" --pieces "$5" --ramp "$6"
}

# What a request left to do is part of its cost: chats to delete at Kimi.
settle() {
	patience=100
	until no_chats || [ $patience -eq 0 ]; do
		patience=$((patience - 1))
		sleep 0.1
	done
	sleep 0.3
}

no_chats() {
	curl -qfs --noproxy '*' --max-time 10 "$url/_fake/stats" |
		grep -q '"chats":\[\]'
}

# spent VALUE NAME COUNT COMMAND...: CPU per item, in microseconds.
spent() {
	what=$1 whose=$2 count=$3
	shift 3
	before=$(cpu "$whose") || exit 1
	"$@"
	settle
	after=$(cpu "$whose") || exit 1
	value "$what.$whose" "$(awk -v us=$((after - before)) -v n="$count" \
		'BEGIN { printf "%.2f", us / n }')"
}

# --- Requests and streams ---------------------------------------------------------
# requests VALUE NAME MODEL COUNT
requests() {
	file=$out/load
	[ "$round" -gt 1 ] || ask "$file" "$2" "$3" 300 # warms up
	spent "$1" "$2" "$4" ask "$file" "$2" "$3" "$4"
	value "$1_rate.$2" "$(got rate "$file")"
	milliseconds "$1_p50.$2" latency_p50 "$file"
	milliseconds "$1_p99.$2" latency_p99 "$file"
}

measure_requests() {
	if [ "$round" -eq 1 ]; then
		value idle_start.ours "$(memory Rss $(pids ours))"
		value idle_start.plain "$(memory Rss $(pids plain))"
	fi
	requests request plain kimi-k3 "$requests_plain"
	requests request floor kimi-k3 "$requests"
	requests request ours kimi-k3 "$requests"
	requests request nginx kimi-k3 "$requests"
	requests web ours k2 "$requests"
	requests web nginx k2 "$requests"
	[ -e "$out/legacy.pids" ] || start_ours legacy KIMI_WEB_PROTOCOL=legacy
	requests web legacy k2 "$requests"
}

measure_chunks() {
	for name in plain ours; do
		for writes in single joined; do
			spent $writes $name $((streams * pieces)) \
				listen "$out/load" $name bench-$writes \
				"$streams" "$pieces" 0
		done
	done
}

measure_delays() {
	for name in plain ours; do
		listen "$out/load" $name bench-paced "$streams" "$pace_pieces" \
			1000
		milliseconds paced_p99.$name delay_p99 "$out/load"
	done
}

# watch_crowd NAME: CPU and memory while all streams run.
watch_crowd() {
	sleep 4
	value "crowd_cpu.$1" "$("$BUILD/bench_load" busy 4000 $(pids "$1"))"
	value "crowd_rss.$1" "$(memory Rss $(pids "$1"))"
	value "crowd_pss.$1" "$(memory Pss $(pids "$1"))"
}

measure_crowd() {
	for name in plain ours; do
		watch_crowd $name &
		watcher=$!
		listen "$out/load" $name bench-crowd "$crowd" "$crowd_pieces" \
			2500
		wait $watcher
		value crowd_done.$name "$(got 'done' "$out/load")"
		for which in p50 p99 max; do
			milliseconds crowd_$which.$name delay_$which "$out/load"
		done
	done
	[ "$round" -lt "$rounds" ] || {
		sleep 3
		for name in plain ours; do
			value idle_after.$name "$(memory Rss $(pids $name))"
			value highest.$name "$(highest $(pids $name))"
		done
	}
}

# Requests that come 20 ms apart, answered one at a time in 80 ms.
measure_queue() {
	[ -e "$out/queue.pids" ] || start_ours queue KIMI_PLATFORM_STREAMS=1
	listen "$out/load" queue bench-queue "$waiting" 5 \
		$((waiting * 20)) queue
	value overtaken.queue "$(got overtaken "$out/load")"
	milliseconds gap_p50.queue gap_p50 "$out/load"
	milliseconds gap_max.queue gap_max "$out/load"
}

# --- Processes --------------------------------------------------------------------
# spawn VALUE INPUT PROGRAM [ARGUMENT...]: CPU and time of one run, in ms.
spawn() {
	what=$1
	input=$2
	shift 2
	# shellcheck disable=SC2086 # a command and its arguments
	$server_core "$BUILD/bench_load" spawn "$spawns" "$input" "$@" \
		>"$out/spawn" || return
	milliseconds "$what" cpu_p50 "$out/spawn"
	milliseconds "$what.wall" spawn_p50 "$out/spawn"
}

# cgi PROGRAM VALUE METHOD PATH INPUT WORD: as a web server runs the program; the
# answer has the word.
cgi() (
	program=$1
	shift
	# shellcheck disable=SC2163 # the names are in the list
	for setting in $(settings cgi); do
		export "$setting"
	done
	MOONSHOT_URL=https://localhost:$(port fake_tls)/v1
	CONTENT_LENGTH=$(wc -c <"$4")
	export MOONSHOT_URL CONTENT_LENGTH KIMI_CA_PATH="$out/trusted" \
		GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 \
		REMOTE_ADDR=127.0.0.1 SCRIPT_NAME='' HTTP_HOST=127.0.0.1 \
		REQUEST_METHOD="$2" REQUEST_URI="$3" PATH_INFO="$3" \
		CONTENT_TYPE=application/json \
		HTTP_AUTHORIZATION='Bearer sk-default'
	"$program" <"$4" >"$out/answer"
	if ! grep -q "$5" "$out/answer"; then
		echo "make bench: $program has no right answer for $3:" >&2
		cat "$out/answer" >&2
		return 1
	fi
	spawn "$1" "$4" "$program"
)

# cgi_of OURS PROGRAM: the values of both requests.
cgi_of() {
	cgi "$2" "cgi_models.$1" GET /v1/models /dev/null '"object"' || status=1
	cgi "$2" "cgi_chat.$1" POST /v1/chat/completions "$out/question" \
		'"finish_reason"' || status=1
}

measure_cgi() {
	body kimi-k3 false bench-cgi >"$out/question"
	spawn cgi.empty /dev/null "$BUILD/bench_load" nothing || status=1
	cgi_of ours "$PROGRAMS/kimi.cgi"
	[ ! -x "$STATIC/kimi.cgi" ] || cgi_of static "$STATIC/kimi.cgi"
}

# fcgid NAME PROGRAM: streams of mod_fcgid, which takes a process for each.
fcgid() {
	start_fcgid "$1" "$2"
	{
		sleep 5
		here=$sockets/$1
		name=$1
		set -- $(find /proc/[0-9]*/exe -maxdepth 0 -lname \
			"$here/kimi.fcgi" 2>/dev/null | cut -d / -f 3)
		value "fcgid_processes.$name" $#
		value "fcgid_pss.$name" "$(memory Pss "$@" |
			awk -v n="$forks" '{ printf "%.2f", $1 / n }')"
	} &
	watcher=$!
	listen "$out/load" "$1" bench-crowd "$forks" "$crowd_pieces" 1000
	wait $watcher
	stop_server "$1"
}

measure_fcgid() {
	fcgid fcgid "$PROGRAMS/kimi.fcgi"
	[ ! -x "$STATIC/kimi.fcgi" ] || fcgid fcgid_static "$STATIC/kimi.fcgi"
}

# faults PID: page faults so far.
faults() {
	read -r line <"/proc/$1/stat"
	# shellcheck disable=SC2086 # a list
	set -- ${line##*) }
	echo "$8"
}

# per_request VALUE TOTAL
per_request() {
	value "$1" "$(awk -v n="$2" -v of="$counted" \
		'BEGIN { printf "%.2f", n / of }')"
}

# What warm requests cost in countable things.
measure_counts() {
	program=$(pids ours | tail -n 1)
	ask "$out/load" ours kimi-k3 100
	before=$(faults "$program")
	ask "$out/load" ours kimi-k3 "$counted"
	per_request faults.ours $(($(faults "$program") - before))
	measure_calls
	measure_statements
}

# start_under NAME COMMAND...: ours, with the program started by the command.
start_under() {
	name=$1
	shift
	printf '#!/bin/sh\nexec %s\n' "$* '$PROGRAMS/kimi.fcgi'" \
		>"$out/$name.sh"
	chmod +x "$out/$name.sh"
	# shellcheck disable=SC2046 # a list, of paths without blanks
	start_fastcgi "$name" "$out/$name.sh" $(settings "$name")
	ask "$out/load" "$name" kimi-k3 100
	settle
}

measure_calls() {
	strace -o /dev/null true 2>"$out/strace.log" || {
		echo "make bench: no system calls are counted, since" \
			"$(cat "$out/strace.log")" >&2
		return
	}
	start_under traced strace -D -f -qq -o "$out/calls"
	before=$(calls)
	ask "$out/load" traced kimi-k3 "$counted"
	settle
	per_request calls.ours $(($(calls) - before))
	stop_server traced
}

calls() {
	grep -cE '^[0-9]+ +[a-z0-9_]+\(' "$out/calls"
}

# Statements and what SQLite does for them, as tests/e2e/lib/costs.c writes
# them down: EXPLAIN's steps before the first run of each, then all runs.
measure_statements() {
	head -c 8 /dev/zero >"$out/allocations"
	: >"$out/statements"
	start_under watched env "LD_PRELOAD=$BUILD/costs.so" \
		"COSTS_ALLOCATIONS=$out/allocations" \
		"COSTS_STATEMENTS=$out/statements"
	before=$(od -An -tu8 "$out/allocations")
	echo measured >>"$out/statements"
	ask "$out/load" watched kimi-k3 "$counted"
	settle
	per_request allocations.ours \
		$(($(od -An -tu8 "$out/allocations") - before))
	per_request statements.ours "$(sed '1,/^measured$/d' \
		"$out/statements" | grep -c '^run ')"
	per_request ephemeral.ours "$(awk '
		/^step OpenEphemeral/ { tables++ }
		/^measured$/ { measured = 1 }
		/^run / {
			if (!($0 in made))
				made[$0] = tables + 0
			tables = 0
			if (measured)
				all += made[$0]
		}
		END { print all + 0 }' "$out/statements")"
	stop_server watched
}

check_leftovers() {
	no_chats || {
		echo "make bench: chats were left at the fake Kimi" >&2
		status=1
	}
}
