/* SPDX-License-Identifier: MIT */
/* A hash table with open addressing. */
#include "base/key_index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_ROOM 16
#define SECRET_ROOM 1024 /* smaller ones are not worth a system call */

/* A text, or a number where there is none. */
struct key {
	const char *text;
	uint64_t number;
};

struct key_index_entry {
	struct key key;
	uint64_t hash;
	size_t position; /* KEY_INDEX_NONE: the entry is free */
};

/* --- SipHash-1-3, by Aumasson and Bernstein --- */

static uint64_t rotated(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotated(v[1], 13) ^ v[0];
	v[3] = rotated(v[3], 16) ^ v[2];
	v[0] = rotated(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotated(v[1], 17) ^ v[2];
	v[3] = rotated(v[3], 21) ^ v[0];
	v[2] = rotated(v[2], 32);
}

static void add_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

static uint64_t hash_bytes(const uint64_t secret[2], const void *p, size_t n)
{
	const char *bytes = p;
	uint64_t v[4] = { secret[0] ^ 0x736f6d6570736575,
			  secret[1] ^ 0x646f72616e646f6d,
			  secret[0] ^ 0x6c7967656e657261,
			  secret[1] ^ 0x7465646279746573 };
	uint64_t word, last = (uint64_t)n << 56;
	size_t i;

	for (i = 0; i + sizeof(word) <= n; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		add_word(v, word);
	}
	for (int shift = 0; i < n; i++, shift += 8)
		last |= (uint64_t)(unsigned char)bytes[i] << shift;
	add_word(v, last);
	v[2] ^= 0xff;
	for (int i_end = 0; i_end < 3; i_end++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- The table --- */

static uint64_t hash_of(const struct key_index *x, const struct key *key)
{
	return key->text != NULL ?
		       hash_bytes(x->secret, key->text, strlen(key->text)) :
		       hash_bytes(x->secret, &key->number, sizeof(key->number));
}

static bool is_same(const struct key *one, const struct key *other)
{
	if (one->text == NULL || other->text == NULL)
		return one->text == other->text && one->number == other->number;
	return strcmp(one->text, other->text) == 0;
}

/* The entry of that key, or the free one where it belongs. There always is a
 * free one. */
static struct key_index_entry *entry_of(const struct key_index *x,
					const struct key *key, uint64_t hash)
{
	size_t i = hash & (x->room - 1);

	while (x->entries[i].position != KEY_INDEX_NONE &&
	       (x->entries[i].hash != hash ||
		!is_same(&x->entries[i].key, key)))
		i = (i + 1) & (x->room - 1);
	return &x->entries[i];
}

static void draw_secret(struct key_index *x)
{
	if (getrandom(x->secret, sizeof(x->secret), 0) != sizeof(x->secret))
		abort();
}

static void grow(struct key_index *x)
{
	struct key_index_entry *old = x->entries;
	size_t n_old = x->room;

	x->room = n_old == 0 ? FIRST_ROOM : 2 * n_old;
	x->entries = arena_array(x->arena, x->room, sizeof(*x->entries));
	for (size_t i = 0; i < x->room; i++)
		x->entries[i].position = KEY_INDEX_NONE;
	if (x->room == SECRET_ROOM)
		draw_secret(x);
	for (size_t i = 0; i < n_old; i++)
		if (old[i].position != KEY_INDEX_NONE) {
			old[i].hash = hash_of(x, &old[i].key);
			*entry_of(x, &old[i].key, old[i].hash) = old[i];
		}
}

void key_index_init(struct key_index *x, struct arena *a)
{
	*x = (struct key_index){ .arena = a };
}

static size_t find(const struct key_index *x, const struct key *key)
{
	if (x->n == 0)
		return KEY_INDEX_NONE;
	return entry_of(x, key, hash_of(x, key))->position;
}

static void put(struct key_index *x, const struct key *key, size_t position)
{
	struct key_index_entry *entry;
	uint64_t hash;

	if (2 * (x->n + 1) > x->room)
		grow(x);
	hash = hash_of(x, key);
	entry = entry_of(x, key, hash);
	x->n += entry->position == KEY_INDEX_NONE;
	*entry = (struct key_index_entry){ *key, hash, position };
}

size_t key_index_find(const struct key_index *x, const char *key)
{
	return find(x, &(struct key){ .text = key });
}

size_t key_index_find_number(const struct key_index *x, uint64_t key)
{
	return find(x, &(struct key){ .number = key });
}

void key_index_put(struct key_index *x, const char *key, size_t position)
{
	put(x, &(struct key){ .text = key }, position);
}

void key_index_put_number(struct key_index *x, uint64_t key, size_t position)
{
	put(x, &(struct key){ .number = key }, position);
}
