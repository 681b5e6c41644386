/* SPDX-License-Identifier: MIT */
/* Brings calls and their results together. */
#include "chat/unanswered_calls.h"

#include <string.h>

#include "base/key_index.h"

struct joiner {
	struct arena *arena;
	const struct chat_message *in;
	struct chat_message *out;
	bool *taken; /* of those in `in` */
	size_t n_in, n;
	struct key_index first; /* the results up to `end`, by their calls, … */
	size_t *next;		/* … and the next one of each call */
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

/* The results in [from, end). A call that has none left is found at n_in. */
static void find_results(struct joiner *j, size_t from, size_t end)
{
	key_index_init(&j->first, j->arena);
	for (size_t i = end; i > from; i--) {
		const struct chat_message *m = &j->in[i - 1];

		if (m->role != CHAT_TOOL)
			continue;
		j->next[i - 1] = key_index_find(&j->first, m->call_id);
		key_index_put(&j->first, m->call_id, i - 1);
	}
}

static void add_result(struct joiner *j, const char *call_id)
{
	size_t i = key_index_find(&j->first, call_id);

	struct chat_message result = { .role = CHAT_TOOL, .call_id = call_id };
	bool found = false;

	j->parts = NULL;
	j->parts_room = 0;
	if (i != KEY_INDEX_NONE)
		key_index_put(&j->first, call_id, j->n_in);
	for (; i < j->n_in; i = j->next[i]) {
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
	j.next = arena_array(a, *n, sizeof(*j.next));
	for (size_t i = 0; i < *n; i++) {
		const struct chat_message *m = &j.in[i];

		if (j.taken[i])
			continue;
		j.out[j.n++] = *m;
		if (m->n_calls > 0)
			find_results(&j, i + 1, next_asking(&j, i + 1));
		for (size_t k = 0; k < m->n_calls; k++)
			add_result(&j, m->calls[k].id);
	}
	*messages = j.out;
	*n = j.n;
}
