/* SPDX-License-Identifier: MIT */
/* Kimi web, current protocol: what is sent. Replies are in the golden
 * tests. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/web_call.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/web/effort.h"

#define CHAT_CALL "/apiv2/kimi.gateway.chat.v1.ChatService/Chat"

/* {"done":{}} and the end. */
#define DONE "\0\0\0\0\x0B{\"done\":{}}\2\0\0\0\2{}"
#define ANSWERS(bytes)                                                         \
	{                                                                      \
		.method = "POST", .path = CHAT_CALL, .status = 200,            \
		.body = (bytes), .n = sizeof(bytes) - 1                        \
	}

/* The JSON of the one envelope that was sent. */
static const char *message_of(const struct replay_call *sent)
{
	const unsigned char *head = (const unsigned char *)sent->body;

	assert_true(sent->body_len > 5);
	assert_int_equal(head[0], 0);
	assert_int_equal(head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4],
			 sent->body_len - 5);
	return sent->body + 5;
}

static const char *ask(struct arena *a, const struct chat_request *r,
		       const struct model *model)
{
	struct replay_answer answers[] = { ANSWERS(DONE), { 0 } };
	struct web_call *w = web_call_new(a, answers);

	if (model != NULL)
		w->model = *model;
	assert_true(web_call_run(w, r));
	return message_of(&w->replay.calls[0]);
}

static void a_message_is_one_envelope(void **state)
{
	struct replay_answer answers[] = { ANSWERS(DONE), { 0 } };
	struct web_call *w = web_call_new(*state, answers);
	struct chat_request r = decode(*state, WEB(SAYS("Hi \\\"you\\\"")));
	const struct replay_call *sent = &w->replay.calls[0];

	assert_true(web_call_run(w, &r));
	assert_int_equal(w->replay.n_calls, 1);
	assert_string_equal(sent->url, WEB_ONE CHAT_CALL);
	assert_string_equal(sent->bearer, SITE_WEB);
	assert_string_equal(sent->head, "application/connect+json\n"
					"Connect-Protocol-Version: 1\n"
					"Accept-Encoding: identity");
	assert_string_equal(
		message_of(sent),
		"{\"scenario\":\"SCENARIO_CHAT\",\"tools\":[{\"type\":"
		"\"TOOL_TYPE_SEARCH\",\"search\":{}}],\"message\":{\"role\":"
		"\"user\",\"scenario\":\"SCENARIO_CHAT\",\"blocks\":[{"
		"\"message_id\":\"\",\"text\":{\"content\":\"Hi \\\"you\\\"\"}"
		"}],\"is_goal\":false},\"options\":{\"thinking\":false,"
		"\"model\":\"k2d6-chat\",\"reasoning_effort\":"
		"\"REASONING_EFFORT_NONE\"},\"project_id\":\"\"}");
}

static void a_chat_continues_after_its_last_reply(void **state)
{
	struct chat_request r = decode(*state, WEB(SAYS("A") "," SAYS("B")));
	const char *body;

	assert_contains(ask(*state, &r, NULL),
			"{\"content\":\"user: A\\n\\nuser: B\"}");
	r.bookmark = (struct chat_bookmark){ "current/c-1", "m-1", 1 };
	body = ask(*state, &r, NULL);
	assert_memory_equal(body, "{\"chat_id\":\"c-1\",", 17);
	assert_contains(body, "\"message\":{\"parent_id\":\"m-1\",");
	assert_contains(body, "{\"content\":\"B\"}");
	r.bookmark.message = NULL;
	assert_contains(ask(*state, &r, NULL),
			"\"message\":{\"parent_id\":\"c-1\",");
}

static void search_can_be_switched_off(void **state)
{
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	r.search = CHAT_SEARCH_ON;
	assert_contains(ask(*state, &r, NULL), "TOOL_TYPE_SEARCH");
	r.search = CHAT_SEARCH_OFF;
	assert_contains(ask(*state, &r, NULL), "\"tools\":[],");
}

#define LOW_HIGH_MAX (WEB_EFFORT_LOW | WEB_EFFORT_HIGH | WEB_EFFORT_MAX)
#define SWITCHES (MODEL_EFFORT | MODEL_THINKING_SWITCH)

