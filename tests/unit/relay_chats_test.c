/* SPDX-License-Identifier: MIT */
/* In which chats at Kimi a conversation continues, over a Kimi of strings. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "app/relay/chat_sweep.h"
#include "base/clock.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define RESPONSES "/c/mine/v1/responses"
#define ASKS(members) "{\"model\":\"k2\"," members "}"

/* The user text of the nth call, which must be a web completion. */
static const char *sent(struct site *s, size_t n)
{
	assert_true(n < s->replay.n_calls);
	assert_contains(s->replay.calls[n].url, "/completion/stream");
	return json_text(parse(s->arena, s->replay.calls[n].body),
			 "messages.0.content");
}

/* The chat that the next turn continues. */
static const char *chat_of(struct site *s)
{
	return database_text(s->arena, s->db_path,
			     "SELECT chat FROM conversations");
}

/* Instructions are for one reply, but stay in its chat. */
static void a_chat_with_instructions_is_not_continued(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("un") ALL_DONE),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", RESPONSES,
		 ASKS("\"input\":\"A\",\"instructions\":\"In French.\""));
	assert_string_equal(sent(s, 1), "system: In French.\n\nuser: A");
	assert_null(chat_of(s));
	assert_true(answers[4].used);
	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"B\""));
	assert_string_equal(sent(s, 4), "user: A\n\nassistant: un\n\nuser: B");
	assert_string_equal(chat_of(s), "c2");
}

/* The chat before it can be deleted: it lacks the turn. */
static void instructions_abandon_the_chat_before_them(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c2", 200, CMPL("deux") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		DELETES("c2"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"A\""));
	assert_string_equal(chat_of(s), "c1");
	site_ask(s, "POST", RESPONSES,
		 ASKS("\"input\":\"B\",\"instructions\":\"In French.\""));
	assert_null(chat_of(s));
	assert_true(answers[4].used);
	assert_true(answers[5].used);
}

/* An ephemeral turn has a chat of its own. */
static void an_ephemeral_turn_leaves_the_chat_alone(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		COMPLETES("c1", 200, CMPL("three") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c2"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"A\""));
	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"B\",\"store\":false"));
	assert_string_equal(sent(s, 3), "user: A\n\nassistant: one\n\nuser: B");
	assert_true(answers[5].used);
	assert_string_equal(chat_of(s), "c1");
	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"C\""));
	assert_string_equal(sent(s, 5), "C");
}

/* Kimi replies to what is new in a chat, so another one gets everything. */
static void a_turn_with_nothing_new_is_sent_in_full(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"A\""));
	assert_contains(site_ask(s, "POST", "/v1/responses",
				 ASKS("\"conversation\":\"mine\"")),
			"Status: 200 ");
	assert_string_equal(sent(s, 3), "user: A\n\nassistant: one");
	assert_true(answers[4].used);
}

/* Kimi wants results right after their calls, clients of Responses do not. */
static void a_result_that_comes_later_is_sent_with_its_call(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *body;

	assert_contains(
		site_ask(s, "POST", "/v1/responses",
			 "{\"model\":\"kimi-k3\",\"input\":["
			 "{\"type\":\"function_call\",\"call_id\":\"a\","
			 "\"name\":\"f\",\"arguments\":\"{}\"}," SAYS(
				 "B") ",{\"type\":\"function_call_output\","
				      "\"call_id\":\"a\",\"output\":\"C\"}]}"),
		"Status: 200 ");
	body = parse(*state, s->replay.calls[0].body);
	assert_string_equal(json_text(body, "messages.1.content"), "C");
	assert_string_equal(json_text(body, "messages.2.content"), "B");
	assert_null(json_at(body, "messages.3"));
}

static void what_kimi_says_of_a_deletion_tells_no_secret(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "/api/auth/token/refresh",
		  .status = 200,
		  .body = "{\"access_token\":\"word-of-access\","
			  "\"refresh_token\":\"r2\"}" },
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		CREATES("c1"),
		{ .method = "DELETE",
		  .path = "/api/chat/c1",
		  .status = 500,
		  .body = "{\"error_type\":\"x\",\"message\":"
			  "\"No: word-of-access, word-of-ours\"}" },
		{ 0 },
	};
	struct site *s =
		site_open(*state, "KIMI_TOKENS=web:word-of-ours\n", answers);
	const char *log;

	site_ask(s, "POST", "/v1/responses", ASKS("\"input\":\"A\""));
	assert_true(answers[3].used);
	log = files_read(*state, s->log_path, &(size_t){ 0 });
	assert_contains(log, "Could not delete 1 chat at Kimi");
	assert_null(strstr(log, "word-of"));
}

/* A program that ends does not wait for it; if this machine is slow, it may be
 * due by then. */
static void a_chat_that_is_due_soon_is_left_to_the_next_process(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c1", 200, CMPL("two") ALL_DONE),
		COMPLETES("c1", 200, CMPL("three") ALL_DONE),
		COMPLETES("c1", 200, CMPL("four") ALL_DONE),
		CREATES("c1"),
		DELETES("d0"),
		DELETES("d1"),
		DELETES("d2"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	size_t left = 0;

	site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"A\""));
	for (size_t i = 0; i < 3; i++) {
		long long now = clock_wall_ms();

		database_run(
			s->db_path,
			arena_printf(s->arena,
				     "INSERT INTO abandoned_chats SELECT "
				     "credential, 'd%zu', NULL, %lld, 0, %lld "
				     "FROM conversations",
				     i, now + 900, now));
		site_ask(s, "POST", RESPONSES, ASKS("\"input\":\"B\""));
		left += !answers[5 + i].used;
	}
	assert_true(left > 0);
}

static int64_t notes(const struct site *s)
{
	return database_int(s->db_path, "SELECT count(*) FROM abandoned_chats");
}

static int64_t sweep(struct site *s)
{
	struct app *app = app_find(&s->apps, s->config_path);
	int64_t again =
		chat_sweep(app, NULL, 0, &s->worker.http, &s->worker.arena);

	app_release(&s->apps, app);
	return again;
}

static void the_database_is_tried_again(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		DELETES("c2"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CHAT, ASKS("\"messages\":[" SAYS("A") "]"));
	assert_true(answers[4].used);
	database_run(s->db_path, "CREATE TRIGGER refuses BEFORE UPDATE ON "
				 "abandoned_chats BEGIN "
				 "SELECT RAISE(ABORT, 'not now'); END");
	site_ask(s, "POST", CHAT, ASKS("\"messages\":[" SAYS("B") "]"));
	assert_int_equal(notes(s), 1);
	assert_true(sweep(s) <= clock_ms() + 60000);
	database_run(s->db_path, "DROP TRIGGER refuses");
	assert_int_equal(sweep(s), INT64_MAX);
	assert_true(answers[5].used);
	assert_int_equal(notes(s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_chat_with_instructions_is_not_continued),
		TEST(instructions_abandon_the_chat_before_them),
		TEST(an_ephemeral_turn_leaves_the_chat_alone),
		TEST(a_result_that_comes_later_is_sent_with_its_call),
		TEST(a_turn_with_nothing_new_is_sent_in_full),
		TEST(what_kimi_says_of_a_deletion_tells_no_secret),
		TEST(a_chat_that_is_due_soon_is_left_to_the_next_process),
		TEST(the_database_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
