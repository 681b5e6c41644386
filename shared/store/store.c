/* SPDX-License-Identifier: MIT */
/* The database file: created, opened, checked. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spool.h"
#include "store/db_internal.h"
#include "store/log_file_internal.h"
#include "store/migrations_internal.h"
#include "store/replaced_internal.h"
#include "store/wal_index_internal.h"

#define CHECK_ROOM (256 * 1024)

/* Pages of a log that is worth a checkpoint, with its two fsyncs, by a process
 * that ends: about ten chats. */
#define LONG_LOG 64

/* The caller frees it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ?
			       strdup(".") :
			       strndup(path, slash == path ?
						     1 :
						     (size_t)(slash - path));

	if (folder == NULL)
		abort();
	return folder;
}

static void make_folder(const char *path)
{
	char *folder = folder_of(path);

	/* If this fails, creating the file reports why. */
	if (mkdir(folder, 0700) != 0)
		errno = 0;
	free(folder);
}

/*
 * SQLite would create it readable for everyone; its WAL gets the same mode. A
 * file that exists is not opened here: closing it would drop the locks that
 * another connection of this process holds (fcntl(2)).
 */
static bool make_file(const char *path, struct error *e)
{
	int fd;

	make_folder(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST || access(path, R_OK | W_OK) != 0)
		return error_set(e, error_kind_of_errno(errno),
				 "The database cannot be opened for writing: "
				 "%s (setting KIMI_DB).",
				 strerror(errno));
	return true;
}

static void store_free(struct store *s)
{
	if (s->db != NULL)
		db_close(s->db);
	rotation_numbers_fini(&s->numbers);
	slot_waits_fini(&s->waits);
	running_file_fini(&s->running);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

/* Without statistics an allocation takes no lock: a request makes hundreds. */
void store_prepare(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	log_file_prepare();
}

bool store_open(struct store **out, const char *path, const struct log *log,
		int64_t wait_ms, struct error *e)
{
	struct store *s = calloc(1, sizeof(*s));
	int64_t until = clock_ms() + wait_ms;

	if (s == NULL)
		abort();
	pthread_mutex_init(&s->lock, NULL);
	rotation_numbers_init(&s->numbers);
	s->usable_ms = INT64_MIN;
	s->path = strdup(path);
	if (s->path == NULL)
		abort();
	s->faults = (struct fault_log){ .log = log, .path = s->path };
	if (make_file(path, e))
		s->db = db_open(path, until, e);
	if (s->db != NULL) {
		slot_waits_init(&s->waits, s->db->owners.path);
		running_file_init(&s->running, s->db->owners.database);
		s->db->running = &s->running;
	}
	if (s->db == NULL || !migrations_apply(s, e)) {
		store_free(s);
		return false;
	}
	replaced_init(s);
	*out = s;
	return true;
}

void store_close(struct store *s)
{
	if (s->db != NULL) {
		db_empty_log(s->db, DB_LOG_WAIT_MS);
		/* The last one that closes it removes the log. */
		sqlite3_db_config(s->db->handle,
				  SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	}
	store_free(s);
}

static bool has_long_log(struct db *db)
{
	struct wal_index index;

	return wal_index_read(db->handle, &index) &&
	       wal_index_frames(&index) >= LONG_LOG;
}

void store_leave(struct store *s)
{
	if (s->db != NULL && (s->pruned || has_long_log(s->db)))
		db_empty_log(s->db, 0);
}

static bool check_write(struct store *s, struct error *e)
{
	struct db *db = db_begin(s, DB_CHECK, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_HEALTH);
	return db_end(s, db, query_run(&q, e), e);
}

/* A log that has room from before would take a row even on a full disk. The
 * file has no name, and is gone before the system writes it to the disk. */
static bool check_room(const struct store *s, struct error *e)
{
	char *folder = folder_of(s->path), *bytes = calloc(1, CHECK_ROOM);
	struct spool spool;
	bool ok = false;

	if (bytes == NULL)
		abort();
	if (spool_open(&spool, folder, e)) {
		ok = spool_write(&spool, bytes, CHECK_ROOM, e);
		spool_close(&spool);
	}
	free(bytes);
	free(folder);
	return ok;
}

bool store_check(struct store *s, int64_t age_ms, struct error *e)
{
	if (clock_ms() - age_ms < s->usable_ms)
		return true;
	if (!check_write(s, e) || !check_room(s, e)) {
		s->usable_ms = INT64_MIN;
		return false;
	}
	s->usable_ms = clock_ms();
	return true;
}

void store_empty_log(struct store *s)
{
	struct error ignored;

	if (!db_lock(s, clock_ms() + STORE_WAIT_MS, &ignored))
		return;
	db_settle(s);
	if (s->db != NULL)
		db_empty_log(s->db, DB_LOG_WAIT_MS);
	pthread_mutex_unlock(&s->lock);
}
