/* SPDX-License-Identifier: MIT */
/* Rows that nobody can have changed since they were read. */
#include "store/known_internal.h"

#include <string.h>

#include "base/text.h"

/* All are forgotten when there are more. */
#define MAX_ENTRIES 256
#define MAX_BYTES (1024 * 1024)

struct known_entry {
	struct known_entry *next;
	struct known_name name;
	struct known_row row;
};

void known_init(struct known *k)
{
	*k = (struct known){ 0 };
	arena_init(&k->arena);
}

void known_fini(struct known *k)
{
	arena_fini(&k->arena);
}

static void forget(struct known *k)
{
	arena_reset(&k->arena);
	k->entries = NULL;
	k->n = k->bytes = 0;
}

/* Without an index nobody can tell. */
static bool look(sqlite3 *handle, struct wal_index *now)
{
	if (wal_index_read(handle, now))
		return true;
	*now = (struct wal_index){ 0 };
	return false;
}

void known_check(struct known *k, sqlite3 *handle)
{
	struct wal_index now;

	if (!look(handle, &now) || !wal_index_same(&now, &k->seen))
		forget(k);
	k->seen = now;
}

void known_committed(struct known *k, sqlite3 *handle, bool quiet)
{
	struct wal_index now;
	bool any = look(handle, &now);

	if (!any || !(wal_index_same(&now, &k->seen) ||
		      (quiet && wal_index_follows(&now, &k->seen))))
		forget(k);
	k->seen = now;
}

static void copy_row(struct known_row *to, const struct known_row *from,
		     struct arena *a)
{
	*to = *from;
	for (size_t i = 0; i < KNOWN_COLUMNS; i++)
		to->texts[i] = arena_copy(a, from->texts[i]);
}

bool known_find(const struct known *k, const struct known_name *name,
		struct known_row *row, struct arena *a)
{
	const struct known_entry *entry = k->entries;

	while (entry != NULL && (entry->name.which != name->which ||
				 !text_same(entry->name.first, name->first) ||
				 !text_same(entry->name.second, name->second)))
		entry = entry->next;
	if (entry != NULL)
		copy_row(row, &entry->row, a);
	return entry != NULL;
}

static size_t size_of(const struct known_row *row)
{
	size_t n = sizeof(struct known_entry);

	for (size_t i = 0; i < KNOWN_COLUMNS; i++)
		n += row->texts[i] == NULL ? 0 : strlen(row->texts[i]);
	return n;
}

void known_add(struct known *k, const struct known_name *name,
	       const struct known_row *row)
{
	size_t size = size_of(row);
	struct known_entry *entry;

	if (k->n == MAX_ENTRIES || k->bytes + size > MAX_BYTES)
		forget(k);
	if (size > MAX_BYTES)
		return;
	entry = arena_alloc(&k->arena, sizeof(*entry));
	entry->name = (struct known_name){
		.which = name->which,
		.first = arena_copy(&k->arena, name->first),
		.second = arena_copy(&k->arena, name->second),
	};
	copy_row(&entry->row, row, &k->arena);
	entry->next = k->entries;
	k->entries = entry;
	k->n++;
	k->bytes += size;
}
