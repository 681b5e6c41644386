/* SPDX-License-Identifier: MIT */
/* Brings calls and their results together. */
#include "chat/unanswered_calls.h"

#include <string.h>

struct joiner {
	struct arena *arena;
	const struct chat_message *in;
	struct chat_message *out;
	bool *taken; /* of those in `in` */
	size_t n_in, n;
	struct chat_part *parts; /* of the result being joined; or NULL */
	size_t parts_room;
};

/* The next message that calls tools: results are searched up to it. */
static size_t next_asking(const struct joiner *j, size_t i)
{
	while (i < j->n_in && j->in[i].n_calls == 0)
		i++;
	return i;
}

/* Appends `more` to the result that `m` holds, on a new line. */
static void join(struct joiner *j, struct chat_message *m,
		 const struct chat_message *more)
{
	size_t n = m->n_parts;
	bool first = j->parts == NULL;

	if (more->n_parts == 0)
		return;
	j->parts = arena_grow(j->arena, j->parts, &j->parts_room,
			      n + 1 + more->n_parts, sizeof(*j->parts));
	if (first && n > 0)
		memcpy(j->parts, m->parts, n * sizeof(*j->parts));
	if (n > 0)
		j->parts[n++].text = "\n";
	memcpy(j->parts + n, more->parts, more->n_parts * sizeof(*j->parts));
	m->parts = j->parts;
	m->n_parts = n + more->n_parts;
}

static void add_result(struct joiner *j, size_t from, size_t end,
		       const char *call_id)
{
	struct chat_message result = { .role = CHAT_TOOL, .call_id = call_id };
	bool found = false;

	j->parts = NULL;
	j->parts_room = 0;
	for (size_t i = from; i < end; i++) {
		if (j->taken[i] || j->in[i].role != CHAT_TOOL ||
		    strcmp(j->in[i].call_id, call_id) != 0)
			continue;
		j->taken[i] = true;
		if (found)
			join(j, &result, &j->in[i]);
		else
			result = j->in[i];
		found = true;
	}
	j->out[j->n++] = result;
}

void chat_unanswered_calls_fill(struct arena *a,
				const struct chat_message **messages, size_t *n)
{
	struct joiner j = { .arena = a, .in = *messages, .n_in = *n };
	size_t room = *n;

	for (size_t i = 0; i < *n; i++)
		room += j.in[i].n_calls;
	if (room == *n)
		return;
	j.out = arena_array(a, room, sizeof(*j.out));
	j.taken = arena_array(a, *n, sizeof(*j.taken));
	for (size_t i = 0; i < *n; i++) {
		const struct chat_message *m = &j.in[i];
		size_t end = m->n_calls > 0 ? next_asking(&j, i + 1) : 0;

		if (j.taken[i])
			continue;
		j.out[j.n++] = *m;
		for (size_t k = 0; k < m->n_calls; k++)
			add_result(&j, i + 1, end, m->calls[k].id);
	}
	*messages = j.out;
	*n = j.n;
}
