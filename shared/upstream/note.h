/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_NOTE_H
#define UPSTREAM_NOTE_H

#include "upstream/upstream.h"

/* The credential's note of that name, in the call's arena; NULL: none, also
 * where nothing is noted and when the note is empty. */
const char *note_find(const struct upstream_call *call, const char *name);

void note_save(const struct upstream_call *call, const char *name,
	       const char *value);

/* Leaves an empty note. */
void note_clear(const struct upstream_call *call, const char *name);

#endif
