/* SPDX-License-Identifier: MIT */
/* How each try of a credential went: the only one in its request's row, others
 * in rows of their own. */
#include "store/attempts_internal.h"

#define OWN_COLUMNS 7 /* of the request: host to first_byte_ms */

/* -1: it did not come so far. */
static void put_time(struct query *q, int64_t ms)
{
	if (ms < 0)
		query_null(q);
	else
		query_int(q, ms);
}

/* As the view of all attempts takes it to be. */
static bool is_own(const struct store_attempt *list)
{
	return list != NULL && list->next == NULL && list->choice == 0 &&
	       list->error_kind == NULL && list->http_status == 200;
}

void attempts_put_own(struct query *q, const struct store_attempt *list)
{
	if (!is_own(list)) {
		for (int i = 0; i < OWN_COLUMNS; i++)
			query_null(q);
		return;
	}
	query_text(q, list->host);
	put_time(q, list->queued_ms);
	query_int(q, list->began_ms);
	put_time(q, list->lookup_ms);
	put_time(q, list->connect_ms);
	put_time(q, list->tls_ms);
	put_time(q, list->first_byte_ms);
}

static void put_times(struct query *q, const struct store_attempt *a)
{
	put_time(q, a->queued_ms);
	query_int(q, a->began_ms);
	put_time(q, a->lookup_ms);
	put_time(q, a->connect_ms);
	put_time(q, a->tls_ms);
	put_time(q, a->first_byte_ms);
	put_time(q, a->first_token_ms);
	query_int(q, a->end_ms);
}

static bool add(struct db *db, int64_t row, int64_t number,
		const struct store_attempt *a, bool ephemeral, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_ATTEMPT_ADD);
	query_int(&q, row);
	query_int(&q, number);
	query_int(&q, a->choice);
	query_text(&q, a->credential);
	query_text(&q, a->service);
	query_text(&q, a->host);
	put_times(&q, a);
	if (a->http_status == 0)
		query_null(&q);
	else
		query_int(&q, a->http_status);
	query_text(&q, a->error_kind);
	query_text(&q, ephemeral ? NULL : a->words);
	return query_run(&q, e);
}

bool attempts_add(struct db *db, int64_t row, const struct store_attempt *list,
		  bool ephemeral, struct error *e)
{
	int64_t number = 0;

	if (is_own(list))
		return true;
	for (const struct store_attempt *a = list; a != NULL; a = a->next)
		if (!add(db, row, ++number, a, ephemeral, e))
			return false;
	return true;
}
