/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: from its messages, and `system`, to ours. */
#include "dialect/anthropic/messages_input.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "dialect/anthropic/messages_blocks.h"

#define PATH_SIZE 64
#define TEXT_LIMIT (32 * 1024 * 1024)

/* Claude Code's first block changes with every request: no cache would find
 * the prompt again. */
#define BILLING "x-anthropic-billing-header:"

/* One message as it was sent. */
struct turn {
	enum chat_role role;
	struct anthropic_blocks content;
};

struct joiner {
	struct arena *arena;
	const struct turn *turns;
	size_t n;
	struct chat_message *out;
	size_t n_out;
};

/* --- System texts --- */

static const char *without_billing(const char *text)
{
	if (strncmp(text, BILLING, strlen(BILLING)) != 0)
		return text;
	text += strcspn(text, "\n");
	return text + strspn(text, "\n");
}

static const char *join_texts(struct arena *a, const struct chat_part *parts,
			      size_t n)
{
	struct buf *text = arena_buf(a, TEXT_LIMIT);

	for (size_t i = 0; i < n; i++) {
		const char *part = parts[i].kind == CHAT_PART_TEXT ?
					   without_billing(parts[i].text) :
					   "";

		if (*part != '\0' && text->len > 0)
			buf_puts(text, "\n\n");
		buf_puts(text, part);
	}
	return text->len > 0 ? buf_text(text) : NULL;
}

bool anthropic_messages_input_read_system(struct arena *a, const cJSON *system,
					  const char **text, struct error *e)
{
	struct anthropic_blocks content;

	if (!anthropic_messages_blocks_read(a, system, CHAT_SYSTEM, "system",
					    &content, e))
		return false;
	*text = join_texts(a, content.parts, content.n_parts);
	return true;
}

/* --- Messages as they were sent --- */

static bool read_role(const cJSON *v, size_t i, enum chat_role *role,
		      struct error *e)
{
	static const enum chat_role roles[] = { CHAT_USER, CHAT_ASSISTANT,
						CHAT_SYSTEM };
	const char *name = json_text(v, "role");
	char param[PATH_SIZE];

	snprintf(param, sizeof(param), "messages.%zu.role", i);
	if (name == NULL)
		return error_field(e, ERROR_MISSING, param,
				   "%s: Field required", param);
	for (size_t k = 0; k < sizeof(roles) / sizeof(*roles); k++)
		if (strcmp(name, chat_role_name(roles[k])) == 0) {
			*role = roles[k];
			return true;
		}
	return error_field(e, ERROR_VALUE, param,
			   "%s: Input should be 'user', 'assistant' or "
			   "'system'",
			   param);
}

static bool read_turn(struct arena *a, const cJSON *v, size_t i,
		      struct turn *turn, struct error *e)
{
	const cJSON *content = json_at(v, "content");
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "messages.%zu", i);
	if (!cJSON_IsObject(v))
		return error_field(e, ERROR_TYPE, path,
				   "%s: Input should be an object", path);
	if (!read_role(v, i, &turn->role, e))
		return false;
	snprintf(path, sizeof(path), "messages.%zu.content", i);
	if (content == NULL)
		return error_field(e, ERROR_MISSING, path, "%s: Field required",
				   path);
	return anthropic_messages_blocks_read(
		a, content, turn->role, arena_copy(a, path), &turn->content, e);
}

/* --- Messages as Kimi takes them --- */

/* Replies that follow each other are one. */
struct answer {
	struct arena *arena;
	struct chat_message m;
	struct chat_part *parts;
	struct chat_call *calls;
	size_t parts_room, calls_room;
	struct buf *thoughts; /* of several; or NULL */
};

