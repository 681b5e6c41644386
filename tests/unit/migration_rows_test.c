/* SPDX-License-Identifier: MIT */
/* The rows of a file of version 6 are all there in the current schema. */
#include "tests/unit/support/test.h"

#include "store/credentials.h"
#include "store/db_internal.h"
#include "store/reasoning.h"
#include "store/slots.h"
#include "store/stream_log.h"
#include "tests/unit/support/turns.h"
#include "tests/unit/support/version_6.h"
#include "upstream/cooldown.h"

/* A table, its columns in version 6, and both today if they have changed. */
static const struct {
	const char *table, *columns, *table_now, *columns_now;
} tables[] = {
	{ "keys", "id, fingerprint, label, created_at", NULL, NULL },
	{ "conversations",
	  "id, key_id, name, credential, chat, message, created_at, "
	  "updated_at, metadata",
	  NULL, NULL },
	{ "requests",
	  "seq, id, key_id, conversation_id, dialect, model, stream, status, "
	  "lease_until, credential, http_status, finish_reason, "
	  "prompt_tokens, completion_tokens, cached_tokens, "
	  "reasoning_tokens, token_source, first_token_ms, duration_ms, "
	  "error_kind, error, started_at",
	  NULL, NULL },
	{ "messages",
	  "id, uid, request_seq, conversation_id, answer, role, name, "
	  "content, media, reasoning, tool_calls, tool_call_id, citations, "
	  "spans, replay, created_at",
	  NULL,
	  "id, uid, request_seq, conversation_id, reply, role, name, "
	  "content, media, reasoning, tool_calls, tool_call_id, citations, "
	  "spans, reply_key, created_at" },
	{ "answers",
	  "request_seq, key_id, id, previous_seq, settings, metadata, "
	  "background, cancelled, read_at",
	  "stored_responses", NULL },
	{ "stream_logs", "request_seq, place, batch", NULL,
	  "request_seq, position, batch" },
	{ "counters",
	  "day, key_id, model, token_source, requests, failures, "
	  "prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens",
	  "usage_days",
	  "date(began_at / 1000, 'unixepoch'), key_id, model, token_source, "
	  "requests, failures, prompt_tokens, completion_tokens, "
	  "cached_tokens, reasoning_tokens" },
	{ "credentials",
	  "fingerprint, label, resting_until, rest_kind, hex(access_token), "
	  "hex(refresh_token), expires_at, renewing_until",
	  NULL,
	  "fingerprint, label, cooldown_until, cooldown_kind, "
	  "hex(access_token), hex(refresh_token), expires_at, "
	  "renewing_until" },
	{ "rotation", "pool, next", NULL, NULL },
	{ "notes", "credential, name, value, noted_at", "credential_notes",
	  NULL },
	{ "leases", "id, credential, lease_until", "slots", NULL },
	{ "model_lists", "credential, service, models, listed_at", NULL, NULL },
	{ "file_contents", "id, key_id, sha256, size, lease_until", NULL,
	  NULL },
	{ "file_chunks", "content_id, place, hex(bytes)", NULL,
	  "content_id, position, hex(bytes)" },
	{ "files",
	  "seq, id, key_id, content_id, name, type, purpose, created_at", NULL,
	  NULL },
};

static const char *rows_of(struct arena *a, const char *path, const char *table,
			   const char *columns)
{
	const char *rows = database_text(
		a, path,
		arena_printf(a,
			     "SELECT group_concat(row, ';') FROM (SELECT "
			     "json_array(%s) AS row FROM %s ORDER BY row)",
			     columns, table));

	if (rows == NULL)
		fail_msg("no rows in %s", table);
	return rows;
}

static void all_rows_of_version_6_stay(void **state)
{
	const char *path = version_6_file(*state);
	const char *before[COUNT(tables)];

	for (size_t i = 0; i < COUNT(tables); i++)
		before[i] = rows_of(*state, path, tables[i].table,
				    tables[i].columns);
	database_open(*state, path);
	for (size_t i = 0; i < COUNT(tables); i++) {
		const char *table = tables[i].table_now;
		const char *columns = tables[i].columns_now;

		assert_string_equal(
			rows_of(*state, path,
				table == NULL ? tables[i].table : table,
				columns == NULL ? tables[i].columns : columns),
			before[i]);
	}
	assert_string_equal(rows_of(*state, path, "stored_responses",
				    "request_seq, kind"),
			    "[1,\"response\"];[12,\"chat_completion\"];"
			    "[4,\"chat_completion\"];[9,\"response\"]");
	database_assert_sound(*state, path);
}

