/* SPDX-License-Identifier: MIT */
/* Counts how often write-ahead logs are put on disk. */
#include "tests/unit/support/sync_count.h"

#include "tests/unit/support/log_methods.h"

static int (*own_sync)(sqlite3_file *f, int flags);
static int count;

static int count_sync(sqlite3_file *f, int flags)
{
	count++;
	return own_sync(f, flags);
}

static void count_syncs(sqlite3_io_methods *methods)
{
	own_sync = methods->xSync;
	methods->xSync = count_sync;
}

void sync_count_begin(void)
{
	log_methods_begin(count_syncs);
}

void sync_count_end(void)
{
	log_methods_end();
}

int sync_count(void)
{
	int n = count;

	count = 0;
	return n;
}
