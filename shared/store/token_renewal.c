/* SPDX-License-Identifier: MIT */
/* Renewed access tokens as encrypted rows, and the lock to renew them. */
#include "store/token_renewal.h"

#include "base/secret.h"
#include "store/credentials_internal.h"

bool store_token_renewal_load(struct store *s, const struct credential *c,
			      struct access_token *access, struct arena *a,
			      struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	struct query q;

	if (db == NULL)
		return false;
	*access = (struct access_token){ 0 };
	query_open(&q, db, DB_CREDENTIAL_TOKENS);
	query_text(&q, c->fingerprint);
	if (query_row(&q)) {
		size_t n, m;
		const void *token = query_get_blob(&q, 0, &n, a);
		const void *refresh = query_get_blob(&q, 1, &m, a);

		access->token = secret_open(a, c->secret, token, n);
		access->refresh = secret_open(a, c->secret, refresh, m);
		access->expires_ms = query_get_int(&q, 2);
	}
	return db_end(s, db, query_close(&q, e), e);
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

static bool save(struct db *db, const struct credential *c,
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

	return db != NULL && db_end(s, db, save(db, c, access, a, e), e);
}
