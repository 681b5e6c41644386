/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_FIELD_TABLE_H
#define DIALECT_FIELD_TABLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "chat/chat.h"

/* A request being read. */
struct decoder {
	struct arena *arena;
	const cJSON *body; /* once its fields are read; NULL before */
	struct chat_request *request;
	struct error *error;
};

/* How far a field is supported. */
enum field_support {
	FIELD_MAPPED,  /* has an effect at Kimi or here */
	FIELD_KEPT,    /* stored or given back, without another effect */
	FIELD_IGNORED, /* accepted, without effect */
	FIELD_REFUSED, /* answered with an error */
};

const char *field_support_name(enum field_support support);

/* Reads `v`, which is not null, into the request; false with the error. */
typedef bool read_field(struct decoder *d, const char *name, const cJSON *v);

/*
 * A row of a dialect's table of fields, which ends with a row without a name.
 * The tables of fields in kimi-api(7) are printed from it. Fields in no table
 * are ignored, as clients send some that are newer than any list. A field that
 * is ignored or only echoed needs no reader.
 */
struct field {
	const char *name;
	enum field_support support;
	read_field *read;
	const char *note; /* for people: what is special; NULL: nothing */
};

void field_decoder_init(struct decoder *d, struct arena *a,
			struct chat_request *request, struct error *e);

/* Reads in the order of the table: of two names for one thing, the later
 * wins. */
bool field_table_read(struct decoder *d, const struct field *fields,
		      const cJSON *body);

/* Plain values; ERROR_TYPE or ERROR_VALUE that names the field. */
bool field_wrong_type(struct decoder *d, const char *name, const char *want);
bool field_text(struct decoder *d, const char *name, const cJSON *v,
		const char **out);
bool field_bool(struct decoder *d, const char *name, const cJSON *v, bool *out);
bool field_range(struct decoder *d, const char *name, const cJSON *v,
		 double min, double max, double *out);
bool field_integer(struct decoder *d, const char *name, const cJSON *v,
		   int64_t min, int64_t max, int64_t *out); /* also as 1.0 */

#endif
