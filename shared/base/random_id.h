/* SPDX-License-Identifier: MIT */
#ifndef BASE_RANDOM_ID_H
#define BASE_RANDOM_ID_H

#include "base/arena.h"

#define RANDOM_ID_LENGTH 24

/* `prefix` and 24 random characters of [A-Za-z0-9]: about 142 bits, so that
 * nobody guesses one. */
char *random_id(struct arena *a, const char *prefix);

/* The same with about 95 bits, after the time: later ones are greater, so that
 * new rows are side by side in an index of them. */
char *random_id_ordered(struct arena *a, const char *prefix);

#endif
