/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ATTACHMENTS_H
#define APP_RELAY_ATTACHMENTS_H

#include "app/auth.h"
#include "app/exchange.h"
#include "chat/history.h"
#include "store/store.h"
#include "upstream/model.h"

/* Where they are looked for, and what for. */
struct attachments {
	struct exchange *x;
	const struct caller *caller;
	struct store *store;
	const struct model *model;
	const struct chat_history *history; /* which messages are new */
};

/*
 * Finds the bytes of every image, video and document of a request: in data:
 * URLs, among the caller's files, or behind https URLs, which are fetched if
 * KIMI_FETCH allows it. Parts come out with their `file`, and as what they
 * are: a document that is a picture becomes an image part, and one of plain
 * text becomes text where the model's service takes no documents.
 *
 * `request->messages` becomes a copy, of the same length; what they were is
 * for who stores them. An error names the part as the client counts; what
 * cannot be had any more of turns before this one (`history`) becomes a note
 * in its place.
 */
bool attachments_find(const struct attachments *a, struct chat_request *request,
		      struct error *e);

#endif
