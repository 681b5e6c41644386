/* SPDX-License-Identifier: MIT */
/* Chat requests from end to end, over a Kimi made of strings. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

static const char *content_of(struct arena *a, const char *response)
{
	const char *text = json_text(parse(a, site_body(response)),
				     "choices.0.message.content");

	if (text == NULL)
		fail_msg("%s", response);
	return text;
}

/* The user text of the nth call, which must be a web completion. */
static const char *sent(struct site *s, size_t n)
{
	assert_true(n < s->replay.n_calls);
	assert_contains(s->replay.calls[n].url, "/completion/stream");
	return json_text(parse(s->arena, s->replay.calls[n].body),
			 "messages.0.content");
}

static void all_turns_reach_kimi_and_the_chat_is_deleted(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("Hello") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r =
		site_ask(s, "POST", CHAT,
			 WEB("{\"role\":\"system\",\"content\":\"S\"}," SAYS(
				 "A") "," ANSWERED("B") "," SAYS("C")));

	assert_string_equal(content_of(*state, r), "Hello");
	assert_string_equal(sent(s, 1), "system: S\n\nuser: A\n\n"
					"assistant: B\n\nuser: C");
	assert_int_equal(s->replay.n_calls, 3);
	assert_string_equal(s->replay.calls[2].method, "DELETE");
	assert_string_equal(s->replay.calls[2].bearer, SITE_WEB);
}

static void the_chat_is_deleted_after_an_error_too(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 500, "{}"),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	assert_contains(site_ask(s, "POST", CHAT, WEB(SAYS("A"))),
			"Status: 502 ");
	assert_true(answers[2].used);
}

static void a_conversation_continues_in_its_chat(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c1", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CONVERSATION, WEB(SAYS("A")));
	assert_string_equal(content_of(*state, site_ask(s, "POST", CONVERSATION,
							WEB(SAYS("B")))),
			    "two");
	assert_string_equal(sent(s, 2), "B");
	assert_int_equal(s->replay.n_calls, 3);
}

static void a_history_sent_again_is_not_doubled(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c1", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CONVERSATION, WEB(SAYS("A")));
	site_ask(s, "POST", CONVERSATION,
		 WEB(SAYS("A") "," ANSWERED("one") "," SAYS("B")));
	assert_string_equal(sent(s, 2), "B");
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM v_messages "
				      "WHERE session = 'mine'"),
			 4);
}

static void a_history_with_nothing_new_is_refused(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		CREATES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r;

	site_ask(s, "POST", CONVERSATION, WEB(SAYS("A")));
	r = site_ask(s, "POST", CONVERSATION,
		     WEB(SAYS("A") "," ANSWERED("one")));
	assert_contains(r, "Status: 400 ");
	assert_contains(r, "\"param\":\"messages\"");
}

static void if_the_chat_is_gone_another_gets_everything(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c1", 404, "{\"error_type\":\"chat.not_found\"}"),
		COMPLETES("c2", 200, CMPL("two") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		{ .method = "DELETE",
		  .path = "/api/chat/c1",
		  .status = 404,
		  .body = "{}",
		  .again = true },
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CONVERSATION, WEB(SAYS("A")));
	assert_string_equal(content_of(*state, site_ask(s, "POST", CONVERSATION,
							WEB(SAYS("B")))),
			    "two");
	assert_string_equal(sent(s, 4), "user: A\n\nassistant: one\n\nuser: B");
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT chat FROM conversations"),
			    "c2");
}

static void an_edited_history_is_sent_in_full(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") ALL_DONE),
		COMPLETES("c1", 200, CMPL("two") ALL_DONE),
		COMPLETES("c2", 200, CMPL("three") ALL_DONE),
		CREATES("c1"),
		CREATES("c2"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);

	site_ask(s, "POST", CONVERSATION, WEB(SAYS("A")));
	site_ask(s, "POST", CONVERSATION, WEB(SAYS("B")));
	site_ask(s, "POST", CONVERSATION,
		 WEB(SAYS("A") "," ANSWERED("one") "," SAYS("C")));
	assert_string_equal(sent(s, 4), "user: A\n\nassistant: one\n\nuser: C");
	assert_true(answers[5].used);
}

static void a_stateless_service_gets_the_history_replayed(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("one") END),
		PLATFORM_SAYS(200, DELTA("two") END),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	const cJSON *body;

	site_ask(s, "POST", CONVERSATION, PLATFORM(SAYS("A")));
	site_ask(s, "POST", CONVERSATION, PLATFORM(SAYS("B")));
	body = parse(*state, s->replay.calls[1].body);
	assert_string_equal(json_text(body, "messages.0.content"), "A");
	assert_string_equal(json_text(body, "messages.1.content"), "one");
	assert_string_equal(json_text(body, "messages.2.content"), "B");
	assert_null(json_at(body, "messages.3"));
}

#define TWO_KEYS                                                               \
	"KIMI_TOKENS=sk-aaaaaaaaaaaaaaaaaaaaaaaa,sk-bbbbbbbbbbbbbbbbbbbbbbbb\n"

