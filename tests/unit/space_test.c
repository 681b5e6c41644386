/* SPDX-License-Identifier: MIT */
/* What API keys keep: counted with each transaction, limited, given back. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "store/conversations.h"
#include "store/files.h"
#include "store/space.h"
#include "store/stream_log.h"
#include "tests/unit/support/asked.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/turns.h"

static const struct store_owner owner = { .fingerprint = "k",
					  .label = "key",
					  .space = INT64_MAX };

static int64_t kept(const char *path)
{
	return database_int(path, "SELECT sum(kept) FROM keys");
}

/* That it is counted right, and how much it is. */
static int64_t counted(const struct turns *f)
{
	database_assert_counted(f->arena, f->path);
	return kept(f->path);
}

static void a_stateless_request_keeps_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r", NULL);
	struct store_outcome o = turns_outcome(*state, STORE_DONE, "reply");

	turns_close(&f, t, &o);
	assert_int_equal(counted(&f), 0);
}

static struct store_conversation conversation(struct turns *f, const char *name)
{
	struct store_conversation c;
	struct error e;

	if (!store_conversation_find(f->store, "k", name, &c, f->arena, &e))
		fail_msg("%s", e.message);
	return c;
}

static void forget(struct turns *f, const char *name)
{
	struct store_conversation c = conversation(f, name);
	struct error e;

	assert_true(store_conversation_delete(f->store, &c, &e));
}

static void a_conversation_is_counted_until_it_is_deleted(void **state)
{
	struct turns f = turns_begin(*state);
	int64_t one, two;

	turns_play(&f, "r1", 0, "one \xc3\xa9", "first");
	one = counted(&f);
	assert_int_equal(one, 3 * 256 + 1 + 6 + 5);
	turns_play(&f, "r2", 2, "two", "second");
	two = counted(&f);
	assert_true(two > one);
	/* An edited history takes the place of what came after it. */
	turns_play(&f, "r3", 2, "other", "third");
	counted(&f);
	turns_store(&f, "resp_1", "c", NULL, "stored", "reply");
	counted(&f);
	forget(&f, "c");
	assert_int_equal(counted(&f), 0);
}

static struct chat_message change_to_nothing(void *ctx,
					     const struct chat_message *m)
{
	(void)ctx;
	return (struct chat_message){ .role = m->role };
}

static struct chat_message change_to_text(void *ctx,
					  const struct chat_message *m)
{
	return (struct chat_message){ .role = m->role,
				      .parts = ctx,
				      .n_parts = 1 };
}

static void so_are_changes_to_it(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_conversation c = { .name = "conv_1",
					.metadata = "{\"a\":\"b\"}" };
	struct chat_part part = { .text = "a longer text than before" };
	struct chat_message m[2] = {
		{ .role = CHAT_USER, .parts = &part, .n_parts = 1 }
	};
	struct store_change change = { change_to_text, &part };
	struct error e;

	m[1] = m[0];
	assert_true(store_conversation_add(f.store, &owner, &c, *state, &e));
	assert_int_equal(counted(&f), 256 + 6 + 9);
	assert_true(store_conversation_append(f.store, &c, m, 2, *state, &e));
	counted(&f);
	part.text = "short";
	assert_true(store_conversation_change(f.store, &c, m[0].uid, &change,
					      *state, &e));
	counted(&f);
	change.make = change_to_nothing;
	assert_true(store_conversation_change(f.store, &c, m[1].uid, &change,
					      *state, &e));
	assert_int_equal(counted(&f), 256 + 6 + 9 + 256 + 5);
	assert_true(store_conversation_set_metadata(f.store, &c, NULL, &e));
	assert_int_equal(counted(&f), 256 + 6 + 256 + 5);
	forget(&f, "conv_1");
	assert_int_equal(counted(&f), 0);
}

