/* SPDX-License-Identifier: MIT */
/*
 * Random events of Kimi: the same comes of them when each is read as being like
 * the one before, where it is, and when none is like another, as each has a
 * member that nobody knows.
 */
#include "tests/unit/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tests/unit/support/golden.h"

#define STREAMS 1500 /* of each wire */
#define EVENTS 12    /* of a stream, at most */
#define TEMPLATES 64
#define LIMIT (1024 * 1024)

/* `$` is a string, `#` a number, and `~` nothing or a blank. */
#define CHUNK(choice)                                                          \
	"{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":["     \
	"{\"index\":0," choice "}]}"
#define DELTA(delta) CHUNK("\"delta\":" delta ",\"finish_reason\":null")
#define CALL(call) DELTA("{\"tool_calls\":[" call "]}")

static const char *const chat[TEMPLATES] = {
	DELTA("{\"content\":$}"),
	DELTA("{\"content\":$}"),
	DELTA("{\"reasoning_content\":$}"),
	DELTA("{\"content\":null,\"reasoning_content\":$}"),
	DELTA("{\"content\":$,\"reasoning_content\":null}"),
	DELTA("{\"reasoning_content\":$,\"content\":$}"),
	DELTA("{\"content\":$,\"reasoning_content\":$}"),
	DELTA("{\"content\":$,\"content\":$}"),
	DELTA("{\"con\\u0074ent\":$}"),
	DELTA("{\"content\"~:~$~}"),
	DELTA("{\"content\":#}"),
	DELTA("{\"content\":[$]}"),
	DELTA("{\"content\":{\"content\":$}}"),
	DELTA("[$]"),
	DELTA("$"),
	DELTA("null"),
	CHUNK("\"delta\":{\"content\":$},\"logprobs\":{\"content\":[{\"token\":"
	      "$,\"logprob\":-0.5}]},\"finish_reason\":null"),
	CHUNK("\"message\":{\"content\":$},\"finish_reason\":\"stop\""),
	CHUNK("\"delta\":{\"content\":$},\"finish_reason\":\"stop\""),
	CHUNK("\"delta\":{\"content\":$},\"finish_reason\":\"length\","
	      "\"usage\":{\"prompt_tokens\":#,\"completion_tokens\":#}"),
	CHUNK("\"finish_reason\":\"stop\",\"delta\":{}"),
	CALL("{\"index\":#,\"id\":\"a:0\",\"type\":\"function\",\"function\":{"
	     "\"name\":\"get_weather\",\"arguments\":$}}"),
	CALL("{\"index\":#,\"id\":$,\"function\":{\"name\":\"get_time\","
	     "\"arguments\":\"\"}}"),
	CALL("{\"index\":0,\"function\":{\"arguments\":$}}"),
	CALL("{\"index\":#,\"function\":{\"arguments\":$}}"),
	CALL("{\"index\":0,\"function\":{\"arguments\":#}}"),
	CALL("{\"index\":0,\"function\":{\"arguments\":$}},{\"index\":1,"
	     "\"function\":{\"arguments\":$}}"),
	CALL("{\"index\":1,\"function\":{\"arguments\":$}},{\"index\":0,"
	     "\"function\":{\"arguments\":$}}"),
	DELTA("{\"content\":$,\"tool_calls\":[{\"index\":0,\"function\":{"
	      "\"arguments\":$}}]}"),
	DELTA("{\"reasoning_details\":[{\"type\":\"reasoning.summary\","
	      "\"summary\":$,\"index\":#}]}"),
	"{\"choices\":[{\"index\":1,\"delta\":{\"content\":$}},{\"index\":0,"
	"\"delta\":{\"content\":$}}]}",
	"{\"choices\":[{\"index\":#,\"delta\":{\"content\":$}}]}",
	"{\"choices\":{\"0\":{\"delta\":{\"content\":$}}}}",
	"{\"choices\":[],\"usage\":{\"prompt_tokens\":#,\"completion_tokens\":"
	"#,\"total_tokens\":#}}",
	"{\"choices\":[]}",
	"{\"choices\":[[[$]]]}",
	"{\"error\":{\"message\":$,\"type\":\"server_error\"}}",
	"[$]",
	"$",
	"{}",
};

#define BLOCK_DELTA(delta)                                                     \
	"{\"type\":\"content_block_delta\",\"index\":#,\"delta\":" delta "}"

static const char *const messages[TEMPLATES] = {
	"{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{"
	"\"input_tokens\":#,\"output_tokens\":#}}}",
	"{\"type\":\"content_block_start\",\"index\":#,\"content_block\":{"
	"\"type\":\"text\",\"text\":$}}",
	"{\"type\":\"content_block_start\",\"index\":#,\"content_block\":{"
	"\"type\":\"thinking\",\"thinking\":$,\"signature\":\"\"}}",
	"{\"type\":\"content_block_start\",\"index\":#,\"content_block\":{"
	"\"type\":\"tool_use\",\"id\":\"a_0\",\"name\":\"get_weather\","
	"\"input\":{}}}",
	"{\"type\":\"content_block_stop\",\"index\":#}",
	BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":$}"),
	BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":$}"),
	BLOCK_DELTA("{\"text\":$,\"type\":\"text_delta\"}"),
	BLOCK_DELTA("{\"type\":\"text_delta\",\"text\":null,\"thinking\":$}"),
	BLOCK_DELTA("{\"type\":\"thinking_delta\",\"thinking\":$}"),
	BLOCK_DELTA("{\"type\":\"thinking_delta\",\"text\":$}"),
	BLOCK_DELTA("{\"type\":\"signature_delta\",\"signature\":$}"),
	BLOCK_DELTA("{\"type\":\"input_json_delta\",\"partial_json\":$}"),
	BLOCK_DELTA("{\"type\":\"input_json_delta\",\"partial_json\":#}"),
	BLOCK_DELTA("{\"type\":\"input_json_delta\",\"text\":$,"
		    "\"partial_json\":$,\"partial_json\":$}"),
	BLOCK_DELTA("[$]"),
	BLOCK_DELTA("$"),
	"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
	"\"stop_sequence\":null,\"text\":$},\"usage\":{\"output_tokens\":#}}",
	"{\"type\":\"message_stop\"}",
	"{\"type\":\"ping\"}",
	"{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":$}}",
	"[$]",
};

