/* SPDX-License-Identifier: MIT */
/* Kimi web: which host and which protocol answer. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/web_call.h"
#include "upstream/services.h"

#define CURRENT "/apiv2/kimi.gateway.chat.v1.ChatService/Chat"
#define MAKES "/api/chat"
#define ASKS "/api/chat/new/completion/stream"

#define HELLO                                                                  \
	"\0\0\0\0\x2F{\"block\":{\"id\":\"1\",\"text\":{\"content\":\"Hello\"}}}"
#define DONE "\0\0\0\0\x0B{\"done\":{}}\2\0\0\0\2{}"
#define UNAUTHENTICATED "\2\0\0\0\x24{\"error\":{\"code\":\"unauthenticated\"}}"
#define UNIMPLEMENTED "\2\0\0\0\x22{\"error\":{\"code\":\"unimplemented\"}}"

#define SAYS_CURRENT(host, bytes)                                              \
	{                                                                      \
		.method = "POST", .path = host CURRENT, .status = 200,         \
		.body = (bytes), .n = sizeof(bytes) - 1                        \
	}
#define FAILS(host, call, code, text)                                          \
	{                                                                      \
		.method = "POST", .path = host call, .status = (code),         \
		.body = (text)                                                 \
	}
#define SAYS_LEGACY(host)                                                      \
	{ .method = "POST",                                                    \
	  .path = host ASKS,                                                   \
	  .status = 200,                                                       \
	  .body = CMPL("Hello") ALL_DONE },                                    \
	{                                                                      \
		.method = "POST", .path = host MAKES, .status = 200,           \
		.body = "{\"id\":\"new\"}"                                     \
	}
#define REFUSED "{\"code\":\"unauthenticated\"}"

#define TEXT "start open0:text delta0:Hello close0 finish:stop"

/* An access token that has expired: {"app_id":"kimi","typ":"access","exp":5} */
#define EXPIRED                                                                \
	"eyJhbGciOiJIUzUxMiJ9."                                                \
	"eyJhcHBfaWQiOiJraW1pIiwidHlwIjoiYWNjZXNzIiwiZXhwIjo1fQ.c2ln"

static struct web_call *run(struct arena *a, struct replay_answer *answers,
			    struct web_call *w, bool *ok)
{
	struct chat_request r = decode(a, WEB(SAYS("A")));

	if (w == NULL)
		w = web_call_new(a, answers);
	*ok = web_call_run(w, &r);
	return w;
}

