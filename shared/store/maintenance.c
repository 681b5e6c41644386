/* SPDX-License-Identifier: MIT */
/* Copies the file, writes it anew, looks which version it is. */
#include "store/maintenance.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/copy_internal.h"
#include "store/migrations_internal.h"

/* --- Backup --- */

struct copying {
	const struct store_watch *watch;
	const char *from, *part;
};

static int64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

static int tell(void *ctx)
{
	const struct copying *c = ctx;

	c->watch->tell(c->watch->ctx, size_of(c->part), size_of(c->from));
	return 0;
}

static bool fail(const char *to, const char *why, struct error *e)
{
	return error_set(e, ERROR_INTERNAL, "No backup was made: %.200s: %s.",
			 to, why);
}

bool store_backup(struct store *s, const char *to,
		  const struct store_watch *watch, struct arena *a,
		  struct error *e)
{
	struct copying c = { watch, s->path, arena_printf(a, "%s.part", to) };
	const struct copy_watch told = { tell, &c };
	struct error why;
	bool ok;

	if (access(to, F_OK) == 0)
		return fail(to, "there is a file of that name already", e);
	ok = copy_write(s, c.part, watch == NULL ? NULL : &told, &why) ||
	     fail(to, why.message, e);
	if (ok && rename(c.part, to) != 0)
		ok = fail(to, strerror(errno), e);
	if (!ok)
		unlink(c.part);
	return ok;
}

/* --- Vacuum --- */

bool store_vacuum(struct store *s, struct error *e)
{
	bool ok;

	if (!db_lock(s, clock_ms() + STORE_WAIT_MS, e))
		return false;
	db_settle(s);
	ok = s->usable(s, clock_ms() + STORE_WAIT_MS, e);
	if (ok) {
		db_set_patience(s->db, STORE_WAIT_MS);
		ok = db_execute(s->db,
				"PRAGMA auto_vacuum = INCREMENTAL; VACUUM", e);
		db_empty_log(s->db, DB_LOG_WAIT_MS);
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}

/* --- Version --- */

bool store_schema_version(const char *path, int *version, int *newest,
			  struct error *e)
{
	struct db db = { 0 };
	int code = sqlite3_open_v2(path, &db.handle,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);
	bool ok = code == SQLITE_OK ? migrations_version(&db, version, e) :
				      db_error(&db, code, e);

	sqlite3_db_config(db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(db.handle);
	*newest = migrations_newest();
	return ok;
}
