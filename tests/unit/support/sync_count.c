/* SPDX-License-Identifier: MIT */
/* SQLite's own VFS, with another xSync for write-ahead logs. */
#include "tests/unit/support/sync_count.h"

#include <stddef.h>

#include <sqlite3.h>

static sqlite3_vfs *own, counting;
static sqlite3_io_methods methods;
static int (*own_sync)(sqlite3_file *f, int flags);
static int count;

static int count_sync(sqlite3_file *f, int flags)
{
	count++;
	return own_sync(f, flags);
}

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
			int flags, int *out)
{
	int code = own->xOpen(own, name, f, flags, out);

	(void)vfs;
	if (code != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
		return code;
	methods = *f->pMethods;
	own_sync = methods.xSync;
	methods.xSync = count_sync;
	f->pMethods = &methods;
	return code;
}

void sync_count_begin(void)
{
	own = sqlite3_vfs_find(NULL);
	counting = *own;
	counting.zName = "counting";
	counting.xOpen = open_counted;
	sqlite3_vfs_register(&counting, 1);
}

void sync_count_end(void)
{
	sqlite3_vfs_unregister(&counting);
	sqlite3_vfs_register(own, 1);
}

int sync_count(void)
{
	int n = count;

	count = 0;
	return n;
}