static void so_are_stored_responses_with_their_streams(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct error e;

	assert_int_equal(counted(&f), 256 + 7);
	assert_true(store_stream_log_add(f.store, t->row, "batch", &e));
	assert_int_equal(counted(&f), 2 * 256 + 7 + 5);
	assert_true(turns_end(&f, t, STORE_DONE, "says", "reply", &e));
	assert_int_equal(counted(&f), 4 * 256 + 7 + 5 + 4 + 5);
	/* No more, now that it is complete. */
	assert_true(store_stream_log_add(f.store, t->row, "late", &e));
	assert_true(stored_response_set_metadata(f.store, "k", "resp_1",
						 "{\"m\":1}", &e));
	assert_int_equal(counted(&f), 4 * 256 + 7 + 5 + 4 + 5 + 7);
	turns_store(&f, "resp_2", NULL, "resp_1", "more", "again");
	turns_delete(&f, "resp_1");
	counted(&f);
	turns_delete(&f, "resp_2");
	assert_int_equal(counted(&f), 0);
}

/* The reply of a turn that failed can be asked for, too. */
static void so_is_what_a_failed_turn_leaves(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_opened(&f, "r1", "c");
	struct store_outcome o = turns_outcome(*state, STORE_FAILED, "part");
	struct error e, why;

	error_set(&why, ERROR_UPSTREAM, "broken");
	o.error = &why;
	turns_close(&f, t, &o);
	assert_int_equal(counted(&f), 2 * 256 + 1 + 4);
	t = turns_store_open(&f, "resp_1", "c", NULL);
	assert_true(turns_end(&f, t, STORE_FAILED, "says", "part", &e));
	counted(&f);
	forget(&f, "c");
	assert_int_equal(counted(&f), 0);
}

/* Its client got an error, and no id by which it could delete anything. */
static void a_response_without_an_id_leaves_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_turn *t = turns_store_open(&f, "resp_1", NULL, NULL);
	struct store_outcome o = turns_outcome(*state, STORE_FAILED, "part");
	struct error e, why;

	assert_true(store_stream_log_add(f.store, t->row, "batch", &e));
	error_set(&why, ERROR_UPSTREAM, "broken");
	o.error = &why;
	o.begun = false;
	o.request = turns_request(*state, t, 0, "says");
	turns_close(&f, t, &o);
	assert_int_equal(counted(&f), 0);
	turns_not_found(&f, "k", "resp_1");
	assert_int_equal(database_int(f.path,
				      "SELECT count(*) FROM requests WHERE "
				      "status = 'failed' AND error = 'broken'"),
			 1);
}

static bool upload(struct turns *f, const struct store_owner *whose,
		   const char *bytes, struct store_file *file, struct error *e)
{
	char *hash = arena_alloc(f->arena, HASH_SIZE);
	struct spool spool;
	const struct store_upload u = { *whose, &spool, INT64_MAX };
	bool ok;

	assert_true(spool_open(&spool, files_folder(f->arena), e));
	assert_true(spool_write(&spool, bytes, strlen(bytes), e));
	hash_end(&spool.hash, hash);
	*file = (struct store_file){ .name = "a",
				     .type = "text/plain",
				     .purpose = "user_data",
				     .size = (int64_t)strlen(bytes),
				     .hash = hash };
	ok = store_file_add(f->store, &u, file, f->arena, e);
	spool_close(&spool);
	return ok;
}

static void so_are_files_and_what_they_share(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_file a, b;
	struct error e;
	bool last;

	assert_true(upload(&f, &owner, "bytes", &a, &e));
	assert_int_equal(counted(&f), 256 + 1 + 10 + 5);
	assert_true(upload(&f, &owner, "bytes", &b, &e));
	assert_int_equal(counted(&f), 2 * (256 + 1 + 10) + 5);
	assert_true(store_file_delete(f.store, &a, &last, &e));
	assert_int_equal(counted(&f), 256 + 1 + 10 + 5);
	/* Twice by accident, it counts once. */
	assert_true(store_file_delete(f.store, &a, &last, &e));
	assert_int_equal(counted(&f), 256 + 1 + 10 + 5);
	assert_true(store_file_delete(f.store, &b, &last, &e));
	assert_int_equal(counted(&f), 0);
}

