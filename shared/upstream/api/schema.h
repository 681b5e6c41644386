/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SCHEMA_H
#define UPSTREAM_API_SCHEMA_H

#include "base/arena.h"
#include "base/error.h"

/*
 * A client's JSON schema in the subset that Kimi takes (the "Moonshot flavored
 * JSON schema" of its documents): the root is an object, every property has a
 * type, anyOf or $ref, the type is inside the branches of anyOf, `items` is one
 * schema, and $ref leads to #/$defs/…. Whatever can be written that way
 * without a change of meaning is; anything else is ERROR_VALUE, about its path
 * below `param`, which is the client's name for the schema (NULL: none). The
 * text is in the arena; NULL and a filled error.
 */
const char *schema_normalize(struct arena *a, const char *json,
			     const char *param, struct error *e);

#endif
