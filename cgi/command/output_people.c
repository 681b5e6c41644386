/* SPDX-License-Identifier: MIT */
/* Tables and records as people read them. */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "cgi/command/output_internal.h"

#define GAP 2 /* columns between two of a table */
/* What is left of a text when it is cut: more while whole columns can be left
 * out instead. The last one is folded, and must still be easy to read. */
#define ROOMY 20
#define NARROW 8
#define READABLE 28

/* --- Text ----------------------------------------------------------------- */

static const char *const styles[] = {
	[OUTPUT_PLAIN] = NULL,
	[OUTPUT_GOOD] = "\33[32m",
	[OUTPUT_BAD] = "\33[31m",
	[OUTPUT_DIM] = "\33[2m",
};
#define BOLD "\33[1m"
#define NORMAL "\33[0m"

static void put_styled(struct output *o, const char *style, const char *text,
		       size_t n)
{
	bool colored = o->terminal.color && style != NULL;

	if (colored)
		buf_puts(o->printed, style);
	buf_append(o->printed, text, n);
	if (colored)
		buf_puts(o->printed, NORMAL);
}

static void put_blanks(struct output *o, int n)
{
	for (; n > 0; n--)
		buf_put(o->printed, ' ');
}

static int columns_of(const char *text)
{
	return terminal_columns(text, strlen(text));
}

static void widen(int *width, const char *text)
{
	int n = columns_of(text);

	*width = n > *width ? n : *width;
}

/* --- One below the other -------------------------------------------------- */

/* How much of the text fits a line: whole words, if there are several. */
static size_t fit_line(const char *text, int columns)
{
	size_t n = strlen(text), fits = terminal_fit(text, n, columns), at;

	if (fits == n)
		return n;
	for (at = fits; at > 0; at--)
		if (text[at] == ' ')
			return at;
	return fits == 0 ? n : fits;
}

static void put_folded(struct output *o, const char *style, const char *text,
		       int indent)
{
	int left = o->terminal.width - indent;

	for (;;) {
		size_t n = fit_line(text, left);

		put_styled(o, style, text, n);
		buf_put(o->printed, '\n');
		text += n + strspn(text + n, " ");
		if (*text == '\0')
			return;
		put_blanks(o, indent);
	}
}

static bool is_there(const struct output_cell *cell)
{
	return cell->text != NULL;
}

/* An id is left to the terminal, which does not put a blank into it. */
static void put_value(struct output *o, const struct output_column *column,
		      const struct output_cell *cell, int indent)
{
	const char *text = output_shown(o, column, cell);

	if (column->type != OUTPUT_ID) {
		put_folded(o, styles[cell->style], text, indent);
		return;
	}
	put_styled(o, styles[cell->style], text, strlen(text));
	buf_put(o->printed, '\n');
}

/* A row of a table has no more than it would have side by side. */
static bool is_wanted(const struct output *o, size_t column,
		      const struct output_cell *row)
{
	return is_there(&row[column]) &&
	       (o->upright || o->columns[column].place == OUTPUT_ALWAYS);
}

static void put_upright(struct output *o, const struct output_cell *row)
{
	const char *headings[OUTPUT_COLUMNS] = { NULL };
	size_t n = o->n_columns;
	int indent = 0;

	for (size_t i = 0; i < n; i++) {
		headings[i] =
			output_heading(o->arena, o->columns[i].name, false);
		if (is_wanted(o, i, row))
			widen(&indent, headings[i]);
	}
	indent += 1 + GAP;
	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(o, i, row))
			continue;
		put_styled(o, BOLD, headings[i], strlen(headings[i]));
		buf_put(o->printed, ':');
		put_blanks(o, indent - columns_of(headings[i]) - 1);
		put_value(o, &o->columns[i], &row[i], indent);
	}
}

/* --- Side by side --------------------------------------------------------- */

#define HIDDEN (-GAP) /* the width of a column that is left out */

/* How far the text of a column may be cut, as wished; 0: it is none. */
static int least_text(const struct output *o, size_t column, int wished)
{
	if (o->columns[column].type != OUTPUT_TEXT)
		return 0;
	return column + 1 == o->n_columns && wished < READABLE ? READABLE :
								 wished;
}

struct layout {
	const char **shown; /* of each cell */
	int *widths;	    /* of each column, in the output */
};

static void measure(struct output *o, struct layout *l)
{
	assert(o->n_columns > 0);
	l->shown = arena_array(o->arena, o->n_cells + 1, sizeof(*l->shown));
	l->widths = o->widths;
	if (o->aligned != o->columns)
		memset(o->widths, 0, sizeof(o->widths));
	o->aligned = o->columns;
	for (size_t i = 0; i < o->n_columns && o->headers; i++)
		widen(&l->widths[i],
		      output_heading(o->arena, o->columns[i].name, true));
	for (size_t i = 0; i < o->n_cells; i++) {
		size_t column = i % o->n_columns;

		l->shown[i] =
			output_shown(o, &o->columns[column], &o->cells[i]);
		widen(&l->widths[column], l->shown[i]);
	}
}

/* Of all columns, texts that may be cut at `text` columns at most. */
static int64_t total_width(const struct output *o, const struct layout *l,
			   int text)
{
	int64_t width = -GAP;

	for (size_t i = 0; i < o->n_columns; i++) {
		int most = least_text(o, i, text), columns = l->widths[i];

		width += GAP + (most > 0 && columns > most ? most : columns);
	}
	return width;
}

