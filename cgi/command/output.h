/* SPDX-License-Identifier: MIT */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "cgi/command/terminal.h"

/*
 * What a verb has found, for people or, with --json or --csv, for programs. It
 * is the same calls for all of them:
 *
 *     output_table(o, NULL, columns, 3);
 *     for (...) {
 *             output_text(o, key.name);
 *             output_number(o, key.last_used_at);
 *             output_money(o, key.cost, "USD");
 *     }
 *     output_end(o);
 *
 * Texts are copied. Nothing is printed before output_flush, so a verb that fails
 * on the way prints no half of a document.
 */
enum output_format { OUTPUT_FOR_PEOPLE, OUTPUT_JSON, OUTPUT_CSV };

/* What a column holds, with what programs see of it. */
enum output_type {
	OUTPUT_TEXT,
	OUTPUT_ID, /* a text that is never cut, to be copied */
	OUTPUT_INTEGER,
	OUTPUT_BOOLEAN,
	OUTPUT_TIME,	 /* ms since 1970; "2026-11-30T14:05:00.123Z" */
	OUTPUT_DURATION, /* ms; that number */
	OUTPUT_BYTES,	 /* that number */
	OUTPUT_RATIO,	 /* millionths; 0.25 */
	OUTPUT_DECIMAL,	 /* millionths, also for people; 0.25 */
	/* Nano-units of a currency; 0.000123 and, in a column of its own that
	 * is called after this one (cost: currency, list_cost: list_currency,
	 * amount: amount_currency), "USD". */
	OUTPUT_MONEY,
};

/* Which people see a column of a table. Programs see all, and all of a record is
 * seen by everybody. */
enum output_place {
	OUTPUT_ALWAYS,
	OUTPUT_IF_WIDE, /* those with room for it; the last ones go first */
	OUTPUT_DETAIL,	/* none */
};

/* Programs see the name as it is, and people with blanks for its underscores. */
struct output_column {
	const char *name;
	enum output_type type;
	enum output_place place;
};

enum output_style { OUTPUT_PLAIN, OUTPUT_GOOD, OUTPUT_BAD, OUTPUT_DIM };

/* The number that is not there: null, or an empty field. */
#define OUTPUT_ABSENT INT64_MIN

struct output_cell {
	enum output_style style;
	int64_t number;
	const char *text; /* or the currency; NULL: absent */
};

#define OUTPUT_COLUMNS 32 /* at most */

struct output {
	enum output_format format;
	bool headers; /* of tables: not with --no-headers */
	struct terminal terminal;
	struct arena *arena;
	struct buf *printed;
	struct json_writer json;
	/* The table or record that was begun last. */
	const char *name;
	const struct output_column *columns;
	size_t n_columns;
	bool upright; /* a record, whose columns are printed as lines */
	struct output_cell *cells;
	size_t n_cells, room;
	/* The table before it: one of the same columns lines up with it. */
	const struct output_column *aligned;
	int widths[OUTPUT_COLUMNS];
};

/* Everything lives as long as the arena. */
void output_init(struct output *o, struct arena *a, enum output_format format,
		 const struct terminal *terminal);

/*
 * An object of several tables and records, each of which has a name in it; a
 * record without a name is its own members. People see them one below the
 * other, under headings. The outermost one has no name. Not for CSV.
 */
void output_group(struct output *o, const char *name);
void output_end_group(struct output *o);

/* Rows of columns; for programs an array of objects. `name` is NULL unless it
 * is in a group. `columns` lives until output_end. */
void output_table(struct output *o, const char *name,
		  const struct output_column *columns, size_t n);

/* The same of one row, which people see as a list of what is there; for programs
 * an object. */
void output_record(struct output *o, const char *name,
		   const struct output_column *columns, size_t n);

/* The cells, row by row, in the order of the columns. */
void output_text(struct output *o, const char *s); /* NULL: absent */
void output_number(struct output *o, int64_t v);   /* also times and the like */
void output_money(struct output *o, int64_t nano, const char *currency);

/* Nano-units as people see them: "0.1200 USD". */
const char *output_money_text(const struct output *o, int64_t nano,
			      const char *currency);

/* How people see the last cell. It must not say more than its text does. */
void output_style(struct output *o, enum output_style style);

/* Ends the table or record. */
void output_end(struct output *o);

/* Ends the table; if it is empty, people read the sentence instead. */
void output_end_or(struct output *o, const char *sentence);

/* A line for people only, which is folded, as far in as it begins: a sum, "No
 * keys." */
void output_line(struct output *o, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For people only: who said it and when, and below that all of the text, line by
 * line. */
void output_passage(struct output *o, const char *who, int64_t at,
		    const char *text);

/* Prints all that ended so far. False if it could not be written. */
bool output_flush(struct output *o, int fd, struct error *e);

#endif
