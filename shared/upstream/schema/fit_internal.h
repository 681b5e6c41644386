/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_FIT_INTERNAL_H
#define UPSTREAM_SCHEMA_FIT_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Makes a schema of one type what Kimi takes: only keywords about that type,
 * enums of its values, limits that are numbers in the right order, no items
 * without a type. Objects: schema_object.h.
 */
void schema_fit_type(struct schema_work *w, const struct schema_place *at);

/*
 * Kimi refuses definitions that have a slash in any name, of a value in a
 * `default`, say. Leaves such keywords out, but not schemas below, which are
 * looked at themselves.
 */
void schema_fit_definition(struct schema_work *w,
			   const struct schema_place *at);

#endif