static const char *const legacy[TEMPLATES] = {
	"{\"event\":\"resp\",\"id\":\"s-1\",\"group_id\":\"g-1\"}",
	"{\"event\":\"k1\",\"text\":$}",
	"{\"event\":\"cmpl\",\"idx_s\":0,\"idx_z\":0,\"text\":$,\"view\":"
	"\"cmpl\"}",
	"{\"event\":\"cmpl\",\"idx_s\":0,\"idx_z\":0,\"text\":$,\"view\":"
	"\"cmpl\"}",
	"{\"text\":$,\"event\":\"cmpl\"}",
	"{\"text\":$,\"event\":\"cmpl\",\"text\":$}",
	"{\"event\":\"cmpl\",\"text\":#}",
	"{\"event\":\"cmpl\",\"text\":[$]}",
	"{\"event\":$,\"text\":\"a\"}",
	"{\"event\":\"error\",\"error\":{\"message\":$}}",
	"{\"event\":\"ping\"}",
	"{\"event\":\"all_done\"}",
	"[$]",
};

#define ASSISTANT "\"message\":{\"id\":\"a\",\"role\":\"assistant\",\"status\":"
#define BLOCK(op, mask, block)                                                 \
	"{\"op\":\"" op "\",\"mask\":\"" mask "\",\"eventOffset\":#,"          \
	"\"block\":{\"id\":" block "}}"

