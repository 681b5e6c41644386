/* SPDX-License-Identifier: MIT */
/* What is left of the accounts of credentials, as rows. */
#include "store/quotas.h"

#include "store/db_internal.h"

static void bind_known(struct query *q, int64_t v)
{
	if (v == QUOTA_UNKNOWN)
		query_null(q);
	else
		query_int(q, v);
}

static bool save(struct db *db, const char *credential, const struct quota *v,
		 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_QUOTA_PUT);
	query_text(&q, credential);
	query_text(&q, v->name);
	bind_known(&q, v->used_ppm);
	bind_known(&q, v->used);
	bind_known(&q, v->remaining);
	bind_known(&q, v->whole);
	query_text(&q, v->currency);
	bind_known(&q, v->resets_at == 0 ? QUOTA_UNKNOWN : v->resets_at);
	query_int(&q, v->seen_at);
	return query_run(&q, e);
}

static bool save_all(struct db *db, const char *credential,
		     const struct quota_list *list, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_QUOTAS_REMOVE);
	query_text(&q, credential);
	if (!query_run(&q, e))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!save(db, credential, &list->items[i], e))
			return false;
	return true;
}

bool store_quotas_save(struct store *s, const char *credential,
		       const struct quota_list *list, struct error *e)
{
	struct db *db = db_begin(s, DB_TURN, e);

	return db != NULL &&
	       db_end(s, db, save_all(db, credential, list, e), e);
}

static int64_t get_known(struct query *q, int column)
{
	return query_is_null(q, column) ? QUOTA_UNKNOWN :
					  query_get_int(q, column);
}

static bool load(struct db *db, const char *credential, struct quota_list *list,
		 struct error *e)
{
	struct query q;

	query_open(&q, db, DB_QUOTA_LIST);
	query_text(&q, credential);
	while (query_row(&q)) {
		struct quota v = {
			.name = query_get_text(&q, 0, list->arena),
			.used_ppm = get_known(&q, 1),
			.used = get_known(&q, 2),
			.remaining = get_known(&q, 3),
			.whole = get_known(&q, 4),
			.currency = query_get_text(&q, 5, list->arena),
			.resets_at = query_get_int(&q, 6),
			.seen_at = query_get_int(&q, 7),
		};

		quota_add(list, &v);
	}
	return query_close(&q, e);
}

bool store_quotas_load(struct store *s, const char *credential,
		       struct quota_list *list, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, load(db, credential, list, e), e);
}
