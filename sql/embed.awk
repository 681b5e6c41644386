# SPDX-License-Identifier: MIT
# Turns SQL files into C. With -v header=1 it prints the enum of statements,
# else their text and that of the schema and the migrations. queries.sql holds
# statements under "-- name:" lines, and under "-- view:" lines what is put into
# those that name it behind FROM or JOIN; schema.sql holds the schema. Each other
# file is one migration, in the order given.

function quoted(line) {
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return "\t\"" line "\\n\"\n"
}

function with_views(line,   v) {
	for (v in view)
		if (match(line, "(FROM|JOIN) " v "( |;|$)"))
			line = substr(line, 1, RSTART + 4) "(" view[v] ")" \
				substr(line, RSTART + 5 + length(v))
	return line
}

FNR == 1 {
	is_queries = FILENAME ~ /queries\.sql$/
	is_schema = FILENAME ~ /schema\.sql$/
	if (!is_queries && !is_schema)
		migration[++migrations] = ""
	name = ""
}

is_queries && /^-- (name|view): / {
	name = $3
	is_view = $2 == "view:"
	if (!is_view)
		order[++statements] = name
	next
}

/^[ \t]*(--.*)?$/ { next }

is_queries && is_view {
	sub(/^ */, name in view ? " " : "")
	sub(/;$/, "")
	view[name] = view[name] $0
	next
}
is_queries && name != "" { text[name] = text[name] quoted(with_views($0)) }
is_schema { schema = schema quoted($0) }
!is_queries && !is_schema {
	migration[migrations] = migration[migrations] quoted($0)
}

END {
	print "/* Made from sql/ by sql/embed.awk. */"
	if (header) {
		print "#ifndef STORE_STATEMENTS_H\n#define STORE_STATEMENTS_H\n"
		print "enum db_statement {"
		for (i = 1; i <= statements; i++)
			print "\tDB_" toupper(order[i]) ","
		print "\tDB_STATEMENTS\n};\n"
		print "extern const char *const db_statements[DB_STATEMENTS];\n"
		print "/* What the migrations make of an empty file. */"
		print "extern const char *const db_schema;\n"
		print "/* The migrations in order, ended by NULL. */"
		print "extern const char *const db_migrations[];\n\n#endif"
		exit
	}
	print "#include \"statements.h\"\n"
	print "#include <stddef.h>\n"
	print "/* ISO C does not promise texts of this length; GCC takes them. */"
	print "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n"
	print "const char *const db_statements[DB_STATEMENTS] = {"
	for (i = 1; i <= statements; i++)
		printf "\t[DB_%s] =\n%s\t,\n", toupper(order[i]), text[order[i]]
	printf "};\n\nconst char *const db_schema =\n%s\t;\n\n", schema
	print "const char *const db_migrations[] = {"
	for (i = 1; i <= migrations; i++)
		printf "%s\t,\n", migration[i]
	print "\tNULL,\n};"
}
