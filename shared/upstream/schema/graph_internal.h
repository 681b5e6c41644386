/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_GRAPH_INTERNAL_H
#define UPSTREAM_SCHEMA_GRAPH_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * What Kimi wants of all references together, when everything else is
 * rewritten and the root has its $defs: some finite value fits each definition,
 * and properties are not nested too deeply through them. Cuts where that is not
 * so, and drops definitions that nothing refers to.
 */
void schema_graph_mend(struct schema_work *w);

#endif
