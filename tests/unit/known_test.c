/* SPDX-License-Identifier: MIT */
/* What a process remembers of the database, and when it forgets. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <unistd.h>

#include "store/acceptance.h"
#include "store/api_keys.h"
#include "store/credential_notes.h"
#include "store/db_internal.h"
#include "store/slots.h"
#include "store/token_renewal.h"
#include "tests/unit/support/turns.h"
#include "upstream/services.h"

static int count_statement(unsigned type, void *ctx, void *p, void *x)
{
	(void)type;
	(void)p;
	(void)x;
	++*(int *)ctx;
	return 0;
}

/* Counts the statements of the store from now on. */
static void count_statements(struct store *s, int *n)
{
	struct error e;
	struct db *db = db_begin(s, DB_READ, &e);

	assert_true(db_commit(s, db, &e));
	sqlite3_trace_v2(db->handle, SQLITE_TRACE_STMT, count_statement, n);
	*n = 0;
}

static const char *note(struct turns *f, struct store *s)
{
	const char *value = NULL;
	struct error e;

	assert_true(
		store_credential_note_find(s, "c", "n", &value, f->arena, &e));
	return value == NULL ? "none" : value;
}

static void put(struct store *s, const char *value)
{
	struct error e;

	assert_true(store_credential_note_put(s, "c", "n", value, &e));
}

static void close_stateless(struct turns *f, struct store *s, const char *id)
{
	struct store_turn *t = database_turn(f->arena, id, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, "a");
	struct error e;

	assert_true(store_turn_close(s, t, &o, f->arena, &e));
}

static void a_row_is_read_once(void **state)
{
	struct turns f = turns_begin(*state);
	int n;

	put(f.store, "1");
	count_statements(f.store, &n);
	assert_string_equal(note(&f, f.store), "1");
	assert_int_equal(n, 1);
	assert_string_equal(note(&f, f.store), "1");
	assert_int_equal(n, 1);
}

static void what_is_not_there_is_known_too(void **state)
{
	struct turns f = turns_begin(*state);
	int n;

	count_statements(f.store, &n);
	assert_string_equal(note(&f, f.store), "none");
	assert_string_equal(note(&f, f.store), "none");
	assert_int_equal(n, 1);
	put(f.store, "1");
	assert_string_equal(note(&f, f.store), "1");
}

/* However many come, with secrets that nobody has. */
static void nothing_is_forgotten_because_of_strangers(void **state)
{
	struct turns f = turns_begin(*state);
	size_t n_accepted;
	bool accepted;
	struct error e;
	int n;

	note(&f, f.store);
	for (int i = 0; i < 300; i++) {
		struct credential c;
		struct store_api_key k;

		secret_fingerprint(arena_printf(*state, "secret %d", i),
				   c.fingerprint);
		assert_true(store_api_key_find(f.store, c.fingerprint, &k,
					       *state, &e));
		assert_true(store_acceptance_read(f.store, &c, 1, &accepted,
						  &n_accepted, &e));
		assert_int_equal(k.row + (int64_t)n_accepted, 0);
	}
	count_statements(f.store, &n);
	assert_string_equal(note(&f, f.store), "none");
	assert_int_equal(n, 0);
}

/* Requests write all the time. */
static void rows_of_requests_change_nothing_that_is_known(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;
	int64_t slot;
	int n;

	close_stateless(&f, f.store, "r0"); /* adds the API key */
	put(f.store, "1");
	note(&f, f.store);
	close_stateless(&f, f.store, "r1");
	turns_play(&f, "r2", 0, "one", "first");
	assert_true(store_slot_take(f.store, "c", 1, &slot, &e));
	assert_true(store_slot_release(f.store, slot, &e));
	count_statements(f.store, &n);
	assert_string_equal(note(&f, f.store), "1");
	assert_int_equal(n, 0);
}

static void what_another_process_writes_is_seen(void **state)
{
	struct turns f = turns_begin(*state);
	struct store *other = database_open(*state, f.path);

	put(f.store, "1");
	assert_string_equal(note(&f, other), "1");
	for (int i = 2; i < 9; i++) {
		const char *value = arena_printf(*state, "%d", i);

		put(i % 2 == 0 ? f.store : other, value);
		assert_string_equal(note(&f, f.store), value);
		assert_string_equal(note(&f, other), value);
	}
	database_run(f.path, "UPDATE credential_notes SET value = 'x'");
	assert_string_equal(note(&f, f.store), "x");
	database_run(f.path, "DELETE FROM credential_notes");
	assert_string_equal(note(&f, f.store), "none");
}

/* A commit of ours does not hide the one before it. */
static void what_was_written_before_our_own_commit_is_seen(void **state)
{
	struct turns f = turns_begin(*state);
	struct store *other = database_open(*state, f.path);

	put(f.store, "1");
	note(&f, f.store);
	put(other, "2");
	close_stateless(&f, f.store, "r1");
	assert_string_equal(note(&f, f.store), "2");
}

static void what_was_written_meanwhile_is_seen(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;
	struct db *db;

	put(f.store, "1");
	note(&f, f.store);
	db = db_begin(f.store, DB_READ, &e);
	database_run(f.path, "UPDATE credential_notes SET value = '2'");
	assert_true(db_commit(f.store, db, &e));
	assert_string_equal(note(&f, f.store), "2");
}

static void an_emptied_log_changes_nothing(void **state)
{
	struct turns f = turns_begin(*state);

	put(f.store, "1");
	note(&f, f.store);
	store_empty_log(f.store);
	assert_string_equal(note(&f, f.store), "1");
	database_run(f.path, "UPDATE credential_notes SET value = '2'");
	assert_string_equal(note(&f, f.store), "2");
}

