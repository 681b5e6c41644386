/* SPDX-License-Identifier: MIT */
#ifndef BASE_NEAR_NAME_H
#define BASE_NEAR_NAME_H

#include <stddef.h>

/* The longest name that is compared. */
#define NEAR_NAME_MAX 40

/*
 * How many letters must be inserted, deleted or replaced (Levenshtein) to make
 * `a` into `b`, in capitals or not; 1 if one is part of the other. More than
 * NEAR_NAME_MAX for names that are longer than that.
 */
size_t near_name_distance(const char *a, const char *b);

#endif