static const struct {
	struct replay_answer answers[6];
	const char *urls;
	bool ok;
	enum error_kind kind;
} ways[] = {
	{ { SAYS_CURRENT(WEB_ONE, HELLO DONE) },
	  WEB_ONE CURRENT,
	  true,
	  ERROR_KINDS },
	/* Refused as unknown: the legacy protocol at once. */
	{ { FAILS(WEB_ONE, CURRENT, 404, "<html>"), SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 404, "{\"error_type\":\"url.not_found\"}"),
	    SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 405, ""), SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 410, ""), SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 501, ""), SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 404, "{\"code\":\"unimplemented\"}"),
	    SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	{ { SAYS_CURRENT(WEB_ONE, UNIMPLEMENTED), SAYS_LEGACY(WEB_ONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS,
	  true,
	  ERROR_KINDS },
	/* Once it streams it knows the call; and these mean something else. */
	{ { SAYS_CURRENT(WEB_ONE, HELLO UNIMPLEMENTED) },
	  WEB_ONE CURRENT,
	  false,
	  ERROR_UPSTREAM },
	{ { FAILS(WEB_ONE, CURRENT, 404, "{\"code\":\"not_found\"}") },
	  WEB_ONE CURRENT,
	  false,
	  ERROR_MODEL },
	{ { FAILS(WEB_ONE, CURRENT, 500, "") },
	  WEB_ONE CURRENT,
	  false,
	  ERROR_UPSTREAM },
	/* A host that does not know the account: the next one. */
	{ { FAILS(WEB_ONE, CURRENT, 401, REFUSED),
	    SAYS_CURRENT(WEB_TWO, HELLO DONE) },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  true,
	  ERROR_KINDS },
	{ { SAYS_CURRENT(WEB_ONE, UNAUTHENTICATED),
	    SAYS_CURRENT(WEB_TWO, HELLO DONE) },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 404, ""),
	    FAILS(WEB_ONE, MAKES, 401,
		  "{\"error_type\":\"auth.token.invalid\"}"),
	    SAYS_CURRENT(WEB_TWO, HELLO DONE) },
	  WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_TWO CURRENT,
	  true,
	  ERROR_KINDS },
	{ { FAILS(WEB_ONE, CURRENT, 401, REFUSED),
	    FAILS(WEB_TWO, CURRENT, 401, REFUSED) },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  false,
	  ERROR_CREDENTIAL },
	{ { FAILS(WEB_ONE, CURRENT, 401, REFUSED),
	    FAILS(WEB_TWO, CURRENT, 502, "") },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  false,
	  ERROR_CREDENTIAL },
	{ { FAILS(WEB_ONE, CURRENT, 401, REFUSED),
	    FAILS(WEB_TWO, CURRENT, 429, "") },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  false,
	  ERROR_RATE_LIMIT },
	/* A reply that has begun is not begun again. */
	{ { SAYS_CURRENT(WEB_ONE, HELLO UNAUTHENTICATED) },
	  WEB_ONE CURRENT,
	  false,
	  ERROR_CREDENTIAL },
	{ { FAILS(WEB_ONE, CURRENT, 401, REFUSED),
	    SAYS_CURRENT(WEB_TWO, HELLO) },
	  WEB_ONE CURRENT " " WEB_TWO CURRENT,
	  false,
	  ERROR_UPSTREAM },
};

static void hosts_and_protocols_are_tried_in_turn(void **state)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct replay_answer answers[6];
		struct web_call *w;
		bool ok;

		memcpy(answers, ways[i].answers, sizeof(answers));
		w = run(*state, answers, NULL, &ok);
		assert_string_equal(web_call_urls(w), ways[i].urls);
		assert_int_equal(ok, ways[i].ok);
		if (ok)
			assert_string_equal(buf_text(&w->log->text), TEXT);
		else
			assert_int_equal(w->error.kind, ways[i].kind);
	}
}

static void the_host_that_answered_is_asked_first_next_time(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, CURRENT, 401, REFUSED),
		SAYS_CURRENT(WEB_TWO, HELLO DONE),
		SAYS_CURRENT(WEB_TWO, HELLO DONE),
		{ 0 },
	};
	bool ok;
	struct web_call *w = run(*state, answers, NULL, &ok);

	assert_true(ok);
	assert_string_equal(web_call_note(w, "host"), WEB_TWO);
	run(*state, answers, w, &ok);
	assert_true(ok);
	assert_int_equal(w->replay.n_calls, 3);
}

static void an_expired_token_says_nothing_about_the_host(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, CURRENT, 401, REFUSED),
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);
	bool ok;

	w->call.bearer = EXPIRED;
	run(*state, answers, w, &ok);
	assert_false(ok);
	assert_error(&w->error, ERROR_CREDENTIAL, "");
	assert_int_equal(w->replay.n_calls, 1);
}