static const char *const current[TEMPLATES] = {
	"{\"op\":\"set\",\"eventOffset\":#,\"chat\":{\"id\":\"c\"}}",
	"{\"op\":\"set\",\"mask\":\"message\",\"eventOffset\":#," ASSISTANT
	"\"MESSAGE_STATUS_GENERATING\",\"blocks\":[]}}",
	BLOCK("set", "block.text", "\"1\",\"text\":{\"content\":$}"),
	BLOCK("set", "block.think", "\"2\",\"think\":{\"content\":$}"),
	BLOCK("append", "block.text.content", "\"1\",\"text\":{\"content\":$}"),
	BLOCK("append", "block.text.content", "\"1\",\"text\":{\"content\":$}"),
	BLOCK("append", "block.text.content", "\"2\",\"text\":{\"content\":$}"),
	BLOCK("append", "block.think.content",
	      "\"2\",\"think\":{\"content\":$}"),
	BLOCK("append", "block.text.content",
	      "\"1\",\"text\":{\"content\":null},\"think\":{\"content\":$}"),
	BLOCK("append", "block.text.content", "\"1\",\"text\":[$]"),
	BLOCK("append", "block.text.content", "#,\"text\":{\"content\":#}"),
	"{\"block\":{\"text\":{\"content\":$},\"id\":\"1\"},\"eventOffset\":#,"
	"\"eventOffset\":#,\"op\":\"append\",\"mask\":\"block.text.content\"}",
	"{\"heartbeat\":{}}",
	"{\"op\":\"set\",\"mask\":\"message.status\",\"eventOffset\":#," ASSISTANT
	"\"MESSAGE_STATUS_COMPLETED\"}}",
	"{\"eventOffset\":#,\"done\":{}}",
	"{\"error\":{\"code\":\"internal\",\"message\":$}}",
	"[$]",
};

static const char *const strings[] = {
	"\"\"",
	"\"a\"",
	"\"b c\"",
	"\"\\n\"",
	"\"\\\\\"",
	"\"{\\\"city\\\":\"",
	"\"\\\"Paris\\\"}\"",
	"\"\\u0041\"",
	"\"\\u0000\"",
	"\"\\ud83d\"",
	"\"\\ude00\"",
	"\"\\ud83d\\ude00\"",
	"\"\xF0\x9F\x98\x80\"",
	"\"\xE4\xBD\xA0\xE5\xA5\xBD\"",
	"\"\xE4\xBD\"",
	"\"\x01\"",
	"\"\xEF\xBF\xBD\xFF\"",
	"\"[^1^]\"",
	"\"```\\nx\"",
	"null",
	"0",
	"true",
};

static const char *const numbers[] = {
	"0",
	"1",
	"2",
	"3",
	"12",
	"345",
	"1.0",
	"1e0",
	"-0",
	"-1",
	"01",
	"1.5",
	"999999999999999",
	"9999999999999999",
	"null",
	"\"1\"",
};

struct wire {
	struct golden golden;
	const char *const *templates;
	bool framed; /* by Connect */
};

static const struct wire wires[] = {
	{ { "tools", "kimi-k2.6", GOLDEN_PLATFORM,
	    GOLDEN_TOOLS | GOLDEN_THINKING, 0 },
	  chat,
	  false },
	{ { "tools", "k3", GOLDEN_CODE_CHAT, GOLDEN_TOOLS | GOLDEN_THINKING,
	    0 },
	  chat,
	  false },
	{ { "tools", "k3", GOLDEN_CODE_MESSAGES, GOLDEN_TOOLS | GOLDEN_THINKING,
	    0 },
	  messages,
	  false },
	{ { "thinking", "k1.5", GOLDEN_WEB_LEGACY, GOLDEN_THINKING, 0 },
	  legacy,
	  false },
	{ { "thinking", "k1.5", GOLDEN_WEB_CURRENT, GOLDEN_THINKING, 0 },
	  current,
	  true },
};

