/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_ATTACHMENTS_INTERNAL_H
#define APP_RELAY_ATTACHMENTS_INTERNAL_H

#include "app/auth.h"
#include "app/exchange.h"
#include "chat/history.h"
#include "store/store.h"
#include "upstream/model.h"

/* Where to look for the files, and what they are for. */
struct attachments {
	struct exchange *x;
	const struct caller *caller;
	struct store *store;
	const struct model *model;
	const struct chat_history *history; /* which messages are new */
};

/*
 * Finds the bytes of every image, video and document of a request: in data:
 * URLs, in the files that the caller has uploaded, or at https URLs, which are
 * fetched if KIMI_FETCH allows it. Sets `file` of each part, and its kind to
 * what the file is: a document that is an image becomes an image part, and a
 * plain text becomes a text part if the model's service takes no documents.
 *
 * `request->messages` becomes a copy of the same length; the original ones are
 * what is stored. Errors name the part as the client counts. A file of an
 * earlier turn that is no longer available is replaced by a note.
 */
bool attachments_find(const struct attachments *a, struct chat_request *request,
		      struct error *e);

#endif
