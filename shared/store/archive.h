/* SPDX-License-Identifier: MIT */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/conversations.h"

/* What the owner sees of the conversations of all API keys. Times are ms since
 * 1970. All is in the arena. */
struct archived_conversation {
	struct store_conversation conversation;
	const char *key;   /* its name or, if it has none, label */
	const char *model; /* of the last turn; NULL: it has none */
	int64_t updated_ms, messages, turns, tokens;
};

/* Which ones: all that are not told are meant. */
struct archive_filter {
	const char *name; /* as its client calls it */
	int64_t key;	  /* its row */
	int64_t since;	  /* it was used after that */
	int64_t limit;
};

/* Those used last come first. */
bool store_archive_list(struct store *s, const struct archive_filter *filter,
			struct archived_conversation **list, size_t *n,
			struct arena *a, struct error *e);

/* The one of that name. ERROR_NOT_FOUND if there is none, ERROR_VALUE if several
 * keys have one; `key` is the row of one, or 0. */
bool store_archive_find(struct store *s, const char *name, int64_t key,
			struct archived_conversation *c, struct arena *a,
			struct error *e);

/* The next one in the order of their rows, for those who read all of them, each
 * in a transaction of its own; its row is 0 at the end. */
bool store_archive_after(struct store *s, int64_t row,
			 struct archived_conversation *c, struct arena *a,
			 struct error *e);

/* A message as its row has it. Texts are NULL where that has nothing; media,
 * reasoning_details, tool_calls, citations and spans are JSON. */
struct archived_message {
	const char *id, *request;
	int64_t reply, created_ms;
	const char *role, *name, *content, *media, *reasoning,
		*reasoning_details, *tool_calls, *tool_call_id, *citations,
		*spans;
};

bool store_archive_messages(struct store *s, int64_t conversation,
			    struct archived_message **list, size_t *n,
			    struct arena *a, struct error *e);

/* Where a text was found. */
struct archive_hit {
	const char *key, *conversation, *request; /* the latter may be NULL */
	const char *role;
	int64_t created_ms;
	const char *excerpt; /* with some characters before and after it */
};

struct archive_search {
	const char *text; /* capital and small letters are the same */
	int64_t limit;	  /* so many hits at most */
	int64_t most_ms;  /* so long at most */

	/* Filled: the newest come first. */
	struct archive_hit *hits;
	size_t n;
	bool stopped; /* there may be more */
};

/* Reads what was said and thought from the newest message on. There is no index
 * that would still have what was deleted. */
bool store_archive_search(struct store *s, struct archive_search *search,
			  struct arena *a, struct error *e);

#endif
