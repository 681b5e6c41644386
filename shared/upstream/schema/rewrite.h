/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_REWRITE_H
#define UPSTREAM_SCHEMA_REWRITE_H

#include "base/arena.h"
#include "base/error.h"

/*
 * A client's JSON schema in the subset that Kimi takes, the "Moonshot flavored
 * JSON schema" of github.com/MoonshotAI/walle: the root is an object, every
 * schema has one type, anyOf or $ref and nothing next to the latter two that
 * limits, $ref leads to "#" or #/$defs/, what is required is declared, and so
 * on. Any JSON becomes such a schema. What can be said that way without a
 * change of meaning is; else the schema says less than it did, never more, and
 * its descriptions tell the model what is missing.
 *
 * Refused with ERROR_VALUE are a schema that is larger than Kimi takes, and a
 * `strict` one that would say less. Errors are about its path below `param`,
 * the client's name for the schema (NULL: none). The text is in the arena; NULL
 * and a filled error.
 */
const char *schema_rewrite(struct arena *a, const char *json, bool strict,
			   const char *param, struct error *e);

#endif
