/* SPDX-License-Identifier: MIT */
/* Kimi Code's Messages flavour: its replies, and when it is chosen. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/event_log.h"
#include "tests/unit/support/replay.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/upstream.h"

/* A credential's notes: the one of the flavour. */
struct memory {
	char flavour[16];
};

static const char *find_note(void *ctx, const char *name, struct arena *a)
{
	const struct memory *m = ctx;

	return strcmp(name, "flavour") == 0 && m->flavour[0] != '\0' ?
		       arena_copy(a, m->flavour) :
		       NULL;
}

static void keep_note(void *ctx, const char *name, const char *value)
{
	struct memory *m = ctx;

	if (strcmp(name, "flavour") == 0)
		strncpy(m->flavour, value, sizeof(m->flavour) - 1);
}

struct heard {
	unsigned traits; /* in: further ones */
	size_t step, cut;
	struct memory memory;

	bool ok; /* out */
	struct event_log log;
	struct chat_stream stream;
	struct replay replay;
	struct error error;
};

static void hear(struct arena *a, struct heard *h,
		 struct replay_answer *answers)
{
	struct chat_request r =
		decode(a, "{\"model\":\"k3\",\"messages\":["
			  "{\"role\":\"user\",\"content\":\"Hi\"}]}");
	struct credential_notes notes = { find_note, keep_note, &h->memory };
	struct config config = { .code_urls = config_list_parse(
					 a, "https://code.example/v1", ',') };
	struct model model = *model_known("k3", &upstream_code);
	struct http_client http;
	struct upstream_call call = {
		.arena = a,
		.http = &http,
		.config = &config,
		.bearer = "t",
		.model = &model,
		.notes = &notes,
		.error = &h->error,
	};

	model.traits |= h->traits;
	h->replay = (struct replay){
		.arena = a, .answers = answers, .step = h->step, .cut = h->cut
	};
	event_log_init(&h->log, a);
	chat_stream_init(&h->stream, a, event_log_event, &h->log);
	http_client_init(&http);
	replay_attach(&h->replay, &http);
	h->ok = upstream_code.run(&call, &r, &h->stream) &&
		chat_stream_end(&h->stream, &h->error);
	replay_detach(&http);
}

#define EVENT(type, members)                                                   \
	"event: " type "\ndata: {\"type\":\"" type "\"" members "}\n\n"
#define START                                                                  \
	EVENT("message_start",                                                 \
	      ",\"message\":{\"role\":\"assistant\",\"content\":[],"           \
	      "\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":4,"  \
	      "\"output_tokens\":1}}")
#define OPEN(i, block)                                                         \
	EVENT("content_block_start",                                           \
	      ",\"index\":" i ",\"content_block\":{" block "}")
#define DELTA(i, type, member, text)                                           \
	EVENT("content_block_delta",                                           \
	      ",\"index\":" i ",\"delta\":{\"type\":\"" type "\",\"" member    \
	      "\":\"" text "\"}")
#define CLOSE(i) EVENT("content_block_stop", ",\"index\":" i)
#define SAYS(i, text)                                                          \
	OPEN(i, "\"type\":\"text\",\"text\":\"\"")                             \
	DELTA(i, "text_delta", "text", text) CLOSE(i)
#define CALLING(i, id, name)                                                   \
	OPEN(i, "\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name     \
		"\",\"input\":{}")
#define ARGUMENTS(i, json) DELTA(i, "input_json_delta", "partial_json", json)
#define STOP(reason, more)                                                     \
	EVENT("message_delta", ",\"delta\":{\"stop_reason\":\"" reason         \
			       "\",\"stop_sequence\":null}" more)
#define END EVENT("message_stop", "")

