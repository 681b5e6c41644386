/* SPDX-License-Identifier: MIT */
/* API keys added, changed and deleted by their owner. */
#include "store/key_changes.h"

#include <string.h>

#include "base/api_key_secret.h"
#include "base/clock.h"
#include "base/random_id.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "store/api_keys_internal.h"
#include "store/keys_internal.h"

#define MAX_NAME 64 /* characters */

/* Runs a statement on the row and a time or nothing. */
static bool run_at(struct db *db, enum db_statement which, int64_t row,
		   int64_t at_ms, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, row);
	if (at_ms == 0)
		query_null(&q);
	else
		query_int(&q, at_ms);
	return query_run(&q, e);
}

static bool run_text(struct db *db, enum db_statement which, int64_t row,
		     const char *text, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, row);
	query_text(&q, text);
	return query_run(&q, e);
}

/* --- Names ---------------------------------------------------------------- */

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static bool is_printable(const char *s)
{
	while ((unsigned char)*s > ' ' || (*s == ' ' && s[1] != '\0'))
		s++;
	return *s == '\0';
}

static bool check_name(const char *name, struct error *e)
{
	size_t n = characters(name);

	if (n == 0 || n > MAX_NAME || *name == ' ' || !is_printable(name) ||
	    !utf8_valid(name, strlen(name)))
		return error_set(e, ERROR_VALUE,
				 "The name of an API key has 1 to %d "
				 "characters of UTF-8, and no blank at its "
				 "ends.",
				 MAX_NAME);
	if (strncmp(name, KEY_PUBLIC_ID, strlen(KEY_PUBLIC_ID)) == 0 ||
	    api_key_secret_is(name) || strcmp(name, "none") == 0)
		return error_set(e, ERROR_VALUE,
				 "An API key cannot be called 'none', nor "
				 "anything that begins with '" KEY_PUBLIC_ID
				 "' or '" API_KEY_SECRET_PREFIX
				 "', as ids and secrets do: choose another "
				 "name.");
	return true;
}

static bool take_name(struct db *db, const struct store_api_key *k,
		      struct error *e)
{
	bool taken;
	struct query q;

	if (k->name == NULL)
		return true;
	if (!check_name(k->name, e))
		return false;
	query_open(&q, db, DB_API_KEY_NAME_FREE);
	query_text(&q, k->name);
	if (!query_run(&q, e))
		return false;
	query_open(&q, db, DB_API_KEY_NAME_TAKEN);
	query_text(&q, k->name);
	query_int(&q, k->row);
	return query_first_bool(&q, &taken, e) &&
	       (!taken ||
		error_set(e, ERROR_VALUE,
			  "There is an API key '%.64s' already.", k->name));
}

/* --- Settings ------------------------------------------------------------- */

/* 0 is nothing. */
static void put_limit(struct query *q, int64_t v)
{
	if (v == 0)
		query_null(q);
	else
		query_int(q, v);
}

static bool set(struct db *db, const struct store_api_key *k, struct arena *a,
		struct error *e)
{
	struct query q;

	query_open(&q, db, DB_API_KEY_SET);
	query_int(&q, k->row);
	query_text(&q, k->name);
	query_int(&q, k->admin);
	put_limit(&q, k->expires_at);
	query_list(&q, &k->models, a);
	query_list(&q, &k->credentials, a);
	put_limit(&q, k->requests_per_minute);
	put_limit(&q, k->tokens_per_minute);
	put_limit(&q, k->max_concurrent);
	put_limit(&q, k->reserve_output);
	if (k->space < 0)
		query_null(&q);
	else
		query_int(&q, k->space);
	query_text(&q, k->on_disconnect);
	return query_run(&q, e);
}

static bool set_budgets(struct db *db, int64_t row,
			const struct store_key_budgets *budgets,
			struct error *e)
{
	struct query q;

	if (budgets == NULL)
		return true;
	if (!query_run_on(db, DB_KEY_BUDGETS_DELETE, row, e))
		return false;
	for (size_t i = 0; i < budgets->n; i++) {
		query_open(&q, db, DB_KEY_BUDGET_ADD);
		query_int(&q, row);
		query_text(&q, budgets->list[i].period);
		query_text(&q, budgets->list[i].unit);
		query_int(&q, budgets->list[i].amount);
		if (!query_run(&q, e))
			return false;
	}
	return true;
}

static bool save(struct db *db, const struct store_api_key *k,
		 const struct store_key_budgets *budgets, struct error *e)
{
	struct arena scratch;
	bool ok;

	arena_init(&scratch);
	ok = take_name(db, k, e) && set(db, k, &scratch, e) &&
	     set_budgets(db, k->row, budgets, e);
	arena_fini(&scratch);
	return ok;
}

static bool change(struct db *db, struct store_api_key *k,
		   const struct store_key_change *wanted, struct arena *a,
		   struct error *e)
{
	const struct store_key_budgets *budgets = NULL;

	return api_keys_read(db, k->row, k, a, e) &&
	       wanted->apply(wanted->ctx, k, &budgets, e) &&
	       save(db, k, budgets, e);
}

