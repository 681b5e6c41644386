/* SPDX-License-Identifier: MIT */
/* Credentials as rows: rest, renewed tokens, the right to renew. */
#include "store/credentials.h"

#include "base/clock.h"
#include "store/db.h"

static bool read_state(struct db *db, const struct credential *c,
		       struct credential_state *state, struct arena *a,
		       struct error *e)
{
	struct query q;

	*state = (struct credential_state){ 0 };
	query_open(&q, db, DB_CREDENTIAL_STATE);
	query_text(&q, c->fingerprint);
	if (query_row(&q)) {
		const char *kind = query_get_text(&q, 1, a);

		state->resting_until = query_get_int(&q, 0);
		state->cooldown_kind =
			error_kind_named(kind == NULL ? "" : kind);
	}
	return query_close(&q, e);
}

bool store_credential_states(struct store *s,
			     const struct credential *const *list, size_t n,
			     struct credential_state *states, struct arena *a,
			     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);

	if (db == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_state(db, list[i], &states[i], a, e)) {
			db_abandon(s, db);
			return false;
		}
	return db_commit(s, db, e);
}

bool store_rotation_next(struct store *s, const char *pool, int64_t *next,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_ROTATION_NEXT);
	query_text(&q, pool);
	if (query_row(&q))
		*next = query_get_int(&q, 0);
	if (query_close(&q, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

/* Begins to write, with the credential's row in place. */
static struct db *begin_row(struct store *s, const struct credential *c,
			    enum db_mode mode, struct error *e)
{
	struct db *db = db_begin(s, mode, e);
	struct query q;

	if (db == NULL)
		return NULL;
	query_open(&q, db, DB_CREDENTIAL_ADD);
	query_text(&q, c->fingerprint);
	query_text(&q, c->label);
	if (query_run(&q, e))
		return db;
	db_abandon(s, db);
	return NULL;
}

static bool finish(struct store *s, struct db *db, struct query *q,
		   struct error *e)
{
	if (query_run(q, e))
		return db_commit(s, db, e);
	db_abandon(s, db);
	return false;
}

bool store_credential_cool_down(struct store *s, const struct credential *c,
				const struct error *why, int64_t until,
				struct error *e)
{
	struct db *db = begin_row(s, c, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_REST);
	query_text(&q, c->fingerprint);
	query_int(&q, until);
	query_text(&q, error_name(why->kind));
	return finish(s, db, &q, e);
}

bool store_credential_tokens(struct store *s, const struct credential *c,
			     struct access_token *access, struct arena *a,
			     struct error *e)
{
	struct db *db = db_begin(s, DB_READ, e);
	struct query q;
	bool ok;

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
	ok = query_close(&q, e);
	return db_commit(s, db, e) && ok;
}

bool store_credential_lock(struct store *s, const struct credential *c,
			   int64_t until, bool *locked, struct error *e)
{
	struct db *db = begin_row(s, c, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_LOCK);
	query_text(&q, c->fingerprint);
	query_int(&q, until);
	query_int(&q, clock_wall_ms());
	if (!query_run(&q, e)) {
		db_abandon(s, db);
		return false;
	}
	*locked = sqlite3_changes(db->handle) == 1;
	return db_commit(s, db, e);
}

bool store_credential_unlock(struct store *s, const struct credential *c,
			     int64_t until, struct error *e)
{
	struct db *db = begin_row(s, c, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_UNLOCK);
	query_text(&q, c->fingerprint);
	query_int(&q, until);
	return finish(s, db, &q, e);
}

bool store_credential_renewed(struct store *s, const struct credential *c,
			      const struct access_token *access,
			      struct arena *a, struct error *e)
{
	size_t n, m;
	void *token = secret_seal(a, c->secret, access->token, &n);
	void *refresh = secret_seal(a, c->secret, access->refresh, &m);
	struct db *db = begin_row(s, c, DB_DURABLE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_CREDENTIAL_RENEWED);
	query_text(&q, c->fingerprint);
	query_blob(&q, token, n);
	query_blob(&q, refresh, m);
	query_int(&q, access->expires_ms);
	return finish(s, db, &q, e);
}