static const struct model chosen[] = {
	{ .name = "k2", .upstream = &upstream_web },
	{ .name = "k1.5", .upstream = &upstream_web, .traits = MODEL_THINKS },
	{ .name = "k2d6-chat",
	  .upstream = &upstream_web,
	  .traits = SWITCHES,
	  .wire = "k2d6-chat",
	  .scenario = "SCENARIO_CHAT" },
	{ .name = "k3-agent",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS | MODEL_EFFORT,
	  .wire = "k3-wire",
	  .scenario = "SCENARIO_OK_COMPUTER" },
	{ .name = "thinker",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS | SWITCHES,
	  .scenario = "SCENARIO_X" },
	{ .name = "plain",
	  .upstream = &upstream_web,
	  .scenario = "SCENARIO_X" },
	{ .name = "k2 of the list",
	  .upstream = &upstream_web,
	  .traits = MODEL_EFFORT,
	  .wire = "k2d6-chat",
	  .scenario = "SCENARIO_CHAT" },
	{ .name = "pure",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS,
	  .scenario = "SCENARIO_X" },
	{ .name = "k3 of the list",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS | MODEL_EFFORT,
	  .wire = "k3-agent",
	  .scenario = "SCENARIO_OK_COMPUTER",
	  .efforts = LOW_HIGH_MAX,
	  .effort = WEB_EFFORT_MAX },
	{ .name = "k2 when that is preferred",
	  .upstream = &upstream_web,
	  .traits = MODEL_EFFORT,
	  .wire = "k3-agent",
	  .scenario = "SCENARIO_OK_COMPUTER",
	  .efforts = LOW_HIGH_MAX,
	  .effort = WEB_EFFORT_MAX },
	{ .name = "few",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS | SWITCHES,
	  .scenario = "SCENARIO_X",
	  .efforts = WEB_EFFORT_NONE | WEB_EFFORT_MEDIUM | WEB_EFFORT_MAX,
	  .effort = WEB_EFFORT_NONE },
};

#define OPTIONS(thinking, model, effort)                                       \
	"\"options\":{\"thinking\":" thinking ",\"model\":\"" model            \
	"\",\"reasoning_effort\":\"REASONING_EFFORT_" effort "\""
#define NO_EFFORT(thinking, model)                                             \
	"\"options\":{\"thinking\":" thinking ",\"model\":\"" model "\"}"

