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
 * Answers that their clients may ask for again: what struct store_options of
 * turns.h left behind. They belong to the key they were given to. Deleting one
 * takes its texts; what went on from it still does, without them.
 */
enum stored_response_status {
	STORED_RESPONSE_RUNNING,
	STORED_RESPONSE_DONE,
	STORED_RESPONSE_FAILED, /* also one whose process was killed */
	STORED_RESPONSE_CANCELLED,
};

struct stored_response {
	int64_t seq;	/* of its request */
	const char *id; /* as it was kept */
	const char *dialect, *model;
	const char *settings, *metadata; /* JSON; metadata "{}" if none */
	const char *previous;		 /* id; NULL: none, or deleted */
	const char *conversation;	 /* NULL: none */
	bool background, stream;
	enum stored_response_status status;
	int64_t created_ms, duration_ms; /* wall clock; 0 while it runs */
	enum chat_finish finish;	 /* when done */
	const char *error_kind, *error;	 /* when failed or cancelled */
	struct chat_usage usage;

	/* What the client said in that request, and the answer as far as it
	 * came: NULL when nothing did. */
	const struct chat_message *input;
	size_t n_input;
	const struct chat_message *message;
};

/* With its messages. ERROR_NOT_FOUND when the key has no such answer. */
bool stored_response_find(struct store *s, const char *key, const char *id,
			  struct stored_response *answer, struct arena *a,
			  struct error *e);

/* Replaces the metadata; NULL empties it. ERROR_NOT_FOUND. */
bool stored_response_describe(struct store *s, const char *key, const char *id,
			      const char *metadata, struct error *e);

/* Takes its texts, its stream log and its id from the database, but for what
 * stands in a conversation. ERROR_NOT_FOUND; ERROR_BUSY while it runs. */
bool stored_response_delete(struct store *s, const char *key, const char *id,
			    struct error *e);

/* Marks a running one as cancelled: its process finds out when it renews the
 * turn. Without effect on one that has ended. ERROR_NOT_FOUND. */
bool stored_response_cancel(struct store *s, const char *key, const char *id,
			    struct error *e);

struct stored_response_list {
	const char *prefix;   /* of the ids that are meant: "chatcmpl-" */
	const char *model;    /* NULL: any */
	const char *metadata; /* JSON object of pairs it must have; NULL */
	const char *after;    /* an id; NULL: from the start */
	bool ascending;
	size_t limit;

	/* Filled: answers that are done, with their messages. */
	struct stored_response *answers;
	size_t n;
	bool more;
};

/* In the order of their making. ERROR_NOT_FOUND for an unknown `after`. */
bool stored_response_list(struct store *s, const char *key,
			  struct stored_response_list *list, struct arena *a,
			  struct error *e);

#endif
