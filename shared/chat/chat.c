/* SPDX-License-Identifier: MIT */
/* Names of the model's values, and a message's plain text. */
#include "chat/chat.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"

/* The text of a message that has one text part; NULL: it has more, or none. */
static const char *only_text(const struct chat_message *m)
{
	const char *text = NULL;

	for (size_t i = 0; i < m->n_parts; i++) {
		if (m->parts[i].kind != CHAT_PART_TEXT)
			continue;
		if (text != NULL)
			return NULL;
		text = m->parts[i].text;
		assert(text != NULL);
	}
	return text;
}

const char *chat_message_text(const struct chat_message *m, struct arena *a)
{
	const char *only = only_text(m);
	size_t n = 0;
	char *text, *p;

	if (only != NULL)
		return only;
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind == CHAT_PART_TEXT)
			n += strlen(m->parts[i].text);
	p = text = arena_alloc(a, n + 1);
	for (size_t i = 0; i < m->n_parts; i++) {
		if (m->parts[i].kind != CHAT_PART_TEXT)
			continue;
		n = strlen(m->parts[i].text);
		memcpy(p, m->parts[i].text, n);
		p += n;
	}
	return text;
}

void chat_put_instructions(struct chat_request *q, struct arena *a)
{
	struct chat_message *all;
	struct chat_part *part;

	if (q->instructions == NULL)
		return;
	part = arena_alloc(a, sizeof(*part));
	part->text = q->instructions;
	all = arena_array(a, q->n_messages + 1, sizeof(*all));
	all[0].role = CHAT_SYSTEM;
	all[0].parts = part;
	all[0].n_parts = 1;
	if (q->n_messages > 0)
		memcpy(all + 1, q->messages, q->n_messages * sizeof(*all));
	q->messages = all;
	q->n_messages++;
}

size_t chat_choices(const struct chat_request *q)
{
	return q->n * q->n_prompts;
}

void chat_usage_add(struct chat_usage *sum, const struct chat_usage *u)
{
	if (u->source > sum->source)
		sum->source = u->source;
	sum->prompt += u->prompt;
	sum->completion += u->completion;
	sum->cached += u->cached;
	sum->reasoning += u->reasoning;
	sum->cache_write += u->cache_write;
	sum->cache_write_1h += u->cache_write_1h;
	sum->searches += u->searches;
}

void chat_spans_place(struct chat_span *spans, size_t n)
{
	size_t ends[] = { [CHAT_BLOCK_TEXT] = 0,
			  [CHAT_BLOCK_REASONING] = 0,
			  [CHAT_BLOCK_CALL] = 0 };

	for (size_t i = 0; i < n; i++) {
		spans[i].from = ends[spans[i].block];
		ends[spans[i].block] += spans[i].n;
	}
}

const char *chat_role_name(enum chat_role role)
{
	static const char *const names[] = {
		[CHAT_SYSTEM] = "system",
		[CHAT_USER] = "user",
		[CHAT_ASSISTANT] = "assistant",
		[CHAT_TOOL] = "tool",
	};

	return names[role];
}

const char *chat_finish_name(enum chat_finish finish)
{
	static const char *const names[] = {
		[CHAT_FINISH_STOP] = "stop",
		[CHAT_FINISH_LENGTH] = "length",
		[CHAT_FINISH_CALLS] = "tool_calls",
		[CHAT_FINISH_FILTER] = "content_filter",
	};

	return names[finish];
}

bool chat_finish_cuts(enum chat_finish finish)
{
	return finish == CHAT_FINISH_LENGTH || finish == CHAT_FINISH_FILTER;
}

const char *chat_usage_source_name(enum chat_usage_source source)
{
	static const char *const names[] = {
		[CHAT_USAGE_NONE] = "none",
		[CHAT_USAGE_UPSTREAM] = "upstream",
		[CHAT_USAGE_COUNTED] = "counted",
		[CHAT_USAGE_ESTIMATED] = "estimated",
	};

	return names[source];
}

enum chat_finish chat_finish_named(const char *name)
{
	for (int i = CHAT_FINISH_STOP; name != NULL && i <= CHAT_FINISH_FILTER;
	     i++)
		if (strcmp(chat_finish_name((enum chat_finish)i), name) == 0)
			return (enum chat_finish)i;
	return CHAT_FINISH_STOP;
}

enum chat_usage_source chat_usage_source_named(const char *name)
{
	for (int i = CHAT_USAGE_NONE; name != NULL && i <= CHAT_USAGE_ESTIMATED;
	     i++)
		if (strcmp(chat_usage_source_name((enum chat_usage_source)i),
			   name) == 0)
			return (enum chat_usage_source)i;
	return CHAT_USAGE_NONE;
}
