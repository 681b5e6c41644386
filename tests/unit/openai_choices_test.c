/* SPDX-License-Identifier: MIT */
/* Several choices of one reply, in both of OpenAI's formats that have them:
 * however their events mix, each is what it is alone. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "chat/stream.h"
#include "dialect/dialect.h"
#include "tests/unit/support/string_gateway.h"

#define MAX_EVENTS 24
#define MAX_CHOICES 8

/* The events of one choice. */
struct take {
	struct arena *arena;
	struct chat_event events[MAX_EVENTS];
	size_t n;
};

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct take *t = ctx;
	struct chat_event *e = &t->events[t->n++];

	assert_true(t->n < MAX_EVENTS);
	*e = *event;
	e->text = arena_copy_n(t->arena, event->text, event->n);
	if (event->usage != NULL) {
		struct chat_usage *usage =
			arena_alloc(t->arena, sizeof(*usage));

		*usage = *event->usage;
		e->usage = usage;
	}
	return FLOW_CONTINUE;
}

/* "r": reasoning, "t": text, "c": a call, "@": a source, "l": cut; each text is
 * followed by the number of the choice. */
static struct take *take_new(struct arena *a, const char *steps,
			     unsigned choice)
{
	struct take *t = arena_alloc(a, sizeof(*t));
	struct chat_usage usage = { .source = CHAT_USAGE_UPSTREAM,
				    .prompt = 10,
				    .completion = 5 + choice,
				    .cached = 4,
				    .reasoning = 2,
				    .cache_write = 3 };
	const char *text = arena_printf(a, "said-%u", choice);
	struct chat_stream s;
	struct error e;

	t->arena = a;
	chat_stream_init(&s, a, on_event, t);
	chat_stream_usage(&s, &usage);
	for (unsigned call = 0; *steps != '\0'; steps++)
		switch (*steps) {
		case 'r':
			chat_stream_reasoning(&s, "hm", 2);
			break;
		case 't':
			chat_stream_text(&s, text, strlen(text));
			break;
		case 'c':
			chat_stream_tool(&s, call, text, "f");
			chat_stream_tool_args(&s, call++, "{\"a\":1}", 7);
			break;
		case '@':
			chat_stream_cite(&s, "https://a.b", text);
			break;
		default:
			chat_stream_finish_reason(&s, CHAT_FINISH_LENGTH);
		}
	assert_true(chat_stream_end(&s, &e));
	return t;
}

/* --- What a client makes of it --- */

struct seen {
	struct buf text;
	unsigned roles;
	const char *finish;
};

static void put(struct seen *s, const char *what, const cJSON *v,
		struct arena *a)
{
	if (cJSON_IsString(v) && v->valuestring[0] != '\0')
		buf_printf(&s->text, "%s%s ", what, v->valuestring);
	else if (cJSON_IsArray(v) && v->child != NULL)
		buf_printf(&s->text, "%s%s ", what, json_print(a, v));
}

/* The message of a whole reply, or a delta. */
static void put_message(struct seen *s, const cJSON *m, struct arena *a)
{
	const cJSON *call;

	put(s, "thought:", json_at(m, "reasoning_content"), a);
	put(s, "text:", json_at(m, "content"), a);
	put(s, "cites:", json_at(m, "annotations"), a);
	s->roles += json_text(m, "role") != NULL;
	cJSON_ArrayForEach(call, json_at(m, "tool_calls")) {
		put(s, "call:", json_at(call, "id"), a);
		put(s, "args:", json_at(call, "function.arguments"), a);
	}
}

static void put_choice(struct seen *all, const cJSON *choice, struct arena *a)
{
	int64_t index = json_int(choice, "index", -1);
	struct seen *s = &all[index];

	assert_true(index >= 0 && index < MAX_CHOICES);
	assert_null(s->finish);
	put(s, "text:", json_at(choice, "text"), a);
	put_message(s, json_at(choice, "delta"), a);
	put_message(s, json_at(choice, "message"), a);
	s->finish = json_text(choice, "finish_reason");
}

static struct seen *seen_new(struct arena *a)
{
	struct seen *all = arena_array(a, MAX_CHOICES, sizeof(*all));

	for (size_t i = 0; i < MAX_CHOICES; i++)
		arena_buf_init(a, &all[i].text, 1 << 16);
	return all;
}

