/* SPDX-License-Identifier: MIT */
#ifndef STORE_REASONING_H
#define STORE_REASONING_H

#include "base/arena.h"
#include "chat/chat.h"
#include "store/store.h"

/* The messages of a request, whose replies may lack their reasoning. */
struct store_recall {
	const char *key_fingerprint;
	const struct chat_request *request;
	struct chat_message *messages; /* those of the request */
	size_t kept;  /* the first ones that the store has as they are */
	bool details; /* the model wants chat_message.details, too */
};

/*
 * Clients send replies back without their reasoning. Puts it back into those
 * that Kimi gave to the same API key in this conversation (chat/reply_key.h);
 * into a kept one only by its calls. Details are also put beside reasoning that
 * the client sent unchanged.
 */
bool store_reasoning_fill(struct store *s, const struct store_recall *recall,
			  struct arena *a, struct error *e);

#endif
