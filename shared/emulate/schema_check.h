/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_SCHEMA_CHECK_H
#define EMULATE_SCHEMA_CHECK_H

#include "base/arena.h"
#include "base/json.h"

/*
 * Whether a value fits a JSON schema, as far as structure goes: type, enum,
 * const, properties, required, additionalProperties, items, minItems,
 * maxItems, minimum, maximum, allOf, anyOf, oneOf and $ref into the schema
 * itself. Other keywords (pattern, format, …) are ignored. The first fault in
 * words, in the arena, where the value is called "reply"; NULL: none.
 */
const char *schema_check(const cJSON *value, const cJSON *schema,
			 struct arena *a);

#endif
