/* SPDX-License-Identifier: MIT */
#ifndef STORE_REQUESTS_H
#define STORE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/attempts.h"
#include "store/store.h"

/* A number that a row does not have. */
#define STORE_ABSENT INT64_MIN

/* A request as its row has it. Texts are NULL and numbers STORE_ABSENT where
 * that has nothing; times are ms since 1970, costs nano-units. */
struct store_request {
	int64_t seq;
	const char *id, *key, *conversation, *dialect, *model;
	int64_t stream; /* 0 or 1 */
	/* "interrupted" also where its process died and nobody noted it. */
	const char *status;
	int64_t started_at, http_status;
	const char *credential, *service, *region;
	int64_t first_token_ms, duration_ms;
	const char *finish_reason, *token_source;
	int64_t prompt_tokens, completion_tokens, cached_tokens,
		cache_write_tokens, reasoning_tokens, searches;
	int64_t cost;
	const char *currency;
	int64_t list_cost;
	const char *list_currency;
	const char *error_kind, *error;
};

/* Which requests: all that are not told are meant. */
struct request_filter {
	const char *key; /* its name, public id or label */
	const char *model;
	bool failed;   /* neither done nor running */
	int64_t since; /* ms since 1970 */
	int64_t until; /* 0: no end */
	int64_t limit;
};

/* The newest ones first. All is in the arena. */
bool store_requests_list(struct store *s, const struct request_filter *filter,
			 struct store_request **list, size_t *n,
			 struct arena *a, struct error *e);

/* Those whose number is greater, the oldest first: a thousand at most. */
bool store_requests_after(struct store *s, int64_t seq,
			  struct store_request **list, size_t *n,
			  struct arena *a, struct error *e);

/* The number of the newest one; 0: there is none. */
bool store_requests_newest(struct store *s, int64_t *seq, struct error *e);

/* By x-request-id, or by the id of the stored response. ERROR_NOT_FOUND. */
bool store_request_find(struct store *s, const char *id,
			struct store_request *request, struct arena *a,
			struct error *e);

/* The same by its number. */
bool store_request_read(struct store *s, int64_t seq,
			struct store_request *request, struct arena *a,
			struct error *e);

/* In the order of their numbers, which begin with 1. */
bool store_request_attempts(struct store *s, int64_t seq,
			    struct store_attempt **list, size_t *n,
			    struct arena *a, struct error *e);

#endif
