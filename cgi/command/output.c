/* SPDX-License-Identifier: MIT */
/* Collects tables and records, and prints them as was asked. */
#include "cgi/command/output.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgi/command/output_internal.h"

#define OUTPUT_LIMIT ((size_t)1 << 30)

void output_init(struct output *o, struct arena *a, enum output_format format,
		 const struct terminal *terminal)
{
	*o = (struct output){ .format = format,
			      .headers = true,
			      .terminal = *terminal,
			      .arena = a,
			      .printed = arena_buf(a, OUTPUT_LIMIT) };
	json_writer_init(&o->json, o->printed);
}

/* A document ends with its line, behind which another may begin. */
static void end_document(struct output *o)
{
	if (o->format != OUTPUT_JSON || o->json.depth > 0)
		return;
	buf_put(o->printed, '\n');
	json_writer_init(&o->json, o->printed);
}

void output_group(struct output *o, const char *name)
{
	assert(o->format != OUTPUT_CSV);
	if (o->format == OUTPUT_JSON)
		json_object(&o->json, name);
}

void output_end_group(struct output *o)
{
	if (o->format == OUTPUT_JSON)
		json_close_object(&o->json);
	end_document(o);
}

static void begin(struct output *o, const char *name,
		  const struct output_column *columns, size_t n)
{
	assert(o->columns == NULL && n > 0 && n <= OUTPUT_COLUMNS);
	o->name = name;
	o->columns = columns;
	o->n_columns = n;
	o->cells = NULL;
	o->n_cells = o->room = 0;
}

void output_table(struct output *o, const char *name,
		  const struct output_column *columns, size_t n)
{
	begin(o, name, columns, n);
	o->upright = false;
}

void output_record(struct output *o, const char *name,
		   const struct output_column *columns, size_t n)
{
	begin(o, name, columns, n);
	o->upright = true;
}

static enum output_type next_type(const struct output *o)
{
	assert(o->columns != NULL);
	return o->columns[o->n_cells % o->n_columns].type;
}

static void add(struct output *o, int64_t number, const char *text)
{
	o->cells = arena_grow(o->arena, o->cells, &o->room, o->n_cells + 1,
			      sizeof(*o->cells));
	o->cells[o->n_cells++] =
		(struct output_cell){ .number = number,
				      .text = arena_copy(o->arena, text) };
}

static bool is_text(enum output_type type)
{
	return type == OUTPUT_TEXT || type == OUTPUT_ID;
}

void output_text(struct output *o, const char *s)
{
	assert(is_text(next_type(o)));
	add(o, 0, s);
}

void output_number(struct output *o, int64_t v)
{
	assert(!is_text(next_type(o)) && next_type(o) != OUTPUT_MONEY);
	add(o, v, v == OUTPUT_ABSENT ? NULL : "");
}

void output_money(struct output *o, int64_t nano, const char *currency)
{
	assert(next_type(o) == OUTPUT_MONEY);
	add(o, nano, nano == OUTPUT_ABSENT ? NULL : currency);
}

const char *output_money_text(const struct output *o, int64_t nano,
			      const char *currency)
{
	static const struct output_column money = { "cost", OUTPUT_MONEY,
						    OUTPUT_ALWAYS };

	return output_shown(o, &money,
			    &(struct output_cell){ .number = nano,
						   .text = currency });
}

void output_style(struct output *o, enum output_style style)
{
	assert(o->n_cells > 0);
	o->cells[o->n_cells - 1].style = style;
}

void output_end(struct output *o)
{
	assert(o->n_cells % o->n_columns == 0);
	assert(!o->upright || o->n_cells == o->n_columns);
	switch (o->format) {
	case OUTPUT_FOR_PEOPLE:
		output_people_end(o);
		break;
	case OUTPUT_JSON:
		output_json_end(o);
		break;
	case OUTPUT_CSV:
		output_csv_end(o);
		break;
	}
	end_document(o);
	o->columns = NULL;
}

void output_end_or(struct output *o, const char *sentence)
{
	if (o->n_cells > 0 || o->format != OUTPUT_FOR_PEOPLE) {
		output_end(o);
		return;
	}
	o->columns = NULL;
	output_line(o, "%s", sentence);
}

void output_line(struct output *o, const char *format, ...)
{
	va_list args;
	char *text;

	if (o->format != OUTPUT_FOR_PEOPLE)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	output_people_line(o, text);
	free(text);
}

void output_passage(struct output *o, const char *who, int64_t at,
		    const char *text)
{
	if (o->format == OUTPUT_FOR_PEOPLE)
		output_people_passage(o, who, at, text);
}

bool output_flush(struct output *o, int fd, struct error *e)
{
	size_t done = 0;

	if (o->printed->full)
		return error_set(e, ERROR_FULL, "The output is too large.");
	while (done < o->printed->len) {
		ssize_t n =
			write(fd, o->printed->p + done, o->printed->len - done);

		if (n < 0 && errno != EINTR)
			return error_set(e, ERROR_INTERNAL,
					 "The output cannot be written: %s.",
					 strerror(errno));
		done += n < 0 ? 0 : (size_t)n;
	}
	buf_clear(o->printed);
	return true;
}