static void before_the_first_content_the_next_credential_is_tried(void **state)
{
	static const long statuses[] = { 401, 403, 429, 500, 502, 503, 504 };

	for (size_t i = 0; i < COUNT(statuses); i++) {
		struct replay_answer answers[] = {
			PLATFORM_SAYS(statuses[i], "{}"),
			PLATFORM_SAYS(200, DELTA("fine") END),
			PLATFORM_SAYS(200, DELTA("fine") END),
			{ 0 },
		};
		struct site *s = site_open(*state, TWO_KEYS, answers);
		struct replay_call *calls = s->replay.calls;

		assert_string_equal(content_of(*state,
					       site_ask(s, "POST", CHAT,
							PLATFORM(SAYS("A")))),
				    "fine");
		assert_string_not_equal(calls[0].bearer, calls[1].bearer);
		/* The one that failed is in cooldown. */
		site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));
		assert_string_equal(calls[1].bearer, calls[2].bearer);
	}
}

static void a_fault_of_the_request_is_not_tried_again(void **state)
{
	struct replay_answer answers[] = { PLATFORM_SAYS(400, "{}"), { 0 } };
	struct site *s = site_open(*state, TWO_KEYS, answers);

	assert_contains(site_ask(s, "POST", CHAT, PLATFORM(SAYS("A"))),
			"Status: 400 ");
	assert_int_equal(s->replay.n_calls, 1);
}

static void if_all_fail_one_error_takes_precedence(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(429, "{\"error\":{\"type\":\"rate_limit_reached_"
				   "error\",\"message\":\"slow\"}}"),
		PLATFORM_SAYS(502, "{}"),
		{ 0 },
	};
	struct site *s;
	const char *r;

	answers[0].retry_after_ms = 7000;
	s = site_open(*state, TWO_KEYS, answers);
	r = site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));
	assert_contains(r, "Status: 429 ");
	assert_contains(r, "Retry-After: 7\r\n");
	assert_contains(r, "slow");
}

static void credentials_take_turns(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("fine") END), { 0 }
	};
	struct replay_call *calls;
	struct site *s;

	answers[0].again = true;
	s = site_open(*state, TWO_KEYS, answers);
	calls = s->replay.calls;
	for (int i = 0; i < 3; i++)
		site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));
	assert_string_not_equal(calls[0].bearer, calls[1].bearer);
	assert_string_equal(calls[0].bearer, calls[2].bearer);
}

static void after_the_first_content_no_other_is_tried(void **state)
{
	struct replay_answer answers[] = { PLATFORM_SAYS(200, DELTA("Hel")),
					   { 0 } };
	struct site *s = site_open(*state, TWO_KEYS, answers);
	const char *r = site_ask(s, "POST", CHAT,
				 "{\"model\":\"kimi-k3\",\"stream\":true,"
				 "\"messages\":[" SAYS("A") "]}");

	assert_contains(r, "Status: 200 ");
	assert_contains(fold_stream(*state, site_body(r)), "upstream_error");
	assert_int_equal(s->replay.n_calls, 1);
}

#define RENEWS(token)                                                          \
	{                                                                      \
		.method = "GET", .path = "/api/auth/token/refresh",            \
		.status = 200,                                                 \
		.body = "{\"access_token\":\"" token                           \
			"\",\"refresh_token\":\"next\"}"                       \
	}

static void a_refused_access_token_is_renewed_once(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/api/chat",
		  .status = 401,
		  .body = "{\"error_type\":\"auth.token.invalid\"}" },
		COMPLETES("c1", 200, CMPL("fine") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		RENEWS("access-1"),
		RENEWS("access-2"),
		{ 0 },
	};
	struct site *s = site_open(*state,
				   "KIMI_TOKENS=web:opaque-refresh-token\n"
				   "KIMI_WEB_URL=https://web.example\n",
				   answers);

	assert_string_equal(
		content_of(*state, site_ask(s, "POST", CHAT, WEB(SAYS("A")))),
		"fine");
	assert_string_equal(s->replay.calls[0].bearer, "opaque-refresh-token");
	assert_string_equal(s->replay.calls[1].bearer, "access-1");
	assert_string_equal(s->replay.calls[2].bearer, "next");
	assert_string_equal(s->replay.calls[3].bearer, "access-2");
}

static void what_a_service_does_not_support_is_refused(void **state)
{
	static const struct {
		const char *body, *status, *param;
	} rows[] = {
		{ "{\"model\":\"k2\",\"messages\":[" SAYS(
			  "A") "],\"tools\":["
			       "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
		  "400", "\"param\":\"tools\"" },
		{ "{\"model\":\"k2\",\"messages\":[{\"role\":\"user\","
		  "\"content\":[{\"type\":\"image_url\",\"image_url\":"
		  "\"data:x\"}]}]}",
		  "400", "messages" },
		{ PLATFORM(SAYS("A")), "404", "\"param\":\"model\"" },
		{ WEB(SAYS("A") ",{\"role\":\"tool\",\"tool_call_id\":\"i\","
				"\"content\":\"x\"}"),
		  "400", "\"param\":\"messages[1].tool_call_id\"" },
	};
	struct site *s = site_open(
		*state, "KIMI_TOKENS=" SITE_WEB "\nKIMI_WEB_TOOLS=0\n", NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *r = site_ask(s, "POST", CHAT, rows[i].body);

		assert_memory_equal(r + 8, rows[i].status, 3);
		assert_contains(r, rows[i].param);
	}
	assert_int_equal(database_int(s->db_path,
				      "SELECT count(*) FROM requests "
				      "WHERE status = 'refused'"),
			 COUNT(rows));
}

