/* SPDX-License-Identifier: MIT */
/* The head of the index of the write-ahead log (sqlite.org/walformat.html). */
#include "store/wal_index_internal.h"

#include <string.h>

#define VERSION 3007000
#define REGION 32768

/* Words of it: its version, the number of commits, that of pages. */
#define WORD_VERSION 0
#define WORD_COMMITS 2
#define WORD_FRAMES 4

/* Where the connection has mapped it; NULL: nowhere. */
static const volatile uint32_t *find(sqlite3 *handle)
{
	volatile void *region = NULL;
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(handle, NULL, SQLITE_FCNTL_FILE_POINTER,
				 &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2 ||
	    file->pMethods->xShmMap(file, 0, REGION, 0, &region) != SQLITE_OK)
		return NULL;
	return region;
}

bool wal_index_read(sqlite3 *handle, struct wal_index *index)
{
	const volatile uint32_t *words = find(handle);

	if (words == NULL || words[WORD_VERSION] != VERSION)
		return false;
	for (size_t i = 0; i < sizeof(index->words) / sizeof(*words); i++)
		index->words[i] = words[i];
	return true;
}

bool wal_index_same(const struct wal_index *a, const struct wal_index *b)
{
	return memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

uint32_t wal_index_frames(const struct wal_index *index)
{
	return index->words[WORD_FRAMES];
}

bool wal_index_follows(const struct wal_index *index,
		       const struct wal_index *before)
{
	return index->words[WORD_COMMITS] == before->words[WORD_COMMITS] + 1;
}
