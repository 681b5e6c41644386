#!/bin/sh
# SPDX-License-Identifier: MIT
# Breaks the program in the ways of tests/mutants/list, one at a time, and
# checks that the unit tests named there notice. Works on a copy of the tree
# below build/; ends with one line `N killed, N survived`.
#
#     tests/mutants/run.sh            all
#     tests/mutants/run.sh WORD...    those with one of the words in their line
#
# A mutation that changes nothing or does not compile is an error: the code
# has moved, and the list must follow.
set -u
cd "$(dirname "$0")/../.." || exit 1

tree=build/mutants
objects=build/release # below the tree
list=$PWD/tests/mutants/list
killed=0 survived=0 errors=0

# mutants WORDS: the lines of the list, without comments.
mutants() {
	grep -v '^#' "$list" | grep . | awk -v words="$*" '
		BEGIN { n = split(words, word, " ") }
		{
			for (i = 1; i <= n; i++)
				if (index($0, word[i])) { print; next }
			if (n == 0) print
		}'
}

# field NUMBER LINE
field() {
	printf '%s\n' "$2" | awk -F ' [|] ' -v n="$1" '{
		gsub(/^ +| +$/, "", $n); print $n }'
}

# programs TESTS: where they are built.
programs() {
	for test; do
		printf '%s/tests/%s\n' "$objects" "$test"
	done
}

# compile TESTS: false with the compiler's words in $tree/log.
compile() {
	# shellcheck disable=SC2046 # a list
	(cd "$tree" && make --no-print-directory -s -j "$(nproc)" \
		BUILD="$objects" $(programs "$@")) >"$tree/log" 2>&1
}

# passes TESTS: whether all of them do. A test that hangs fails.
passes() {
	for test; do
		(cd "$tree" && timeout 120 "$objects/tests/$test") \
			>"$tree/log" 2>&1 || return 1
	done
}

# fail NAME WHY
fail() {
	printf 'ERROR     %s: %s\n' "$1" "$2"
	errors=$((errors + 1))
}

# mutate NAME FILE EXPRESSION TESTS
mutate() {
	name=$1 file=$2 expression=$3
	shift 3
	[ -f "$file" ] || {
		fail "$name" "there is no $file"
		return
	}
	sed -E "$expression" "$file" >"$tree/$file" || {
		fail "$name" 'sed refuses the expression'
		return
	}
	if cmp -s "$file" "$tree/$file"; then
		fail "$name" "'$expression' changes nothing in $file"
	elif ! compile "$@"; then
		fail "$name" "does not compile:"
		head -n 5 "$tree/log"
	elif passes "$@"; then
		printf 'SURVIVED  %s: %s passes\n' "$name" "$*"
		survived=$((survived + 1))
	else
		printf 'killed    %s\n' "$name"
		killed=$((killed + 1))
	fi
	cat "$file" >"$tree/$file"
}

rm -rf "$tree"
mkdir -p "$tree/tests"
cp -R Makefile sql shared cgi fcgi "$tree" &&
	cp -R tests/unit tests/fake tests/golden "$tree/tests" || exit 1

# shellcheck disable=SC2046 # a list
all=$(mutants "$@" | awk -F ' [|] ' '{ print $4 }' | tr ' ' '\n' | sort -u)
# shellcheck disable=SC2086 # a list
if ! compile $all || ! passes $all; then
	echo 'Without any mutation:'
	tail -n 20 "$tree/log"
	exit 1
fi

mutants "$@" >"$tree/todo"
while read -r line <&3; do
	# shellcheck disable=SC2046 # a list
	mutate "$(field 1 "$line")" "$(field 2 "$line")" \
		"$(field 3 "$line")" $(field 4 "$line")
done 3<"$tree/todo"

echo "$killed killed, $survived survived"
[ "$errors" -eq 0 ] || echo "$errors errors"
[ "$survived" -eq 0 ] && [ "$errors" -eq 0 ] && [ "$killed" -gt 0 ]