/* Else Kimi would be asked for answers that cannot be recorded. */
static void nothing_is_known_of_a_file_that_was_removed(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(f.arena, "r1", NULL);
	struct store_outcome o = turns_outcome(f.arena, STORE_DONE, "a");
	const char *value;
	struct error e;

	put(f.store, "1");
	store_empty_log(f.store);
	note(&f, f.store);
	assert_int_equal(unlink(f.path), 0);
	assert_false(store_turn_close(f.store, t, &o, f.arena, &e));
	assert_false(store_credential_note_find(f.store, "c", "n", &value,
						f.arena, &e));
	assert_error(&e, ERROR_SETUP, "");
}

static sqlite3_vfs *own, alone;
static sqlite3_io_methods methods;

static int open_alone(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
		      int flags, int *out)
{
	int code = own->xOpen(own, name, f, flags, out);

	(void)vfs;
	if (code != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB))
		return code;
	methods = *f->pMethods;
	methods.iVersion = 1; /* before there was shared memory */
	f->pMethods = &methods;
	return code;
}

static void where_memory_cannot_be_shared_every_row_is_read(void **state)
{
	struct turns f;
	int n;

	own = sqlite3_vfs_find(NULL);
	alone = *own;
	alone.zName = "alone";
	alone.xOpen = open_alone;
	sqlite3_vfs_register(&alone, 1);
	f = turns_begin(*state);
	put(f.store, "1");
	assert_string_equal(note(&f, f.store), "1");
	database_run(f.path, "UPDATE credential_notes SET value = '2'");
	assert_string_equal(note(&f, f.store), "2");
	count_statements(f.store, &n);
	assert_string_equal(note(&f, f.store), "2");
	assert_string_equal(note(&f, f.store), "2");
	assert_int_equal(n, 2);
	sqlite3_vfs_unregister(&alone);
	sqlite3_vfs_register(own, 1);
}

static void many_rows_are_no_trouble(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	put(f.store, "1");
	for (int i = 0; i < 1000; i++) {
		const char *value;

		assert_true(store_credential_note_find(
			f.store, "c", arena_printf(*state, "n%d", i), &value,
			*state, &e));
		assert_null(value);
		assert_string_equal(note(&f, f.store), "1");
	}
}

static void tokens_are_decrypted_once(void **state)
{
	struct turns f = turns_begin(*state);
	struct access_token tokens = { "access", 7, "refresh" }, found;
	struct credential c;
	struct error e;
	int n;

	assert_true(credential_parse(&c, *state, "web:aaaaaaaaaaaaaaaa", &e));
	assert_true(store_token_renewal_load(f.store, &c, &found, *state, &e));
	assert_null(found.token);
	assert_true(store_token_renewal_save(f.store, &c, &tokens, *state, &e));
	count_statements(f.store, &n);
	for (int i = 0; i < 3; i++) {
		assert_true(store_token_renewal_load(f.store, &c, &found,
						     *state, &e));
		assert_string_equal(found.token, "access");
		assert_string_equal(found.refresh, "refresh");
		assert_int_equal(found.expires_ms, 7);
	}
	assert_int_equal(n, 1);
}

static void what_is_known_outlives_the_request_that_read_it(void **state)
{
	struct turns f = turns_begin(*state);
	struct access_token tokens = { "access", 7, "refresh" }, first, next;
	struct credential c;
	struct error e;

	assert_true(credential_parse(&c, *state, "web:aaaaaaaaaaaaaaaa", &e));
	assert_true(store_token_renewal_save(f.store, &c, &tokens, *state, &e));
	assert_true(store_token_renewal_load(f.store, &c, &first, *state, &e));
	memset((void *)(uintptr_t)first.token, 'x', strlen(first.token));
	memset((void *)(uintptr_t)first.refresh, 'x', strlen(first.refresh));
	assert_true(store_token_renewal_load(f.store, &c, &next, *state, &e));
	assert_string_equal(next.token, "access");
	assert_string_equal(next.refresh, "refresh");
}

/* Nothing that a client brought outlives its requests. */
static void tokens_of_clients_are_not_remembered(void **state)
{
	struct turns f = turns_begin(*state);
	struct access_token tokens = { "access", 7, "refresh" }, found;
	struct credential c;
	struct error e;
	int n;

	assert_true(credential_parse(&c, *state, "web:aaaaaaaaaaaaaaaa", &e));
	c.of_client = true;
	assert_true(store_token_renewal_save(f.store, &c, &tokens, *state, &e));
	count_statements(f.store, &n);
	for (int i = 0; i < 3; i++) {
		assert_true(store_token_renewal_load(f.store, &c, &found,
						     *state, &e));
		assert_string_equal(found.token, "access");
	}
	assert_int_equal(n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_row_is_read_once),
		TEST(what_is_not_there_is_known_too),
		TEST(nothing_is_forgotten_because_of_strangers),
		TEST(rows_of_requests_change_nothing_that_is_known),
		TEST(what_another_process_writes_is_seen),
		TEST(what_was_written_before_our_own_commit_is_seen),
		TEST(what_was_written_meanwhile_is_seen),
		TEST(an_emptied_log_changes_nothing),
		TEST(nothing_is_known_of_a_file_that_was_removed),
		TEST(where_memory_cannot_be_shared_every_row_is_read),
		TEST(many_rows_are_no_trouble),
		TEST(tokens_are_decrypted_once),
		TEST(what_is_known_outlives_the_request_that_read_it),
		TEST(tokens_of_clients_are_not_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
