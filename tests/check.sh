#!/bin/sh
# SPDX-License-Identifier: MIT
# The static checks of `make check`: a line for each, then the findings of those
# that failed. Everything is built in build/check, warnings as errors.
#
#     tests/check.sh            all
#     tests/check.sh WORD...    those with one of the words in their name
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C.UTF-8

MAX_COMPLEXITY=12
MAX_FUNCTION_LINES=80
MAX_FILE_LINES=500
MAX_PARAMETERS=6
BANNED='sprintf|vsprintf|strcpy|strcat|strtok|atoi|gets|system|localtime|gmtime|rand'

objects=$(dirname "${BUILD:-build/release}")/check
git rev-parse --is-inside-work-tree >/dev/null || exit 1
found=$(mktemp -d) || exit 1
trap 'rm -rf "$found"' EXIT
trap 'exit 1' INT TERM
failed=0

# files PATTERN...: tracked and untracked files, without ignored and deleted.
files() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[ ! -f "$file" ] || printf '%s\n' "$file"
		done
}

# Passes its input on, and fails if there is any.
none() {
	awk '{ print } END { exit NR > 0 }'
}

# check NAME COMMAND...: its output says what is wrong, its status whether.
check() {
	name=$1
	shift
	case " $wanted " in
	'  ') ;;
	*)
		for word in $wanted; do
			case $name in *"$word"*) break ;; esac
			word=
		done
		[ -n "$word" ] || return
		;;
	esac
	if "$@" >"$found/out" 2>&1; then
		printf 'ok    %s\n' "$name"
		return
	fi
	printf 'FAIL  %s\n' "$name"
	failed=$((failed + 1))
	{
		printf '\n--- %s\n' "$name"
		head -n 200 "$found/out"
	} >>"$found/details"
}

# --- Checks of the C code ----------------------------------------------------
build() {
	make --no-print-directory -s -k -j2 tests CI=1 BUILD="$objects" >"$found/make" 2>&1
	status=$?
	grep -v '^  \(CC\|LD\) ' "$found/make"
	return $status
}

format() {
	files '*.c' '*.h' | xargs clang-format --dry-run -Werror
}

layers() {
	tests/layers.sh
}

# One file per call, since clang-tidy 14 confuses va_lists of several files. Call
# it on a file alone to see how it came to a finding.
tidy() {
	files '*.c' | xargs -P 2 -I FILE clang-tidy --quiet FILE -- \
		-std=gnu17 -D_GNU_SOURCE -I. -Ishared -I"$objects/sql" \
		-Itests/unit >"$found/tidy" 2>"$found/counts"
	status=$?
	sed -n "s|^$PWD/||; /: \\(error\\|warning\\): /p" "$found/tidy" | sort -u
	return $status
}

# Suppressed: variables are declared at the top of their block, readdir is safe
# in glibc (readdir_r is deprecated), and libraries loaded at run time stay loaded
# to the end.
cpp() {
	each='for ((e) = (a) ? (a)-&gt;child : NULL; (e); (e) = (e)-&gt;next)'
	cat >"$found/cjson.cfg" <<-END
		<?xml version="1.0"?>
		<def format="2"><define name="cJSON_ArrayForEach(e,a)" value="$each"/></def>
	END
	files '*.c' >"$found/list"
	cppcheck --quiet -j 2 --error-exitcode=1 --std=c11 --language=c \
		--enable=warning,style,performance,portability \
		--library=posix --library="$found/cjson.cfg" \
		-D_GNU_SOURCE -I. -Ishared -I"$objects/sql" \
		--suppress=variableScope --suppress=readdirCalled \
		--suppress=invalidFunctionArg:shared/base/memory.c \
		--suppress=unusedStructMember:shared/http/client_socket.c \
		--suppress=unusedStructMember:shared/store/small_memory.c \
		--suppress=resourceLeak:shared/http/libcurl.c \
		--suppress=resourceLeak:shared/http/encoding/'lib*.c' \
		--suppress=resourceLeak:shared/tokens/libpcre2.c \
		--template='{file}:{line}: {message} [{id}]' \
		--file-list="$found/list"
}

complexity() {
	files '*.c' | xargs pmccabe |
		awk -F '\t' -v max="$MAX_COMPLEXITY" -v lines="$MAX_FUNCTION_LINES" '
		{ where = $6; sub(/\([0-9]+\)/, ":" $4, where) }
		$1 > max { print where ": complexity " $1 ", maximum " max }
		$5 > lines { print where ": " $5 " lines, maximum " lines }' | none
}

file_length() {
	files '*.c' '*.h' '*.sh' '*.mjs' | xargs awk -v max="$MAX_FILE_LINES" '
		FNR == max + 1 { print FILENAME ": more than " max " lines" }' | none
}

