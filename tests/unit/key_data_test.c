/* SPDX-License-Identifier: MIT */
/* What is deleted because its owner or its client wants so. */
#include "tests/unit/support/test.h"

#include "store/key_data.h"
#include "store/replies.h"
#include "store/running.h"
#include "store/stream_log.h"
#include "tests/unit/support/turns.h"

static int64_t n(const struct turns *f, const char *of)
{
	return database_int(
		f->path, arena_printf(f->arena, "SELECT count(*) FROM %s", of));
}

static void play_alone(struct turns *f, const char *key, const char *request,
		       const char *reply)
{
	struct store_turn *t = database_turn(f->arena, request, NULL);
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);

	t->owner.fingerprint = key;
	turns_open(f, t);
	turns_close(f, t, &o);
}

static void the_reply_to_a_request_that_was_not_stored_is_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	play_alone(&f, "k", "req_1", "a canary");
	play_alone(&f, "k", "req_2", "another reply");
	assert_false(store_reply_delete(f.store, "other", "req_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
	assert_true(store_reply_delete(f.store, "k", "req_1", &e));
	assert_false(turns_file_holds(&f, "canary"));
	assert_int_equal(n(&f, "messages"), 1);
	assert_int_equal(n(&f, "requests"), 2);
	/* It is gone. */
	assert_false(store_reply_delete(f.store, "k", "req_1", &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
}

static void that_of_a_conversation_is_not(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	turns_play(&f, "req_1", 0, "says", "reply");
	turns_store(&f, "chatcmpl-2", NULL, NULL, "says", "reply");
	assert_false(store_reply_delete(f.store, "k", "req_1", &e));
	assert_false(store_reply_delete(f.store, "k", "chatcmpl-2", &e));
	assert_int_equal(n(&f, "messages"), 4);
}

static void nor_one_that_is_running(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	turns_opened(&f, "req_1", NULL);
	assert_false(store_reply_delete(f.store, "k", "req_1", &e));
	assert_int_equal(e.kind, ERROR_BUSY);
}

static void add_file(struct turns *f)
{
	database_run(f->path,
		     "INSERT INTO file_contents (id, key_id, sha256, size) "
		     "SELECT 1, id, 'hash', 8 FROM keys WHERE fingerprint = "
		     "'k'; INSERT INTO files (id, key_id, content_id, name, "
		     "type, purpose, created_at) SELECT 'file-1', id, 1, 'n', "
		     "'t', 'p', 0 FROM keys WHERE fingerprint = 'k'; INSERT "
		     "INTO file_chunks VALUES (1, 0, CAST('a canary' AS "
		     "BLOB)); UPDATE keys SET kept = kept + 8 + 256 + 2 WHERE "
		     "fingerprint = 'k'; INSERT INTO credential_notes VALUES "
		     "('c', 'file hash', 'f-1', 0)");
}

static void fill(struct turns *f)
{
	struct store_turn *t;
	struct store_outcome o = turns_outcome(f->arena, STORE_FAILED, "part");
	struct error why;

	play_alone(f, "k", "req_1", "a canary");
	turns_play(f, "req_2", 0, "a canary", "and a canary");
	turns_store(f, "resp_1", NULL, NULL, "a canary", "too: canary");
	turns_store(f, "resp_2", NULL, "resp_1", "a canary", "too: canary");
	turns_store(f, "resp_3", "c", NULL, "a canary", "too: canary");
	t = turns_opened(f, "req_4", NULL);
	error_set(&why, ERROR_UPSTREAM, "an error with a canary");
	o.error = &why;
	turns_close(f, t, &o);
	add_file(f);
}

static int64_t key_of(const struct turns *f, const char *fingerprint)
{
	return database_int(f->path, arena_printf(f->arena,
						  "SELECT id FROM keys WHERE "
						  "fingerprint = '%s'",
						  fingerprint));
}

static void count_call(void *ctx, int64_t rows)
{
	int64_t *most = ctx;

	assert_true(rows >= *most);
	*most = rows;
}

static void all_that_a_key_has_is_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t rows = 0;
	struct error e;

	play_alone(&f, "other", "req_0", "of another key");
	fill(&f);
	if (!store_key_data_delete(f.store, key_of(&f, "k"), count_call, &rows,
				   &e))
		fail_msg("%s", e.message);
	assert_true(rows > 10);
	assert_int_equal(n(&f, "messages"), 1);
	assert_int_equal(n(&f, "conversations"), 0);
	assert_int_equal(n(&f, "files"), 0);
	assert_int_equal(n(&f, "file_chunks"), 0);
	assert_int_equal(n(&f, "requests"), 7);
	assert_int_equal(n(&f, "requests WHERE error IS NOT NULL"), 0);
	assert_false(turns_file_holds(&f, "canary"));
	assert_true(turns_file_holds(&f, "of another key"));
	database_assert_sound(*state, f.path);
	database_assert_counted(*state, f.path);
}

static void not_while_a_request_runs(void **state)
{
	struct turns f = turns_begin(*state);
	struct error e;

	fill(&f);
	turns_opened(&f, "req_9", NULL);
	assert_false(store_key_data_delete(f.store, key_of(&f, "k"), NULL, NULL,
					   &e));
	assert_int_equal(e.kind, ERROR_BUSY);
	assert_true(turns_file_holds(&f, "canary"));
}

/* One that has no row yet. */
static void nor_while_one_is_only_noted(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = database_turn(*state, "req_9", NULL);
	struct store_running *r;
	struct error e;

	fill(&f);
	t->owner.fingerprint = "other";
	assert_non_null(store_running_begin(f.store, t, *state));
	t->owner.fingerprint = "k";
	r = store_running_begin(f.store, t, *state);
	assert_false(store_key_data_delete(f.store, key_of(&f, "k"), NULL, NULL,
					   &e));
	assert_int_equal(e.kind, ERROR_BUSY);
	assert_true(turns_file_holds(&f, "canary"));
	store_running_end(r, true);
	assert_true(store_key_data_delete(f.store, key_of(&f, "k"), NULL, NULL,
					  &e));
}

static void what_kimi_may_still_have_is_known_before(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_at_kimi *list;
	struct error e;
	size_t count;

	turns_play(&f, "req_2", 0, "says", "reply");
	database_run(f.path, "UPDATE conversations SET credential = 'c', chat "
			     "= 'chat-1'");
	add_file(&f);
	assert_true(store_key_at_kimi(f.store, key_of(&f, "k"), &list, &count,
				      *state, &e));
	assert_int_equal(count, 2);
	assert_string_equal(list[0].kind, "chat");
	assert_string_equal(list[0].id, "chat-1");
	assert_string_equal(list[1].kind, "file");
	assert_string_equal(list[1].id, "f-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_reply_to_a_request_that_was_not_stored_is_deleted),
		TEST(that_of_a_conversation_is_not),
		TEST(nor_one_that_is_running),
		TEST(all_that_a_key_has_is_deleted),
		TEST(not_while_a_request_runs),
		TEST(nor_while_one_is_only_noted),
		TEST(what_kimi_may_still_have_is_known_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
