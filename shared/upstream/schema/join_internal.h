/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_JOIN_INTERNAL_H
#define UPSTREAM_SCHEMA_JOIN_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Joins a part to the schema at that place: values must then fit both. Both
 * have clean words and neither $ref nor allOf in common. What they have in
 * common below (a property of one name) becomes an allOf of both there. Takes
 * what it needs out of the part, which the caller frees.
 */
void schema_join(struct schema_work *w, const struct schema_place *at,
		 cJSON *part);

#endif
