/* SPDX-License-Identifier: MIT */
/* Legacy completions: the request, and both forms of the reply. */
#include "tests/unit/support/test.h"

#include <math.h>
#include <string.h>

#include "dialect/openai/completions.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define PATH "/v1/completions"
#define HELLO "\"model\":\"kimi-k3\",\"prompt\":\"Once \""
#define THINKS(text)                                                                \
	"data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"" text \
	"\"},\"finish_reason\":null}]}\n\n"
#define FULL                                                                   \
	"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"     \
	"\"length\",\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"  \
	"]}\n\ndata: [DONE]\n\n"

/* A chunk or whole answer of the request whose id and time are made alike. */
#define HEAD                                                                   \
	"{\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":0,"    \
	"\"model\":\"kimi-k3\",\"choices\":["
#define CHOICE(text, reason)                                                   \
	"{\"text\":\"" text "\",\"index\":0,\"logprobs\":null,"                \
	"\"finish_reason\":" reason "}]"

static bool reads(struct arena *a, const char *body, struct chat_request *r,
		  struct error *e)
{
	*e = (struct error){ .kind = ERROR_KINDS };
	return dialect_openai_completions.decode(a, parse(a, body), r, e);
}

static struct chat_request accepted(struct arena *a, const char *body)
{
	struct chat_request r;
	struct error e;

	if (!reads(a, body, &r, &e))
		fail_msg("%s: %s", body, e.message);
	return r;
}

static void a_prompt_is_one_user_message(void **state)
{
	static const char *const bodies[] = {
		"{" HELLO "}",
		"{\"model\":\"kimi-k3\",\"prompt\":[\"Once \"]}",
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct chat_request r = accepted(*state, bodies[i]);

		assert_string_equal(r.model, "kimi-k3");
		assert_int_equal(r.n_messages, 1);
		assert_int_equal(r.messages[0].role, CHAT_USER);
		assert_string_equal(chat_message_text(r.messages, *state),
				    "Once ");
		assert_int_equal(r.max_tokens, 16);
		assert_int_equal(r.thinking, CHAT_THINKING_OFF);
		assert_true(isnan(r.temperature));
		assert_false(r.stream);
	}
}

static void fields_are_mapped_or_ignored(void **state)
{
	struct chat_request r = accepted(
		*state, "{" HELLO ",\"max_tokens\":7,\"temperature\":0.5,"
			"\"top_p\":0.25,\"presence_penalty\":1,"
			"\"frequency_penalty\":-1,\"stop\":[\"a\",\"b\"],"
			"\"stream\":true,\"stream_options\":{\"include_usage\":"
			"true},\"n\":1,\"user\":\"u\",\"echo\":true,"
			"\"suffix\":\"x\",\"best_of\":3,\"logprobs\":5,"
			"\"logit_bias\":{\"1\":2},\"seed\":1,\"newer\":[]}");

	assert_int_equal(r.max_tokens, 7);
	assert_true(r.temperature == 0.5 && r.top_p == 0.25);
	assert_true(r.presence_penalty == 1 && r.frequency_penalty == -1);
	assert_int_equal(r.n_stop, 2);
	assert_true(r.stream && r.include_usage);
	assert_string_equal(r.user, "u");
	accepted(*state,
		 "{" HELLO ",\"max_tokens\":null,\"echo\":null,\"n\":null,"
		 "\"stop\":null,\"stream\":null,\"suffix\":null}");
}

static void unsupported_requests_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ "{\"prompt\":\"a\"}", ERROR_MISSING, "model" },
		{ "{\"model\":\"m\"}", ERROR_MISSING, "prompt" },
		{ "{\"model\":\"m\",\"prompt\":null}", ERROR_MISSING,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":\"\"}", ERROR_MISSING,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[]}", ERROR_MISSING, "prompt" },
		{ "{\"model\":\"m\",\"prompt\":{}}", ERROR_TYPE, "prompt" },
		{ "{\"model\":\"m\",\"prompt\":7}", ERROR_TYPE, "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[\"a\",\"b\"]}",
		  ERROR_UNSUPPORTED, "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[7]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[7,8]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[[7,8]]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{" HELLO ",\"n\":2}", ERROR_UNSUPPORTED, "n" },
		{ "{" HELLO ",\"echo\":1}", ERROR_TYPE, "echo" },
		{ "{" HELLO ",\"max_tokens\":0}", ERROR_VALUE, "max_tokens" },
		{ "[]", ERROR_BAD_REQUEST, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct chat_request r;
		struct error e;

		if (reads(*state, rows[i].body, &r, &e))
			fail_msg("accepted: %s", rows[i].body);
		assert_error(&e, rows[i].kind, rows[i].param);
	}
}

