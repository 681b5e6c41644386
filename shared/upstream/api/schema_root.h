/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_SCHEMA_ROOT_H
#define UPSTREAM_API_SCHEMA_ROOT_H

#include "upstream/api/schema_work.h"

/*
 * Kimi wants an object at the root, without alternatives: they become one
 * object that has the properties of all of them. What can be no object becomes
 * the property "value" of one. The schema was merged before.
 */
void schema_root_make_object(struct schema_work *w, struct schema_place *root);

#endif
