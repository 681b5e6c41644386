/* SPDX-License-Identifier: MIT */
/* Bars and heights made of characters. */
#include "cgi/command/chart.h"

#include <limits.h>
#include <string.h>

#define FILE_WIDTH 72 /* where there is no terminal */
#define LEAST_BAR 3   /* columns; where there are fewer, texts stand below */
#define GAP "  "
#define EIGHTHS 8

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int width_of(const struct output *o)
{
	return o->terminal.width == INT_MAX ? FILE_WIDTH : o->terminal.width;
}

static bool has_blocks(const struct output *o)
{
	return o->terminal.is_one && o->terminal.utf8;
}

static int columns_of(const char *text)
{
	return terminal_columns(text, strlen(text));
}

static void put_times(struct buf *to, const char *what, int n)
{
	for (; n > 0; n--)
		buf_puts(to, what);
}

/* As much of the text as fits, then blanks. */
static void put_padded(struct buf *to, const char *text, int width)
{
	size_t fits = terminal_fit(text, strlen(text), width);

	buf_append(to, text, fits);
	put_times(to, " ", width - terminal_columns(text, fits));
}

/* --- Bars ----------------------------------------------------------------- */

/* In eighths of a column; what is there at all can be seen. */
static void put_bar(const struct output *o, const struct chart_bar *bar,
		    double whole, int width)
{
	static const char *const parts[EIGHTHS] = { "",	 "▏", "▎", "▍",
						    "▌", "▋", "▊", "▉" };
	int all = width * EIGHTHS;
	int from = whole > 0 ? (int)(bar->from / whole * all) : 0;
	int to = whole > 0 ? (int)(bar->to / whole * all + 0.5) : 0;
	int start = least(from / EIGHTHS, width - 1), length, rest;

	if (bar->to > bar->from && to <= start * EIGHTHS)
		to = start * EIGHTHS + 1;
	length = bar->to > bar->from ? to - start * EIGHTHS : 0;
	rest = length % EIGHTHS;
	put_times(o->printed, " ", start);
	if (has_blocks(o)) {
		put_times(o->printed, "█", length / EIGHTHS);
		buf_puts(o->printed, parts[rest]);
	} else {
		put_times(o->printed, "#", length / EIGHTHS + (rest > 0));
	}
	put_times(o->printed, " ",
		  width - start - length / EIGHTHS - (rest > 0));
}

static void put_text(struct output *o, const char *text, bool below)
{
	if (!below) {
		buf_printf(o->printed, GAP "%s\n", text);
		return;
	}
	buf_put(o->printed, '\n');
	if (*text != '\0')
		output_line(o, GAP "%s", text);
}

struct widths {
	int label, bar;
	double whole;
	bool below; /* the text stands below its bar */
};

static struct widths measure(const struct output *o,
			     const struct chart_bar *bars, size_t n)
{
	struct widths w = { 0 };
	int text = 0, width = width_of(o);

	for (size_t i = 0; i < n; i++) {
		int label = columns_of(bars[i].label);
		int says = columns_of(bars[i].text);

		w.label = label > w.label ? label : w.label;
		text = says > text ? says : text;
		w.whole = bars[i].to > w.whole ? bars[i].to : w.whole;
	}
	w.below = width - least(w.label, width / 3) - text - 4 < LEAST_BAR;
	w.label = least(w.label, w.below ? width / 2 : width / 3);
	w.bar = width - w.label - 2 - (w.below ? 0 : text + 2);
	return w;
}

void chart_bars(struct output *o, const struct chart_bar *bars, size_t n)
{
	struct widths w;

	if (o->format != OUTPUT_FOR_PEOPLE)
		return;
	w = measure(o, bars, n);
	for (size_t i = 0; i < n; i++) {
		put_padded(o->printed,
			   terminal_harmless(&o->terminal, o->arena,
					     bars[i].label),
			   w.label);
		buf_puts(o->printed, GAP);
		put_bar(o, &bars[i], w.whole, w.bar);
		put_text(o, bars[i].text, w.below);
	}
}

/* --- Heights -------------------------------------------------------------- */

static const char *height(const struct output *o, double value, double whole)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=",
					       "+", "*", "%", "#" };
	int n = value > 0 ? (int)(value / whole * EIGHTHS + 0.5) : 0;

	n = value > 0 && n == 0 ? 1 : n;
	return has_blocks(o) ? blocks[n] : letters[n];
}

void chart_line(struct output *o, const char *label, const double *values,
		size_t n)
{
	int left = width_of(o) - columns_of(label) - 2;
	size_t first = n > (size_t)left ? n - (size_t)left : 0;
	double whole = 0;

	if (o->format != OUTPUT_FOR_PEOPLE)
		return;
	for (size_t i = first; i < n; i++)
		whole = values[i] > whole ? values[i] : whole;
	buf_printf(o->printed, "%s  ", label);
	for (size_t i = first; i < n; i++)
		buf_puts(o->printed, height(o, values[i], whole));
	buf_put(o->printed, '\n');
}
