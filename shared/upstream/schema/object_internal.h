/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_OBJECT_INTERNAL_H
#define UPSTREAM_SCHEMA_OBJECT_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Makes the rules of an object what Kimi takes: every required property is
 * declared, no name is one that it keeps for itself, properties are not nested
 * deeper than it allows, and other properties are not forbidden by names that
 * it does not read.
 */
void schema_fit_object(struct schema_work *w, const struct schema_place *at);

/* Leaves only the names of properties that Kimi finds too deep. */
void schema_cut_properties(struct schema_work *w,
			   const struct schema_place *at);

#endif