/* Everything there is, with unknown kinds of blocks in between. */
static const char everything[] = START EVENT("ping", "") ": comment\n\n" OPEN(
	"0", "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"")
	DELTA("0", "thinking_delta", "thinking", "Hm \xE4\xBD\xA0.") DELTA(
		"0", "signature_delta", "signature", "c2ln") CLOSE("0")
		SAYS("1", "\xF0\x9F\x91\x8D Gr\xC3\xB6\xC3\x9F"
			  "e") EVENT("from_the_future",
				     ",\"delta\":{\"type\":\"text_delta\","
				     "\"text\":\"no\"}")
			OPEN("2", "\"type\":\"server_tool_use\",\"id\":\"s\"")
				ARGUMENTS("2", "{}") CLOSE("2") CALLING(
					"3", "f:0", "f") ARGUMENTS("3",
								   "{\\\"a\\\"")
					ARGUMENTS("3", ":1}") CLOSE(
						"3") CALLING("4", "g_1",
							     "g") CLOSE("4")
						STOP("tool_use",
						     ",\"usage\":{\"output_tokens\":"
						     "20,\"cache_creation_input_"
						     "tokens\":2}") END;

/* Deltas joined, and the random part of ids left out. */
static const char *told(struct arena *a, const struct heard *h)
{
	char *text = arena_copy(a, buf_text(&h->log.text)), *p = text;

	while ((p = strstr(p, "(call_")) != NULL) {
		memmove(p + 1, p + 1 + strlen("call_123456789012_"),
			strlen(p + strlen("call_123456789012_")));
		p++;
	}
	return text;
}

static const char *texts(struct arena *a, const struct heard *h)
{
	char *text = arena_copy(a, told(a, h)), *p;

	for (unsigned i = 0; i < 4; i++) {
		const char *mark = arena_printf(a, " delta%u:", i);
		size_t n = strlen(mark);

		p = strstr(text, mark);
		while (p != NULL && (p = strstr(p + n, mark)) != NULL) {
			memmove(p, p + n, strlen(p + n) + 1);
			p -= n;
		}
	}
	return text;
}

static void check_everything(struct arena *a, size_t step, size_t cut)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/v1/messages",
		  .status = 200,
		  .body = everything },
		{ 0 },
	};
	struct heard *h = arena_alloc(a, sizeof(*h));

	h->traits = MODEL_MESSAGES;
	h->step = step;
	h->cut = cut;
	hear(a, h, answers);
	assert_true(h->ok);
	assert_string_equal(
		texts(a, h),
		"start open0:reasoning delta0:Hm \xE4\xBD\xA0. close0 "
		"open1:text delta1:\xF0\x9F\x91\x8D Gr\xC3\xB6\xC3\x9F"
		"e close1 open2:call0(f-3a0,f) delta2:{\"a\":1} close2 "
		"open3:call1(g_1,g) delta3:{} close3 finish:tool_calls");
	assert_int_equal(h->stream.usage.source, CHAT_USAGE_UPSTREAM);
	assert_int_equal(h->stream.usage.prompt, 16);
	assert_int_equal(h->stream.usage.cached, 4);
	assert_int_equal(h->stream.usage.completion, 20);
}

static void cut_at_every_byte_the_reply_is_the_same(void **state)
{
	struct arena *a = *state;

	for (size_t cut = 0; cut < sizeof(everything); cut++) {
		check_everything(a, 0, cut);
		arena_reset(a);
	}
	check_everything(a, 1, 0);
	check_everything(a, 3, 0);
}

static struct heard *hear_text(struct arena *a, long status, const char *text)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/v1/messages",
		  .status = status,
		  .body = text },
		{ .method = "GET",
		  .path = "/usages",
		  .status = 200,
		  .body = "{}" },
		{ 0 },
	};
	struct heard *h = arena_alloc(a, sizeof(*h));

	h->traits = MODEL_MESSAGES;
	hear(a, h, answers);
	return h;
}