/* … and the table above has all of them. */
static void no_table_of_version_6_is_left_out(void **state)
{
	const char *path = database_of_version(*state, 6);

	for (size_t i = 0; i < COUNT(tables); i++)
		assert_int_equal(
			database_int(path,
				     arena_printf(*state,
						  "SELECT count(*) FROM "
						  "pragma_table_xinfo('%s')",
						  tables[i].table)),
			database_int(
				path,
				arena_printf(*state,
					     "SELECT 1 + length('%s') - "
					     "length(replace('%s', ',', ''))",
					     tables[i].columns,
					     tables[i].columns)));
	assert_int_equal(database_int(path,
				      "SELECT count(*) FROM sqlite_schema "
				      "WHERE type = 'table' AND "
				      "name NOT LIKE 'sqlite_%'"),
			 COUNT(tables));
}

static const char *const views[] = { "v_sessions", "v_messages",
				     "v_usage_daily", "v_usage_by_key",
				     "v_errors" };

static const char *columns_of(struct arena *a, const char *path,
			      const char *view)
{
	return database_text(a, path,
			     arena_printf(a,
					  "SELECT group_concat(name, ', ') "
					  "FROM pragma_table_info('%s')",
					  view));
}

/* Owners may have them in scripts. */
static void views_show_the_same_as_before(void **state)
{
	const char *path = version_6_file(*state);
	const char *columns[COUNT(views)], *rows[COUNT(views)];

	for (size_t i = 0; i < COUNT(views); i++) {
		columns[i] = columns_of(*state, path, views[i]);
		rows[i] = rows_of(*state, path, views[i], columns[i]);
	}
	database_open(*state, path);
	for (size_t i = 0; i < COUNT(views); i++) {
		assert_string_equal(columns_of(*state, path, views[i]),
				    columns[i]);
		assert_string_equal(rows_of(*state, path, views[i], columns[i]),
				    rows[i]);
	}
}

static void ids_that_were_in_use_are_not_used_again(void **state)
{
	const char *path = version_6_file(*state);
	struct store *s;
	struct error e;
	int64_t slot;

	s = database_open(*state, path);
	assert_true(store_slot_take(s, "f", 2, &slot, &e));
	assert_int_equal(slot, 51);
	database_run(path, "INSERT INTO file_contents (key_id, sha256, size) "
			   "VALUES (1, 'new', 1)");
	assert_int_equal(database_int(path, "SELECT max(id) "
					    "FROM file_contents"),
			 9);
}

static void what_is_kept_is_counted(void **state)
{
	const char *path = version_6_file(*state);

	database_open(*state, path);
	database_assert_counted(*state, path);
	assert_true(database_int(path, "SELECT min(kept) FROM keys") > 0);
}

static void only_renewed_credentials_count_as_accepted(void **state)
{
	const char *path = version_6_file(*state);

	database_open(*state, path);
	assert_string_equal(database_text(*state, path,
					  "SELECT group_concat(fingerprint) "
					  "FROM credentials "
					  "WHERE accepted_at NOT NULL"),
			    "f");
}

static void stored_responses_of_version_6_are_served(void **state)
{
	struct turns f = { .arena = *state, .path = version_6_file(*state) };
	struct stored_response_list list = { .kind = "chat_completion",
					     .limit = 9 };
	struct store_turn *t = database_turn(*state, "r20", NULL);
	struct chat_call call = { "call_ABCDEFGHIJKL_f", "f", "{}" };
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .calls = &call,
				  .n_calls = 1 };
	const struct chat_request q = { .messages = &m, .n_messages = 1 };
	struct store_stream_log log = { 0 };
	struct stored_response response;
	struct error e;

	f.store = database_open(*state, f.path);
	response = turns_response(&f, "resp_1");
	assert_string_equal(response.conversation, "c");
	assert_string_equal(turns_texts(&f, response.message, 1), "first");
	assert_true(stored_response_list(f.store, "k", &list, *state, &e));
	assert_int_equal(list.n, 1);
	assert_string_equal(list.responses[0].id, "chatcmpl-4");
	assert_true(store_stream_log_read(f.store, 1, false, &log, *state, &e));
	assert_int_equal(log.n, 2);
	assert_true(store_reasoning_fill(
		f.store, &(struct store_recall){ "k", &q, &m, 0, false },
		*state, &e));
	assert_string_equal(m.reasoning, "thoughts");
	t->previous = "resp_1";
	turns_open(&f, t);
	assert_string_equal(turns_texts(&f, t->messages, t->n_messages),
			    "one|first");
}

/* No second copy is left in the free pages of the file. */
static void what_is_deleted_after_an_upgrade_is_in_no_file(void **state)
{
	struct turns f = { .arena = *state, .path = version_6_file(*state) };

	f.store = database_open(*state, f.path);
	assert_true(turns_file_holds(&f, "the secret of this test"));
	turns_delete(&f, "chatcmpl-4");
	assert_false(turns_file_holds(&f, "the secret of this test"));
}

