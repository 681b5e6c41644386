/* SPDX-License-Identifier: MIT */
/* API keys as their owner sees them. */
#include "store/api_keys.h"

#include <string.h>

#include "base/json.h"
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
