/* SPDX-License-Identifier: MIT */
#ifndef STORE_OUTCOME_H
#define STORE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "chat/chat.h"
#include "chat/history.h"
#include "chat/reply.h"
#include "store/attempts.h"

enum store_status {
	STORE_DONE,
	STORE_FAILED,
	STORE_CANCELLED,
	STORE_REFUSED,	   /* by us, before Kimi was asked */
	STORE_INTERRUPTED, /* its process was killed */
};

/* What it cost, in nano-units of a currency. */
struct store_cost {
	const char *currency; /* NULL: unknown, or nothing was used */
	int64_t nano, price_id;
	const char *list_currency; /* what a plan's would have cost; or NULL */
	int64_t list_nano;
};

/* How a turn ended. */
struct store_outcome {
	enum store_status status;
	bool begun; /* the client has part of the reply already: what it gets
		     * must not be lost, so this waits long for the database.
		     * If not, it has no id, unless the turn is done */
	int http_status; /* 0: unknown */
	const char *credential_label;
	const char *service; /* who was asked last; NULL: nobody */
	const char *region;  /* of its host: 'cn', 'global'; NULL: unknown */
	/* The first choice, and by `next` the others; partial unless done. */
	const struct chat_reply *reply;
	const char *uid;    /* of its message: 24 of [A-Za-z0-9], used once;
			     * NULL: a new one */
	const char *events; /* the end of its stream log; NULL: has none */
	struct chat_usage usage;
	struct store_cost cost;		      /* found when it is recorded */
	struct store_cost *charged;	      /* receives it; or NULL */
	int64_t first_token_ms, duration_ms;  /* -1: none came, unknown */
	const struct error *error;	      /* unless done */
	const struct store_attempt *attempts; /* in the order of their rows */

	/* The chat at Kimi may hold part of this turn: it is not continued
	 * unless the turn is done, and never after an ephemeral turn. */
	bool chat_touched;

	/* How the conversation continues. A turn that is not done does not join
	 * it, but of a stored response that the client has the id of the input
	 * is stored. NULL: no input. */
	const struct chat_request *request;
	struct chat_history history;
	struct chat_bookmark bookmark;
	const char *credential; /* its fingerprint */

	int64_t slot; /* released with it; 0: none */
};

#endif