bool store_api_key_change(struct store *s, struct store_api_key *k,
			  const struct store_key_change *wanted,
			  struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, change(db, k, wanted, a, e), e);
}

/* --- Keys and their secrets ----------------------------------------------- */

static bool add_secret(struct db *db, int64_t row, const char *secret,
		       struct arena *a, struct error *e)
{
	const char *label = secret_label(a, secret);
	char fingerprint[FINGERPRINT_SIZE];
	struct query q;

	secret_fingerprint(secret, fingerprint);
	query_open(&q, db, DB_KEY_SECRET_ADD);
	query_text(&q, fingerprint);
	query_int(&q, row);
	query_text(&q, label);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e) &&
	       run_text(db, DB_KEY_SECRET_SET_LABEL, row, label, e);
}

/* Of rows, not of a secret. */
static void random_fingerprint(char out[FINGERPRINT_SIZE], struct arena *a)
{
	secret_fingerprint(random_id(a, ""), out);
}

static bool add(struct db *db, struct store_api_key *k,
		const struct store_key_budgets *budgets, const char *secret,
		struct arena *a, struct error *e)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct query q;

	random_fingerprint(fingerprint, a);
	k->row = 0;
	k->fingerprint = arena_copy(a, fingerprint);
	k->public_id = random_id(a, KEY_PUBLIC_ID);
	k->label = secret_label(a, secret);
	k->origin = "database";
	k->created_at = clock_wall_ms();
	if (!take_name(db, k, e))
		return false;
	query_open(&q, db, DB_API_KEY_ADD);
	query_text(&q, k->fingerprint);
	query_text(&q, k->label);
	query_int(&q, k->created_at);
	query_text(&q, k->public_id);
	if (!query_run(&q, e))
		return false;
	k->row = db_inserted(db);
	return save(db, k, budgets, e) && add_secret(db, k->row, secret, a, e);
}

bool store_api_key_add(struct store *s, struct store_api_key *k,
		       const struct store_key_budgets *budgets, char **secret,
		       struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_DURABLE, e);

	*secret = api_key_secret_make(a);
	return db != NULL &&
	       db_end(s, db, add(db, k, budgets, *secret, a, e), e);
}

bool store_api_key_ensure(struct store *s, const char *fingerprint,
			  const char *label, struct error *e)
{
	const struct store_owner owner = { .fingerprint = fingerprint,
					   .label = label };
	struct db *db = db_begin(s, DB_WRITE, e);
	int64_t row;

	return db != NULL && db_end(s, db, keys_ensure(db, &owner, &row, e), e);
}

static bool rotate(struct db *db, int64_t row, int64_t grace_ms,
		   const char *secret, struct arena *a, struct error *e)
{
	return run_at(db, DB_KEY_SECRETS_END, row, clock_wall_ms() + grace_ms,
		      e) &&
	       add_secret(db, row, secret, a, e);
}

bool store_api_key_rotate(struct store *s, const struct store_api_key *k,
			  int64_t grace_ms, char **secret, struct arena *a,
			  struct error *e)
{
	struct db *db;

	if (strcmp(k->origin, "database") != 0)
		return error_set(e, ERROR_VALUE,
				 "The secret of this API key is not kept in "
				 "the database: whoever made it has to replace "
				 "it (setting DEFAULT_AUTHKEYS).");
	if (k->revoked_at != 0)
		return error_set(e, ERROR_VALUE,
				 "This API key was revoked: add another.");
	*secret = api_key_secret_make(a);
	db = db_begin(s, DB_DURABLE, e);
	return db != NULL &&
	       db_end(s, db, rotate(db, k->row, grace_ms, *secret, a, e), e);
}

bool store_api_key_block(struct store *s, const struct store_api_key *k,
			 bool blocked, struct error *e)
{
	int64_t at = blocked ? clock_wall_ms() : 0;
	struct db *db;

	if (!blocked && k->revoked_at != 0)
		return error_set(e, ERROR_VALUE,
				 "This API key was revoked and stays refused: "
				 "add another.");
	db = db_begin(s, DB_DURABLE, e);
	return db != NULL &&
	       db_end(s, db, run_at(db, DB_API_KEY_BLOCK, k->row, at, e), e);
}

static bool revoke(struct db *db, int64_t row, struct error *e)
{
	return run_at(db, DB_API_KEY_REVOKE, row, clock_wall_ms(), e);
}

bool store_api_key_revoke(struct store *s, const struct store_api_key *k,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_DURABLE, e);

	return db != NULL && db_end(s, db, revoke(db, k->row, e), e);
}

static bool delete (struct db *db, int64_t row, struct error *e)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct arena scratch;

	arena_init(&scratch);
	random_fingerprint(fingerprint, &scratch);
	arena_fini(&scratch);
	return revoke(db, row, e) &&
	       query_run_on(db, DB_KEY_SECRETS_DELETE, row, e) &&
	       query_run_on(db, DB_KEY_BUDGETS_DELETE, row, e) &&
	       run_text(db, DB_API_KEY_FORGET, row, fingerprint, e);
}

bool store_api_key_delete(struct store *s, const struct store_api_key *k,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_DURABLE, e);

	return db != NULL && db_end(s, db, delete (db, k->row, e), e);
}