/* 16 bits of chance, as a part of `below`. */
static unsigned draw(unsigned *random, size_t below)
{
	*random = *random * 1103515245u + 12345u;
	return (unsigned)(((*random >> 16) * below) >> 16);
}

/* A string or number of most kinds is rare. */
static const char *draw_from(const char *const *list, size_t n,
			     unsigned *random)
{
	return list[draw(random, draw(random, 4) == 0 ? n : 8)];
}

static void fill(struct buf *out, const char *template, unsigned *random)
{
	for (const char *p = template; *p != '\0'; p++)
		if (*p == '$')
			buf_puts(out,
				 draw_from(strings, COUNT(strings), random));
		else if (*p == '#')
			buf_puts(out,
				 draw_from(numbers, COUNT(numbers), random));
		else if (*p != '~')
			buf_put(out, *p);
		else if (draw(random, 2) == 0)
			buf_put(out, ' ');
}

static void put_event(struct buf *out, const char *event, size_t n, bool framed)
{
	char head[5] = { 0, 0, 0, (char)(n >> 8), (char)n };

	if (framed)
		buf_append(out, head, sizeof(head));
	else
		buf_puts(out, "data: ");
	buf_append(out, event, n);
	if (!framed)
		buf_puts(out, "\n\n");
}

static void put_both(struct buf *alike, struct buf *unlike,
		     const struct buf *event, unsigned i, bool framed)
{
	struct buf other;

	buf_init(&other, LIMIT);
	put_event(alike, event->p, event->len, framed);
	if (*event->p == '{') {
		buf_printf(&other, "{\"_%u\":0", i);
		if (event->p[1] != '}')
			buf_put(&other, ',');
		buf_append(&other, event->p + 1, event->len - 1);
	} else {
		buf_append(&other, event->p, event->len);
	}
	put_event(unlike, other.p, other.len, framed);
	buf_fini(&other);
}

static size_t count(const char *const *templates)
{
	size_t n = 0;

	while (n < TEMPLATES && templates[n] != NULL)
		n++;
	return n;
}

static void draw_stream(const struct wire *w, unsigned *random,
			struct buf *alike, struct buf *unlike)
{
	unsigned n = 1 + draw(random, EVENTS);
	const char *template = NULL;
	struct buf event;

	buf_clear(alike);
	buf_clear(unlike);
	buf_init(&event, LIMIT);
	for (unsigned i = 0; i < n; i++) {
		if (template == NULL || draw(random, 3) == 0)
			template =
				w->templates[draw(random, count(w->templates))];
		buf_clear(&event);
		fill(&event, template, random);
		put_both(alike, unlike, &event, i, w->framed);
	}
	buf_fini(&event);
}

static void compare(const struct wire *w, struct golden_player *p,
		    const struct buf *alike, const struct buf *unlike)
{
	char *expected;
	const char *got;

	golden_player_send(p, unlike->p, unlike->len);
	expected = strdup(golden_player_events(p, 0, 0));
	assert_non_null(expected);
	golden_player_send(p, alike->p, alike->len);
	got = golden_player_events(p, 0, 0);
	if (strcmp(got, expected) != 0)
		fail_msg("wire %d: of %.*s\ncame %s\ninstead of %s",
			 (int)w->golden.wire, (int)alike->len, alike->p, got,
			 expected);
	free(expected);
}

static void the_same_comes_of_them(void **state)
{
	unsigned random = 1;
	struct buf alike, unlike;

	buf_init(&alike, LIMIT);
	buf_init(&unlike, LIMIT);
	for (size_t i = 0; i < COUNT(wires); i++) {
		struct golden_player *p =
			golden_player_open(*state, &wires[i].golden);

		for (int j = 0; j < STREAMS; j++) {
			draw_stream(&wires[i], &random, &alike, &unlike);
			compare(&wires[i], p, &alike, &unlike);
		}
	}
	buf_fini(&alike);
	buf_fini(&unlike);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(the_same_comes_of_them) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
