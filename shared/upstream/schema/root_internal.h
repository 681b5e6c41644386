/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_ROOT_INTERNAL_H
#define UPSTREAM_SCHEMA_ROOT_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Kimi wants an object at the root, without alternatives: they become one
 * object that has the properties of all of them. What can be no object becomes
 * the property "value" of one. The schema was merged before.
 */
void schema_root_make_object(struct schema_work *w, struct schema_place *root);

#endif