static struct web_call *noted(struct arena *a, struct replay_answer *answers,
			      int64_t age_ms, bool *ok)
{
	struct web_call *w = web_call_new(a, answers);
	long long when = (long long)(clock_wall_ms() - age_ms);

	w->notes.save(w, "protocol", arena_printf(a, "legacy %lld", when));
	run(a, answers, w, ok);
	return w;
}

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void the_legacy_protocol_is_noted_for_a_day(void **state)
{
	static const struct {
		int64_t age_ms;
		const char *first;
	} rows[] = {
		{ 0, MAKES },
		{ DAY_MS - 60000, MAKES },
		{ DAY_MS + 60000, CURRENT },
		{ -60000, CURRENT }, /* the clock was set back */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			SAYS_CURRENT(WEB_ONE, HELLO DONE),
			SAYS_LEGACY(WEB_ONE),
			{ 0 },
		};
		bool ok;
		struct web_call *w =
			noted(*state, answers, rows[i].age_ms, &ok);

		assert_true(ok);
		assert_string_equal(w->replay.calls[0].url,
				    arena_printf(*state, WEB_ONE "%s",
						 rows[i].first));
	}
}

static void the_next_request_uses_what_was_learned(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, CURRENT, 404, ""),
		SAYS_LEGACY(WEB_ONE),
		SAYS_LEGACY(WEB_ONE),
		{ 0 },
	};
	bool ok;
	struct web_call *w = run(*state, answers, NULL, &ok);

	assert_true(ok);
	run(*state, answers, w, &ok);
	assert_true(ok);
	assert_string_equal(web_call_urls(w),
			    WEB_ONE CURRENT " " WEB_ONE MAKES " " WEB_ONE ASKS
					    " " WEB_ONE MAKES " " WEB_ONE ASKS);
}

static void a_host_without_either_protocol_is_not_noted(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, CURRENT, 404, ""),
		FAILS(WEB_ONE, MAKES, 404, ""),
		{ 0 },
	};
	bool ok;
	struct web_call *w = run(*state, answers, NULL, &ok);

	assert_false(ok);
	assert_null(web_call_note(w, "protocol"));
}

static void the_setting_decides_the_protocol(void **state)
{
	struct replay_answer current[] = {
		FAILS(WEB_ONE, CURRENT, 404, ""),
		{ 0 },
	};
	struct replay_answer legacy[] = { SAYS_LEGACY(WEB_ONE), { 0 } };
	struct web_call *w = web_call_new(*state, current);
	bool ok;

	w->config.web_protocol = CONFIG_PROTOCOL_CURRENT;
	run(*state, current, w, &ok);
	assert_false(ok);
	assert_error(&w->error, ERROR_UPSTREAM, "");
	w = web_call_new(*state, legacy);
	w->config.web_protocol = CONFIG_PROTOCOL_LEGACY;
	run(*state, legacy, w, &ok);
	assert_true(ok);
}

static void a_chat_is_not_continued_in_another_protocol(void **state)
{
	static const struct {
		enum config_protocol protocol;
		const char *chat;
	} rows[] = {
		{ CONFIG_PROTOCOL_AUTO, "d1abcdefghij01234567" },
		{ CONFIG_PROTOCOL_CURRENT, "d1abcdefghij01234567" },
		{ CONFIG_PROTOCOL_LEGACY, "current/c-1" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer none[] = { { 0 } };
		struct web_call *w = web_call_new(*state, none);
		struct chat_request r = decode(*state, WEB(SAYS("A")));

		w->config.web_protocol = rows[i].protocol;
		r.bookmark.chat = rows[i].chat;
		assert_false(web_call_run(w, &r));
		assert_error(&w->error, ERROR_CHAT_GONE, "");
		assert_int_equal(w->replay.n_calls, 0);
		assert_null(w->stream.bookmark.chat);
	}
}

static void a_current_chat_is_gone_where_its_protocol_is(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, CURRENT, 404, ""),
		{ 0 },
	};
	struct web_call *w = web_call_new(*state, answers);
	struct chat_request r = decode(*state, WEB(SAYS("A")));

	r.bookmark.chat = "current/c-1";
	assert_false(web_call_run(w, &r));
	assert_error(&w->error, ERROR_CHAT_GONE, "");
	assert_int_equal(w->replay.n_calls, 1);
}

