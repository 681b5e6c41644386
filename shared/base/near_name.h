/* SPDX-License-Identifier: MIT */
#ifndef BASE_NEAR_NAME_H
#define BASE_NEAR_NAME_H

#include <stddef.h>

/*
 * Of several names, the one that was probably meant by `name`: the nearest that
 * differs from it in fewer than `least` letters. NULL: it is none of them.
 */
struct near_name {
	const char *name;
	size_t least;
	const char *nearest;
};

/* The usual `least`. */
#define NEAR_NAME_FAR 3

/*
 * Tries one of them. What counts is how many letters must be inserted, deleted
 * or replaced (Levenshtein) to make one into the other, in capitals or not; 1 if
 * one is part of the other. Names of more than 40 letters are not near.
 */
void near_name_try(struct near_name *n, const char *other);

#endif
