/* SPDX-License-Identifier: MIT */
/* Brings a database file to the newest schema. */
#include "store/migrations_internal.h"

#include "store/fault_internal.h"

int migrations_newest(void)
{
	int n = 0;

	while (db_migrations[n] != NULL)
		n++;
	return n;
}

static bool read_version(struct db *db, int *version, struct error *e)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &s,
				      NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*version = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || fault_set(db, code, e);
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

/* With the write lock: another process may have been faster. */
static bool apply_locked(struct db *db, struct error *e)
{
	int version = 0;

	if (!read_version(db, &version, e) || !check_known(version, e))
		return false;
	if (version == migrations_newest())
		return true;
	return (version == 0 ? run(db, migrations_newest(), db_schema, e) :
			       upgrade(db, version, e)) &&
	       write_version(db, migrations_newest(), e);
}

/* References are not checked meanwhile: the sqlite3 shell does not check them
 * either, so that owners may have deleted rows that others refer to. */
static bool apply(struct db *db, struct error *e)
{
	struct error ignored;

	if (!db_execute(db, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", e))
		return false;
	if (apply_locked(db, e))
		return db_execute(db, "COMMIT; PRAGMA foreign_keys = ON", e);
	db_execute(db, "ROLLBACK", &ignored);
	return false;
}

bool migrations_apply(struct db *db, struct error *e)
{
	int version = 0;

	return read_version(db, &version, e) && check_known(version, e) &&
	       (version == migrations_newest() || apply(db, e));
}