/* The whole program's answer; with Kimi's bytes one by one if it has many. */
static char *served(struct arena *a, const char *more, const char *kimi)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, kimi),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	char *response;

	s->replay.step = 1;
	response =
		arena_copy(a, site_ask(s, "POST", PATH,
				       arena_printf(a, "{" HELLO "%s}", more)));
	assert_contains(s->replay.calls[0].body, "\"content\":\"Once \"");
	assert_contains(s->replay.calls[0].body, "_tokens\":16");
	fold_normalise(response);
	return response;
}

static void a_whole_reply_is_the_text(void **state)
{
	static const char kimi[] = THINKS("Hm") DELTA("upon") DELTA(" a") FULL;
	const char *plain = served(*state, "", kimi);

	assert_contains(plain, "Status: 200 ");
	assert_contains(site_body(plain),
			HEAD CHOICE("upon a", "\"length\"") ",\"usage\":{");
	assert_contains(plain, "\"completion_tokens\":2,");
	assert_lacks(plain, "Hm");
	assert_contains(served(*state, ",\"echo\":true", kimi),
			CHOICE("Once upon a", "\"length\""));
	assert_contains(served(*state, ",\"echo\":false", kimi),
			CHOICE("upon a", "\"length\""));
}

static void a_stream_is_the_same_in_pieces(void **state)
{
	static const char kimi[] = THINKS("Hm") DELTA("upon") DELTA(" a") END;
	const char *r = served(*state, ",\"stream\":true", kimi);

	assert_contains(r, "Content-Type: text/event-stream");
	assert_string_equal(
		site_body(r),
		"data: " HEAD CHOICE(
			"upon",
			"null") "}\n\n"
				"data: " HEAD CHOICE(
					" a",
					"null") "}\n\n"
						"data: " HEAD CHOICE(
							"",
							"\"stop\"") "}\n\n"
								    "data: [DONE]\n\n");
}

static void echo_and_usage_are_chunks_of_their_own(void **state)
{
	const char *r = served(*state,
			       ",\"stream\":true,\"echo\":true,"
			       "\"stream_options\":{\"include_usage\":true}",
			       DELTA("upon") FULL);
	const char *body = site_body(r);

	assert_memory_equal(
		body, "data: " HEAD CHOICE("Once ", "null") ",\"usage\":null}",
		strlen("data: " HEAD CHOICE("Once ",
					    "null") ",\"usage\":null}"));
	assert_contains(body, HEAD CHOICE("upon", "null") ",\"usage\":null}");
	assert_contains(body, HEAD CHOICE("", "\"length\"") ",\"usage\":null}");
	assert_contains(body, HEAD "],\"usage\":{\"prompt_tokens\":3,");
	assert_string_equal(body + strlen(body) - 14, "data: [DONE]\n\n");
}

static void errors_come_before_and_within_a_stream(void **state)
{
	static const char fault[] =
		"data: {\"error\":{\"message\":\"oops\",\"type\":"
		"\"server_error\"}}\n\n";
	struct site *s = site_open(*state, NULL, NULL);
	const char *r = site_ask(s, "POST", PATH, "{\"model\":\"kimi-k3\"}");

	assert_contains(r, "Status: 400 ");
	assert_contains(r, "\"param\":\"prompt\"");
	r = served(*state, ",\"stream\":true",
		   arena_printf(*state, "%s%s", DELTA("upon"), fault));
	assert_contains(r, "Status: 200 ");
	assert_contains(r, CHOICE("upon", "null"));
	assert_contains(r, "data: {\"error\":{\"message\":");
	assert_lacks(r, "[DONE]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_prompt_is_one_user_message),
		TEST(fields_are_mapped_or_ignored),
		TEST(unsupported_requests_are_refused),
		TEST(a_whole_reply_is_the_text),
		TEST(a_stream_is_the_same_in_pieces),
		TEST(echo_and_usage_are_chunks_of_their_own),
		TEST(errors_come_before_and_within_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