static void a_request_has_its_row(void **state)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, DELTA("Hello") END), { 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *r = site_ask(s, "POST", CHAT, PLATFORM(SAYS("A")));
	const char *id = arena_copy_n(*state, strstr(r, "req_"), 28);

	assert_string_equal(
		database_text(*state, s->db_path,
			      arena_printf(*state,
					   "SELECT model || dialect || stream "
					   "|| status || http_status || "
					   "finish_reason || token_source || "
					   "(prompt_tokens > 0) || "
					   "(completion_tokens > 0) FROM "
					   "requests WHERE id = '%s'",
					   id)),
		"kimi-k3openai_chat0done200stopestimated11");
	assert_lacks(database_text(*state, s->db_path,
				   "SELECT credential FROM requests"),
		     "unit0123");
}

struct seen {
	struct site *site;
	char status[16];
	int64_t messages;
};

static void look(void *ctx)
{
	struct seen *seen = ctx;
	const char *status = database_text(seen->site->arena,
					   seen->site->db_path,
					   "SELECT status FROM requests");

	snprintf(seen->status, sizeof(seen->status), "%s",
		 status == NULL ? "none" : status);
	seen->messages = database_int(seen->site->db_path,
				      "SELECT count(*) FROM messages");
}

static void the_reply_is_stored_before_the_client_gets_its_end(void **state)
{
	static const char *const ends[] = { "\"finish_reason\":\"stop\"",
					    "[DONE]" };

	for (size_t i = 0; i < COUNT(ends); i++) {
		struct replay_answer answers[] = {
			COMPLETES("c1", 200, CMPL("one") ALL_DONE),
			CREATES("c1"),
			{ 0 },
		};
		struct site *s = site_open(*state, NULL, answers);
		struct string_gateway *g = site_request(s, "POST", CONVERSATION,
							STREAM(SAYS("A")));
		struct seen seen = { .site = s };

		g->watched = ends[i];
		g->on_watched = look;
		g->watched_ctx = &seen;
		site_serve(s, g);
		assert_string_equal(seen.status, "done");
		assert_int_equal(seen.messages, 2);
	}
}

static void the_first_content_leaves_at_once(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200, CMPL("one") CMPL("two") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	struct string_gateway *g =
		site_request(s, "POST", CHAT, STREAM(SAYS("A")));
	const char *r = site_serve(s, g);
	const char *first = arena_copy_n(*state, r, g->first_flush);

	assert_contains(first, "\"content\":\"one\"");
	assert_lacks(first, "\"two\"");
	assert_int_equal(g->flushed, g->out.len);
	/* The rest of the read goes out in one more flush. */
	assert_in_range(g->flushes, 2, 3);
}

static void a_client_that_leaves_stops_kimi_and_is_recorded(void **state)
{
	struct replay_answer answers[] = {
		COMPLETES("c1", 200,
			  CMPL("one") CMPL("two") CMPL("three") ALL_DONE),
		CREATES("c1"),
		DELETES("c1"),
		{ 0 },
	};
	struct site *s = site_open(*state, NULL, answers);
	struct string_gateway *g =
		site_request(s, "POST", CHAT, STREAM(SAYS("A")));

	s->replay.step = 16;
	g->max_out = 900;
	site_serve(s, g);
	assert_int_equal(s->replay.stopped, 1);
	assert_true(answers[2].used);
	assert_string_equal(database_text(*state, s->db_path,
					  "SELECT status || error_kind "
					  "FROM requests"),
			    "cancelledclient_gone");
	assert_contains(database_text(*state, s->db_path,
				      "SELECT content FROM messages"),
			"one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_turns_reach_kimi_and_the_chat_is_deleted),
		TEST(the_chat_is_deleted_after_an_error_too),
		TEST(a_conversation_continues_in_its_chat),
		TEST(a_history_sent_again_is_not_doubled),
		TEST(a_history_with_nothing_new_is_refused),
		TEST(if_the_chat_is_gone_another_gets_everything),
		TEST(an_edited_history_is_sent_in_full),
		TEST(a_stateless_service_gets_the_history_replayed),
		TEST(before_the_first_content_the_next_credential_is_tried),
		TEST(a_fault_of_the_request_is_not_tried_again),
		TEST(if_all_fail_one_error_takes_precedence),
		TEST(credentials_take_turns),
		TEST(after_the_first_content_no_other_is_tried),
		TEST(a_refused_access_token_is_renewed_once),
		TEST(what_a_service_does_not_support_is_refused),
		TEST(a_request_has_its_row),
		TEST(the_reply_is_stored_before_the_client_gets_its_end),
		TEST(the_first_content_leaves_at_once),
		TEST(a_client_that_leaves_stops_kimi_and_is_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
