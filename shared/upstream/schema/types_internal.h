/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_TYPES_INTERNAL_H
#define UPSTREAM_SCHEMA_TYPES_INTERNAL_H

#include "upstream/schema/type_words_internal.h"
#include "upstream/schema/work_internal.h"

/* The types that a schema allows. */

/* The types that the schema itself allows, as bits; looks through references. */
unsigned schema_types(const struct schema_work *w, const cJSON *schema);

/* Makes `type` one word, or a list of two and more. */
void schema_clean_type(struct schema_work *w, const struct schema_place *at,
		       cJSON *schema);

/* OpenAPI's word for a schema that null fits, too; it is taken out. */
bool schema_take_nullable(cJSON *schema);

/* Leaves only those values of an enum that have the type. */
void schema_keep_fitting(cJSON *values, const char *type);

/* What both allow, in the order of the first; NULL: nothing. The caller owns
 * it. */
cJSON *schema_type_common(const cJSON *one, const cJSON *other);

/*
 * Kimi wants one type in each schema, or an anyOf with one branch for each:
 * adds the type that follows from other keywords, and makes such an anyOf of
 * several.
 */
void schema_split_types(cJSON *schema);

#endif
