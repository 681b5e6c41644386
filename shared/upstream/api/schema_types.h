/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SCHEMA_TYPES_H
#define UPSTREAM_API_SCHEMA_TYPES_H

#include "base/json.h"

/* Inside of schema_normalize: JSON schema's types. */

/* The type of a value; an integer is one of the numbers. */
const char *schema_type_of(const cJSON *v);
bool schema_is_of_type(const cJSON *v, const char *type);

/*
 * Turns the schema into an anyOf with a branch for each type of the list,
 * which ends with NULL: in it stands what the schema says of that type. What
 * describes the schema stays outside.
 */
void schema_split(cJSON *schema, const char *const *types);

#endif
