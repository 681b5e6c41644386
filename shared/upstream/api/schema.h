/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SCHEMA_H
#define UPSTREAM_API_SCHEMA_H

#include "base/arena.h"
#include "base/error.h"

/*
 * A client's JSON schema in the subset that Kimi takes (MFJS, kimi-upstreams
 * C4): the root is an object, every property has a type, anyOf or $ref, a
 * type stands inside the branches of anyOf, `items` is one schema, and $ref
 * leads to #/$defs/…. What says the same in other words is rewritten; what
 * cannot be said is ERROR_VALUE about its path below `param`, which is the
 * client's name for the schema (NULL: it has none). The text lives in the
 * arena; NULL and a filled error.
 */
const char *schema_normalize(struct arena *a, const char *json,
			     const char *param, struct error *e);

#endif
