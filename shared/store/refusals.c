/* SPDX-License-Identifier: MIT */
/* Requests that were refused, as rows. */
#include "store/refusals.h"

#include "base/clock.h"
#include "store/keys_internal.h"
#include "store/turns_internal.h"
#include "store/usage_sums_internal.h"

#define NOBODY "nobody"

/* A key that no caller can have: it is no fingerprint. */
static bool find_nobody(struct db *db, int64_t *row, struct error *e)
{
	struct query q;

	if (!keys_find(db, NOBODY, row, e))
		return false;
	if (*row != 0)
		return true;
	query_open(&q, db, DB_KEY_ADD_NOBODY);
	query_text(&q, NOBODY);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) && keys_find(db, NOBODY, row, e);
}

static bool refuse(struct db *db, void *ctx, struct error *e)
{
	const struct store_refusal *r = ctx;
	const struct store_outcome o = {
		.status = STORE_REFUSED,
		.http_status = r->http_status,
		.first_token_ms = -1,
		.duration_ms = r->duration_ms,
		.error = r->error,
	};
	struct store_turn t = {
		.request = r->request,
		.dialect = r->dialect,
		.model = r->model,
		.stream = r->stream,
		.started_ms = r->started_ms,
	};

	return (r->owner == NULL ? find_nobody(db, &t.key_row, e) :
				   keys_ensure(db, r->owner, &t.key_row, e)) &&
	       turns_add_rows(db, &t, &o, e) && usage_sums_add(db, &t, &o, e);
}

bool store_refuse(struct store *s, const struct store_refusal *r,
		  struct error *e)
{
	struct store_refusal copy = *r;

	return db_run(s, DB_TURN, refuse, &copy, e);
}
