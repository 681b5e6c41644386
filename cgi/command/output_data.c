/* SPDX-License-Identifier: MIT */
/* Tables as JSON and as CSV (RFC 4180). */
#include "cgi/command/output_internal.h"

#include <string.h>

/* --- JSON ----------------------------------------------------------------- */

/* JSON may have DEL and the C1 control characters as they are, but a terminal
 * obeys them. */
static void put_text(struct output *o, const char *name, const char *text)
{
	size_t before = o->printed->len, n;
	char *copy;

	json_put_text(&o->json, name, text);
	if (strpbrk(text, "\x7f\xc2") == NULL || o->printed->full)
		return;
	n = o->printed->len - before;
	copy = arena_copy_n(o->arena, o->printed->p + before, n);
	buf_cut(o->printed, before);
	for (const char *p = copy; *p != '\0'; p++) {
		bool c1 = *p == '\xc2' && (unsigned char)p[1] < 0xA0;

		if (*p == '\x7f' || c1)
			buf_printf(o->printed, "\\u%04x", (unsigned char)p[c1]);
		else
			buf_put(o->printed, *p);
		p += c1;
	}
}

static void put_cell(struct output *o, const struct output_column *column,
		     const struct output_cell *cell)
{
	const char *plain = output_plain(o->arena, column, cell);
	bool quoted = column->type == OUTPUT_TEXT ||
		      column->type == OUTPUT_ID || column->type == OUTPUT_TIME;

	if (plain != NULL && quoted)
		put_text(o, column->name, plain);
	else if (plain != NULL)
		json_put_raw(&o->json, column->name, plain);
	else
		json_put_null(&o->json, column->name);
	if (column->type == OUTPUT_MONEY)
		json_put_text(&o->json,
			      output_currency_name(o->arena, column->name),
			      cell->text);
}

static void put_row(struct output *o, const struct output_cell *row)
{
	for (size_t i = 0; i < o->n_columns; i++)
		put_cell(o, &o->columns[i], &row[i]);
}

void output_json_end(struct output *o)
{
	bool members = o->upright && o->name == NULL && o->json.depth > 0;

	if (!o->upright)
		json_array(&o->json, o->name);
	for (size_t i = 0; i < o->n_cells; i += o->n_columns) {
		if (!members)
			json_object(&o->json, o->upright ? o->name : NULL);
		put_row(o, o->cells + i);
		if (!members)
			json_close_object(&o->json);
	}
	if (!o->upright)
		json_close_array(&o->json);
}

/* --- CSV ------------------------------------------------------------------ */

static void put_field(struct output *o, bool first, const char *text)
{
	if (!first)
		buf_put(o->printed, ',');
	if (text == NULL)
		return;
	if (o->terminal.is_one)
		text = terminal_harmless(&o->terminal, o->arena, text);
	if (strpbrk(text, "\",\r\n") == NULL && *text != '\0') {
		buf_puts(o->printed, text);
		return;
	}
	buf_put(o->printed, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_put(o->printed, '"');
		buf_put(o->printed, *text);
	}
	buf_put(o->printed, '"');
}

static void put_headers(struct output *o)
{
	for (size_t i = 0; i < o->n_columns; i++) {
		const struct output_column *column = &o->columns[i];

		put_field(o, i == 0, column->name);
		if (column->type == OUTPUT_MONEY)
			put_field(o, false,
				  output_currency_name(o->arena, column->name));
	}
	buf_puts(o->printed, "\r\n");
}

void output_csv_end(struct output *o)
{
	if (o->headers)
		put_headers(o);
	for (size_t i = 0; i < o->n_cells; i++) {
		const struct output_column *column =
			&o->columns[i % o->n_columns];
		const struct output_cell *cell = &o->cells[i];

		put_field(o, i % o->n_columns == 0,
			  output_plain(o->arena, column, cell));
		if (column->type == OUTPUT_MONEY)
			put_field(o, false, cell->text);
		if ((i + 1) % o->n_columns == 0)
			buf_puts(o->printed, "\r\n");
	}
}
