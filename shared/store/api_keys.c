/* SPDX-License-Identifier: MIT */
/* API keys as their owner sees them. */
#include "store/api_keys.h"

#include <string.h>

#include "base/json.h"
#include "store/api_keys_internal.h"
#include "store/known_rows_internal.h"

enum column {
	ID,
	FINGERPRINT,
	PUBLIC_ID,
	NAME,
	LABEL,
	ORIGIN,
	ADMIN,
	CREATED_AT,
	BLOCKED_AT,
	REVOKED_AT,
	EXPIRES_AT,
	LAST_USED_AT,
	MODELS,
	CREDENTIALS,
	REQUESTS_PER_MINUTE,
	TOKENS_PER_MINUTE,
	MAX_CONCURRENT,
	RESERVE_OUTPUT,
	SPACE,
	ON_DISCONNECT,
	HAS_BUDGETS,
	DELETED,
	SECRET_VALID_UNTIL,
	SECRET_LAST_USED_AT,
};

/* A list that cannot be read allows nothing. */
static struct config_list read_list(const char *json, struct arena *a)
{
	struct error ignored;
	const cJSON *list, *item;
	const char **items;
	size_t n = 0;

	if (json == NULL)
		return (struct config_list){ 0 };
	list = json_parse(a, json, strlen(json), &ignored);
	items = arena_array(a, (size_t)cJSON_GetArraySize(list) + 1,
			    sizeof(*items));
	cJSON_ArrayForEach(item, list)
		if (cJSON_IsString(item))
			items[n++] = item->valuestring;
	return (struct config_list){ items, n };
}

static struct store_api_key of_row(const struct known_row *r, struct arena *a)
{
	const int64_t *n = r->numbers;
	const char *const *t = r->texts;

	return (struct store_api_key){
		.row = n[ID],
		.fingerprint = t[FINGERPRINT],
		.public_id = t[PUBLIC_ID],
		.name = t[NAME],
		.label = t[LABEL],
		.origin = t[ORIGIN],
		.admin = n[ADMIN] != 0,
		.created_at = n[CREATED_AT],
		.blocked_at = n[BLOCKED_AT],
		.revoked_at = n[REVOKED_AT],
		.expires_at = n[EXPIRES_AT],
		.last_used_at = n[LAST_USED_AT],
		.models = read_list(t[MODELS], a),
		.credentials = read_list(t[CREDENTIALS], a),
		.requests_per_minute = n[REQUESTS_PER_MINUTE],
		.tokens_per_minute = n[TOKENS_PER_MINUTE],
		.max_concurrent = n[MAX_CONCURRENT],
		.reserve_output = n[RESERVE_OUTPUT],
		.space = n[SPACE],
		.on_disconnect = t[ON_DISCONNECT],
		.has_budgets = n[HAS_BUDGETS] != 0,
		.deleted = n[DELETED] != 0,
		.secret_valid_until = n[SECRET_VALID_UNTIL],
		.secret_last_used_at = n[SECRET_LAST_USED_AT],
	};
}

bool store_api_key_find(struct store *s, const char *secret,
			struct store_api_key *k, struct arena *a,
			struct error *e)
{
	const struct known_name name = { DB_API_KEY_FIND, secret, NULL };
	struct known_row row;

	if (!known_rows_read(s, &name, &row, a, e))
		return false;
	*k = row.found ? of_row(&row, a) :
			 (struct store_api_key){ .space = -1 };
	return true;
}

static bool next(struct query *q, struct store_api_key *k, struct arena *a)
{
	struct known_row row = { 0 };

	if (!query_row(q))
		return false;
	known_rows_columns(q, &row, a);
	*k = of_row(&row, a);
	return true;
}

bool api_keys_read(struct db *db, int64_t row, struct store_api_key *k,
		   struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_API_KEY_READ);
	query_int(&q, row);
	if (!next(&q, k, a))
		k->row = 0;
	return query_close(&q, e);
}

/* `*several`: others are called the same. */
static bool read_named(struct db *db, const char *name, struct store_api_key *k,
		       bool *several, struct arena *a, struct error *e)
{
	struct store_api_key other;
	struct query q;

	query_open(&q, db, DB_API_KEY_NAMED);
	query_text(&q, name);
	*several = false;
	if (!next(&q, k, a))
		k->row = 0;
	else if (strcmp(k->label, name) == 0)
		*several = next(&q, &other, a) && !other.deleted;
	return query_close(&q, e);
}

bool store_api_key_named(struct store *s, const char *name,
			 struct store_api_key *k, struct arena *a,
			 struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	bool several;

	if (db == NULL ||
	    !db_end(s, db, read_named(db, name, k, &several, a, e), e))
		return false;
	if (several)
		return error_set(e, ERROR_VALUE,
				 "Several API keys are shown as %.64s: use "
				 "their names or ids (key list).",
				 name);
	return k->row != 0 || error_set(e, ERROR_NOT_FOUND,
					"There is no API key '%.64s'.", name);
}

static bool read_all(struct db *db, struct store_api_key **list, size_t *n,
		     struct arena *a, struct error *e)
{
	struct store_api_key k;
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	query_open(&q, db, DB_API_KEYS);
	while (next(&q, &k, a)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = k;
	}
	return query_close(&q, e);
}

bool store_api_key_list(struct store *s, struct store_api_key **list, size_t *n,
			struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL && db_end(s, db, read_all(db, list, n, a, e), e);
}

static bool read_secrets(struct db *db, int64_t row,
			 struct store_key_secret **list, size_t *n,
			 struct arena *a, struct error *e)
{
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	query_open(&q, db, DB_KEY_SECRETS);
	query_int(&q, row);
	while (query_row(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = (struct store_key_secret){
			.label = query_get_text(&q, 0, a),
			.created_at = query_get_int(&q, 1),
			.valid_until = query_get_int(&q, 2),
			.last_used_at = query_get_int(&q, 3),
		};
	}
	return query_close(&q, e);
}

bool store_api_key_secrets(struct store *s, int64_t row,
			   struct store_key_secret **list, size_t *n,
			   struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);

	return db != NULL &&
	       db_end(s, db, read_secrets(db, row, list, n, a, e), e);
}
