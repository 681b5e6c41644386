/* SPDX-License-Identifier: MIT */
/* SQLite's own VFS, with other methods for write-ahead logs. */
#include "tests/unit/support/log_methods.h"

#include <stddef.h>

static sqlite3_vfs *own, changed;
static sqlite3_io_methods methods;
static void (*change_methods)(sqlite3_io_methods *methods);

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		     int flags, int *out)
{
	int code = own->xOpen(own, name, f, flags, out);

	(void)vfs;
	if (code != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
		return code;
	methods = *f->pMethods;
	change_methods(&methods);
	f->pMethods = &methods;
	return code;
}

void log_methods_begin(void (*change)(sqlite3_io_methods *methods))
{
	change_methods = change;
	own = sqlite3_vfs_find(NULL);
	changed = *own;
	changed.zName = "changed";
	changed.xOpen = open_file;
	sqlite3_vfs_register(&changed, 1);
}

void log_methods_end(void)
{
	sqlite3_vfs_unregister(&changed);
	sqlite3_vfs_register(own, 1);
}
