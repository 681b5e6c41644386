/* SPDX-License-Identifier: MIT */
/* Recognises what a conversation knows already. */
#include "chat/history.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *trimmed(const char *text, size_t *n)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	*n = length;
	return text;
}

static bool same_text(const struct chat_message *x,
		      const struct chat_message *y, struct arena *a)
{
	size_t n, m;
	const char *p = trimmed(chat_message_text(x, a), &n);
	const char *q = trimmed(chat_message_text(y, a), &m);

	return n == m && memcmp(p, q, n) == 0;
}

static const struct chat_part *next_medium(const struct chat_message *m,
					   size_t *i)
{
	while (*i < m->n_parts && m->parts[*i].kind == CHAT_PART_TEXT)
		++*i;
	return *i < m->n_parts ? &m->parts[(*i)++] : NULL;
}

static bool same_word(const char *x, const char *y)
{
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

static bool same_media(const struct chat_message *x,
		       const struct chat_message *y)
{
	size_t i = 0, j = 0;

	for (;;) {
		const struct chat_part *p = next_medium(x, &i);
		const struct chat_part *q = next_medium(y, &j);

		if (p == NULL || q == NULL)
			return p == q;
		if (p->kind != q->kind || !same_word(p->text, q->text) ||
		    !same_word(p->id, q->id))
			return false;
	}
}

static bool same_calls(const struct chat_message *x,
		       const struct chat_message *y)
{
	if (x->n_calls != y->n_calls)
		return false;
	for (size_t i = 0; i < x->n_calls; i++)
		if (strcmp(x->calls[i].id, y->calls[i].id) != 0 ||
		    strcmp(x->calls[i].name, y->calls[i].name) != 0)
			return false;
	return true;
}

static bool same_message(const struct chat_message *x,
			 const struct chat_message *y, struct arena *a)
{
	if (x->role != y->role)
		return false;
	if (x->call_id != NULL && y->call_id != NULL &&
	    strcmp(x->call_id, y->call_id) != 0)
		return false;
	return same_calls(x, y) && same_media(x, y) && same_text(x, y, a);
}

struct chat_history chat_history_join(const struct chat_message *stored,
				      size_t n_stored,
				      const struct chat_message *sent,
				      size_t n_sent, struct arena *a)
{
	struct chat_history h = { .kept = n_stored };
	bool answer_seen = false;
	size_t same = 0;

	while (same < n_stored && same < n_sent &&
	       same_message(&stored[same], &sent[same], a)) {
		answer_seen |= stored[same].role == CHAT_ASSISTANT;
		same++;
	}
	if (answer_seen && same == n_sent && same < n_stored)
		while (sent[same - 1].role != CHAT_ASSISTANT)
			same--;
	if (same == n_stored || answer_seen) {
		h.kept = h.fresh = same;
		return h;
	}
	while (h.fresh < same && sent[h.fresh].role == CHAT_SYSTEM)
		h.fresh++;
	return h;
}