static const struct {
	size_t model;
	enum chat_thinking thinking;
	const char *effort, *options;
} thoughts[] = {
	{ 0, CHAT_THINKING_DEFAULT, NULL,
	  OPTIONS("false", "k2d6-chat", "NONE") },
	{ 0, CHAT_THINKING_ON, NULL, OPTIONS("true", "k2d6-chat", "LOW") },
	{ 0, CHAT_THINKING_DEFAULT, "max",
	  OPTIONS("true", "k2d6-chat", "LOW") },
	{ 0, CHAT_THINKING_OFF, "max", OPTIONS("false", "k2d6-chat", "NONE") },
	{ 1, CHAT_THINKING_DEFAULT, NULL, OPTIONS("true", "k2d6-chat", "LOW") },
	{ 1, CHAT_THINKING_OFF, NULL, OPTIONS("true", "k2d6-chat", "LOW") },
	{ 2, CHAT_THINKING_DEFAULT, NULL,
	  OPTIONS("false", "k2d6-chat", "NONE") },
	{ 2, CHAT_THINKING_DEFAULT, "low",
	  OPTIONS("true", "k2d6-chat", "LOW") },
	{ 3, CHAT_THINKING_DEFAULT, NULL,
	  OPTIONS("true", "k3-wire", "HIGH") ",\"kimiplus_id\":"
					     "\"ok-computer\"}" },
	{ 3, CHAT_THINKING_OFF, "none", OPTIONS("true", "k3-wire", "LOW") },
	{ 3, CHAT_THINKING_DEFAULT, "minimal",
	  OPTIONS("true", "k3-wire", "LOW") },
	{ 3, CHAT_THINKING_DEFAULT, "medium",
	  OPTIONS("true", "k3-wire", "HIGH") },
	{ 3, CHAT_THINKING_DEFAULT, "xhigh",
	  OPTIONS("true", "k3-wire", "MAX") },
	{ 4, CHAT_THINKING_DEFAULT, NULL,
	  OPTIONS("true", "thinker", "HIGH") "}" },
	{ 4, CHAT_THINKING_DEFAULT, "none",
	  OPTIONS("false", "thinker", "NONE") },
	{ 5, CHAT_THINKING_ON, "high", NO_EFFORT("false", "plain") },
	{ 6, CHAT_THINKING_DEFAULT, NULL,
	  OPTIONS("false", "k2d6-chat", "NONE") },
	{ 6, CHAT_THINKING_DEFAULT, "high",
	  OPTIONS("true", "k2d6-chat", "LOW") },
	{ 7, CHAT_THINKING_OFF, "high", NO_EFFORT("true", "pure") },
	{ 8, CHAT_THINKING_DEFAULT, NULL, OPTIONS("true", "k3-agent", "MAX") },
	{ 8, CHAT_THINKING_DEFAULT, "none",
	  OPTIONS("true", "k3-agent", "LOW") },
	{ 8, CHAT_THINKING_OFF, "max", OPTIONS("true", "k3-agent", "LOW") },
	{ 8, CHAT_THINKING_DEFAULT, "medium",
	  OPTIONS("true", "k3-agent", "HIGH") },
	{ 9, CHAT_THINKING_DEFAULT, NULL, OPTIONS("true", "k3-agent", "LOW") },
	{ 9, CHAT_THINKING_ON, NULL, OPTIONS("true", "k3-agent", "MAX") },
	{ 10, CHAT_THINKING_DEFAULT, NULL, OPTIONS("true", "few", "MEDIUM") },
	{ 10, CHAT_THINKING_DEFAULT, "low", OPTIONS("true", "few", "MEDIUM") },
	{ 10, CHAT_THINKING_DEFAULT, "medium",
	  OPTIONS("true", "few", "MEDIUM") },
	{ 10, CHAT_THINKING_DEFAULT, "high", OPTIONS("true", "few", "MEDIUM") },
	{ 10, CHAT_THINKING_DEFAULT, "xhigh", OPTIONS("true", "few", "MAX") },
	{ 10, CHAT_THINKING_OFF, "max", OPTIONS("false", "few", "NONE") },
};

static void thinking_is_requested_as_the_model_takes_it(void **state)
{
	for (size_t i = 0; i < COUNT(thoughts); i++) {
		struct chat_request r = decode(*state, WEB(SAYS("A")));
		const struct model *m = &chosen[thoughts[i].model];
		const char *body;

		r.thinking = thoughts[i].thinking;
		r.effort = thoughts[i].effort;
		body = ask(*state, &r, m);
		assert_contains(body, thoughts[i].options);
		if (m->scenario != NULL)
			assert_contains(body, m->scenario);
	}
}

#define NAMES                                                                  \
	"\0\0\0\0\x1A{\"chat\":{\"id\":\"new-chat\"}}"                         \
	"\0\0\0\0\x2B{\"message\":{\"id\":\"m-9\",\"role\":\"assistant\"}}"

static void the_reply_says_where_the_chat_continues(void **state)
{
	struct replay_answer answers[] = { ANSWERS(NAMES DONE),
					   ANSWERS(DONE),
					   { 0 } };
	struct web_call *w = web_call_new(*state, answers);
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	assert_true(web_call_run(w, &r));
	assert_string_equal(w->stream.bookmark.chat, "current/new-chat");
	assert_string_equal(w->stream.bookmark.message, "m-9");
	r.bookmark = (struct chat_bookmark){ "current/c-1", "m-1", 0 };
	assert_true(web_call_run(w, &r));
	assert_string_equal(w->stream.bookmark.chat, "current/c-1");
}