static void add_answer(struct answer *all, const struct anthropic_blocks *c)
{
	struct chat_message *m = &all->m;

	all->parts = arena_grow(all->arena, all->parts, &all->parts_room,
				m->n_parts + c->n_parts, sizeof(*c->parts));
	if (c->n_parts > 0)
		memcpy(all->parts + m->n_parts, c->parts,
		       c->n_parts * sizeof(*c->parts));
	m->n_parts += c->n_parts;
	all->calls = arena_grow(all->arena, all->calls, &all->calls_room,
				m->n_calls + c->n_calls, sizeof(*c->calls));
	if (c->n_calls > 0)
		memcpy(all->calls + m->n_calls, c->calls,
		       c->n_calls * sizeof(*c->calls));
	m->n_calls += c->n_calls;
	m->reasoning = anthropic_messages_blocks_think(
		all->arena, &all->thoughts, m->reasoning, c->reasoning);
	if (c->details != NULL)
		m->details = c->details;
}

/* Joins the replies from `i` on; returns where they end. The last one may be
 * only thoughts, which the reply continues. */
static size_t join_answers(struct joiner *j, size_t i)
{
	struct answer all = { .arena = j->arena, .m.role = CHAT_ASSISTANT };
	struct chat_message *m = &all.m;

	for (; i < j->n && j->turns[i].role == CHAT_ASSISTANT; i++)
		add_answer(&all, &j->turns[i].content);
	m->parts = all.parts;
	m->calls = all.calls;
	if (m->n_parts > 0 || m->n_calls > 0 ||
	    (i == j->n && m->reasoning != NULL))
		j->out[j->n_out++] = *m;
	return i;
}

static void add_question(struct joiner *j, const struct turn *t)
{
	struct chat_message m = { .role = t->role,
				  .parts = t->content.parts,
				  .n_parts = t->content.n_parts };
	struct chat_part *part;

	if (t->role == CHAT_SYSTEM) {
		part = arena_alloc(j->arena, sizeof(*part));
		part->text = join_texts(j->arena, m.parts, m.n_parts);
		m.parts = part;
		m.n_parts = part->text != NULL;
	}
	if (m.n_parts > 0)
		j->out[j->n_out++] = m;
}

/* Everything between two replies: results first, wherever they were. */
static size_t join_questions(struct joiner *j, size_t from)
{
	size_t end = from;

	for (; end < j->n && j->turns[end].role != CHAT_ASSISTANT; end++)
		for (size_t k = 0; k < j->turns[end].content.n_results; k++)
			j->out[j->n_out++] = j->turns[end].content.results[k];
	for (size_t i = from; i < end; i++)
		add_question(j, &j->turns[i]);
	return end;
}

static void join(struct joiner *j)
{
	size_t i = 0, room = j->n;
	bool prefilled;

	for (size_t k = 0; k < j->n; k++)
		room += j->turns[k].content.n_results;
	j->out = arena_array(j->arena, room, sizeof(*j->out));
	while (i < j->n)
		i = j->turns[i].role == CHAT_ASSISTANT ? join_answers(j, i) :
							 join_questions(j, i);
	prefilled = j->n_out > 0 &&
		    j->out[j->n_out - 1].role == CHAT_ASSISTANT &&
		    j->out[j->n_out - 1].n_calls == 0;
	if (prefilled)
		j->out[j->n_out - 1].partial = true;
}

bool anthropic_messages_input_read(struct arena *a, const cJSON *messages,
				   struct chat_request *request,
				   struct error *e)
{
	struct joiner j = { .arena = a };
	struct turn *turns;
	const cJSON *v;

	if (!cJSON_IsArray(messages))
		return error_field(e, ERROR_TYPE, "messages",
				   "messages: Input should be an array");
	turns = arena_array(a, (size_t)cJSON_GetArraySize(messages),
			    sizeof(*turns));
	cJSON_ArrayForEach(v, messages) {
		if (!read_turn(a, v, j.n, &turns[j.n], e))
			return false;
		j.n++;
	}
	j.turns = turns;
	join(&j);
	request->messages = j.out;
	request->n_messages = j.n_out;
	return true;
}
