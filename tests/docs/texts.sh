#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints every text that a person can see, for reading in one sitting: what the
# programs say (errors, log lines, notes, help, by file), what make and its
# scripts say, the comments in the web server files, and the headings of the
# documents.
#
#     tests/docs/texts.sh           FILE:LINE: FUNCTION: TEXT
#
# FUNCTION is the C function that gets the string, "-" in a table. A string
# counts as text if it has two words.
set -u
cd "$(dirname "$0")/../.." || exit 1

# C strings, joined as the compiler does.
strings() {
	awk '
	function flush() {
		if (text ~ /[A-Za-z%].* .*[A-Za-z]/ && text !~ /^[{}:,\\" ]*$/)
			print FILENAME ":" line ": " of ": " text
		text = ""
		joined = 0
	}
	FNR == 1 {
		comment = depth = 0
		text = word = ""
		joined = 0
	}
	/^[ \t]*#/ && !comment { next }
	{
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") {
					comment = 0
					i++
				}
			} else if (two == "/*") {
				comment = 1
				i++
			} else if (c == "\"") {
				if (!joined) {
					line = FNR
					of = depth > 0 && name[depth] != "" ? name[depth] : "-"
				}
				joined = 1
				while (++i <= n && (c = substr($0, i, 1)) != "\"") {
					if (c == "\\")
						c = c substr($0, ++i, 1)
					text = text c
				}
			} else if (c == "'\''") {
				while (++i <= n && substr($0, i, 1) != "'\''")
					if (substr($0, i, 1) == "\\")
						i++
			} else if (c ~ /[A-Za-z0-9_]/) {
				word = word c
				continue
			} else if (c ~ /[ \t]/) {
				if (word != "" && joined) # a macro between two strings
					text = text "<" word ">"
				if (word != "")
					last = word
				word = ""
				continue
			} else {
				if (joined && word != "")
					text = text "<" word ">"
				if (joined)
					flush()
				if (word == "")
					word = last
				if (c == "(")
					name[++depth] = word
				if (c == ")" && depth > 0)
					depth--
			}
			last = word = ""
		}
		if (word != "" && joined)
			text = text "<" word ">"
		if (word != "")
			last = word
		word = ""
	}' "$@"
}

# What scripts print, and what the Makefile says about its targets.
scripts() {
	grep -nE '^[[:space:]]*(echo|fail|printf|say) .*[a-z] [a-z]' \
		lighttpd/run.sh tests/*.sh tests/*/run.sh |
		sed 's/:[[:space:]]*\([a-z]*\) /: \1: /'
	grep -nE '^[a-z]+:.*## ' Makefile | sed 's/^\([0-9]*\):\([a-z]*\):.*## /Makefile:\1: \2: /'
}

comments() {
	grep -nE '^[[:space:]]*#' apache/*.conf apache/htaccess lighttpd/*.conf \
		nginx/*.conf fcgi/*.service |
		sed 's/:[[:space:]]*#[[:space:]]*/: comment: /'
}

headings() {
	git ls-files '*.md' | xargs grep -nE '^#+ ' | sed 's/:#* /: heading: /'
	git ls-files '*.[1-8]' | xargs grep -nE '^\.(Nd|Sh|Ss) ' |
		sed 's/:\.\(..\) /: heading: /'
}

# shellcheck disable=SC2046 # paths without blanks
strings $(git ls-files 'shared/*.c' 'fcgi/*.c' 'cgi/*.c' | sort)
scripts
comments
headings
