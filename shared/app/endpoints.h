/* SPDX-License-Identifier: MIT */
#ifndef APP_ENDPOINTS_H
#define APP_ENDPOINTS_H

#include "dialect/field_table.h"

/*
 * The endpoints whose bodies are read by tables of fields, for people: README
 * is printed from it (make docs). A new dialect adds a row.
 */
struct endpoint {
	const char *method, *path; /* as in the table of routes */
	const char *note;	   /* what else reads the same; NULL: nothing */
	const struct field *fields;
};

/* Ends with a row without path. */
extern const struct endpoint endpoints[];

const char *field_support_name(enum field_support support);

#endif
