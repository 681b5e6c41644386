/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_ENTRY_H
#define BASE_LOG_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_ERROR };

/* Something that is said by itself: in text as "name=value", in JSON as a
 * member. */
struct log_field {
	const char *name;
	const char *text; /* NULL: the number */
	int64_t number;
	bool bare;  /* in text without the name */
	bool ms;    /* in text with its unit */
	bool nanos; /* it counts billionths: 1500000000 is 1.500000000 */
};

/* What one line says. */
struct log_entry {
	time_t time;
	enum log_level level;
	const char *id;	   /* of the request, or NULL */
	const char *event; /* a word */
	const struct log_field *fields;
	size_t n_fields;
	const char *text; /* or NULL */
};

#define LOG_ENTRY_SIZE 1024

/* Writes the line with its end, without secrets, and returns its length. */
size_t log_entry_text(const struct log_entry *entry, char line[LOG_ENTRY_SIZE]);

/* Appends it as a JSON object. */
void log_entry_json(const struct log_entry *entry, struct buf *out);

#endif