static const char *line_of(struct seen *all, size_t n, const char *usage,
			   struct arena *a)
{
	const char *line = "";

	for (size_t i = 0; i < n; i++) {
		assert_non_null(all[i].finish);
		line = arena_printf(a, "%s%zu(%s%s%s) ", line, i,
				    all[i].roles == 1 ? "said " : "",
				    buf_text(&all[i].text), all[i].finish);
	}
	return arena_printf(a, "%s%s", line, usage);
}

static const char *usage_line(const cJSON *tree, struct arena *a)
{
	const char *details = "usage.prompt_tokens_details";

	return arena_printf(
		a, "%d(%d,%d)+%d",
		(int)json_int(tree, "usage.prompt_tokens", -1),
		(int)json_int(json_at(tree, details), "cached_tokens", -1),
		(int)json_int(json_at(tree, details), "cache_write_tokens", -1),
		(int)json_int(tree, "usage.completion_tokens", -1));
}

static const char *whole_line(const char *body, size_t n, struct arena *a)
{
	const cJSON *tree = parse(a, body), *choice;
	struct seen *all = seen_new(a);
	int64_t index = 0;

	cJSON_ArrayForEach(choice, json_at(tree, "choices")) {
		assert_int_equal(json_int(choice, "index", -1), index++);
		put_choice(all, choice, a);
	}
	assert_int_equal(index, n);
	return line_of(all, n, usage_line(tree, a), a);
}

static const char *stream_line(const char *body, size_t n, struct arena *a)
{
	struct seen *all = seen_new(a);
	const char *end, *usage = NULL;
	bool done = false;

	for (; (end = strstr(body, "\n\n")) != NULL; body = end + 2) {
		const cJSON *chunk;

		assert_false(done);
		assert_memory_equal(body, "data: ", 6);
		done = strncmp(body + 6, "[DONE]", 6) == 0;
		if (done)
			continue;
		chunk = parse(a, arena_copy_n(a, body + 6,
					      (size_t)(end - body) - 6));
		assert_null(usage);
		if (json_at(chunk, "choices.0") != NULL)
			put_choice(all, json_at(chunk, "choices.0"), a);
		else
			usage = usage_line(chunk, a);
	}
	assert_true(done);
	return line_of(all, n, usage, a);
}

/* --- What it gets --- */

/* The events of several choices in some order; of each in its own. */
struct mix {
	struct arena *arena;
	const struct dialect *dialect;
	struct dialect_envelope head;
	struct take *takes[MAX_CHOICES];
	size_t n;
	const char *expected; /* the line of the whole reply */
	size_t orders;	      /* so far */
};

static const char *body_of(struct string_gateway *g)
{
	return strstr(buf_text(&g->out), "\r\n\r\n") + 4;
}

static void play(struct mix *m, const unsigned char *order, size_t n)
{
	struct arena a;
	struct string_gateway *g;
	struct response response;
	struct sink sink;
	struct encoder *en;
	struct chat_usage sum = { 0 };
	size_t at[MAX_CHOICES] = { 0 }, finished = 0;

	arena_init(&a);
	g = string_gateway_new(&a, "POST", "/", NULL);
	sink_init(&sink, &g->gateway);
	response_init(&response, &sink, false);
	en = m->dialect->encoder(&a, &m->head, &response);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = order[i];
		struct chat_event event = m->takes[c]->events[at[c]++];

		event.choice = c;
		if (event.kind == CHAT_FINISH) {
			chat_usage_add(&sum, event.usage);
			event.more = ++finished < m->n;
			event.usage = event.more ? event.usage : &sum;
		}
		assert_true(m->dialect->event(en, &event));
	}
	assert_string_equal(stream_line(body_of(g), m->n, &a), m->expected);
	response_fini(&response);
	arena_fini(&a);
	m->orders++;
}

static void swap(unsigned char *a, unsigned char *b)
{
	unsigned char held = *a;

	*a = *b;
	*b = held;
}

/* The next order of the same choices; false after the last. */
static bool next_order(unsigned char *order, size_t n)
{
	size_t i = n - 1, j = n - 1;

	while (i > 0 && order[i - 1] >= order[i])
		i--;
	if (i == 0)
		return false;
	while (order[j] <= order[i - 1])
		j--;
	swap(&order[i - 1], &order[j]);
	for (j = n - 1; i < j; i++, j--)
		swap(&order[i], &order[j]);
	return true;
}

