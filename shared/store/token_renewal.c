/* SPDX-License-Identifier: MIT */
/* Renewed access tokens as encrypted rows, and the lock to renew them. */
#include "store/token_renewal.h"

#include "base/secret.h"
#include "store/credentials_internal.h"
#include "store/known_rows_internal.h"
#include "store/token_renewal_internal.h"

static bool read_tokens(struct db *db, const struct credential *c,
			const struct known_name *name, struct known_row *row,
			struct arena *a, struct error *e)
{
	struct query q;

	*row = (struct known_row){ 0 };
	query_open(&q, db, name->which);
	query_text(&q, name->first);
	row->found = query_row(&q);
	if (row->found) {
		size_t n, m;
		const void *token = query_get_blob(&q, 0, &n, a);
		const void *refresh = query_get_blob(&q, 1, &m, a);

		row->texts[0] = secret_open(a, c->secret, token, n);
		row->texts[1] = secret_open(a, c->secret, refresh, m);
		row->numbers[2] = query_get_int(&q, 2);
	}
	if (!query_close(&q, e))
		return false;
	if (!c->of_client)
		known_add(&db->known, name, row);
	return true;
}

/* They are known as plain text, to those who have the secret; but nothing of a
 * client's credential outlives its requests. */
bool store_token_renewal_load(struct store *s, const struct credential *c,
			      struct access_token *access, struct arena *a,
			      struct error *e)
{
	const struct known_name name = { DB_CREDENTIAL_TOKENS, c->fingerprint,
					 c->secret };
	struct known_row row;
	struct db *db;

	if (!known_rows_find(s, &name, &row, a)) {
		db = db_begin(s, DB_LOOK, e);
		if (db == NULL ||
		    !db_end(s, db, read_tokens(db, c, &name, &row, a, e), e))
			return false;
	}
	*access = (struct access_token){ .token = row.texts[0],
					 .refresh = row.texts[1],
					 .expires_ms = row.numbers[2] };
	return true;
}

static bool lock_row(struct db *db, const struct credential *c, int64_t ms,
		     int64_t *lock, struct error *e)
{
	struct lease lease = lease_take(&db->owners, ms);
	struct query q;

	if (!credentials_ensure(db, c, e))
		return false;
	query_open(&q, db, DB_CREDENTIAL_LOCK);
	query_text(&q, c->fingerprint);
	query_lease(&q, &lease);
	if (!query_run(&q, e))
		return false;
	*lock = db_changes(db) == 1 ? lease.uptime : 0;
	return true;
}

bool store_token_renewal_lock(struct store *s, const struct credential *c,
			      int64_t ms, int64_t *lock, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	*lock = 0;
	return db != NULL && db_end(s, db, lock_row(db, c, ms, lock, e), e);
}

bool store_token_renewal_unlock(struct store *s, const struct credential *c,
				int64_t lock, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_UNLOCK);
	query_text(&q, c->fingerprint);
	query_row_id(&q, lease_owners_own(&db->owners));
	query_int(&q, lock);
	return db_end(s, db, query_run(&q, e), e);
}

bool token_renewal_save(struct db *db, const struct credential *c,
			const struct access_token *access, struct arena *a,
			struct error *e)
{
	size_t n, m;
	void *token = secret_seal(a, c->secret, access->token, &n);
	void *refresh = secret_seal(a, c->secret, access->refresh, &m);
	struct query q;

	if (!credentials_ensure(db, c, e))
		return false;
	query_open(&q, db, DB_CREDENTIAL_RENEW);
	query_text(&q, c->fingerprint);
	query_blob(&q, token, n);
	query_blob(&q, refresh, m);
	query_int(&q, access->expires_ms);
	return query_run(&q, e);
}

bool store_token_renewal_save(struct store *s, const struct credential *c,
			      const struct access_token *access,
			      struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_DURABLE, e);

	return db != NULL &&
	       db_end(s, db, token_renewal_save(db, c, access, a, e), e);
}