static int *widest_text(const struct output *o, struct layout *l)
{
	int *widest = NULL;

	for (size_t i = 0; i < o->n_columns; i++) {
		int least = least_text(o, i, NARROW);

		if (least > 0 && l->widths[i] > least &&
		    (widest == NULL || l->widths[i] > *widest))
			widest = &l->widths[i];
	}
	return widest;
}

static int *last_if_wide(const struct output *o, struct layout *l)
{
	for (size_t i = o->n_columns; i > 0; i--)
		if (o->columns[i - 1].place == OUTPUT_IF_WIDE &&
		    l->widths[i - 1] != HIDDEN)
			return &l->widths[i - 1];
	return NULL;
}

static void hide_columns(const struct output *o, struct layout *l)
{
	int *last;

	for (size_t i = 0; i < o->n_columns; i++)
		if (o->columns[i].place == OUTPUT_DETAIL)
			l->widths[i] = HIDDEN;
	while (total_width(o, l, ROOMY) > o->terminal.width &&
	       (last = last_if_wide(o, l)) != NULL)
		*last = HIDDEN;
}

/* Cuts the widest texts until it fits. False if it cannot fit. */
static bool cut_texts(const struct output *o, struct layout *l)
{
	while (total_width(o, l, INT_MAX) > o->terminal.width) {
		int *text = widest_text(o, l);

		if (text == NULL)
			return false;
		--*text;
	}
	return true;
}

static void put_cell(struct output *o, const char *style, const char *text,
		     int width)
{
	const char *dots = o->terminal.utf8 ? "\u2026" : "~";
	size_t n = strlen(text), fits = terminal_fit(text, n, width);

	if (fits < n) {
		fits = terminal_fit(text, n, width - 1);
		put_styled(o, style, text, fits);
		buf_puts(o->printed, dots);
		put_blanks(o, width - 1 - terminal_columns(text, fits));
		return;
	}
	put_styled(o, style, text, n);
	put_blanks(o, width - terminal_columns(text, n));
}

static bool is_right(enum output_type type)
{
	return type != OUTPUT_TEXT && type != OUTPUT_ID &&
	       type != OUTPUT_TIME && type != OUTPUT_BOOLEAN;
}

static void end_line(struct output *o)
{
	while (o->printed->len > 0 && o->printed->p[o->printed->len - 1] == ' ')
		buf_cut(o->printed, o->printed->len - 1);
	buf_put(o->printed, '\n');
}

/* A text at the end of a row is folded, others are cut. */
static void put_row(struct output *o, const struct layout *l,
		    const char *const *shown, const struct output_cell *row)
{
	int indent = 0;

	for (size_t i = 0; i < o->n_columns; i++) {
		const char *style = row == NULL ? BOLD : styles[row[i].style];
		int width = columns_of(shown[i]), room = l->widths[i];

		if (room == HIDDEN)
			continue;
		if (is_right(o->columns[i].type)) {
			put_blanks(o, room - width);
			put_cell(o, style, shown[i], width);
		} else if (i + 1 < o->n_columns || width <= room) {
			put_cell(o, style, shown[i], room);
		} else {
			put_folded(o, style, shown[i], indent);
			return;
		}
		put_blanks(o, GAP);
		indent += room + GAP;
	}
	end_line(o);
}

static void put_table(struct output *o, const struct layout *l)
{
	const char **headings =
		arena_array(o->arena, o->n_columns, sizeof(*headings));

	for (size_t i = 0; i < o->n_columns; i++)
		headings[i] =
			output_heading(o->arena, o->columns[i].name, true);
	if (o->headers)
		put_row(o, l, headings, NULL);
	for (size_t i = 0; i < o->n_cells; i += o->n_columns)
		put_row(o, l, l->shown + i, o->cells + i);
}

static void put_upright_rows(struct output *o)
{
	for (size_t i = 0; i < o->n_cells; i += o->n_columns) {
		if (i > 0)
			buf_put(o->printed, '\n');
		put_upright(o, o->cells + i);
	}
}

void output_people_end(struct output *o)
{
	struct layout l;

	if (o->name != NULL) {
		const char *heading = output_heading(o->arena, o->name, false);

		if (o->printed->len > 0)
			buf_put(o->printed, '\n');
		put_styled(o, BOLD, heading, strlen(heading));
		buf_put(o->printed, '\n');
	}
	if (o->upright) {
		put_upright(o, o->cells);
		return;
	}
	measure(o, &l);
	hide_columns(o, &l);
	if (cut_texts(o, &l))
		put_table(o, &l);
	else
		put_upright_rows(o);
}

void output_people_line(struct output *o, const char *text)
{
	int indent;

	text = terminal_harmless(&o->terminal, o->arena, text);
	indent = (int)strspn(text, " ");
	if (indent > o->terminal.width / 2)
		indent = 0;
	put_blanks(o, indent);
	put_folded(o, NULL, text + indent, indent);
}

void output_people_passage(struct output *o, const char *who, int64_t at,
			   const char *text)
{
	static const struct output_column time = { "at", OUTPUT_TIME,
						   OUTPUT_ALWAYS };
	const struct output_cell cell = { .number = at, .text = "" };

	buf_put(o->printed, '\n');
	put_styled(o, BOLD, who, strlen(who));
	buf_printf(o->printed, "  %s\n", output_shown(o, &time, &cell));
	for (size_t n; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		output_people_line(o, arena_copy_n(o->arena, text, n));
	}
}
