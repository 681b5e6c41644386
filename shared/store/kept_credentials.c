/* SPDX-License-Identifier: MIT */
/* Credentials that the owner keeps in the database, and those that are paused. */
#include "store/kept_credentials.h"

#include <string.h>

#include "base/clock.h"
#include "store/credentials_internal.h"
#include "store/known_rows_internal.h"
#include "store/token_renewal_internal.h"
#include "upstream/api/code_identity.h"
#include "upstream/hosts.h"
#include "upstream/services.h"

bool store_kept_stamp(struct store *s, struct kept_stamp *stamp,
		      struct arena *a, struct error *e)
{
	const struct known_name name = { DB_KEPT_STAMP, NULL, NULL };
	struct known_row row;

	if (!known_rows_read(s, &name, &row, a, e))
		return false;
	*stamp = (struct kept_stamp){ row.numbers[0], row.numbers[1],
				      row.numbers[2] };
	return true;
}

static struct kept_credential row_of(struct query *q, struct arena *a)
{
	struct kept_credential k = {
		.fingerprint = query_get_text(q, 0, a),
		.label = query_get_text(q, 1, a),
		.name = query_get_text(q, 2, a),
		.service = query_get_text(q, 3, a),
		.added_at = query_get_int(q, 5),
		.paused_at = query_get_int(q, 6),
	};

	k.sealed = query_get_blob(q, 4, &k.sealed_length, a);
	return k;
}

static bool read_list(struct db *db, struct kept_credential **list, size_t *n,
		      struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	query_open(&q, db, DB_KEPT_LIST);
	while (query_row(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = row_of(&q, a);
	}
	return query_close(&q, e);
}

bool store_kept_list(struct store *s, struct kept_credential **list, size_t *n,
		     struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, read_list(db, list, n, a, e), e);
}

static const struct upstream *service_named(const char *name)
{
	size_t i = 0;

	while (services[i] != NULL && strcmp(services[i]->name, name) != 0)
		i++;
	return services[i];
}

void store_kept_describe(const struct kept_credential *k, struct credential *c,
			 struct arena *a)
{
	*c = (struct credential){
		.upstream = service_named(k->service),
		.label = arena_copy(a, k->name),
		.kept = true,
	};
	memcpy(c->fingerprint, k->fingerprint, FINGERPRINT_SIZE);
}

bool store_kept_open(const struct kept_credential *k, const char *key,
		     struct credential *c, struct arena *a)
{
	const char *secret = secret_open(a, key, k->sealed, k->sealed_length);
	struct error ignored;

	if (secret == NULL ||
	    !credential_parse(c, a,
			      arena_printf(a, "%s:%s", k->service, secret),
			      &ignored))
		return false;
	c->label = arena_copy(a, k->name);
	c->kept = true;
	return true;
}

/* Neither name nor credential twice. */
static bool is_new(struct db *db, const char *fingerprint, const char *name,
		   struct arena *a, struct error *e)
{
	const char *other = NULL, *other_name = NULL;
	struct query q;

	query_open(&q, db, DB_KEPT_FIND);
	query_text(&q, fingerprint);
	query_text(&q, name);
	if (query_row(&q)) {
		other = query_get_text(&q, 0, a);
		other_name = query_get_text(&q, 1, a);
	}
	if (!query_close(&q, e))
		return false;
	if (other == NULL)
		return true;
	if (strcmp(other, fingerprint) == 0)
		return error_set(e, ERROR_VALUE,
				 "This credential is here already: its name is "
				 "'%s'.",
				 other_name);
	return error_set(e, ERROR_VALUE,
			 "Another credential has the name '%s': choose another "
			 "one, or remove that one first.",
			 name);
}

bool store_kept_name_is_new(struct store *s, const char *name, struct arena *a,
			    struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, is_new(db, "", name, a, e), e);
}

static bool put(struct db *db, const struct kept_addition *k, struct error *e)
{
	struct query q;

	if (!credentials_ensure(db, k->credential, e))
		return false;
	query_open(&q, db, DB_KEPT_ADD);
	query_text(&q, k->credential->fingerprint);
	query_text(&q, k->name);
	query_text(&q, k->credential->upstream->name);
	query_blob(&q, k->sealed, k->sealed_length);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

static bool put_note(struct db *db, const struct kept_addition *k,
		     const char *name, const char *value, struct error *e)
{
	struct query q;

	if (value == NULL)
		return true;
	query_open(&q, db, DB_CREDENTIAL_NOTE_PUT);
	query_text(&q, k->credential->fingerprint);
	query_text(&q, name);
	query_text(&q, value);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

static bool add(struct db *db, const struct kept_addition *k, struct arena *a,
		struct error *e)
{
	return is_new(db, k->credential->fingerprint, k->name, a, e) &&
	       put(db, k, e) &&
	       (k->access == NULL ||
		token_renewal_save(db, k->credential, k->access, a, e)) &&
	       put_note(db, k, HOSTS_NOTE, k->host, e) &&
	       put_note(db, k, CODE_IDENTITY_DEVICE, k->device, e);
}

bool store_kept_add(struct store *s, const struct kept_addition *new_one,
		    struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_DURABLE, e);

	return db != NULL && db_end(s, db, add(db, new_one, a, e), e);
}

static bool pause(struct db *db, const struct credential *c, struct error *e)
{
	struct query q;

	if (!credentials_ensure(db, c, e))
		return false;
	query_open(&q, db, DB_KEPT_PAUSE);
	query_text(&q, c->fingerprint);
	query_int(&q, clock_wall_ms());
	return query_run(&q, e);
}

bool store_kept_pause(struct store *s, const struct credential *c,
		      struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, pause(db, c, e), e);
}

static bool change(struct db *db, enum db_statement which,
		   const char *fingerprint, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_text(&q, fingerprint);
	return query_run(&q, e);
}

bool store_kept_resume(struct store *s, const struct credential *c,
		       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL &&
	       db_end(s, db, change(db, DB_KEPT_RESUME, c->fingerprint, e), e);
}

bool store_kept_give_back(struct store *s, const char *fingerprint,
			  struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL &&
	       db_end(s, db, change(db, DB_KEPT_GIVE_BACK, fingerprint, e), e);
}

static bool remove_rows(struct db *db, const char *fingerprint, struct error *e)
{
	static const enum db_statement all[] = {
		DB_KEPT_REMOVE,	  DB_KEPT_REMOVE_NOTES, DB_KEPT_REMOVE_MODELS,
		DB_QUOTAS_REMOVE, DB_KEPT_REMOVE_CHATS,
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!change(db, all[i], fingerprint, e))
			return false;
	return true;
}

bool store_kept_remove(struct store *s, const char *fingerprint,
		       struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);

	return db != NULL && db_end(s, db, remove_rows(db, fingerprint, e), e);
}
