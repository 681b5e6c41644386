/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_POINTER_INTERNAL_H
#define UPSTREAM_SCHEMA_POINTER_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * What a reference in the schema at that place leads to, by JSON pointer
 * (RFC 6901), $anchor or $id; NULL: nothing in this schema. Generators embed
 * whole schemas in others and keep their references, so pointers are tried from
 * the root, then from each schema around the place.
 */
cJSON *schema_pointer_find(struct schema_work *w, const struct schema_place *at,
			   const char *ref);

#endif
