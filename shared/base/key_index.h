/* SPDX-License-Identifier: MIT */
#ifndef BASE_KEY_INDEX_H
#define BASE_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * Finds entries of a list by their key, a text or a number: a hash table of
 * positions. Keys are borrowed. A stranger who chooses keys cannot choose where
 * they end up: a table that grows large is hashed with a random secret.
 */
struct key_index {
	struct arena *arena;
	struct key_index_entry *entries;
	size_t n, room;
	uint64_t secret[2];
};

#define KEY_INDEX_NONE SIZE_MAX

void key_index_init(struct key_index *x, struct arena *a);

/* The position that was put last for that key; KEY_INDEX_NONE: none was. */
size_t key_index_find(const struct key_index *x, const char *key);
size_t key_index_find_number(const struct key_index *x, uint64_t key);

void key_index_put(struct key_index *x, const char *key, size_t position);
void key_index_put_number(struct key_index *x, uint64_t key, size_t position);

#endif
