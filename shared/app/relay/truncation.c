/* SPDX-License-Identifier: MIT */
/* Makes a request fit its model by dropping the oldest turns. */
#include "app/relay/truncation_internal.h"

#include <string.h>

/* Left free for a reply without a limit. */
#define REPLY_TOKENS 4096

/* Where the turn at `from` ends: at the next user message, or the end. */
static size_t turn_end(const struct chat_request *q, size_t from)
{
	size_t i = from + 1;

	while (i < q->n_messages && q->messages[i].role != CHAT_USER)
		i++;
	return i;
}

/* The oldest message that may be dropped; n_messages if none may. */
static size_t oldest(const struct chat_request *q)
{
	size_t i = 0;

	while (i < q->n_messages && q->messages[i].role == CHAT_SYSTEM)
		i++;
	return i;
}

/* Drops the messages [from, to), except system messages. */
static void drop(struct chat_request *q, size_t from, size_t to,
		 struct arena *a)
{
	struct chat_message *all = arena_array(a, q->n_messages, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < q->n_messages; i++)
		if (i < from || i >= to || q->messages[i].role == CHAT_SYSTEM)
			all[n++] = q->messages[i];
	q->messages = all;
	q->n_messages = n;
}

static int64_t count(const struct chat_request *q,
		     const struct tokenizer *tokens, const char *model)
{
	return tokens_count_prompt(tokens, template_of(model, q), q).n;
}

/* About how many tokens that saves. */
static int64_t weigh(const struct chat_request *q, size_t from, size_t to,
		     const struct tokenizer *tokens, const char *model)
{
	struct chat_request part = { .thinking = q->thinking };
	int64_t around = count(&part, tokens, model), n = 0;

	part.n_messages = 1;
	for (size_t i = from; i < to; i++) {
		part.messages = &q->messages[i];
		if (q->messages[i].role != CHAT_SYSTEM)
			n += count(&part, tokens, model) - around;
	}
	return n;
}

/* Drops turns of at least so many tokens; false if none may be dropped. */
static bool drop_turns(struct chat_request *q, int64_t excess,
		       const struct tokenizer *tokens, const char *model,
		       struct arena *a)
{
	size_t from = oldest(q), to = from;

	while (excess > 0) {
		size_t end = turn_end(q, to);

		if (end >= q->n_messages)
			break;
		excess -= weigh(q, to, end, tokens, model);
		to = end;
	}
	if (to > from)
		drop(q, from, to, a);
	return to > from;
}

bool truncation_apply(struct chat_request *q, const struct model *model,
		      const struct tokenizer *tokens, struct arena *a)
{
	int64_t reply = q->max_tokens > 0 ? q->max_tokens : REPLY_TOKENS;
	int64_t room = model->context - reply, n;
	bool dropped = false;

	if (model->context == 0 || room <= 0)
		return false;
	while ((n = count(q, tokens, model->name)) > room &&
	       drop_turns(q, n - room, tokens, model->name, a))
		dropped = true;
	return dropped;
}
