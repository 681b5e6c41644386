/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_CHOICES_INTERNAL_H
#define APP_RELAY_CHOICES_INTERNAL_H

#include "app/relay/attempt_internal.h"
#include "app/relay/job_internal.h"
#include "chat/stream.h"
#include "http/watch.h"

/*
 * Private to the relay: the replies that a request asks for. The only one is
 * made on the request's own thread; several are made side by side, each as if
 * the request asked for it alone: see choice_threads_internal.h.
 */
struct choice {
	struct choices *all;
	unsigned index;
	struct attempt attempt;
	struct chat_stream stream;
	struct error error; /* why it failed */

	/* What the attempt gets if there are several. */
	struct job job;
	struct chat_request request;
	struct store_turn turn;
};

struct choices {
	const struct job *job;
	const struct store_turn *turn;
	const struct chat_history *history;
	const struct http_watch *watch; /* of the client */
	struct choice *list;
	size_t n;
	struct choice *failed;	/* the one that ended the others, if any did */
	struct made_chats made; /* at Kimi, by all of them */

	/* Gets the events of all choices, one at a time. */
	enum flow (*on_event)(void *ctx, struct choice *c,
			      const struct chat_event *event);
	void *ctx;
	struct choice_threads *threads; /* if there are several */
};

/* Makes the list: all other members are set. */
void choices_init(struct choices *cs);

/* Makes the only choice on this thread. False with the error if it fails. */
bool choices_run_only(struct choices *cs, struct error *e);

/* Renews the slot of the only choice; several renew their own. Due whenever the
 * request's row is renewed. */
void choices_renew_slot(const struct choices *cs);

#endif