# The parameters of functions, counted in their definitions. libFuzzer and
# libmicrohttpd prescribe some.
parameters() {
	# shellcheck disable=SC2016 # awk's $0
	files '*.c' | xargs awk -v max="$MAX_PARAMETERS" '
	BEGIN {
		prescribed["LLVMFuzzerCustomCrossOver"] = 1
		prescribed["on_request"] = prescribed["form_add"] = 1
	}
	FNR == 1 || /^}/ { head = "" }
	/^[a-z]/ && head == "" { head = $0; line = FNR; next }
	head != "" { head = head " " $0 }
	head != "" && /[;=]$/ { head = "" }
	/^{/ && match(head, /[A-Za-z0-9_]+\(/) {
		name = substr(head, RSTART, RLENGTH - 1)
		n = depth = 1
		for (i = RSTART + RLENGTH; depth > 0 && i <= length(head); i++) {
			c = substr(head, i, 1)
			depth += (c == "(") - (c == ")")
			n += c == "," && depth == 1
		}
		if (n > max && !(name in prescribed))
			print FILENAME ":" line ": " name " has " n \
				" parameters, maximum " max
	}' | none
}

# Comments state a fact; they do not refer to where the authors read it, unless
# everybody can read it there.
citations() {
	{
		files ':!tests/fuzz/corpus' | xargs grep -nIE \
			'(kimi-(upstream|change)s|openai-surfac[e]|web-server[s]\.md|house-(plan|style)|many-machine[s]\.md)'
		# Chapters of such notes, like C and 17, in the comments of code.
		files '*.c' '*.h' '*.mjs' '*.sh' '*.awk' '*.sql' | xargs grep -nE \
			'^[[:blank:]]*(/?\*|//|#|--).*[( ][A-E][0-9]{1,2}(, (step )?[A-E]?[0-9]+| (and|to) [A-E][0-9]+)*[.:)]|/\*.*[( ][A-E][0-9]{1,2}(, (step )?[A-E]?[0-9]+| (and|to) [A-E][0-9]+)*[.:)].*\*/'
	} | sort -u | none
}

banned() {
	files '*.c' '*.h' | xargs grep -nEw "($BANNED) ?\(" | none
}

# Constants are in .rodata or, if they hold pointers, in .data.rel.ro. SQLite gives
# its memory functions no context: theirs is the thread's.
mutable() {
	find "$objects/shared" "$objects/sql" -name '*.o' \
		-exec nm --format=sysv --print-file-name {} + |
		awk -F '|' '$NF ~ /^(\.t?data|\.t?bss|\*COM\*)/ && $NF !~ /^\.data\.rel\.ro/ {
			gsub(/ /, "", $1)
			print $1 " is mutable, in " $NF
		}' | grep -v 'small_memory\.o:pool is mutable, in \.tbss$' | none
}

typedefs() {
	files '*.c' '*.h' | xargs grep -nE '^[[:space:]]*typedef (struct|union|enum)\b' | none
}

# --- Checks of everything ----------------------------------------------------
licence() {
	files '*.c' '*.h' '*.sh' '*.mjs' '*.sql' '*.awk' Makefile |
		while read -r file; do
			head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
				echo "$file: no SPDX line at its top"
		done | none
}

spelling() {
	files '*' ':!tests/golden' ':!tests/fuzz/corpus' | # cut on purpose
		xargs codespell --quiet-level=2 --ignore-words-list=keep-alives,nd,hel
}

shells() {
	files '*.sh' '.ci/*' | xargs -r shellcheck
}

manuals() {
	files '*.[1-8]' | xargs -r mandoc -Tlint -W warning
}

# The path of this checkout and of the home folder do not belong in a file.
paths() {
	for path in "$PWD" "${PWD%/*}" "${HOME:-}"; do
		case $path in
		'' | / | /home | /tmp | /opt | /srv | /usr* | /var*) continue ;;
		esac
		files | xargs grep -nFI -e "$path/" |
			grep -E "(^|[^[:alnum:]_.~-])$path/"
	done | none
}

doc_tables() {
	make --no-print-directory -s CI=1 BUILD="$objects" "$objects/doc_tables" >"$found/make"
}

generated() {
	doc_tables && tests/docs/manuals.sh "$objects/doc_tables" --check
}

names() {
	doc_tables && tests/docs/names.sh "$objects/doc_tables"
}

# They are to be read in one sitting.
readme() {
	wc -l README.md README.zh-CN.md |
		awk '$2 != "total" && $1 > 220 { print $2 ": " $1 " lines of at most 220" }' | none
}

# A merge may leave an entry twice, in an older and a newer wording.
changelog() {
	awk '/^## / { delete seen }
		/^- / && seen[substr($0, 1, 40)]++ { print FILENAME ":" FNR ": " $0 }' \
		CHANGELOG.md | none
}

# What comes after a release is no longer that release.
version() {
	released=$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
	! awk '/^## \[Unreleased\]/ { open = 1; next }
		/^## / { exit } open && /^- / { print; exit }' CHANGELOG.md |
		grep -q . || ! grep -n "\"$released\"" shared/base/version.h
}

whitespace() {
	files ':!*.md' ':!tests/fuzz/corpus' | xargs grep -nIE '[[:blank:]]+$' | none
}

wanted=$*
check 'compiles without warnings' build
check 'format (clang-format)' format
check 'layers of includes' layers
check 'clang-tidy' tidy
check 'cppcheck' cpp
check "complexity, function length (pmccabe)" complexity
check 'number of parameters' parameters
check 'file length' file_length
check 'comments cite nothing from elsewhere' citations
check 'banned functions' banned
check 'no mutable file-scope variables in shared' mutable
check 'no struct behind a typedef' typedefs
check 'licence lines' licence
check 'spelling (codespell)' spelling
check 'shell scripts (shellcheck)' shells
check 'manual pages (mandoc)' manuals
check 'no paths of this machine' paths
check 'manual pages have the tables of the code' generated
check 'documents name every route, setting and column' names
check 'README length' readme
check 'no entry of the changelog twice' changelog
check 'version is not that of the last release' version
check 'no blanks at line ends' whitespace

[ ! -e "$found/details" ] || cat "$found/details"
[ "$failed" -eq 0 ] || echo
[ "$failed" -eq 0 ] || echo "checks that failed: $failed"
[ "$failed" -eq 0 ]
