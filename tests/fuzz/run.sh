#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes one target after another, each for FUZZ_SECONDS. New inputs are kept in
# $BUILD/corpus/NAME, where the next run continues; one that breaks a rule
# is left as $BUILD/NAME-crash-... or the like and ends the run; the log is
# $BUILD/NAME.log.
#
#     tests/fuzz/run.sh NAME...
#
# A dictionary tests/fuzz/NAME.dict is used if there is one.
set -eu
cd "$(dirname "$0")/../.."

for name; do
	[ -f "tests/fuzz/$name.c" ] || {
		echo "there is no tests/fuzz/$name.c" >&2
		exit 1
	}
done
for name; do
	kept=$BUILD/corpus/$name
	mkdir -p "$kept"
	echo "fuzzing $name for $FUZZ_SECONDS s"
	set -- "$kept"
	[ ! -d "tests/fuzz/corpus/$name" ] || set -- "$@" "tests/fuzz/corpus/$name"
	[ ! -f "tests/fuzz/$name.dict" ] || set -- "$@" "-dict=tests/fuzz/$name.dict"
	"$BUILD/$name" "$@" -max_total_time="$FUZZ_SECONDS" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$BUILD/$name-" >"$BUILD/$name.log" 2>&1 || {
		tail -n 60 "$BUILD/$name.log"
		exit 1
	}
	sed -n 's/^stat::/    /p' "$BUILD/$name.log"
done
echo "no input broke a rule"
