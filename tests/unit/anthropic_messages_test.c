/* SPDX-License-Identifier: MIT */
/* Replies of Anthropic Messages: streamed, whole, and cut off. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/stream.h"
#include "dialect/anthropic/messages_reply.h"
#include "dialect/anthropic/messages_stream.h"
#include "dialect/sealed.h"
#include "tests/unit/support/anthropic_fold.h"
#include "tests/unit/support/site.h"

#define ID "abcdefghijklmnopqrstuvwx"
#define SUMMARIZED "{}"
#define OMITTED "{\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}}"

/* One reply, sent to an encoder and to a fold at the same time. */
struct teller {
	struct arena *arena;
	struct chat_request request;
	struct dialect_envelope answer;
	struct string_gateway *gateway;
	struct sink sink;
	struct response response;
	struct encoder *encoder;
	struct chat_stream stream;
	struct chat_reply reply;
	size_t events, max; /* after which an error comes; 0: none */
};

static const struct error broken = { .kind = ERROR_UPSTREAM,
				     .message = "It broke." };

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct teller *t = ctx;
	const struct chat_event end = { .kind = CHAT_ERROR, .error = &broken };

	if (t->events == SIZE_MAX)
		return FLOW_STOP;
	if (++t->events == t->max) {
		t->events = SIZE_MAX;
		anthropic_messages_stream_event(t->encoder, &end);
		return FLOW_STOP;
	}
	chat_reply_event(&t->reply, event);
	return anthropic_messages_stream_event(t->encoder, event) ?
		       FLOW_CONTINUE :
		       FLOW_STOP;
}

static struct teller *teller_new(struct arena *a, const char *body)
{
	struct teller *t = arena_alloc(a, sizeof(*t));

	t->arena = a;
	t->request.thinking = CHAT_THINKING_ON;
	t->answer = (struct dialect_envelope){ .id = ID,
					       .model = "kimi-k2.6",
					       .request = &t->request,
					       .body = parse(a, body),
					       .after = -1 };
	t->gateway = string_gateway_new(a, "POST", "/v1/messages", NULL);
	sink_init(&t->sink, &t->gateway->gateway);
	response_init(&t->response, &t->sink, false);
	arena_own(a, &t->response.head, buf_drop);
	t->response.id = "req_" ID;
	t->encoder =
		anthropic_messages_stream_encoder(a, &t->answer, &t->response);
	chat_stream_init(&t->stream, a, on_event, t);
	chat_reply_init(&t->reply, a);
	return t;
}

static const char *body_of(const struct teller *t)
{
	return site_body(buf_text(&t->gateway->out));
}

static void think(struct teller *t, const char *text)
{
	chat_stream_reasoning(&t->stream, text, strlen(text));
}

static void speak(struct teller *t, const char *text)
{
	chat_stream_text(&t->stream, text, strlen(text));
}

static void call(struct teller *t, unsigned i, const char *name,
		 const char *arguments)
{
	const char *id = arena_printf(t->arena, "call_abcdefghijkl_%u", i);

	chat_stream_tool(&t->stream, i, id, name);
	chat_stream_tool_args(&t->stream, i, arguments, strlen(arguments));
}

static void finish(struct teller *t, enum chat_finish why)
{
	const struct chat_usage usage = { .prompt = 9,
					  .cached = 4,
					  .completion = 7 };
	struct error e;

	chat_stream_usage(&t->stream, &usage);
	chat_stream_finish_reason(&t->stream, why);
	chat_stream_end(&t->stream, &e);
}

/* --- What a model may say --- */

static void says_text(struct teller *t)
{
	speak(t, "Hello, ");
	speak(t, "\xE5\x8C\x97"); /* in pieces, as it may come */
	speak(t, "\xE4");
	speak(t, "\xBA\xAC.");
	finish(t, CHAT_FINISH_STOP);
}

static void says_nothing(struct teller *t)
{
	finish(t, CHAT_FINISH_STOP);
}

static void thinks_and_says(struct teller *t)
{
	chat_stream_ping(&t->stream);
	think(t, "hm, ");
	chat_stream_ping(&t->stream);
	think(t, "\"so\"");
	speak(t, "Yes.");
	finish(t, CHAT_FINISH_STOP);
}