static void failures_have_their_kinds(void **state)
{
	static const struct {
		long status;
		const char *body;
		const char *chat;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ 403, "{\"code\":\"permission_denied\"}", NULL,
		  ERROR_FORBIDDEN, "" },
		{ 404, "{\"code\":\"not_found\"}", "current/c", ERROR_CHAT_GONE,
		  "" },
		{ 404, "{\"code\":\"not_found\"}", NULL, ERROR_MODEL, "model" },
		{ 400, "{\"code\":\"invalid_argument\",\"message\":\"x\"}",
		  NULL, ERROR_VALUE, "" },
		{ 429, "<html>", NULL, ERROR_RATE_LIMIT, "" },
		{ 502, "<html>", NULL, ERROR_UPSTREAM, "" },
		{ 503, "{\"code\":\"unavailable\"}", NULL, ERROR_OVERLOADED,
		  "" },
		{ 504, "", NULL, ERROR_TIMEOUT, "" },
		{ 302, "", NULL, ERROR_UPSTREAM, "" },
		{ 429,
		  "{\"code\":\"resource_exhausted\",\"details\":[{},{\"debug\":"
		  "{\"reason\":\"REASON_QUOTA_EXCEEDED\"}}]}",
		  NULL, ERROR_QUOTA, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			{ .method = "POST",
			  .path = CHAT_CALL,
			  .status = rows[i].status,
			  .body = rows[i].body,
			  .retry_after_ms = 7000 },
			{ 0 },
		};
		struct web_call *w = web_call_new(*state, answers);
		struct chat_request r = decode(*state, WEB(SAYS("A")));

		r.bookmark.chat = rows[i].chat;
		assert_false(web_call_run(w, &r));
		assert_error(&w->error, rows[i].kind, rows[i].param);
		if (rows[i].kind != ERROR_MODEL)
			assert_int_equal(w->error.retry_after_ms, 7000);
		assert_int_equal(w->replay.n_calls, 1);
	}
}

static bool deleted(struct web_call *w, const char *chat)
{
	struct upstream_chat c = { .id = chat };
	bool ok = upstream_web.delete_chats(&w->call, &c, 1);

	assert_int_equal(ok, c.gone);
	return ok;
}

static void a_chat_is_deleted_by_its_own_protocol(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = WEB_ONE "/apiv2/kimi.chat.v1.ChatService/DeleteChat",
		  .status = 200,
		  .body = "{}" },
		DELETES("d1abc"),
		{ .method = "POST",
		  .path = "/DeleteChat",
		  .status = 404,
		  .body = "{\"code\":\"not_found\"}" },
		{ .method = "POST",
		  .path = "/DeleteChat",
		  .status = 500,
		  .body = "" },
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);

	assert_true(deleted(w, "current/c-\"1"));
	assert_string_equal(w->replay.calls[0].body,
			    "{\"chat_id\":\"c-\\\"1\"}");
	assert_string_equal(w->replay.calls[0].bearer, SITE_WEB);
	assert_true(deleted(w, "d1abc"));
	assert_string_equal(w->replay.calls[1].url, WEB_ONE "/api/chat/d1abc");
	assert_true(deleted(w, "current/gone"));
	assert_false(deleted(w, "current/c-1"));
	assert_error(&w->error, ERROR_UPSTREAM, "");
}

#define DELETE(method_name, code, text)                                        \
	{                                                                      \
		.method = "POST", .path = "ChatService/" method_name,          \
		.status = (code), .body = (text)                               \
	}

static void several_chats_are_deleted_by_one_call(void **state)
{
	struct replay_answer answers[] = {
		DELETE("BatchDeleteChats", 200, "{}"),
		DELETES("d1"),
		{ 0 },
	};
	struct upstream_chat chats[] = {
		{ .id = "current/a" },
		{ .id = "d1" },
		{ .id = "current/b" },
		{ .id = "current/c", .gone = true },
	};
	struct web_call *w = web_call_new(*state, answers);

	assert_true(upstream_web.delete_chats(&w->call, chats, COUNT(chats)));
	assert_int_equal(w->replay.n_calls, 2);
	assert_string_equal(w->replay.calls[0].body,
			    "{\"chat_ids\":[\"a\",\"b\"]}");
	for (size_t i = 0; i < COUNT(chats); i++)
		assert_true(chats[i].gone);
}

