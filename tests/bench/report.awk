# SPDX-License-Identifier: MIT
# The report: reads the rows, then the values, of which each name may have
# several, and prints a table (format=text) or JSON (format=json).

# The median of a name's values; "" without any.
function median(name,    i, j, n, list, x) {
	n = split(values[name], list, " ")
	for (i = 2; i <= n; i++) {
		x = list[i]
		for (j = i - 1; j > 0 && list[j] + 0 > x + 0; j--)
			list[j + 1] = list[j]
		list[j + 1] = x
	}
	if (n == 0)
		return ""
	if (n % 2)
		return list[(n + 1) / 2] + 0
	return (list[n / 2] + list[n / 2 + 1]) / 2
}

# As many digits as one can use.
function short(x) {
	if (x == "")
		return "-"
	x += 0
	if (x == int(x) && x >= 10)
		return sprintf("%d", x)
	return sprintf(x < 10 && x > -10 ? "%.2f" : x < 1000 ? "%.1f" : "%.0f", x)
}

# The figure of row i from its value and its reference; "" if one is missing.
function figure(i, ours, reference) {
	if (ours == "" || (measure[i] != "value" && reference == ""))
		return ""
	if (measure[i] == "ratio")
		return reference > 0 ? ours / reference : ""
	return measure[i] == "plus" ? ours - reference : ours
}

# 3.5x, +0.5, 80
function written(i, x) {
	if (x == "")
		return ""
	if (measure[i] == "ratio")
		return x "x"
	return (measure[i] == "plus" && x >= 0 ? "+" : "") x
}

function verdict(i, x) {
	if (aim[i] == "" || x == "")
		return aim[i] == "" ? "" : "not measured"
	# As it is written, so that nothing misses an aim that it shows.
	if (short(x) + 0 <= aim[i] + 0)
		return "ok"
	missed = 1
	return "MISS"
}

function json(x) {
	return x == "" ? "null" : sprintf("%.6g", x)
}

function print_text(    i, ours, reference, x) {
	printf "%-56s %9s %9s %8s %6s\n", machine ", load before " load \
		", medians of " rounds, "ours", "reference", "figure", "aim"
	for (i = 1; i <= rows; i++) {
		ours = median(value[i])
		reference = median(compared[i])
		if (ours == "")
			continue
		x = figure(i, ours, reference)
		printf "%-56s %9s %9s %8s %6s  %s\n", what[i], short(ours),
			short(reference), measure[i] == "value" || x == "" ? "" : written(i, short(x)),
			written(i, aim[i]), verdict(i, x)
	}
	if (missed)
		print "\nMISS: above the aim. It does not set the exit status."
}

function print_json(    i, ours, reference, x) {
	printf "{\"programs\": \"%s\", \"machine\": \"%s\", " \
		"\"load_before\": %s, \"rounds\": %d, \"seconds\": %d,\n \"rows\": [",
		programs, machine, load, rounds, seconds
	for (i = 1; i <= rows; i++) {
		ours = median(value[i])
		reference = median(compared[i])
		x = figure(i, ours, reference)
		printf "%s\n  {\"key\": \"%s\", \"what\": \"%s\", \"ours\": %s, " \
			"\"reference\": %s, \"measure\": \"%s\", " \
			"\"figure\": %s, \"aim\": %s, \"verdict\": \"%s\"}",
			(i > 1 ? "," : ""), key[i], what[i], json(ours),
			json(reference), measure[i], json(x), json(aim[i]),
			verdict(i, x)
	}
	print "\n]}"
}

FNR == 1 {
	file++
}

file == 1 && !/^#/ && NF {
	n = split($0, column, / *\| */)
	rows++
	key[rows] = column[1]
	what[rows] = column[2]
	sub(/^- /, "  ", what[rows])
	value[rows] = column[3]
	compared[rows] = column[4]
	measure[rows] = column[5]
	aim[rows] = n > 5 ? column[6] : ""
}

file == 2 {
	values[$1] = values[$1] " " $2
}

END {
	if (format == "json")
		print_json()
	else
		print_text()
}
