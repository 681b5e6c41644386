/* SPDX-License-Identifier: MIT */
/* Brings a database file to the newest schema. */
#include "store/migrations_internal.h"

#include <unistd.h>

#include "store/copy_internal.h"

int migrations_newest(void)
{
	int n = 0;

	while (db_migrations[n] != NULL)
		n++;
	return n;
}

bool migrations_version(struct db *db, int *version, struct error *e)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &s,
				      NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || db_error(db, code, e);
}

static bool write_version(struct db *db, int version, struct error *e)
{
	char *pragma = sqlite3_mprintf("PRAGMA user_version = %d", version);
	bool ok = db_execute(db, pragma, e);

	sqlite3_free(pragma);
	return ok;
}

static bool run(struct db *db, int version, const char *sql, struct error *e)
{
	struct error ignored;

	return db_execute(db, sql, &ignored) ||
	       error_set(e, ERROR_SETUP,
			 "The database could not be upgraded to version %d of "
			 "its schema and was left as it is: %s (setting "
			 "KIMI_DB).",
			 version, sqlite3_errmsg(db->handle));
}

/* A migration and what it needs: while the schema is writable, ALTER TABLE
 * leaves views of the owner alone that it cannot resolve instead of failing. */
static bool step(struct db *db, int version, struct error *e)
{
	return run(db, version, "PRAGMA writable_schema = ON", e) &&
	       run(db, version, db_migrations[version - 1], e) &&
	       run(db, version, "PRAGMA writable_schema = RESET", e);
}

static bool upgrade(struct db *db, int version, struct error *e)
{
	for (; version < migrations_newest(); version++)
		if (!step(db, version + 1, e))
			return false;
	return true;
}

static bool check_known(int version, struct error *e)
{
	return version <= migrations_newest() ||
	       error_set(e, ERROR_SETUP,
			 "The database was written by a newer version of this "
			 "program: its schema is version %d, and this program "
			 "knows versions up to %d. Run the newer program, or "
			 "set KIMI_DB to another file.",
			 version, migrations_newest());
}

/* What the file is, as seen with the write lock. */
struct upgrade {
	struct arena arena;
	int from;
	const char *copy; /* its name; NULL: none was needed */
};

static bool check_empty(struct db *db, struct error *e)
{
	int64_t found;

	if (!query_read_int(db, DB_OBJECTS, &found, e))
		return false;
	return found == 0 ||
	       error_set(e, ERROR_SETUP,
			 "The database was not made by this program: set "
			 "KIMI_DB to another file.");
}

/* The copy is made with the lock, so that it has everything. */
static bool upgrade_file(struct store *s, struct upgrade *u, struct error *e)
{
	if (u->from == 0)
		return check_empty(s->db, e) &&
		       run(s->db, migrations_newest(), db_schema, e);
	u->copy = copy_make(s, u->from + 1, &u->arena, e);
	return u->copy != NULL && upgrade(s->db, u->from, e);
}

/* By its name only now: each process that is killed on the way would leave
 * another one. */
static bool keep_copy(struct upgrade *u, struct error *e)
{
	const char *kept;

	if (u->copy == NULL)
		return true;
	kept = copy_keep(u->copy, &u->arena, e);
	if (kept == NULL)
		return false;
	u->copy = kept;
	return true;
}

/* With the write lock: another process may have been faster. */
static bool apply_locked(struct store *s, struct upgrade *u, struct error *e)
{
	if (!migrations_version(s->db, &u->from, e) || !check_known(u->from, e))
		return false;
	if (u->from == migrations_newest())
		return true;
	return upgrade_file(s, u, e) &&
	       write_version(s->db, migrations_newest(), e) &&
	       keep_copy(u, e) && db_execute(s->db, "COMMIT", e);
}

static void log_upgrade(const struct store *s, struct upgrade *u)
{
	if (u->copy == NULL)
		return;
	fault_log_info(&s->faults,
		       arena_printf(&u->arena,
				    "The database was upgraded from version %d "
				    "of its schema to %d. What it was before "
				    "is in %s.",
				    u->from, migrations_newest(), u->copy));
}

/* References are not checked meanwhile: the sqlite3 shell does not check them
 * either, so that owners may have deleted rows that others refer to. */
static bool apply(struct store *s, struct upgrade *u, struct error *e)
{
	struct error ignored;

	if (!db_execute(s->db, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", e))
		return false;
	if (apply_locked(s, u, e)) {
		log_upgrade(s, u);
	} else {
		if (u->copy != NULL)
			unlink(u->copy);
		u->from = -1;
	}
	if (!sqlite3_get_autocommit(s->db->handle))
		db_execute(s->db, "ROLLBACK", &ignored);
	return u->from >= 0 && db_execute(s->db, "PRAGMA foreign_keys = ON", e);
}

bool migrations_apply(struct store *s, struct error *e)
{
	struct upgrade u = { .from = 0 };
	bool ok;

	if (!migrations_version(s->db, &u.from, e) || !check_known(u.from, e))
		return false;
	if (u.from == migrations_newest())
		return true;
	arena_init(&u.arena);
	ok = apply(s, &u, e);
	arena_fini(&u.arena);
	return ok;
}
