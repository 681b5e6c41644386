/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_INLINE_INTERNAL_H
#define UPSTREAM_SCHEMA_INLINE_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Kimi reads only a few keywords as schemas, but looks for references in all
 * that are objects (not, patternProperties, ...), and refuses them there. Puts
 * what such a reference leads to in its place; a keyword where that cannot be
 * done is left out, and so is one that limits nothing.
 */
void schema_inline_hidden(struct schema_work *w, const struct schema_place *at);

#endif
