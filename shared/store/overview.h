/* SPDX-License-Identifier: MIT */
#ifndef STORE_OVERVIEW_H
#define STORE_OVERVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

#define OVERVIEW_HOURS 24

struct overview_cost {
	const char *currency;
	int64_t cost; /* nano-units */
};

/* How things are at one moment. */
struct store_overview {
	int schema_version;
	int64_t file_bytes; /* of the database */
	int64_t free_bytes; /* in it, for new rows */
	int64_t log_bytes;  /* of what is not in it yet */
	/* API keys of the owner, and clients that bring credentials. */
	int64_t keys, blocked, revoked, expired, strangers;
	int64_t running;   /* requests */
	int64_t oldest_at; /* of all requests, ms since 1970; 0: there is none */
	/* Of requests that began since the time that was asked for. */
	int64_t requests, failures, refusals, unpriced;
	int64_t prompt_tokens, completion_tokens;
	/* Requests of each hour, the present one last. */
	int64_t hours[OVERVIEW_HOURS];
	const struct overview_cost *costs; /* by currency */
	size_t n_costs;
};

/* Requests are counted since then (ms since 1970). */
bool store_overview_read(struct store *s, int64_t since,
			 struct store_overview *o, struct arena *a,
			 struct error *e);

/* API keys that may be used and credentials: those that the database has
 * itself. */
bool store_overview_kept(struct store *s, int64_t *keys, int64_t *credentials,
			 struct error *e);

#endif
