/* SPDX-License-Identifier: MIT */
/* SQLite's own file system, in which logs collect what they write. */
#include "store/log_file_internal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Before each page (sqlite.org/fileformat2.html, section 4.1). */
#define FRAME_HEAD 24

/* SQLite's own controls have lower numbers. */
#define COLLECT 1000001

/* So many frames of ordinary pages; what is longer is written in parts. */
#define MOST (16 * (FRAME_HEAD + 4096))

struct log_file {
	sqlite3_file file; /* what SQLite knows of it */
	sqlite3_file *real;
	sqlite3_int64 at; /* where the bytes begin */
	int n;
	bool collects;
	bool spilled; /* this transaction has written pages before its end */
	bool commits; /* this frame ends a commit */
	char *bytes;  /* MOST; NULL: none were written yet */
};

static struct log_file *log_of(sqlite3_file *f)
{
	return (struct log_file *)f;
}

static int put(struct log_file *l, const void *p, int n, sqlite3_int64 at)
{
	return l->real->pMethods->xWrite(l->real, p, n, at);
}

static int flush(struct log_file *l)
{
	int n = l->n;

	l->n = 0;
	return n == 0 ? SQLITE_OK : put(l, l->bytes, n, l->at);
}

/* The size of the database is in the head of the last frame, 0 in others. */
static bool ends_commit(const char *head)
{
	return head[4] != 0 || head[5] != 0 || head[6] != 0 || head[7] != 0;
}

static bool has_room(struct log_file *l)
{
	if (l->bytes == NULL)
		l->bytes = malloc(MOST);
	return l->bytes != NULL;
}

static int collect_write(struct log_file *l, const void *p, int n,
			 sqlite3_int64 at)
{
	int code = SQLITE_OK;

	if (n == FRAME_HEAD)
		l->commits = ends_commit(p);
	if (at != l->at + l->n || n > MOST - l->n)
		code = flush(l);
	if (code != SQLITE_OK)
		return code;
	if (n > MOST || (l->n == 0 && n != FRAME_HEAD) || !has_room(l))
		return put(l, p, n, at);
	if (l->n == 0)
		l->at = at;
	memcpy(l->bytes + l->n, p, (size_t)n);
	l->n += n;
	return l->commits && n != FRAME_HEAD ? flush(l) : SQLITE_OK;
}

static int log_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct log_file *l = log_of(f);

	if (l->collects)
		return collect_write(l, p, n, at);
	l->spilled = true;
	return put(l, p, n, at);
}

/* All others find the bytes in the file. */

static int log_close(sqlite3_file *f)
{
	struct log_file *l = log_of(f);

	flush(l);
	free(l->bytes);
	return l->real->pMethods->xClose(l->real);
}

static int log_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct log_file *l = log_of(f);
	int code = flush(l);

	return code != SQLITE_OK ? code :
				   l->real->pMethods->xRead(l->real, p, n, at);
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct log_file *l = log_of(f);
	int code = flush(l);

	return code != SQLITE_OK ? code :
				   l->real->pMethods->xTruncate(l->real, size);
}

static int log_sync(sqlite3_file *f, int flags)
{
	struct log_file *l = log_of(f);
	int code = flush(l);

	return code != SQLITE_OK ? code :
				   l->real->pMethods->xSync(l->real, flags);
}

static int log_size(sqlite3_file *f, sqlite3_int64 *size)
{
	struct log_file *l = log_of(f);
	int code = flush(l);

	return code != SQLITE_OK ? code :
				   l->real->pMethods->xFileSize(l->real, size);
}

/* Frames that a spilled page was in are written once more at the end, which is
 * not collected. What is left after a COMMIT was not committed. */
static void collect(struct log_file *l, bool on)
{
	l->collects = on && !l->spilled;
	l->n = 0;
	if (!on)
		l->spilled = false;
}

static int log_control(sqlite3_file *f, int what, void *p)
{
	struct log_file *l = log_of(f);

	if (what == COLLECT) {
		collect(l, *(const bool *)p);
		return SQLITE_OK;
	}
	return l->real->pMethods->xFileControl(l->real, what, p);
}

static int log_sector(sqlite3_file *f)
{
	struct log_file *l = log_of(f);

	return l->real->pMethods->xSectorSize(l->real);
}

static int log_traits(sqlite3_file *f)
{
	struct log_file *l = log_of(f);

	return l->real->pMethods->xDeviceCharacteristics(l->real);
}

/* Logs need no locks and no shared memory of their own. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xFileControl = log_control,
	.xSectorSize = log_sector,
	.xDeviceCharacteristics = log_traits,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		     int flags, int *out)
{
	sqlite3_vfs *own = sqlite3_vfs_find(NULL);
	struct log_file *l = log_of(f);
	int code;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL))
		return own->xOpen(own, name, f, flags, out);
	l->real = (sqlite3_file *)(l + 1);
	l->at = l->n = 0;
	l->bytes = NULL;
	l->collects = l->spilled = false;
	code = own->xOpen(own, name, l->real, flags, out);
	l->file.pMethods = code == SQLITE_OK ? &methods : NULL;
	return code;
}

void log_file_prepare(void)
{
	sqlite3_vfs *vfs;

	if (sqlite3_vfs_find(LOG_FILE_VFS) != NULL)
		return;
	vfs = malloc(sizeof(*vfs));
	if (vfs == NULL)
		abort();
	*vfs = *sqlite3_vfs_find(NULL);
	vfs->zName = LOG_FILE_VFS;
	vfs->szOsFile += (int)sizeof(struct log_file);
	vfs->xOpen = open_file;
	sqlite3_vfs_register(vfs, 0);
}

void log_file_collect(sqlite3 *handle, bool on)
{
	sqlite3_file *log = NULL;

	if (sqlite3_file_control(handle, NULL, SQLITE_FCNTL_JOURNAL_POINTER,
				 &log) == SQLITE_OK &&
	    log != NULL && log->pMethods != NULL)
		log->pMethods->xFileControl(log, COLLECT, &on);
}
