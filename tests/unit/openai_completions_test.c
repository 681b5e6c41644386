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
			"\"suffix\":\"x\",\"best_of\":1,\"logprobs\":5,"
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
		{ "{\"model\":\"m\",\"prompt\":[\"a\",\"\"]}", ERROR_MISSING,
		  "prompt[1]" },
		{ "{\"model\":\"m\",\"prompt\":[\"a\",7]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[7]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[7,8]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{\"model\":\"m\",\"prompt\":[[7,8]]}", ERROR_UNSUPPORTED,
		  "prompt" },
		{ "{" HELLO ",\"n\":9}", ERROR_VALUE, "n" },
		{ "{" HELLO ",\"best_of\":2}", ERROR_UNSUPPORTED, "best_of" },
		{ "{" HELLO ",\"n\":2,\"best_of\":3}", ERROR_UNSUPPORTED,
		  "best_of" },
		{ "{" HELLO ",\"best_of\":2,\"n\":3}", ERROR_UNSUPPORTED,
		  "best_of" },
		{ "{" HELLO ",\"best_of\":0}", ERROR_VALUE, "best_of" },
		{ "{" HELLO ",\"best_of\":\"1\"}", ERROR_TYPE, "best_of" },
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

static void several_prompts_are_as_many_messages(void **state)
{
	struct chat_request r =
		accepted(*state, "{\"model\":\"m\",\"n\":2,\"best_of\":2,"
				 "\"prompt\":[\"a\",\"b\",\"c\"]}");

	assert_int_equal(r.n_messages, 3);
	assert_int_equal(r.n_prompts, 3);
	assert_int_equal(r.n, 2);
	assert_int_equal(chat_choices(&r), 6);
	assert_string_equal(chat_message_text(&r.messages[2], *state), "c");
}

/* A request for `n` choices of `prompts` prompts. */
static const char *many(struct arena *a, size_t n, size_t prompts)
{
	const char *list = "\"a\"";

	for (size_t i = 1; i < prompts; i++)
		list = arena_printf(a, "%s,\"a\"", list);
	return arena_printf(a, "{\"model\":\"m\",\"n\":%zu,\"prompt\":[%s]}", n,
			    list);
}

static void sixty_four_choices_are_the_most(void **state)
{
	static const size_t rows[][2] = {
		{ 1, 64 }, { 1, 65 }, { 8, 8 }, { 8, 9 }, { 3, 21 }, { 3, 22 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *body = many(*state, rows[i][0], rows[i][1]);
		struct chat_request r;
		struct error e;
		bool ok = reads(*state, body, &r, &e);

		assert_int_equal(ok, rows[i][0] * rows[i][1] <= 64);
		if (ok)
			continue;
		assert_error(&e, ERROR_VALUE, "prompt");
		assert_contains(e.message, "at most 64 choices");
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
		TEST(several_prompts_are_as_many_messages),
		TEST(sixty_four_choices_are_the_most),
		TEST(a_whole_reply_is_the_text),
		TEST(a_stream_is_the_same_in_pieces),
		TEST(echo_and_usage_are_chunks_of_their_own),
		TEST(errors_come_before_and_within_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
