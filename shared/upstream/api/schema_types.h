/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SCHEMA_TYPES_H
#define UPSTREAM_API_SCHEMA_TYPES_H

#include "base/json.h"

/* The types of JSON schemas. */

/* The type of a value; an integer is a number. */
const char *schema_types_of(const cJSON *v);
bool schema_types_fit(const cJSON *v, const char *type);

/*
 * Turns a schema into an anyOf with one branch for each type of the list, which
 * ends with NULL; a branch has the keywords that concern its type. Keywords
 * that describe the schema stay outside.
 */
void schema_types_split(cJSON *schema, const char *const *types);

#endif