static void a_chat_is_deleted_at_its_host(void **state)
{
	struct replay_answer answers[] = {
		FAILS(WEB_ONE, "/apiv2/kimi.chat.v1.ChatService/DeleteChat",
		      401, REFUSED),
		FAILS(WEB_TWO, "/apiv2/kimi.chat.v1.ChatService/DeleteChat",
		      200, "{}"),
		{ 0 },
	};
	struct upstream_chat chat = { .id = "current/c-1" };
	struct web_call *w = web_call_new(*state, answers);

	assert_true(upstream_web.delete_chats(&w->call, &chat, 1));
	assert_true(chat.gone);
	assert_int_equal(w->replay.n_calls, 2);
}

static void the_setting_limits_the_requests_at_once(void **state)
{
	struct config config = { .web_slots = 3 };

	(void)state;
	assert_int_equal(upstream_web.slots(&config), 3);
}

/* Rather than sent without its end. */
static void a_conversation_that_is_too_large_is_refused(void **state)
{
	static const enum config_protocol protocols[] = {
		CONFIG_PROTOCOL_CURRENT, CONFIG_PROTOCOL_LEGACY
	};
	size_t n = (size_t)65 << 20;

	for (size_t i = 0; i < COUNT(protocols); i++) {
		struct replay_answer answers[] = { CREATES("c1"), { 0 } };
		struct web_call *w = web_call_new(*state, answers);
		struct chat_part part = { .text = arena_alloc(*state, n + 1) };
		struct chat_message m = { .role = CHAT_USER,
					  .parts = &part,
					  .n_parts = 1 };
		struct chat_request r = { .messages = &m, .n_messages = 1 };

		memset((char *)(uintptr_t)part.text, 'x', n);
		w->config.web_protocol = protocols[i];
		assert_false(web_call_run(w, &r));
		assert_error(&w->error, ERROR_TOO_LARGE, "");
		for (size_t k = 0; k < w->replay.n_calls; k++)
			assert_true(w->replay.calls[k].body_len < 1000);
		arena_reset(*state);
	}
}

static void the_words_of_what_stands_before_kimi_are_kept(void **state)
{
	static const enum config_protocol protocols[] = {
		CONFIG_PROTOCOL_CURRENT, CONFIG_PROTOCOL_LEGACY
	};
	static const char *const bodies[] = {
		"{\"error\":{\"message\":\"Body too big\"}}",
		"{\"error\":\"Body too big\"}",
		"{\"detail\":\"Body too big\"}",
	};

	for (size_t i = 0; i < COUNT(protocols) * COUNT(bodies); i++) {
		const char *body = bodies[i % COUNT(bodies)];
		struct replay_answer answers[] = {
			FAILS(WEB_ONE, CURRENT, 413, body),
			FAILS(WEB_ONE, MAKES, 413, body),
			{ 0 },
		};
		struct web_call *w = web_call_new(*state, answers);
		bool ok;

		w->config.web_protocol = protocols[i / COUNT(bodies)];
		run(*state, NULL, w, &ok);
		assert_false(ok);
		assert_error(&w->error, ERROR_TOO_LARGE, "");
		assert_contains(w->error.message, "Kimi says: Body too big");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hosts_and_protocols_are_tried_in_turn),
		TEST(the_host_that_answered_is_asked_first_next_time),
		TEST(an_expired_token_says_nothing_about_the_host),
		TEST(the_legacy_protocol_is_noted_for_a_day),
		TEST(the_next_request_uses_what_was_learned),
		TEST(a_host_without_either_protocol_is_not_noted),
		TEST(the_setting_decides_the_protocol),
		TEST(a_chat_is_not_continued_in_another_protocol),
		TEST(a_current_chat_is_gone_where_its_protocol_is),
		TEST(a_chat_is_deleted_at_its_host),
		TEST(the_setting_limits_the_requests_at_once),
		TEST(a_conversation_that_is_too_large_is_refused),
		TEST(the_words_of_what_stands_before_kimi_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
