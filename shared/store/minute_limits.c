/* SPDX-License-Identifier: MIT */
/* Requests and tokens per minute. */
#include "store/minute_limits_internal.h"

#include <inttypes.h>

#include "base/clock.h"
#include "store/minute_limits.h"

#define MS INT64_C(1000000)
#define MINUTE (60000 * MS)

/* The clocks of machines that share a database may differ by this much. */
#define CLOCKS_DIFFER (1000 * MS)

/* How much of the minute `n` of a limit take; what takes more than a minute can
 * never pass. */
static int64_t cost_of(int64_t n, int64_t limit)
{
	if (limit == 0)
		return 0;
	return n > limit ? MINUTE + 1 : n * MINUTE / limit;
}

/* `until`: when all of the limit is there again. */
static struct rate_limit left_of(int64_t limit, int64_t until, int64_t now)
{
	int64_t used = until > now ? until - now : 0;

	if (limit == 0)
		return (struct rate_limit){ 0 };
	if (used > MINUTE)
		used = MINUTE;
	return (struct rate_limit){
		.limit = limit,
		.remaining = (MINUTE - used) * limit / MINUTE,
		.reset_ms = (used + MS - 1) / MS,
	};
}

static void note_left(struct store_admission *ad, struct query *q, int64_t now)
{
	ad->requests =
		left_of(ad->requests_per_minute, query_get_int(q, 0), now);
	ad->tokens = left_of(ad->tokens_per_minute, query_get_int(q, 1), now);
}

static int64_t tokens_of(const struct store_admission *ad)
{
	return ad->prompt_tokens + ad->output_tokens;
}

/* Clients look for the words "try again in", and a number before "s". */
static bool refuse(const struct store_turn *t, enum error_kind kind,
		   int64_t wait, struct error *e)
{
	const struct store_admission *ad = t->admission;
	bool tokens = kind == ERROR_TOKEN_RATE;
	const struct rate_limit *left = tokens ? &ad->tokens : &ad->requests;
	int64_t ms = (wait + MS - 1) / MS;

	error_set(e, kind,
		  "Rate limit reached for %.128s on %s: Limit %" PRId64
		  ", Used %" PRId64 ", Requested %" PRId64
		  ". Please try again in %" PRId64 ".%03" PRId64 "s.",
		  t->model,
		  tokens ? "tokens per min (TPM)" : "requests per min (RPM)",
		  left->limit, left->limit - left->remaining,
		  tokens ? tokens_of(ad) : 1, ms / 1000, ms % 1000);
	e->retry_after_ms = ms;
	return false;
}

static bool refuse_size(const struct store_turn *t, struct error *e)
{
	return error_set(e, ERROR_TOKEN_LIMIT,
			 "Request too large for %.128s on tokens per min "
			 "(TPM): Limit %" PRId64 ", Requested %" PRId64
			 ". The input or output tokens must be reduced in "
			 "order to run successfully.",
			 t->model, t->admission->tokens_per_minute,
			 tokens_of(t->admission));
}

/* What a request and its tokens take of the minute. */
struct costs {
	int64_t now, request, tokens;
};

/* Why it was not let in. */
static bool explain(struct db *db, const struct store_turn *t,
		    const struct costs *c, struct error *e)
{
	struct store_admission *ad = t->admission;
	int64_t wait[2] = { 0 };
	struct query q;

	query_open(&q, db, DB_KEY_MINUTES);
	query_int(&q, ad->key_row);
	if (query_row(&q)) {
		note_left(ad, &q, c->now);
		wait[0] = query_get_int(&q, 0) + c->request - c->now - MINUTE;
		wait[1] = query_get_int(&q, 1) + c->tokens - c->now - MINUTE;
	}
	if (!query_close(&q, e))
		return false;
	if (c->tokens > MINUTE)
		return refuse_size(t, e);
	return wait[0] > 0 ? refuse(t, ERROR_REQUEST_RATE, wait[0], e) :
			     refuse(t, ERROR_TOKEN_RATE, wait[1], e);
}

/* The time is taken here, where no other process can be: times that are taken
 * earlier could be in another order. */
bool minute_limits_take(struct db *db, const struct store_turn *t,
			struct error *e)
{
	struct store_admission *ad = t->admission;
	const struct costs c = {
		.now = clock_wall_ms() * MS,
		.request = cost_of(1, ad->requests_per_minute),
		.tokens = cost_of(tokens_of(ad), ad->tokens_per_minute),
	};
	struct query q;
	bool taken;

	if (ad->requests_per_minute == 0 && ad->tokens_per_minute == 0)
		return true;
	query_open(&q, db, DB_KEY_TAKE);
	query_int(&q, ad->key_row);
	query_int(&q, c.now);
	query_int(&q, c.request);
	query_int(&q, c.tokens);
	query_int(&q, c.now + MINUTE);
	query_int(&q, c.now + MINUTE + CLOCKS_DIFFER);
	taken = query_row(&q);
	if (taken)
		note_left(ad, &q, c.now);
	return query_close(&q, e) && (taken || explain(db, t, &c, e));
}

/* A request that began before its key had the limit may have reserved, or used,
 * any number of tokens: the statement counts with nanoseconds. */
static int64_t at_most_a_limit(int64_t tokens)
{
	if (tokens > STORE_MAX_PER_MINUTE)
		return STORE_MAX_PER_MINUTE;
	return tokens < -STORE_MAX_PER_MINUTE ? -STORE_MAX_PER_MINUTE : tokens;
}

bool minute_limits_refund(struct db *db, int64_t key, int64_t tokens,
			  struct error *e)
{
	struct query q;

	query_open(&q, db, DB_KEY_REFUND);
	query_int(&q, key);
	query_int(&q, at_most_a_limit(tokens));
	query_int(&q, MINUTE);
	query_int(&q, clock_wall_ms() * MS + MINUTE);
	return query_run(&q, e);
}

static bool read_left(struct db *db, const struct store_api_key *k,
		      struct rate_limit *requests, struct rate_limit *tokens,
		      struct error *e)
{
	int64_t now = clock_wall_ms() * MS;
	struct query q;

	*requests = *tokens = (struct rate_limit){ 0 };
	query_open(&q, db, DB_KEY_MINUTES);
	query_int(&q, k->row);
	if (query_row(&q)) {
		*requests = left_of(k->requests_per_minute,
				    query_get_int(&q, 0), now);
		*tokens = left_of(k->tokens_per_minute, query_get_int(&q, 1),
				  now);
	}
	return query_close(&q, e);
}

bool store_minute_limits_read(struct store *s, const struct store_api_key *k,
			      struct rate_limit *requests,
			      struct rate_limit *tokens, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db, read_left(db, k, requests, tokens, e), e);
}
