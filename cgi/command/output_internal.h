/* SPDX-License-Identifier: MIT */
/* Private to output*.c: what is printed of a table or record that ended. */
#ifndef COMMAND_OUTPUT_INTERNAL_H
#define COMMAND_OUTPUT_INTERNAL_H

#include "cgi/command/output.h"

/* The cell as people see it, in a line; "-" if it is absent. */
const char *output_shown(const struct output *o,
			 const struct output_column *column,
			 const struct output_cell *cell);

/* The name of a column or table for people: with blanks and without its unit,
 * which the values have; in capitals if `capitals`. */
const char *output_heading(struct arena *a, const char *name, bool capitals);

/* The name of the column that has the currencies of this one. */
const char *output_currency_name(struct arena *a, const char *name);

/* The cell as JSON and, without quotes, as CSV; NULL if it is absent. */
const char *output_plain(struct arena *a, const struct output_column *column,
			 const struct output_cell *cell);

void output_people_end(struct output *o);
void output_people_line(struct output *o, const char *text);
void output_people_passage(struct output *o, const char *who, int64_t at,
			   const char *text);
void output_json_end(struct output *o);
void output_csv_end(struct output *o);

#endif
