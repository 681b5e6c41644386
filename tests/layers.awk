# SPDX-License-Identifier: MIT
# The rules of tests/layers.sh, read from the C files named on the command
# line, which must be paths like shared/http/sse.c or cgi/main.c.

BEGIN {
	n_folders = split("base http/encoding http chat tokens dialect dialect/openai " \
		"dialect/anthropic upstream upstream/schema upstream/web upstream/api " \
		"emulate store app app/relay app/serve app/usage cgi/command cgi fcgi", order)
	for (i = 1; i <= n_folders; i++)
		rank[order[i]] = i
	# Wings side by side, which do not know of each other.
	apart["dialect/openai", "dialect/anthropic"] = 1
	apart["dialect/anthropic", "dialect/openai"] = 1
	apart["upstream/web", "upstream/api"] = 1
	apart["upstream/api", "upstream/web"] = 1
	# Libraries, and the folder that wraps each.
	home["sqlite3.h"] = "store"
	home["curl/curl.h"] = home["zlib.h"] = "http"
	home["brotli/"] = home["zstd.h"] = home["zstd_errors.h"] = "http"
	home["nettle/"] = home["cjson/cJSON.h"] = "base"
	home["fcgiapp.h"] = "fcgi"
	home["pcre2.h"] = "tokens"
}

FNR == 1 {
	path = FILENAME
	sub(/^shared\//, "", path)
	files[path] = FILENAME
	folder = path
	sub(/\/[^\/]*$/, "", folder)
	known = folder in rank
	in_comment = in_declaration = 0
	if (!known)
		print FILENAME " is in no folder of the order"
}

!known { next }

folder == "http" && tolower($0) ~ /kimi/ {
	bad("shared/http says Kimi")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, quoted, "\"")
	check_include(quoted[2])
	next
}

/^[ \t]*#[ \t]*include[ \t]*</ {
	header = $0
	gsub(/.*<|>.*/, "", header)
	top = folder
	sub(/\/.*/, "", top)
	for (library in home)
		if (index(header, library) == 1 && home[library] != top)
			bad(folder " includes " header)
	next
}

{
	scan($0)
	check_words()
	collect()
}

function bad(text) {
	print FILENAME ":" FNR ": " text
}

# --- Includes ----------------------------------------------------------------
function check_include(header,    to) {
	if (header == "statements.h") { # made by the build from sql/
		if (folder != "store")
			bad(folder " includes " header)
		return
	}
	to = header
	if (!sub(/\/[^\/]*$/, "", to) || !(to in rank)) {
		bad(header " is in no folder of the order")
		return
	}
	if (header ~ /_internal\.h$/ && to != folder)
		bad(header " is private to " to)
	else if (rank[to] > rank[folder] || (folder, to) in apart)
		bad(folder " includes " header)
	else if (folder ~ /^(dialect|app)/ && to ~ /^upstream\/./)
		bad(folder " names a service: " header)
	if (folder ~ /^(upstream|emulate)/ && to ~ /^dialect/)
		bad(folder " names a dialect: " header)
	add_edge(stem(path), stem(header))
}

# What a .c, its .h and its _internal.h have in common.
function stem(file) {
	sub(/(_internal)?\.[ch]$/, "", file)
	return file
}

function add_edge(from, to) {
	if (from == to || (from, to) in edge)
		return
	edge[from, to] = 1
	next_of[from, ++n_next[from]] = to
}