static void expect_whole(struct mix *m)
{
	struct arena *a = m->arena;
	struct chat_reply *replies = arena_array(a, m->n, sizeof(*replies));
	struct string_gateway *g = string_gateway_new(a, "POST", "/", NULL);
	struct response response;
	struct sink sink;

	for (size_t i = 0; i < m->n; i++) {
		chat_reply_init(&replies[i], a);
		for (size_t j = 0; j < m->takes[i]->n; j++)
			chat_reply_event(&replies[i], &m->takes[i]->events[j]);
		if (i > 0)
			replies[i - 1].next = &replies[i];
	}
	sink_init(&sink, &g->gateway);
	response_init(&response, &sink, false);
	assert_true(m->dialect->reply(a, &m->head, &response, replies));
	response_fini(&response);
	m->expected = whole_line(body_of(g), m->n, a);
}

/* One choice for each string of steps. */
static struct mix *mix_new(struct arena *a, const struct dialect *d,
			   const char *const *steps, size_t n)
{
	static struct chat_request one = { .n = 1, .n_prompts = 1 };
	struct mix *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	m->dialect = d;
	m->n = n;
	m->head = (struct dialect_envelope){ .id = "x",
					     .model = "kimi",
					     .include_usage = true,
					     .request = &one,
					     .after = -1 };
	for (size_t i = 0; i < n; i++)
		m->takes[i] = take_new(a, steps[i], (unsigned)i);
	expect_whole(m);
	return m;
}

static size_t in_every_order(struct mix *m)
{
	unsigned char order[MAX_CHOICES * MAX_EVENTS] = { 0 };
	size_t n = 0;

	for (size_t c = 0; c < m->n; c++)
		for (size_t i = 0; i < m->takes[c]->n; i++)
			order[n++] = (unsigned char)c;
	do
		play(m, order, n);
	while (next_order(order, n));
	return m->orders;
}

static void two_choices_mix_in_every_order(void **state)
{
	static const char *const steps[][2] = {
		{ "t", "t" }, { "t", "" },   { "rt", "c" },
		{ "l", "t" }, { "t@", "t" }, { "c", "c" },
	};

	for (size_t i = 0; i < COUNT(steps); i++) {
		struct mix *m =
			mix_new(*state, &dialect_openai_chat, steps[i], 2);

		assert_true(in_every_order(m) > 20);
		m = mix_new(*state, &dialect_openai_completions, steps[i], 2);
		assert_true(in_every_order(m) > 20);
	}
}

static void three_choices_do_so_too(void **state)
{
	static const char *const steps[] = { "", "t", "l" };
	struct mix *m = mix_new(*state, &dialect_openai_chat, steps, 3);

	assert_int_equal(in_every_order(m), 756);
	assert_contains(m->expected, "1(said text:said-1 stop)");
	assert_contains(m->expected, "2(said length)");
	assert_contains(m->expected, " 30(12,9)+18");
}

/* One event of each in turn, from the first or the last choice on; and one
 * choice after the other. */
static void eight_choices_mix(void **state)
{
	static const char *const steps[] = { "t", "rt", "c",  "",
					     "l", "t@", "tc", "r" };
	struct mix *m = mix_new(*state, &dialect_openai_chat, steps, 8);
	unsigned char turns[8 * MAX_EVENTS] = { 0 };
	unsigned char back[8 * MAX_EVENTS] = { 0 };
	unsigned char blocks[8 * MAX_EVENTS] = { 0 };
	size_t n = 0, n_blocks = 0;

	for (size_t round = 0; round < MAX_EVENTS; round++)
		for (unsigned char c = 0; c < 8; c++)
			if (round < m->takes[c]->n)
				turns[n++] = c;
	for (unsigned char c = 8; c-- > 0;)
		for (size_t i = 0; i < m->takes[c]->n; i++)
			blocks[n_blocks++] = c;
	for (size_t i = 0; i < n; i++)
		back[n - 1 - i] = turns[i];
	play(m, turns, n);
	play(m, back, n);
	play(m, blocks, n_blocks);
	assert_int_equal(n, n_blocks);
	assert_contains(m->expected, "6(said text:said-6 call:said-6 args:");
	assert_contains(m->expected, " 80(32,24)+68");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_choices_mix_in_every_order),
		TEST(three_choices_do_so_too),
		TEST(eight_choices_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
