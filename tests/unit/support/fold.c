/* SPDX-License-Identifier: MIT */
/* Answers of chat completions, whole or streamed, as one comparable line. */
#include "tests/unit/support/fold.h"

#include <ctype.h>
#include <string.h>

#include "tests/unit/support/test.h"

#define MAX_CALLS 8
#define LIMIT (1024 * 1024)

struct call {
	const char *id, *name;
	struct buf arguments;
};

struct answer {
	struct arena *arena;
	struct buf text, reasoning, citations;
	struct call calls[MAX_CALLS];
	int n_calls;
	const char *id, *finish, *usage, *error;
	bool role, done;
};

static struct answer *answer_new(struct arena *a)
{
	struct answer *x = arena_alloc(a, sizeof(*x));

	x->arena = a;
	arena_buf_init(a, &x->text, LIMIT);
	arena_buf_init(a, &x->reasoning, LIMIT);
	arena_buf_init(a, &x->citations, LIMIT);
	return x;
}

static const char *line_of(struct answer *x)
{
	const char *line;

	if (x->error != NULL)
		return x->error;
	line = arena_printf(x->arena, "text=%s reasoning=%s citations=%s",
			    buf_text(&x->text), buf_text(&x->reasoning),
			    buf_text(&x->citations));
	for (int i = 0; i < x->n_calls; i++)
		line = arena_printf(x->arena, "%s call=%s %s", line,
				    x->calls[i].name,
				    buf_text(&x->calls[i].arguments));
	return arena_printf(x->arena, "%s finish=%s usage=%s", line, x->finish,
			    x->usage == NULL ? "none" : x->usage);
}

static void add_text(struct buf *to, const char *text)
{
	if (text != NULL)
		buf_puts(to, text);
}

static void add_citations(struct answer *x, const cJSON *list)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		buf_puts(&x->citations, json_print(x->arena, v));
}

static void open_call(struct answer *x, const cJSON *v, const char *id)
{
	struct call *c = &x->calls[x->n_calls++];

	assert_true(x->n_calls < MAX_CALLS);
	assert_string_equal(json_text(v, "type"), "function");
	c->id = id;
	c->name = json_text(v, "function.name");
	assert_non_null(c->name);
	arena_buf_init(x->arena, &c->arguments, LIMIT);
}

/* Ids come once, and call k is done when k + 1 begins. */
static void add_calls(struct answer *x, const cJSON *list, bool streamed)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list) {
		const char *id = json_text(v, "id");

		if (id != NULL)
			open_call(x, v, id);
		if (streamed)
			assert_int_equal(json_int(v, "index", -1),
					 x->n_calls - 1);
		assert_true(cJSON_IsObject(json_at(v, "function")));
		add_text(&x->calls[x->n_calls - 1].arguments,
			 json_text(v, "function.arguments"));
	}
}

static void add_message(struct answer *x, const cJSON *m, bool streamed)
{
	add_text(&x->text, json_text(m, "content"));
	add_text(&x->reasoning, json_text(m, "reasoning_content"));
	add_citations(x, json_at(m, "annotations"));
	add_calls(x, json_at(m, "tool_calls"), streamed);
}

static void check_chunk(struct answer *x, const cJSON *chunk)
{
	assert_string_equal(json_text(chunk, "object"),
			    "chat.completion.chunk");
	if (x->id == NULL)
		x->id = json_text(chunk, "id");
	assert_string_equal(json_text(chunk, "id"), x->id);
	assert_true(json_int(chunk, "created", 0) >= 0);
}

static void add_choice(struct answer *x, const cJSON *choice)
{
	const char *finish = json_text(choice, "finish_reason");
	const char *role = json_text(choice, "delta.role");

	assert_null(x->finish);
	if (!x->role)
		assert_string_equal(role, "assistant");
	else
		assert_null(role);
	x->role = true;
	add_message(x, json_at(choice, "delta"), true);
	x->finish = finish;
}

static void add_chunk(struct answer *x, const cJSON *chunk)
{
	const cJSON *usage = json_at(chunk, "usage");

	assert_false(x->done);
	if (json_at(chunk, "error") != NULL) {
		x->error = json_print(x->arena, json_at(chunk, "error"));
		return;
	}
	assert_null(x->error);
	check_chunk(x, chunk);
	if (json_at(chunk, "choices.0") != NULL)
		add_choice(x, json_at(chunk, "choices.0"));
	if (usage == NULL)
		return;
	assert_non_null(x->finish);
	assert_null(x->usage);
	x->usage = json_print(x->arena, usage);
}

const char *fold_stream(struct arena *a, const char *body)
{
	struct answer *x = answer_new(a);

	while (*body != '\0') {
		const char *end = strstr(body, "\n\n");
		const char *event;

		assert_non_null(end);
		if (end == NULL)
			break;
		event = arena_copy_n(a, body, (size_t)(end - body));
		body = end + 2;
		if (*event == ':')
			continue;
		assert_memory_equal(event, "data: ", 6);
		if (strcmp(event + 6, "[DONE]") == 0)
			x->done = true;
		else
			add_chunk(x, parse(a, event + 6));
	}
	assert_int_equal(x->done, x->error == NULL);
	return line_of(x);
}

const char *fold_whole(struct arena *a, const char *body)
{
	const cJSON *tree = parse(a, body);
	struct answer *x = answer_new(a);

	if (json_at(tree, "error") != NULL) {
		x->error = json_print(a, json_at(tree, "error"));
		return x->error;
	}
	assert_string_equal(json_text(tree, "object"), "chat.completion");
	add_message(x, json_at(tree, "choices.0.message"), false);
	x->finish = json_text(tree, "choices.0.finish_reason");
	x->usage = json_print(a, json_at(tree, "usage"));
	return line_of(x);
}

/* Writes `with` over the `n` characters at `p`, closing the gap. */
static char *replace(char *p, size_t n, const char *with)
{
	size_t m = strlen(with);

	assert_true(m <= n);
	memcpy(p, with, m);
	memmove(p + m, p + n, strlen(p + n) + 1);
	return p + m;
}

static size_t run_of(const char *p, int (*is)(int))
{
	size_t n = 0;

	while (is((unsigned char)p[n]))
		n++;
	return n;
}

void fold_normalise(char *text)
{
	static const struct {
		const char *start;
		size_t n; /* characters after it that differ; 0: digits */
		const char *with;
	} rows[] = {
		{ "req_", 24, "ID" },	       { "cmpl-", 24, "ID" },
		{ "resp_", 24, "ID" },	       { "msg_", 24, "ID" },
		{ "rs_", 24, "ID" },	       { "fc_", 24, "ID" },
		{ "call_", 12, "ID" },	       { "toolu_", 12, "ID" },
		{ ";dur=", 0, "0" },	       { "\"created\":", 0, "0" },
		{ "\"created_at\":", 0, "0" }, { "\"completed_at\":", 0, "0" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (char *p = text; (p = strstr(p, rows[i].start)) != NULL;) {
			size_t digits, n = rows[i].n;

			p += strlen(rows[i].start);
			digits = run_of(p, isdigit);
			if (n == 0 && digits > 0)
				p = replace(p, digits, rows[i].with);
			else if (n > 0 && run_of(p, isalnum) >= n)
				p = replace(p, n, rows[i].with);
		}
}
