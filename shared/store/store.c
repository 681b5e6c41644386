/* SPDX-License-Identifier: MIT */
/* The database file: created, opened, checked. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db_internal.h"
#include "store/migrations_internal.h"

static void make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;

	if (slash == NULL || slash == path)
		return;
	folder = strndup(path, (size_t)(slash - path));
	if (folder == NULL)
		abort();
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
		return error_set(e, ERROR_SETUP,
				 "The database cannot be opened for writing: "
				 "%s (setting KIMI_DB).",
				 strerror(errno));
	return true;
}

bool store_open(struct store **out, const char *path, struct error *e)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	pthread_mutex_init(&s->lock, NULL);
	if (make_file(path, e))
		s->db = db_open(path, e);
	if (s->db == NULL || !migrations_apply(s->db, e)) {
		store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void store_close(struct store *s)
{
	if (s->db != NULL)
		db_close(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool store_check(struct store *s, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_HEALTH);
	query_row(&q);
	return db_end(s, db, query_close(&q, e), e);
}

void store_empty_log(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	db_empty_log(s->db);
	pthread_mutex_unlock(&s->lock);
}
