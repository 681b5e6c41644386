/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SCHEMA_REFS_INTERNAL_H
#define UPSTREAM_SCHEMA_REFS_INTERNAL_H

#include "upstream/schema/work_internal.h"

/*
 * Kimi follows references to "#" and to "#/$defs/name" only. Gives all others
 * such a form: what they lead to, anywhere in the schema, becomes a definition
 * in w->defs; those that lead nowhere are dropped. Definitions without a
 * reference to them are left out. False: the schema has more parts than Kimi
 * could take.
 */
bool schema_refs_collect(struct schema_work *w);

#endif
