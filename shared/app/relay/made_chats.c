/* SPDX-License-Identifier: MIT */
/* The chats that a request made at Kimi. */
#include "app/relay/made_chats_internal.h"

#include <sys/eventfd.h>

#include "base/clock.h"

void made_chats_add(struct made_chats *m, struct arena *a,
		    const struct credential *credential, const char *chat)
{
	struct abandoned_chat *c = arena_alloc(a, sizeof(*c));

	c->credential = arena_copy(a, credential->fingerprint);
	c->chat = arena_copy(a, chat);
	c->made_ms = clock_ms();
	c->next = atomic_load(&m->newest);
	while (!atomic_compare_exchange_weak(&m->newest, &c->next, c))
		;
	if (m->wake_fd >= 0)
		eventfd_write(m->wake_fd, 1);
}

struct abandoned_chat *made_chats_list(struct made_chats *m)
{
	return atomic_load(&m->newest);
}
