/* SPDX-License-Identifier: MIT */
/* Databases that tests open, change and look into. */
#include "tests/unit/support/database.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/db_internal.h"
#include "store/log_file_internal.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/test.h"

static void close_store(void *store)
{
	store_close(store);
}

const char *database_path(struct arena *a)
{
	return arena_printf(a, "%s/kimi.db", files_folder(a));
}

struct store *database_open(struct arena *a, const char *path)
{
	struct store *s = NULL;
	struct error e = { 0 };

	/* Not store_prepare: a test limits memory, which is counted for it. */
	log_file_prepare();
	if (!store_open(&s, path, NULL, STORE_WAIT_MS, &e))
		fail_msg("%s", e.message);
	arena_own(a, s, close_store);
	return s;
}

const char *database_of_version(struct arena *a, int version)
{
	const char *path = database_path(a), *all = "";

	for (int i = 0; i < version; i++)
		all = arena_printf(a, "%s%s", all, db_migrations[i]);
	database_run(path, arena_printf(a,
					"PRAGMA synchronous = OFF; BEGIN; %s"
					"PRAGMA user_version = %d; COMMIT",
					all, version));
	return path;
}

static sqlite3 *open_file(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

void database_run(const char *path, const char *sql)
{
	sqlite3 *db = open_file(path);
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s in %s", message, sql);
	sqlite3_close(db);
}

const char *database_text(struct arena *a, const char *path, const char *sql)
{
	sqlite3 *db = open_file(path);
	sqlite3_stmt *statement = NULL;
	const char *value = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s in %s", sqlite3_errmsg(db), sql);
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = arena_copy(
			a, (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

int64_t database_int(const char *path, const char *sql)
{
	struct arena a;
	const char *text;
	int64_t value;

	arena_init(&a);
	text = database_text(&a, path, sql);
	value = text == NULL ? -1 : strtoll(text, NULL, 10);
	arena_fini(&a);
	return value;
}

/* By other words than those of the migration. */
static const char miscounted[] =
	"SELECT k.label || ': ' || kept || ' of ' || counted FROM (SELECT id, "
	"(SELECT ifnull(sum(256 + length(CAST(ifnull(m.name, '') || "
	"ifnull(content, '') || ifnull(media, '') || ifnull(reasoning, '') || "
	"ifnull(reasoning_details, '') || ifnull(tool_calls, '') || "
	"ifnull(tool_call_id, '') || ifnull(citations, '') || "
	"ifnull(spans, '') AS BLOB))), 0) FROM messages m WHERE uid NOT NULL "
	"AND keys.id = ifnull((SELECT key_id FROM requests WHERE seq = "
	"request_seq), (SELECT key_id FROM conversations c WHERE c.id = "
	"conversation_id))) + (SELECT ifnull(sum(256 + length(CAST(name || "
	"ifnull(metadata, '') AS BLOB))), 0) FROM conversations WHERE key_id = "
	"keys.id) + (SELECT ifnull(sum(256 + length(CAST(ifnull(settings, '') "
	"|| ifnull(metadata, '') AS BLOB))), 0) FROM stored_responses s WHERE "
	"key_id = keys.id AND s.id NOT NULL) + (SELECT ifnull(sum(256 + "
	"length(CAST(batch AS BLOB))), 0) FROM stream_logs JOIN "
	"stored_responses USING (request_seq) WHERE key_id = keys.id) + "
	"(SELECT ifnull(sum(256 + length(CAST(name || type AS BLOB))), 0) FROM "
	"files WHERE key_id = keys.id) + (SELECT ifnull(sum(size), 0) FROM "
	"file_contents WHERE key_id = keys.id) AS counted FROM keys) "
	"JOIN keys k USING (id) WHERE kept <> counted";

void database_assert_counted(struct arena *a, const char *path)
{
	const char *wrong = database_text(a, path, miscounted);

	if (wrong != NULL)
		fail_msg("%s", wrong);
}

void database_assert_sound(struct arena *a, const char *path)
{
	assert_null(database_text(a, path, "PRAGMA foreign_key_check"));
	assert_string_equal(database_text(a, path, "PRAGMA integrity_check"),
			    "ok");
}

struct store_turn *database_turn(struct arena *a, const char *request,
				 const char *conversation)
{
	struct store_turn *t = arena_alloc(a, sizeof(*t));

	*t = (struct store_turn){
		.request = request,
		.owner.fingerprint = "k",
		.owner.label = "key",
		.conversation = conversation,
		.dialect = "openai_chat",
		.model = "k2",
		.started_ms = clock_wall_ms(),
	};
	return t;
}
