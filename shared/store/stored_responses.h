/* SPDX-License-Identifier: MIT */
#ifndef STORE_STORED_RESPONSES_H
#define STORE_STORED_RESPONSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "chat/chat.h"
#include "store/store.h"

/*
 * Responses that their clients can ask for again: turns that had a struct
 * store_as (turns.h). A response belongs to the API key it was given to.
 * Deleting one removes its texts; responses that continue it stay, and continue
 * without them.
 */
enum stored_response_status {
	STORED_RESPONSE_RUNNING,
	STORED_RESPONSE_DONE,
	STORED_RESPONSE_FAILED, /* also if its process was killed */
	STORED_RESPONSE_CANCELLED,
};

struct stored_response {
	int64_t seq; /* of its request */
	const char *id;
	const char *dialect, *model;
	const char *settings, *metadata; /* JSON; metadata "{}" if none */
	const char *previous;		 /* id; NULL: none, or deleted */
	const char *conversation;	 /* NULL: none */
	bool background, stream;
	enum stored_response_status status;
	int64_t created_ms, duration_ms; /* wall clock; 0 while it runs */
	enum chat_finish finish;	 /* if done */
	const char *error_kind, *error;	 /* if failed or cancelled */
	struct chat_usage usage;

	/* What the client said in that request, and the reply as far as it
	 * came; NULL if nothing came. */
	const struct chat_message *input;
	size_t n_input;
	const struct chat_message *message;
};

/* With its messages. ERROR_NOT_FOUND if the key has no such response. */
bool stored_response_find(struct store *s, const char *key, const char *id,
			  struct stored_response *response, struct arena *a,
			  struct error *e);

/* Replaces the metadata; NULL empties it. ERROR_NOT_FOUND. */
bool stored_response_set_metadata(struct store *s, const char *key,
				  const char *id, const char *metadata,
				  struct error *e);

/* Deletes its id, its stream log and its texts, unless they are part of a
 * conversation. ERROR_NOT_FOUND; ERROR_BUSY while it runs. */
bool stored_response_delete(struct store *s, const char *key, const char *id,
			    struct error *e);

/* Marks a running one as cancelled: its process learns of it when it renews
 * the turn. Does nothing to one that has ended. ERROR_NOT_FOUND. */
bool stored_response_cancel(struct store *s, const char *key, const char *id,
			    struct error *e);

struct stored_response_list {
	const char *kind;     /* as in struct store_as */
	const char *model;    /* NULL: any */
	const char *metadata; /* a JSON object of pairs it must have; NULL */
	const char *after;    /* an id; NULL: from the start */
	bool ascending;
	size_t limit;

	/* Filled: responses that are done, with their messages. */
	struct stored_response *responses;
	size_t n;
	bool more;
};

/* In the order of creation. ERROR_NOT_FOUND if `after` does not exist. */
bool stored_response_list(struct store *s, const char *key,
			  struct stored_response_list *list, struct arena *a,
			  struct error *e);

#endif
