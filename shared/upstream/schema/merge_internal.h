/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_MERGE_INTERNAL_H
#define UPSTREAM_SCHEMA_MERGE_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Kimi knows no allOf, and wants nothing next to $ref that limits: both become
 * one schema that says all of it. Also says the words of the schema as
 * schema_clean_words, _type and _branches do. A reference that stands alone
 * stays, except at the root.
 */
void schema_merge(struct schema_work *w, struct schema_place *at);

#endif
