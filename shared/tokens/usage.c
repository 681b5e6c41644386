/* SPDX-License-Identifier: MIT */
/* Counts what Kimi did not: the prompt that a chat template makes of a request,
 * and the reply. */
#include "tokens/usage.h"

#include <string.h>

#include "base/arena.h"
#include "chat/call_id.h"
#include "tokens/declaration.h"
#include "tokens/estimate.h"
#include "tokens/merge.h"

/* Special tokens around a message, a call, and all calls of a message. */
#define PER_MESSAGE 3
#define PER_CALL 3
#define PER_CALLS 2
#define THINK_MARKS 2 /* <think>, </think> */

#define DECLARATION_ROLE "tool_declare"
#define MAX_DECLARATION (64 * 1024 * 1024)

struct counter {
	const struct tokenizer *tokenizer;
	const struct template_rules *rules;
	struct arena arena;
	struct merge merge;
	int64_t n;
	int64_t calls; /* seen so far */
	bool exact;
};

static void counter_init(struct counter *c, const struct tokenizer *t,
			 const struct template_rules *rules)
{
	*c = (struct counter){ .tokenizer = t,
			       .rules = rules,
			       .exact = rules->exact };
	arena_init(&c->arena);
	merge_init(&c->merge);
}

static void counter_fini(struct counter *c)
{
	merge_fini(&c->merge);
	arena_fini(&c->arena);
}

static void add_bytes(struct counter *c, const char *p, size_t n)
{
	c->n += tokenizer_count(c->tokenizer, &c->merge, p, n);
}

static void add(struct counter *c, const char *text)
{
	if (text != NULL)
		add_bytes(c, text, strlen(text));
}

/* The ids of calls are in the prompt, spelled as Kimi spelled its own. */
static void add_calls(struct counter *c, const struct chat_call *calls,
		      size_t n)
{
	if (n > 0)
		c->n += PER_CALLS;
	for (size_t i = 0; i < n; i++, c->calls++) {
		c->n += PER_CALL;
		add(c,
		    calls[i].id != NULL ?
			    call_id_unwrap(&c->arena, calls[i].id) :
			    arena_printf(&c->arena, "functions.%s:%lld",
					 calls[i].name, (long long)c->calls));
		add(c, calls[i].arguments);
	}
}

/* All parts of a message count as one text. */
static void add_content(struct counter *c, const struct chat_message *m)
{
	const char *text = chat_message_text(m, &c->arena);

	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind != CHAT_PART_TEXT) {
			c->n += TOKENS_PER_IMAGE;
			c->exact = false;
		}
	if (m->role == CHAT_TOOL && m->call_id != NULL)
		text = arena_printf(&c->arena, "## Return of %s\n%s",
				    call_id_unwrap(&c->arena, m->call_id),
				    text);
	add(c, text);
}

static void add_message(struct counter *c, const struct chat_message *m,
			bool reasoning)
{
	c->n += PER_MESSAGE;
	add(c, m->name != NULL ? m->name : chat_role_name(m->role));
	if (m->role == CHAT_ASSISTANT && c->rules->marks) {
		c->n += THINK_MARKS;
		add(c, reasoning ? m->reasoning : NULL);
	}
	add_content(c, m);
	add_calls(c, m->calls, m->n_calls);
}

static void add_hint(struct counter *c, const struct chat_request *request)
{
	const struct chat_part part = { .text = c->rules->hint };
	const struct chat_message hint = { .role = CHAT_SYSTEM,
					   .parts = &part,
					   .n_parts = 1 };

	if (c->rules->hint != NULL && request->n_messages > 0 &&
	    request->messages[0].role != CHAT_SYSTEM)
		add_message(c, &hint, false);
}

static void add_tools(struct counter *c, const struct chat_request *request)
{
	struct buf text;

	if (request->n_tools == 0)
		return;
	buf_init(&text, MAX_DECLARATION);
	c->n += PER_MESSAGE;
	add(c, DECLARATION_ROLE);
	if (!c->rules->types || !declaration_types(&text, request, &c->arena)) {
		/* Kimi falls back to JSON as well, but sorts it. */
		c->exact = c->exact && !c->rules->types;
		buf_clear(&text);
		c->exact &= declaration_json(&text, request);
	}
	add_bytes(c, text.p, text.len);
	buf_fini(&text);
}

/* The template keeps the reasoning of messages after the last whole reply, and
 * drops that of earlier ones. */
static size_t first_with_reasoning(const struct counter *c,
				   const struct chat_request *request)
{
	size_t i = request->n_messages;

	if (!c->rules->thinks)
		return i;
	if (request->thinking_keep != NULL &&
	    strcmp(request->thinking_keep, "all") == 0)
		return 0;
	while (i > 0 && (request->messages[i - 1].role != CHAT_ASSISTANT ||
			 request->messages[i - 1].n_calls > 0))
		i--;
	return i;
}

static void add_prompt(struct counter *c, const struct chat_request *request)
{
	size_t keep = first_with_reasoning(c, request);

	add_tools(c, request);
	add_hint(c, request);
	for (size_t i = 0; i < request->n_messages; i++)
		add_message(c, &request->messages[i], i >= keep);
	if (request->schema != NULL) {
		add(c, request->schema);
		c->exact = false;
	}
	c->n += c->rules->prompt;
}

/* What the model writes. <think> is in the prompt, </think> is not. */
static void add_reply(struct counter *c, const struct chat_reply *reply)
{
	c->n += c->rules->thinks;
	add_bytes(c, reply->text.p, reply->text.len);
	add_calls(c, reply->calls, reply->n_calls);
	c->n += !reply->finished || reply->finish != CHAT_FINISH_LENGTH;
}

static enum chat_usage_source source_of(const struct counter *c)
{
	return c->exact ? CHAT_USAGE_COUNTED : CHAT_USAGE_ESTIMATED;
}

int64_t tokens_count_text(const struct tokenizer *t, const char *p, size_t n)
{
	struct counter c;

	if (t == NULL)
		return tokens_estimate_text(p, n);
	counter_init(&c, t, template_rules(TOKENS_K2_5));
	add_bytes(&c, p, n);
	counter_fini(&c);
	return c.n;
}

struct tokens_sum tokens_count_prompt(const struct tokenizer *t,
				      enum tokens_template template,
				      const struct chat_request *request)
{
	struct counter c;

	if (t == NULL)
		return (struct tokens_sum){ tokens_estimate_prompt(request),
					    CHAT_USAGE_ESTIMATED };
	counter_init(&c, t, template_rules(template));
	add_prompt(&c, request);
	counter_fini(&c);
	return (struct tokens_sum){ c.n, source_of(&c) };
}

struct chat_usage tokens_usage(const struct tokenizer *t,
			       enum tokens_template template,
			       const struct chat_request *request,
			       const struct chat_reply *reply)
{
	struct chat_usage u = { 0 };
	struct counter c;

	if (t == NULL)
		return tokens_estimate(request, reply);
	counter_init(&c, t, template_rules(template));
	add_prompt(&c, request);
	u.prompt = c.n;
	add_bytes(&c, reply->reasoning.p, reply->reasoning.len);
	u.reasoning = c.n - u.prompt;
	add_reply(&c, reply);
	u.completion = c.n - u.prompt;
	u.source = source_of(&c);
	counter_fini(&c);
	return u;
}
