/* SPDX-License-Identifier: MIT */
/* Whether the conversation goes on in its chat at Kimi. */
#include "app/relay/abandoned_chat_internal.h"

#include <string.h>

static bool leaves_chat(const struct attempt *t, bool done)
{
	const struct store_turn *turn = t->turn;
	const char *now = attempt_bookmark(t).chat;
	const char *before = turn->bookmark.chat;

	if (before == NULL || turn->credential == NULL)
		return false;
	if (!done || turn->ephemeral)
		return t->chat_touched;
	return now == NULL || strcmp(now, before) != 0;
}

void abandoned_chat_note(const struct attempt *t, bool done)
{
	const struct caller *caller = t->job->caller;

	if (!leaves_chat(t, done))
		return;
	for (size_t i = 0; i < caller->n_credentials; i++) {
		const struct credential *c = &caller->credentials[i];

		if (strcmp(c->fingerprint, t->turn->credential) == 0)
			cleanup_add_chat(t->cleanup, t->job->x->arena, c,
					 t->turn->bookmark.chat);
	}
}
