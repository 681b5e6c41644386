/* SPDX-License-Identifier: MIT */
/* A database file that is moved, removed or replaced while it is open. */
#include "store/replaced_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/migrations_internal.h"

/* Faults that no code of SQLite stands for. */
#define NO_FILE SQLITE_READONLY_DBMOVED
#define FOREIGN_FILE (SQLITE_NOTADB | 1 << 8)

#define REMOVED                                                                 \
	"The database was removed or moved while the program was running: "     \
	"put it back, or restart the program to begin with a new one (setting " \
	"KIMI_DB)."
#define FOREIGN                                                                \
	"The database was replaced, while the program was running, by a file " \
	"that is none of this program's: put another one in its place, or "    \
	"remove it and restart the program (setting KIMI_DB)."

static char *beside(const struct store *s, const char *ending)
{
	size_t n = strlen(s->path) + strlen(ending) + 1;
	char *path = malloc(n);

	if (path == NULL)
		abort();
	snprintf(path, n, "%s%s", s->path, ending);
	return path;
}

static void note(const struct store *s, const char *ending, struct stat *st)
{
	char *path = beside(s, ending);

	if (stat(path, st) != 0)
		*st = (struct stat){ 0 };
	free(path);
}

static void note_files(struct store *s)
{
	note(s, "-wal", &s->wal);
	note(s, "-shm", &s->shm);
}

/* SQLite would take what the former database left there for the log of the
 * new one. Files that came with the new one stay. */
static void remove_former(const struct store *s, const char *ending,
			  const struct stat *former)
{
	char *path = beside(s, ending);
	struct stat now;

	if (stat(path, &now) == 0 && now.st_ino == former->st_ino &&
	    now.st_dev == former->st_dev)
		unlink(path);
	free(path);
}

/* Nothing is locked in a file that is opened so, and its log is left alone. */
static char *immutable_uri(const char *path)
{
	sqlite3_str *uri = sqlite3_str_new(NULL);

	sqlite3_str_appendall(uri, "file:");
	for (; *path != '\0'; path++)
		if (strchr("?#%", *path) != NULL)
			sqlite3_str_appendf(uri, "%%%02x", *path);
		else
			sqlite3_str_appendchar(uri, 1, *path);
	sqlite3_str_appendall(uri, "?immutable=1");
	return sqlite3_str_finish(uri);
}

/* SQLite opens and closes it: with close(2), locks would be lost that another
 * connection of this process may have (fcntl(2)). */
static bool is_ours(const char *path)
{
	struct db other = { 0 };
	char *uri = immutable_uri(path);
	struct error ignored;
	int version = 0;

	if (uri != NULL &&
	    sqlite3_open_v2(uri, &other.handle,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
				    SQLITE_OPEN_NOMUTEX,
			    NULL) == SQLITE_OK)
		migrations_version(&other, &version, &ignored);
	sqlite3_close(other.handle);
	sqlite3_free(uri);
	return version > 0;
}

static bool has_moved(const struct db *db)
{
	int moved = 0;

	sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved != 0;
}

static bool refuse(struct store *s, int fault, const char *text,
		   struct error *e)
{
	fault_log_text(&s->faults, fault, text);
	return error_set(e, ERROR_SETUP, "%s", text);
}

static void close_former(struct store *s)
{
	if (s->db == NULL)
		return;
	remove_former(s, "-wal", &s->wal);
	remove_former(s, "-shm", &s->shm);
	db_close(s->db);
	s->db = NULL;
}

static bool open_other(struct store *s, int64_t until, struct error *e)
{
	close_former(s);
	s->db = db_open(s->path, until, e);
	if (s->db != NULL)
		s->db->running = &s->running;
	if (s->db != NULL && migrations_apply(s, e)) {
		note_files(s);
		s->faults.code = 0;
		fault_log_info(&s->faults,
			       "The database was replaced: the new file is in "
			       "use from now on.");
		return true;
	}
	if (s->db != NULL)
		db_close(s->db);
	s->db = NULL;
	fault_log_text(&s->faults, FOREIGN_FILE, e->message);
	return false;
}

/* With the lock. ERROR_SETUP if the open file is not the one at the path, and
 * cannot be replaced by that. */
static bool check(struct store *s, int64_t until, struct error *e)
{
	if (s->db != NULL && !has_moved(s->db)) {
		s->db->moved = false;
		return true;
	}
	if (s->db != NULL && !s->db->moved) {
		s->db->moved = true;
		db_empty_log(s->db, DB_LOG_WAIT_MS);
	}
	if (access(s->path, F_OK) != 0)
		return refuse(s, NO_FILE, REMOVED, e);
	if (!is_ours(s->path))
		return refuse(s, FOREIGN_FILE, FOREIGN, e);
	return open_other(s, until, e);
}

void replaced_init(struct store *s)
{
	s->usable = check;
	note_files(s);
}