/* The sqlite3 shell does not check foreign keys: owners may have deleted
 * rows that others refer to. */
static void broken_references_do_not_stop_an_upgrade(void **state)
{
	const char *path = version_6_file(*state);

	database_run(path, "DELETE FROM requests WHERE seq IN (6, 9)");
	database_open(*state, path);
	assert_int_equal(database_int(path, "SELECT count(*) FROM messages"),
			 6);
	assert_int_equal(database_int(path, "SELECT count(*) "
					    "FROM stored_responses"),
			 4);
}

/* Version 5 copies rows, which would check their references; afterwards they
 * are checked as ever. */
static void broken_references_of_version_4_do_not_stop_it_either(void **state)
{
	const char *path = database_of_version(*state, 4);
	struct store *s;
	struct error e;
	struct db *db;

	database_run(path,
		     "INSERT INTO keys VALUES (1, 'k', 'key', 1);"
		     "INSERT INTO requests (seq, id, key_id, conversation_id, "
		     "dialect, model, stream, lease_until, started_at) VALUES "
		     "(1, 'r1', 1, 7, 'openai_chat', 'm', 0, 0, 1);"
		     "INSERT INTO messages (request_seq, conversation_id, "
		     "role, content, created_at) VALUES "
		     "(1, 7, 'user', 'one', 1)");
	s = database_open(*state, path);
	db = db_begin(s, DB_WRITE, &e);
	assert_int_equal(database_int(path, "SELECT conversation_id "
					    "FROM messages"),
			 7);
	assert_int_equal(sqlite3_exec(db->handle,
				      "UPDATE messages SET conversation_id = 8",
				      NULL, NULL, NULL),
			 SQLITE_CONSTRAINT);
	db_abandon(s, db);
}

static void cooldowns_go_on(void **state)
{
	static const struct credential f = { .fingerprint = "f" },
				       g = { .fingerprint = "g" },
				       h = { .fingerprint = "h" };
	const struct credential *const list[] = { &f, &g, &h };
	const char *path = database_of_version(*state, 9);
	struct credential_state states[3];
	struct error e;

	database_run(path,
		     "INSERT INTO credentials (fingerprint, label, "
		     "cooldown_until) VALUES "
		     "('f', 'l', unixepoch() * 1000 + 3600000), "
		     "('g', 'l', 9223372036854775807), ('h', 'l', 12345)");
	assert_true(store_credential_states(database_open(*state, path), list,
					    3, states, *state, &e));
	assert_in_range(states[0].cooldown_left_ms, 3500000, 3600000);
	assert_true(states[1].cooldown_left_ms == COOLDOWN_FOREVER);
	assert_int_equal(states[2].cooldown_left_ms, 0);
}

static void refuses(struct db *db, const char *sql)
{
	struct error e;

	assert_int_equal(sqlite3_exec(db->handle, sql, NULL, NULL, NULL),
			 SQLITE_CONSTRAINT);
	assert_false(db_execute(db, sql, &e));
}

/* Constraints are checked by the process that upgraded and by the next. */
static void constraints_hold_after_an_upgrade(void **state)
{
	static const char *const wrong[] = {
		"UPDATE requests SET stream = 2",
		"UPDATE requests SET status = 'x'",
		"UPDATE requests SET token_source = 'x'",
		"UPDATE messages SET reply = 2",
		"UPDATE messages SET role = 'x'",
		"UPDATE stored_responses SET background = 2",
		"UPDATE stored_responses SET cancelled = 2",
		"UPDATE stored_responses SET kind = 'x'",
		"UPDATE stored_responses SET previous_seq = 99",
		"UPDATE stream_logs SET request_seq = 4000",
		"UPDATE files SET key_id = 99",
	};
	const char *path = version_6_file(*state);

	for (int round = 0; round < 2; round++) {
		struct store *s = database_open(*state, path);
		struct error e;
		struct db *db = db_begin(s, DB_WRITE, &e);

		for (size_t i = 0; i < COUNT(wrong); i++)
			refuses(db, wrong[i]);
		db_abandon(s, db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_rows_of_version_6_stay),
		TEST(no_table_of_version_6_is_left_out),
		TEST(views_show_the_same_as_before),
		TEST(ids_that_were_in_use_are_not_used_again),
		TEST(what_is_kept_is_counted),
		TEST(only_renewed_credentials_count_as_accepted),
		TEST(stored_responses_of_version_6_are_served),
		TEST(what_is_deleted_after_an_upgrade_is_in_no_file),
		TEST(broken_references_do_not_stop_an_upgrade),
		TEST(broken_references_of_version_4_do_not_stop_it_either),
		TEST(cooldowns_go_on),
		TEST(constraints_hold_after_an_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
