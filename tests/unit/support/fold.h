/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_FOLD_H
#define SUPPORT_FOLD_H

#include "base/arena.h"

/*
 * What an answer of chat completions says, as one line, from its stream or
 * from its whole form: both must give the same. An error is its object. A
 * stream is held to its rules on the way: role first, one finish reason, ids
 * alike, calls one after the other, [DONE] at the end of what is no error.
 */
const char *fold_stream(struct arena *a, const char *body);
const char *fold_whole(struct arena *a, const char *body);

/* Replaces in place what differs from run to run: ids and times. */
void fold_normalise(char *text);

#endif