static void what_is_refused_leaves_nothing(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_owner poor = owner;
	struct store_file file;
	struct error e;

	poor.space = 256 + 4;
	assert_false(upload(&f, &poor, "bytes", &file, &e));
	assert_error(&e, ERROR_SPACE, "");
	assert_contains(e.message, "KIMI_KEY_SPACE");
	assert_int_equal(counted(&f), -1);
	poor.space = 256 + 5;
	assert_true(upload(&f, &poor, "bytes", &file, &e));
	assert_false(upload(&f, &poor, "bytes", &file, &e));
	assert_int_equal(counted(&f), 256 + 1 + 10 + 5);
}

/* A stranger may list the same credential in many ways. */
static void the_keys_of_a_stranger_share_its_space(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_owner one = { "a", "a", "credential", .space = 600,
				   .all_space = 10000 };
	struct store_owner two = { "a,b", "a", "credential", .space = 600,
				   .all_space = 10000 };
	struct store_owner other = { "c", "c", "another", .space = 600,
				     .all_space = 10000 };
	struct store_file file;
	struct error e;

	assert_true(upload(&f, &one, "bytes", &file, &e));
	assert_true(upload(&f, &two, "bytes", &file, &e));
	assert_false(store_space_check(f.store, &one, 300, &e));
	assert_error(&e, ERROR_SPACE, "");
	assert_contains(e.message, "544 already");
	assert_contains(e.message, "KIMI_STRANGER_SPACE");
	assert_false(upload(&f, &two, "more", &file, &e));
	assert_true(upload(&f, &other, "bytes", &file, &e));
	/* All together have a limit, too. */
	other.all_space = 1000;
	assert_false(store_space_check(f.store, &other, 200, &e));
	assert_contains(e.message, "All clients with Kimi credentials");
	assert_true(store_space_check(f.store, &other, 100, &e));
	/* What the server's keys keep does not count there. */
	assert_true(upload(&f, &owner, "a long text of the server", &file, &e));
	assert_true(store_space_check(f.store, &other, 100, &e));
	database_assert_counted(*state, f.path);
}

static void a_key_may_become_a_stranger_s(void **state)
{
	struct turns f = turns_begin(*state);
	struct store_owner k = owner;
	struct store_file file;
	struct error e;

	assert_true(upload(&f, &k, "bytes", &file, &e));
	k.stranger = "credential";
	k.all_space = INT64_MAX;
	assert_true(upload(&f, &k, "bytes", &file, &e));
	assert_string_equal(database_text(*state, f.path,
					  "SELECT stranger FROM keys"),
			    "credential");
	k.stranger = NULL;
	assert_true(upload(&f, &k, "bytes", &file, &e));
	assert_null(database_text(*state, f.path, "SELECT stranger FROM keys"));
}

/* --- The whole program --- */

#define CHAT "/v1/chat/completions"
#define ASK                                                                    \
	"{\"model\":\"kimi-k3\",\"messages\":[{\"role\":\"user\","             \
	"\"content\":\"Hi\"}]"

static const struct {
	const char *uri, *body;
} kept_by[] = {
	{ CHAT "/other", ASK "}" },
	{ CHAT, ASK ",\"store\":true}" },
	{ "/v1/responses", "{\"model\":\"kimi-k3\",\"input\":\"Hi\"}" },
	{ "/v1/responses",
	  "{\"model\":\"kimi-k3\",\"input\":\"Hi\",\"stream\":true}" },
	{ "/v1/conversations", "{}" },
	{ "/v1/conversations/mine", "{\"metadata\":{\"a\":\"b\"}}" },
	{ "/v1/conversations/mine/items",
	  "{\"items\":[{\"type\":\"message\",\"role\":\"user\",\"content\":"
	  "\"Hi\"}]}" },
	{ "/v1/files", "" },
};

