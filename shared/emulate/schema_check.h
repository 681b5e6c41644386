/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_SCHEMA_CHECK_H
#define EMULATE_SCHEMA_CHECK_H

#include "base/arena.h"
#include "base/json.h"

/*
 * Whether a value fits a JSON schema, as far as structure goes: type, enum,
 * const, properties, required, additionalProperties, items, minItems,
 * maxItems, minimum, maximum, allOf, anyOf, oneOf and $ref into the schema
 * itself. Other words of a schema (pattern, format, …) are not looked at. The
 * first fault in words, in the arena; NULL: none.
 */
const char *json_schema_check(const cJSON *value, const cJSON *schema,
			      struct arena *a);

#endif