# --- Words -------------------------------------------------------------------
# Splits a line: `code` is what is left without comments and the insides of
# literals, literal[1..n_literals] are those insides.
function scan(line,    mark, i) {
	code = ""
	n_literals = 0
	while (line != "") {
		if (in_comment) {
			i = index(line, "*/")
			if (i == 0)
				return
			in_comment = 0
			line = substr(line, i + 2)
			continue
		}
		if (!match(line, /["']|\/[*\/]/)) {
			code = code line
			return
		}
		code = code substr(line, 1, RSTART - 1)
		mark = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (mark == "//")
			return
		if (mark == "/*") {
			in_comment = 1
			continue
		}
		if (mark == "\"")
			match(line, /^([^"\\]|\\.)*"/)
		else
			match(line, /^([^'\\]|\\.)*'/)
		if (mark == "\"")
			literal[++n_literals] = substr(line, 1, RLENGTH - 1)
		line = substr(line, RLENGTH + 1)
		code = code mark mark
	}
}

function check_words(    i, text) {
	text = " " code
	if (folder ~ /^(upstream|emulate)/ &&
	    match(text, /[^A-Za-z0-9_]((dialect|openai|anthropic|responses)_[a-z]|struct dialect)[A-Za-z0-9_]*/))
		bad(folder " names a dialect: " substr(text, RSTART + 1, RLENGTH - 1))
	if (folder ~ /^(dialect|app)/ &&
	    match(text, /[^A-Za-z0-9_]upstream_(web|platform|code)([^A-Za-z0-9_]|$)/))
		bad(folder " names a service: " identifier(substr(text, RSTART + 1)))
	for (i = 1; i <= n_literals; i++) {
		if (folder ~ /^(dialect|app)/ && names_service(literal[i]))
			bad(folder " names a service: \"" literal[i] "\"")
		if (folder == "http" && names_form_field(literal[i]))
			bad("shared/http knows a field of a form: \"" literal[i] "\"")
	}
}

function identifier(text) {
	match(text, /^[A-Za-z0-9_]+/)
	return substr(text, 1, RLENGTH)
}

# As a prefix; kimi-proxy is our own name.
function names_service(text) {
	return text ~ /^(kimi-|moonshot-|web:|platform:|code:)/ &&
		text !~ /^kimi-proxy/
}

function names_form_field(text) {
	return text ~ /^(file|purpose|expires_after.*)$/ ||
		text ~ /'(file|purpose|expires_after.*)'/
}

# --- Functions and their headers ---------------------------------------------
# Declarations begin in the first column, may take several lines, and end with
# a semicolon or, if they are a definition, an opening brace.
function collect(    name) {
	if (!in_declaration) {
		if (code !~ /^[a-z]/ || code ~ /^(static|typedef|extern)[^A-Za-z0-9_]/)
			return
		in_declaration = 1
		declaration = ""
	}
	declaration = declaration " " code
	if (code !~ /[;{=]/)
		return
	in_declaration = 0
	sub(/[;{=].*/, "", declaration)
	sub(/__attribute__.*/, "", declaration)
	if (path ~ /\.h$/)
		declare(declaration)
	else if (code ~ /^\{/ && match(declaration, /[A-Za-z0-9_]+\(/)) {
		name = substr(declaration, RSTART, RLENGTH - 1)
		defined[path, ++n_defined[path]] = name
	}
}

# One function, or several by the name of their type: "type one, two;".
function declare(text,    names, n, i) {
	if (match(text, /[A-Za-z0-9_]+\(/)) {
		text = substr(text, RSTART, RLENGTH - 1)
		declared_in[text] = declared_in[text] " " path
		return
	}
	sub(/^ *[A-Za-z0-9_]+ */, "", text)
	gsub(/ /, "", text)
	n = split(text, names, ",")
	for (i = 1; i <= n; i++)
		declared_in[names[i]] = declared_in[names[i]] " " path
}

# Whether a function may be without a header of its file's name.
function is_excused(path, name,    folder, headers, n, i) {
	folder = path
	sub(/\/[^\/]*$/, "", folder)
	if (name == "main")
		return 1
	n = split(declared_in[name], headers, " ")
	for (i = 1; i <= n; i++)
		if ((index(headers[i], folder "/") == 1 &&
		     headers[i] ~ /_internal\.h$/) ||
		    (folder ~ /^app\/(serve|usage)$/ && headers[i] == "app/routes.h"))
			return 1
	return 0
}

function check_headers(path,    i, name, where) {
	if (path !~ /\.c$/ || (stem(path) ".h") in files)
		return
	for (i = 1; i <= n_defined[path]; i++) {
		name = defined[path, i]
		if (is_excused(path, name))
			continue
		where = declared_in[name]
		if (where == "")
			where = " no header"
		print files[path] " has no header of its own: " name \
			" is declared in" where
		return
	}
}

# --- Circles -----------------------------------------------------------------
# Depth first; `depth[file]` is its place on the path from the start, 0 when it
# is not on it.
function visit(file, n,    i, j, to, circle) {
	seen[file] = 1
	depth[file] = n
	way[n] = file
	for (i = 1; i <= n_next[file]; i++) {
		to = next_of[file, i]
		if (depth[to] > 0) {
			circle = to
			for (j = depth[to] + 1; j <= n; j++)
				circle = circle " -> " way[j]
			print "circle: " circle " -> " to
		} else if (!(to in seen)) {
			visit(to, n + 1)
		}
	}
	depth[file] = 0
}

END {
	for (i = 1; i < ARGC; i++) {
		path = ARGV[i]
		sub(/^shared\//, "", path)
		check_headers(path)
		if (!(stem(path) in seen))
			visit(stem(path), 1)
	}
}