static void each_stop_reason_has_its_finish(void **state)
{
	static const struct {
		const char *text;
		const char *finish;
	} rows[] = {
		{ START SAYS("0", "a") STOP("end_turn", "") END, "stop" },
		{ START SAYS("0", "a") STOP("stop_sequence", "") END, "stop" },
		{ START SAYS("0", "a") STOP("max_tokens", "") END, "length" },
		{ START SAYS("0", "a") STOP("refusal", "") END,
		  "content_filter" },
		{ START SAYS("0", "a") STOP("pause_turn", "") END, "stop" },
		{ START SAYS("0", "a") END, "stop" },
		{ START SAYS("0", "a") STOP("end_turn", ""), "stop" },
		{ START SAYS("0", "a") END SAYS("0", "b") "data: no JSON\n\n",
		  "stop" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct heard *h = hear_text(*state, 200, rows[i].text);

		assert_true(h->ok);
		assert_string_equal(
			buf_text(&h->log.text),
			arena_printf(*state,
				     "start open0:text delta0:a close0 "
				     "finish:%s",
				     rows[i].finish));
		/* The start alone has no usage. */
		assert_int_equal(h->stream.usage.source, CHAT_USAGE_NONE);
	}
}

/* What one part of a usage object does not say another may. */
static void cache_writes_are_a_part_of_the_prompt(void **state)
{
	static const struct {
		const char *usage;
		int write, hour;
	} rows[] = {
		{ "\"cache_creation_input_tokens\":7", 7, 0 },
		{ "\"cache_creation_input_tokens\":7,\"cache_creation\":"
		  "{\"ephemeral_5m_input_tokens\":5,"
		  "\"ephemeral_1h_input_tokens\":2}",
		  7, 2 },
		{ "\"cache_creation\":{\"ephemeral_5m_input_tokens\":5,"
		  "\"ephemeral_1h_input_tokens\":2}",
		  7, 2 },
		{ "\"cache_creation\":null", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct heard *h = hear_text(
			*state, 200,
			arena_printf(
				*state, "%s" SAYS("0", "a") "%s" END,
				arena_printf(*state,
					     EVENT("message_start",
						   ",\"message\":{\"usage\":{"
						   "\"input_tokens\":10,%s}}"),
					     rows[i].usage),
				STOP("end_turn",
				     ",\"usage\":{\"output_tokens\":20}")));
		const struct chat_usage *u = &h->stream.usage;

		assert_true(h->ok);
		assert_int_equal(u->source, CHAT_USAGE_UPSTREAM);
		assert_int_equal(u->prompt, 10 + rows[i].write);
		assert_int_equal(u->cache_write, rows[i].write);
		assert_int_equal(u->cache_write_1h, rows[i].hour);
	}
}

#define FAILS(type, message)                                                   \
	"{\"type\":\"error\",\"error\":{\"type\":\"" type                      \
	"\",\"message\":\"" message "\"},\"request_id\":\"r\"}"

static void failures_have_their_kinds(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum error_kind kind;
		const char *said;
	} rows[] = {
		{ 401, FAILS("invalid_authentication_error", "no"),
		  ERROR_CREDENTIAL, "" },
		{ 403,
		  FAILS("permission_error",
			"You've reached your usage limit for this billing "
			"cycle"),
		  ERROR_QUOTA, "" },
		{ 200,
		  "event: error\ndata: " FAILS("engine_overloaded_error",
					       "later") "\n\n",
		  ERROR_OVERLOADED, "" },
		{ 200,
		  START SAYS("0", "a") "event: error\ndata: " FAILS(
			  "api_error", "broken") "\n\n",
		  ERROR_UPSTREAM, "start open0:text delta0:a" },
		{ 200, START SAYS("0", "a"), ERROR_UPSTREAM,
		  "start open0:text delta0:a" },
		{ 200, START "data: {\"type\"\n\n", ERROR_UPSTREAM, "" },
		{ 200, "", ERROR_UPSTREAM, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct heard *h =
			hear_text(*state, rows[i].status, rows[i].text);

		assert_false(h->ok);
		assert_error(&h->error, rows[i].kind, "");
		assert_string_equal(buf_text(&h->log.text), rows[i].said);
	}
}

/* --- which flavour */

#define REFUSED                                                                \
	FAILS("access_terminated_error",                                       \
	      "Kimi For Coding is currently only available for Coding Agents")
#define CHAT_SAYS(text)                                                        \
	"data: {\"choices\":[{\"delta\":{\"content\":\"" text                  \
	"\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
#define SAYS_A START SAYS("0", "A") STOP("end_turn", "") END

/* The replies on each path, and the expected result. */
struct choice {
	unsigned traits;
	const char *noted;
	long chat, messages; /* status */
	const char *calls;   /* first letters of the paths asked */
	const char *said;    /* NULL: refused */
	const char *notes;
};

static const struct choice choices[] = {
	{ 0, "", 200, 200, "c", "O", "" },
	{ 0, "", 403, 200, "cm", "A", "messages" },
	{ 0, "messages", 200, 200, "m", "A", "messages" },
	{ 0, "messages", 200, 403, "mc", "O", "chat" },
	{ 0, "chat", 200, 200, "c", "O", "chat" },
	{ 0, "", 403, 403, "cm", NULL, "messages" },
	{ MODEL_MESSAGES, "", 200, 200, "m", "A", "" },
	{ MODEL_MESSAGES, "", 200, 403, "m", NULL, "" },
};

static void check_choice(struct arena *a, const struct choice *c)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/chat/completions",
		  .status = c->chat,
		  .body = c->chat == 200 ? CHAT_SAYS("O") : REFUSED },
		{ .method = "POST",
		  .path = "/messages",
		  .status = c->messages,
		  .body = c->messages == 200 ? SAYS_A : REFUSED },
		{ 0 },
	};
	struct heard *h = arena_alloc(a, sizeof(*h));
	char calls[4] = "";

	h->traits = c->traits;
	strncpy(h->memory.flavour, c->noted, sizeof(h->memory.flavour) - 1);
	hear(a, h, answers);
	for (size_t i = 0; i < h->replay.n_calls; i++)
		calls[i] = h->replay.calls[i]
				   .url[strlen("https://code.example/v1/")];
	assert_string_equal(calls, c->calls);
	assert_string_equal(h->memory.flavour, c->notes);
	assert_int_equal(h->ok, c->said != NULL);
	if (h->ok)
		assert_string_equal(buf_text(&h->log.text),
				    arena_printf(a,
						 "start open0:text delta0:%s "
						 "close0 finish:stop",
						 c->said));
	else
		assert_error(&h->error, ERROR_CLIENT_REFUSED, "");
}

static void the_flavour_that_serves_us_is_found_and_noted(void **state)
{
	for (size_t i = 0; i < COUNT(choices); i++)
		check_choice(*state, &choices[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cache_writes_are_a_part_of_the_prompt),
		TEST(cut_at_every_byte_the_reply_is_the_same),
		TEST(each_stop_reason_has_its_finish),
		TEST(failures_have_their_kinds),
		TEST(the_flavour_that_serves_us_is_found_and_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