static void only_thinks(struct teller *t)
{
	think(t, "hm");
	finish(t, CHAT_FINISH_LENGTH);
}

static void calls_tools(struct teller *t)
{
	think(t, "hm");
	speak(t, "Look:");
	call(t, 0, "f", "{\"a\"");
	call(t, 1, "g", ""); /* at once: it waits */
	chat_stream_tool_args(&t->stream, 0, ":1}", 3);
	finish(t, CHAT_FINISH_CALLS);
}

static void goes_back_and_forth(struct teller *t)
{
	think(t, "one");
	speak(t, "first");
	think(t, "two");
	speak(t, "second");
	call(t, 0, "f", "{}");
	finish(t, CHAT_FINISH_CALLS);
}

static void cites(struct teller *t)
{
	chat_stream_cite(&t->stream, "http://a", "A");
	speak(t, "Snow");
	chat_stream_cite(&t->stream, "http://b", "B");
	think(t, "hm");
	speak(t, " and ice");
	chat_stream_cite(&t->stream, "http://c", NULL);
	finish(t, CHAT_FINISH_STOP);
}

static void is_cut_in_a_call(struct teller *t)
{
	call(t, 0, "f", "{\"a\":\"b");
	finish(t, CHAT_FINISH_LENGTH);
}

static void is_filtered(struct teller *t)
{
	speak(t, "I");
	finish(t, CHAT_FINISH_FILTER);
}

#define USED " 5+4 7"

static const struct {
	void (*tell)(struct teller *t);
	const char *shown, *hidden, *omitted; /* NULL: as shown */
	const char *whole;		      /* NULL: as streamed */
} scenes[] = {
	{ says_text, "text:Hello, \xE5\x8C\x97\xE4\xBA\xAC. end_turn" USED,
	  NULL, NULL, NULL },
	{ says_nothing, "end_turn" USED, NULL, NULL, NULL },
	{ thinks_and_says,
	  "thinking:hm, \"so\"/hm, \"so\" text:Yes. end_turn" USED,
	  "text:Yes. end_turn" USED,
	  "thinking:/hm, \"so\" text:Yes. end_turn" USED, NULL },
	{ only_thinks, "thinking:hm/hm max_tokens" USED, "max_tokens" USED,
	  "thinking:/hm max_tokens" USED, NULL },
	{ calls_tools,
	  "thinking:hm/hm text:Look: tool:f{\"a\":1} tool:g{} tool_use" USED,
	  "text:Look: tool:f{\"a\":1} tool:g{} tool_use" USED,
	  "thinking:/hm text:Look: tool:f{\"a\":1} tool:g{} tool_use" USED,
	  NULL },
	{ goes_back_and_forth,
	  "thinking:one/one text:first thinking:two/two text:second tool:f{} "
	  "tool_use" USED,
	  "text:first text:second tool:f{} tool_use" USED,
	  "thinking:/one text:first thinking:/two text:second tool:f{} "
	  "tool_use" USED,
	  NULL },
	{ cites,
	  "text:Snow[http://a][http://b] thinking:hm/hm text: and "
	  "ice[http://c] end_turn" USED,
	  "text:Snow[http://a][http://b] text: and ice[http://c] end_turn" USED,
	  "text:Snow[http://a][http://b] thinking:/hm text: and "
	  "ice[http://c] end_turn" USED,
	  NULL },
	{ is_cut_in_a_call, "tool:f{\"a\":\"b max_tokens" USED, NULL, NULL,
	  "tool:f{\"INVALID_JSON\":\"{\\\"a\\\":\\\"b\"} max_tokens" USED },
	{ is_filtered, "text:I refusal" USED, NULL, NULL, NULL },
};

/* Streamed and whole. */
static void check(struct arena *a, size_t i, const char *body,
		  enum chat_thinking thinking, const char *wanted)
{
	struct teller *t = teller_new(a, body);
	struct response whole;
	struct sink sink;
	struct string_gateway *g =
		string_gateway_new(a, "POST", "/v1/messages", NULL);