/* It may not know the call, or not for so many, or stumble over one. */
static void else_they_are_deleted_one_by_one(void **state)
{
	static const struct {
		long status;
		const char *body;
	} refusals[] = {
		{ 404, "{\"code\":\"not_found\"}" },
		{ 404, "<html>" },
		{ 501, "{\"code\":\"unimplemented\"}" },
		{ 400, "{\"code\":\"invalid_argument\"}" },
		{ 403, "{\"code\":\"permission_denied\"}" },
	};

	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct replay_answer answers[] = {
			DELETE("BatchDeleteChats", refusals[i].status,
			       refusals[i].body),
			DELETE("DeleteChat", 404, "{\"code\":\"not_found\"}"),
			DELETE("DeleteChat", 200, "{}"),
			{ 0 },
		};
		struct upstream_chat chats[] = { { .id = "current/a" },
						 { .id = "current/b" } };
		struct web_call *w = web_call_new(*state, answers);

		assert_true(upstream_web.delete_chats(&w->call, chats, 2));
		assert_int_equal(w->replay.n_calls, 3);
		assert_true(chats[0].gone && chats[1].gone);
	}
}

static void one_that_is_never_deleted_does_not_keep_the_others(void **state)
{
	struct replay_answer answers[] = {
		DELETE("BatchDeleteChats", 403,
		       "{\"code\":\"permission_denied\"}"),
		DELETE("DeleteChat", 403, "{\"code\":\"permission_denied\"}"),
		DELETE("DeleteChat", 200, "{}"),
		{ .method = "DELETE",
		  .path = "/api/chat/d1",
		  .status = 403,
		  .body = "{}" },
		DELETES("d2"),
		{ 0 },
	};
	struct upstream_chat chats[] = { { .id = "current/a" },
					 { .id = "current/b" },
					 { .id = "d1" },
					 { .id = "d2" } };
	struct web_call *w = web_call_new(*state, answers);

	assert_false(upstream_web.delete_chats(&w->call, chats, 4));
	assert_error(&w->error, ERROR_FORBIDDEN, "");
	assert_true(!chats[0].gone && chats[1].gone);
	assert_true(!chats[2].gone && chats[3].gone);
}

/* The rest would wait as long. */
static void what_fails_is_left_with_all_that_follow(void **state)
{
	struct replay_answer answers[] = {
		DELETES("d1"),
		{ .method = "DELETE",
		  .path = "/api/chat/d2",
		  .status = 500,
		  .body = "" },
		{ 0 },
	};
	struct upstream_chat chats[] = { { .id = "d1" },
					 { .id = "d2" },
					 { .id = "d3" } };
	struct web_call *w = web_call_new(*state, answers);

	assert_false(upstream_web.delete_chats(&w->call, chats, 3));
	assert_int_equal(w->replay.n_calls, 2);
	assert_true(chats[0].gone && !chats[1].gone && !chats[2].gone);
}

static void a_client_that_leaves_stops_the_reply(void **state)
{
	static const char bytes[] =
		"\0\0\0\0\x2F{\"block\":{\"id\":\"1\",\"text\":{\"content\":"
		"\"Hello\"}}}" DONE;
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = CHAT_CALL,
		  .status = 200,
		  .body = bytes,
		  .n = sizeof(bytes) - 1 },
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	w->log->stop_after = 3;
	assert_false(upstream_web.run(&w->call, &r, &w->stream));
	assert_error(&w->error, ERROR_CLIENT_GONE, "");
	assert_int_equal(w->replay.stopped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_is_one_envelope),
		TEST(a_chat_continues_after_its_last_reply),
		TEST(search_can_be_switched_off),
		TEST(thinking_is_requested_as_the_model_takes_it),
		TEST(the_reply_says_where_the_chat_continues),
		TEST(failures_have_their_kinds),
		TEST(a_chat_is_deleted_by_its_own_protocol),
		TEST(several_chats_are_deleted_by_one_call),
		TEST(else_they_are_deleted_one_by_one),
		TEST(one_that_is_never_deleted_does_not_keep_the_others),
		TEST(what_fails_is_left_with_all_that_follow),
		TEST(a_client_that_leaves_stops_the_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
