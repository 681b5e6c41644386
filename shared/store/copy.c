/* SPDX-License-Identifier: MIT */
/* The copy of a database that is kept before it is upgraded. */
#include "store/copy_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (INT64_C(1024) * 1024)

/* Between two calls of a watch: operations of SQLite. */
#define WATCH_STEPS 10000

static bool fail(struct error *e, const char *why)
{
	return error_set(e, ERROR_SETUP, "%s", why);
}

/* Looked at before: whatever else is on a disk that becomes full fails. */
static bool check_room(struct db *db, const char *to, struct error *e)
{
	int64_t pages, free, size, room;
	struct statvfs fs;

	if (!query_read_int(db, DB_PAGES, &pages, e) ||
	    !query_read_int(db, DB_FREE_PAGES, &free, e) ||
	    !query_read_int(db, DB_PAGE_SIZE, &size, e))
		return false;
	size *= pages - free;
	if (statvfs(to, &fs) != 0)
		return true;
	room = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return room >= size ||
	       error_set(e, ERROR_SETUP,
			 "it needs %" PRId64 " MiB, and %" PRId64 " MiB are "
			 "free there",
			 (size + MIB - 1) / MIB, room / MIB);
}

static bool copy_into(struct db *db, const char *to, struct error *e)
{
	struct query q;
	struct error why;

	query_open(&q, db, DB_COPY);
	query_text(&q, to);
	if (query_run(&q, &why))
		return true;
	return fail(e, sqlite3_errmsg(db->handle));
}

/* SQLite does not wait for the disk here. */
static bool sync_file(const char *path, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		fail(e, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* With mode 0600; SQLite fills an empty file. What a killed process left there
 * is of no use, and nobody else writes it now. */
static bool make_empty(const char *path, struct error *e)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(e, strerror(errno));
	close(fd);
	return true;
}

/* A connection of its own sees what was committed last: a transaction cannot
 * copy the file. */
bool copy_write(const struct store *s, const char *to,
		const struct copy_watch *watch, struct error *e)
{
	struct db db = { 0 };
	int code = sqlite3_open_v2(s->path, &db.handle,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);
	bool ok = code == SQLITE_OK;

	if (ok)
		sqlite3_db_config(db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
				  1, NULL);
	else
		fail(e, sqlite3_errstr(code));
	if (ok && watch != NULL)
		sqlite3_progress_handler(db.handle, WATCH_STEPS, watch->tell,
					 watch->ctx);
	ok = ok && make_empty(to, e) && check_room(&db, to, e) &&
	     copy_into(&db, to, e) && sync_file(to, e);
	for (int i = 0; i < DB_STATEMENTS; i++)
		sqlite3_finalize(db.statements[i]);
	sqlite3_close(db.handle);
	return ok;
}

/* Of an upgrade that is not made without it. */
static void explain(struct error *e)
{
	struct error why = *e;

	error_set(e, ERROR_SETUP,
		  "The database has to be upgraded, but no copy of it can be "
		  "made before, so it was left as it is: %s. There must be "
		  "room for a second one next to it (setting KIMI_DB).",
		  why.message);
}

#define PART ".part"

const char *copy_make(struct store *s, int version, struct arena *a,
		      struct error *e)
{
	const char *part =
		arena_printf(a, "%s.before-%04d" PART, s->path, version);

	if (copy_write(s, part, NULL, e))
		return part;
	explain(e);
	unlink(part);
	return NULL;
}

/* The first name that is free: nobody else makes copies now. */
const char *copy_keep(const char *part, struct arena *a, struct error *e)
{
	const char *name = arena_copy_n(a, part, strlen(part) - strlen(PART));
	const char *to = name;

	for (int i = 2; access(to, F_OK) == 0; i++)
		to = arena_printf(a, "%s-%d", name, i);
	if (rename(part, to) == 0)
		return to;
	fail(e, strerror(errno));
	explain(e);
	return NULL;
}