	if (wanted == NULL)
		wanted = scenes[i].shown;
	t->request.thinking = thinking;
	scenes[i].tell(t);
	assert_contains(buf_text(&t->gateway->out), "text/event-stream");
	assert_string_equal(anthropic_fold_stream(a, body_of(t)), wanted);

	sink_init(&sink, &g->gateway);
	response_init(&whole, &sink, false);
	assert_true(anthropic_messages_reply(a, &t->answer, &whole, &t->reply));
	assert_contains(buf_text(&g->out), "\"id\":\"msg_" ID "\"");
	assert_lacks(buf_text(&g->out), "null,\"text");
	assert_string_equal(anthropic_fold_whole(a,
						 site_body(buf_text(&g->out))),
			    scenes[i].whole != NULL ? scenes[i].whole : wanted);
	response_fini(&whole);
}

static void streamed_and_whole_replies_are_the_same(void **state)
{
	for (size_t i = 0; i < COUNT(scenes); i++)
		check(*state, i, SUMMARIZED, CHAT_THINKING_ON, NULL);
}

static void thinking_is_hidden_unless_requested(void **state)
{
	for (size_t i = 0; i < COUNT(scenes); i++)
		check(*state, i, SUMMARIZED, CHAT_THINKING_OFF,
		      scenes[i].hidden);
}

static void omitted_thinking_is_only_a_signature(void **state)
{
	for (size_t i = 0; i < COUNT(scenes); i++)
		check(*state, i, OMITTED, CHAT_THINKING_ON, scenes[i].omitted);
}

/* The first event in turn is an error, or the second, … */
static void an_error_ends_the_reply_at_any_point(void **state)
{
	for (size_t i = 0; i < COUNT(scenes); i++)
		for (size_t max = 1;; max++) {
			struct teller *t = teller_new(*state, SUMMARIZED);
			const char *line;

			t->max = max;
			scenes[i].tell(t);
			if (t->events != SIZE_MAX)
				break;
			if (max == 1) {
				assert_string_equal(anthropic_fold_whole(
							    *state, body_of(t)),
						    "error:api_error");
				assert_int_equal(t->response.status, 502);
				continue;
			}
			line = anthropic_fold_stream(*state, body_of(t));
			assert_string_equal(line + strlen(line) -
						    strlen("error:api_error"),
					    "error:api_error");
		}
}

static void a_reply_may_begin_with_a_wait(void **state)
{
	struct teller *t = teller_new(*state, SUMMARIZED);

	t->answer.prompt_tokens = 1234;
	chat_stream_ping(&t->stream);
	assert_contains(body_of(t), "event: message_start\n");
	assert_contains(body_of(t), "event: ping\ndata: {\"type\":\"ping\"}\n");
	assert_contains(body_of(t), "\"input_tokens\":1234,");
	says_text(t);
	anthropic_fold_stream(*state, body_of(t));
}

/* Without the relay's count the request is estimated. */
static void the_prompt_has_a_size_from_the_start(void **state)
{
	struct teller *t = teller_new(*state, SUMMARIZED);
	struct chat_part part = {
		.text = "forty bytes of text are ten tokens."
	};
	struct chat_message message = { .role = CHAT_USER,
					.parts = &part,
					.n_parts = 1 };

	t->request.messages = &message;
	t->request.n_messages = 1;
	says_text(t);
	assert_contains(body_of(t), "\"usage\":{\"input_tokens\":16,");
}

static void usage_is_never_negative(void **state)
{
	struct teller *t = teller_new(*state, SUMMARIZED);
	const struct chat_usage usage = { .prompt = 3, .cached = 4 };
	struct error e;

	chat_stream_usage(&t->stream, &usage);
	chat_stream_end(&t->stream, &e);
	assert_string_equal(anthropic_fold_stream(*state, body_of(t)),
			    "end_turn 0+4 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(streamed_and_whole_replies_are_the_same),
		TEST(thinking_is_hidden_unless_requested),
		TEST(omitted_thinking_is_only_a_signature),
		TEST(an_error_ends_the_reply_at_any_point),
		TEST(a_reply_may_begin_with_a_wait),
		TEST(the_prompt_has_a_size_from_the_start),
		TEST(usage_is_never_negative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
