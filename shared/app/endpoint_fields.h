/* SPDX-License-Identifier: MIT */
#ifndef APP_ENDPOINT_FIELDS_H
#define APP_ENDPOINT_FIELDS_H

#include "dialect/field_table.h"

/*
 * The endpoints whose bodies are decoded by tables of fields, for `make docs`,
 * which prints those tables. A new dialect adds a row.
 */
struct endpoint_fields {
	const char *method, *path; /* as in routes[] */
	const char *note; /* other endpoints with these fields; or NULL */
	const struct field *fields;
};

/* Ends with a row without a path. */
extern const struct endpoint_fields endpoint_fields[];

#endif
