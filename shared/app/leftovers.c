/* SPDX-License-Identifier: MIT */
/* Tidies up at Kimi. */
#include "app/leftovers.h"

#include "app/access.h"
#include "app/call.h"

struct leftover {
	struct leftover *next;
	const struct credential *credential;
	const char *chat;
};

void leftovers_add(struct leftovers *l, struct arena *a,
		   const struct credential *credential, const char *chat)
{
	struct leftover *entry = arena_alloc(a, sizeof(*entry));

	entry->credential = credential;
	entry->chat = chat;
	entry->next = l->first;
	l->first = entry;
}

void leftovers_discard(const struct leftovers *l, struct exchange *x,
		       struct store *store)
{
	/* Nobody waits any more, and a client that left must not stop it. */
	x->http->watch = NULL;
	for (const struct leftover *entry = l->first; entry != NULL;
	     entry = entry->next) {
		const struct upstream *upstream = entry->credential->upstream;
		struct service_call c;
		struct error e;

		service_call_init(&c, x, store, entry->credential, &e);
		if (!access_obtain(store, entry->credential, NULL, &c.call) ||
		    !upstream->discard(&c.call, entry->chat))
			log_line(&x->app->log, LOG_ERROR, x->id, "discard",
				 "A chat stays at Kimi (%s): %s",
				 entry->credential->label, e.message);
	}
}