/* Kimi answers each request that is not refused, and no more. */
static void a_full_key_is_refused_before_kimi_is_asked(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		PLATFORM_SAYS(200, DELTA("two") END),
		PLATFORM_SAYS(200, DELTA("three") END),
		{ 0 },
	};
	struct site *s = site_open(*state, "KIMI_KEY_SPACE=1000\n", answers);
	int64_t before;

	asked(s, "POST", CHAT "/mine", ASK "}");
	before = kept(s->db_path);
	database_run(s->db_path, "UPDATE keys SET kept = 1000");
	for (size_t i = 0; i < COUNT(kept_by); i++) {
		const char *answer =
			site_ask(s, "POST", kept_by[i].uri, kept_by[i].body);

		if (strstr(answer, "Status: 413 ") == NULL &&
		    strcmp(kept_by[i].uri, "/v1/files") != 0)
			fail_msg("%s: %s", kept_by[i].uri, answer);
		if (strstr(answer, "Status: 413 ") != NULL)
			assert_contains(answer, "storage_limit_exceeded");
	}
	assert_int_equal(s->replay.n_calls, 1);
	assert_int_equal(kept(s->db_path), 1000);
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM conversations"),
			 1);
	assert_int_equal(
		database_int(s->db_path, "SELECT count(*) FROM messages"), 2);
	/* It goes on without, and with what it deletes. */
	asked(s, "POST", CHAT, ASK "}");
	asked(s, "GET", "/v1/conversations/mine", NULL);
	database_run(s->db_path,
		     arena_printf(*state, "UPDATE keys SET kept = %d",
				  (int)before));
	asked(s, "DELETE", "/v1/conversations/mine", NULL);
	assert_int_equal(kept(s->db_path), 0);
	asked(s, "POST", CHAT "/mine", ASK "}");
	database_assert_counted(*state, s->db_path);
}

static void a_key_may_have_a_limit_of_its_own(void **state)
{
	struct site *s = site_open(*state, "KIMI_KEY_SPACE=300\n", NULL);
	const char *add = "/v1/conversations", *answer;

	asked(s, "POST", add, "{}");
	database_run(s->db_path, "UPDATE keys SET space = 100");
	answer = site_ask(s, "POST", add, "{}");
	assert_contains(answer, "storage_limit_exceeded");
	assert_contains(answer, "This API key can keep 100 bytes");
	database_run(s->db_path, "UPDATE keys SET space = 10000");
	asked(s, "POST", add, "{}");
	asked(s, "POST", add, "{}");
	database_run(s->db_path, "UPDATE keys SET space = NULL");
	assert_contains(site_ask(s, "POST", add, "{}"),
			"This API key can keep 300 bytes");
}

static void messages_clients_are_told_in_their_words(void **state)
{
	struct site *s = site_open(*state, "KIMI_KEY_SPACE=0\n", NULL);
	struct string_gateway *g = site_request(
		s, "POST", "/v1/messages",
		"{\"model\":\"kimi-k3\",\"max_tokens\":9,\"messages\":"
		"[{\"role\":\"user\",\"content\":\"Hi\"}]}");
	const char *answer;

	string_gateway_set(g, "HTTP_X_CONVERSATION_ID", "mine");
	answer = site_serve(s, g);
	assert_contains(answer, "Status: 403 ");
	assert_contains(answer, "\"type\":\"permission_error\"");
	assert_contains(answer, "Delete files, conversations or stored");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stateless_request_keeps_nothing),
		TEST(a_conversation_is_counted_until_it_is_deleted),
		TEST(so_are_changes_to_it),
		TEST(so_are_stored_responses_with_their_streams),
		TEST(so_is_what_a_failed_turn_leaves),
		TEST(a_response_without_an_id_leaves_nothing),
		TEST(so_are_files_and_what_they_share),
		TEST(what_is_refused_leaves_nothing),
		TEST(the_keys_of_a_stranger_share_its_space),
		TEST(a_key_may_become_a_stranger_s),
		TEST(a_full_key_is_refused_before_kimi_is_asked),
		TEST(a_key_may_have_a_limit_of_its_own),
		TEST(messages_clients_are_told_in_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
