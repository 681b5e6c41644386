/* SPDX-License-Identifier: MIT */
/* Recognises what a conversation already contains. */
#include "chat/history.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static const char *trimmed(const char *text, size_t *n)
{
	*n = strlen(text);
	return text_trim(text, n);
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

/* The messages of a conversation or of a turn. */
struct list {
	const struct chat_message *m;
	size_t n;
};

static struct list behind(struct list l, size_t n)
{
	return n == 0 ? l : (struct list){ l.m + n, l.n - n };
}

/* System messages at the start. */
static size_t count_systems(struct list l)
{
	size_t n = 0;

	while (n < l.n && l.m[n].role == CHAT_SYSTEM)
		n++;
	return n;
}

/* How many agree, ending after the last reply if nothing else was sent;
 * `answered`: a reply is among them. */
static size_t count_same(struct list stored, struct list sent, bool *answered,
			 struct arena *a)
{
	size_t same = 0;

	*answered = false;
	while (same < stored.n && same < sent.n &&
	       same_message(&stored.m[same], &sent.m[same], a)) {
		*answered |= stored.m[same].role == CHAT_ASSISTANT;
		same++;
	}
	if (*answered && same == sent.n && same < stored.n)
		while (sent.m[same - 1].role != CHAT_ASSISTANT)
			same--;
	return same;
}

struct chat_history chat_history_join(const struct chat_message *stored,
				      size_t n_stored,
				      const struct chat_message *sent,
				      size_t n_sent, struct arena *a)
{
	struct list x = { stored, n_stored }, y = { sent, n_sent };
	struct chat_history h = { .kept = n_stored };
	size_t systems = count_systems(x), theirs = count_systems(y), rest;
	bool answered;
	size_t same = count_same(x, y, &answered, a);

	if (same == n_stored || answered)
		return (struct chat_history){ same, same };
	rest = count_same(behind(x, systems), behind(y, theirs), &answered, a);
	if (answered && theirs > 0)
		return (struct chat_history){ 0, 0 };
	if (answered)
		return (struct chat_history){ systems + rest, rest };
	while (h.fresh < same && sent[h.fresh].role == CHAT_SYSTEM)
		h.fresh++;
	return h;
}

struct chat_message *chat_history_put(struct chat_history *h,
				      const struct chat_message *stored,
				      size_t n_stored, struct chat_request *q,
				      struct arena *a)
{
	struct chat_message *all;
	size_t n;

	if (q->appends)
		*h = (struct chat_history){ .kept = n_stored };
	else
		*h = chat_history_join(stored, n_stored, q->messages,
				       q->n_messages, a);
	n = q->n_messages - h->fresh;
	all = arena_array(a, h->kept + n, sizeof(*all));
	if (h->kept > 0)
		memcpy(all, stored, h->kept * sizeof(*all));
	if (n > 0)
		memcpy(all + h->kept, q->messages + h->fresh, n * sizeof(*all));
	q->messages = all;
	q->n_messages = h->kept + n;
	return all;
}
