/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_BRANCHES_INTERNAL_H
#define UPSTREAM_SCHEMA_BRANCHES_INTERNAL_H

#include "upstream/schema/work_internal.h"

/* Alternatives: oneOf, anyOf, and a null that is allowed, too. */

/* Says the alternatives of one schema, at that place or part of it, with anyOf
 * alone. */
void schema_clean_branches(struct schema_work *w, const struct schema_place *at,
			   cJSON *schema);

/* Whether no value can have a type that both allow. */
bool schema_types_differ(const struct schema_work *w, const cJSON *x,
			 const cJSON *y);

/* Kimi wants nothing next to anyOf: moves all rules into its branches, each to
 * be joined with them when it is rewritten. */
void schema_distribute(struct schema_work *w, const struct schema_place *at);

#endif
