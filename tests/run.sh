#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs that speak TAP, two at a time, and ends with one line
# `N passed, N failed`.
#
#     tests/run.sh              unit/, golden/, e2e/, corpora of fuzz/, layers
#     tests/run.sh --threads    those that make threads of kimi.fcgi meet
#     tests/run.sh PROGRAM...
#
# BUILD is the build to test (build/release). With BUILD_ASAN that build is
# tested too.
#
# A test that holds others counts by those. A program that crashes, ends
# without its plan or fails without a failed test is one failure.

set -u
cd "$(dirname "$0")/.." || exit 1
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
threads='daemon stream credentials conversation'

# programs BUILD [PROGRAM...]: one line BUILD=PROGRAM for each.
programs() {
	build=$1
	shift
	if [ "$*" = --threads ]; then
		# shellcheck disable=SC2046,SC2086 # a list
		set -- "$build"/tests/*_test \
			$(printf 'tests/e2e/%s.test.mjs ' $threads)
	elif [ $# -eq 0 ]; then
		set -- "$build"/tests/*_test "$build"/replay/* \
			tests/*_test.sh tests/golden/*.sh tests/e2e/*.test.mjs
	fi
	for file; do
		[ -e "$file" ] && echo "$build=$file"
	done
}

# File names here have no blanks.
# shellcheck disable=SC2046
set -- $(programs "${BUILD:-build/release}" "$@"
	[ -z "${BUILD_ASAN:-}" ] || programs "$BUILD_ASAN" "$@")

# The packages that tests need; their versions stand in package.json.
case "$*" in
*sdk.test.mjs* | */files.test.mjs* | */completions.test.mjs* |\
	*/conversation_id.test.mjs* | */refusals.test.mjs* |\
	*/conversations.test.mjs* | */stored_completions.test.mjs*)
	npm ls --prefix tests/e2e >/dev/null 2>&1 ||
		npm install --prefix tests/e2e --no-package-lock --no-audit \
			--no-fund --silent
	;;
esac

# Coding agents: 330 MiB to load, 770 MiB once unpacked. Their programs are in
# the packages, so no script needs to fetch or place any.
case "$*" in
*/agent_*)
	npm ls --prefix tests/e2e/agents >/dev/null 2>&1 ||
		npm install --prefix tests/e2e/agents --no-package-lock \
			--no-audit --no-fund --silent --ignore-scripts
	;;
esac

out=$(mktemp -d) || exit 1
one='' two=''

# The programs end what they started when they get SIGTERM.
stop() {
	trap '' INT TERM
	kill "$one" "$two" 2>/dev/null
	wait
	rm -rf "$out"
	exit 1
}
trap stop INT TERM
trap 'rm -rf "$out"' EXIT

# run BUILD FILE: leaves tap, errors, status and time in $dir. It waits for
# the program in the background so that a signal reaches it.
run() {
	begin=$(date +%s%N)
	export BUILD="$1"
	shift
	case $1 in
	*.mjs) node --test-reporter=tap "$1" ;;
	*.sh) sh "$1" ;;
	*/*) "$1" ;;
	*) "./$1" ;;
	esac >"$dir/tap" 2>"$dir/errors" </dev/null &
	program=$!
	wait "$program"
	echo $? >"$dir/status"
	echo $((($(date +%s%N) - begin) / 1000000)) >"$dir/time"
}

# The file, with its build where that is not in the name.
label() {
	case ${1#*=} in
	"${1%%=*}"/*) echo "${1#*=}" ;;
	*) echo "${1#*=} (${1%%=*})" ;;
	esac
}

# Takes one program after the other until none is left; mkdir claims it.
worker() {
	trap - EXIT
	program=
	trap '[ -z "$program" ] || kill "$program"; wait; exit 1' INT TERM
	n=0
	for test; do
		n=$((n + 1))
		dir=$out/$n
		mkdir "$dir" 2>/dev/null || continue
		run "${test%%=*}" "${test#*=}"
		report "$(label "$test")" >"$dir/report"
		cat "$dir/report"
	done
}

# Prints failures and the file's line; adds "passed failed" to the counts.
report() {
	awk -v file="$1" -v status="$(cat "$dir/status")" \
		-v ms="$(cat "$dir/time")" -v errors="$dir/errors" \
		-v counts="$dir/counts" '
	function flush_failure() {
		if (failing != "")
			printf "%s", failing
		failing = ""
	}
	# "# Subtest: " opens a level, its result line at the same depth ends it.
	/^ *# Subtest: / {
		flush_failure()
		depth = match($0, /[^ ]/) - 1
		title[depth] = substr($0, depth + 12)
		next
	}
	/^ *(not )?ok( |$)/ {
		flush_failure()
		depth = match($0, /[^ ]/) - 1
		bad = $1 == "not"
		name = substr($0, depth + 1)
		sub(/^(not )?ok *[0-9]* *(- )?/, "", name)
		inner_passed = inner_failed = 0
		for (d in passed)
			if (d + 0 > depth) {
				inner_passed += passed[d]
				inner_failed += failed[d]
				delete passed[d]
				delete failed[d]
			}
		if (inner_passed + inner_failed == 0 && !bad)
			inner_passed = 1
		else if (inner_failed == 0 && bad) {
			inner_failed = 1
			path = ""
			for (d = 0; d < depth; d++)
				if (d in title)
					path = path title[d] " > "
			failing = "FAILED " file ": " path name "\n"
		}
		results += depth == 0
		passed[depth] += inner_passed
		failed[depth] += inner_failed
		delete title[depth]
		next
	}
	/^1\.\.[0-9]+/ { planned = 1; plan += substr($1, 4) }
	failing != "" { failing = failing $0 "\n" }
	/^Bail out!/ { status = status == 0 ? 1 : status; print file ": " $0 }
	END {
		flush_failure()
		for (d in passed) {
			all_passed += passed[d]
			all_failed += failed[d]
		}
		why = ""
		if (status >= 128)
			why = "ended by signal " (status - 128)
		else if (!planned)
			why = "no plan"
		else if (results != plan || plan == 0)
			why = results + 0 " results where " plan " were planned"
		else if (status != 0 && all_failed == 0)
			why = "status " status
		if (why != "") {
			all_failed++
			print "FAILED " file ": " why
		}
		if (all_failed > 0)
			while ((getline line < errors) > 0 && shown++ < 60)
				print "    " line
		printf "%-62s %4d passed", file, all_passed
		if (all_failed > 0)
			printf ", %d FAILED", all_failed
		printf " %8.1f s\n", ms / 1000
		print all_passed + 0, all_failed + 0 >>counts
	}' "$dir/tap"
}

worker "$@" &
one=$!
worker "$@" &
two=$!
wait "$one" "$two"

cat /dev/null "$out"/*/counts | awk '{ passed += $1; failed += $2 }
	END { printf "%d passed, %d failed\n", passed, failed
		exit failed > 0 || passed == 0 }'
