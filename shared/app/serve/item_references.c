/* SPDX-License-Identifier: MIT */
/* Replaces items that a client refers to by id with what is stored. */
#include "app/serve/item_references.h"

#include <stdio.h>
#include <string.h>

#include "dialect/openai/items.h"
#include "store/messages.h"

#define REASONING_PREFIX "rs_"

static bool is_reference(const cJSON *item)
{
	const char *type = json_text(item, "type");

	if (type != NULL)
		return strcmp(type, "item_reference") == 0;
	return json_text(item, "id") != NULL && json_at(item, "role") == NULL;
}

static bool has_references(const cJSON *input)
{
	const cJSON *item;

	if (!cJSON_IsArray(input))
		return false;
	cJSON_ArrayForEach(item, input)
		if (is_reference(item))
			return true;
	return false;
}

struct resolver {
	struct exchange *x;
	struct store *store;
	const char *key;
	const char *name; /* of the body's member with the items */
	struct json_writer w;
	struct error *error;
};

/* Finds the stored message that has the item, and its place there. Sets
 * `*found`; false only if the store fails. */
static bool find_item(struct resolver *r, const char *id,
		      struct chat_message *m, size_t *place, bool *found)
{
	const char *uid;

	*found = false;
	if (id == NULL || !openai_items_parse_id(id, &uid, place, r->x->arena))
		return true;
	if (!store_message_find(r->store, r->key, uid, m, r->x->arena,
				r->error))
		return r->error->kind == ERROR_NOT_FOUND;
	*found = openai_items_has(m, *place);
	return true;
}

/* Unknown reasoning becomes an empty item, as Kimi does not need it: the items
 * after it keep the indexes that errors name. */
static bool put_reference(struct resolver *r, const cJSON *item, size_t i)
{
	const char *id = json_text(item, "id");
	struct chat_message m = { 0 };
	char param[48];
	size_t place;
	bool found;

	if (!find_item(r, id, &m, &place, &found))
		return false;
	if (found) {
		openai_items_put(&r->w, &m, place,
				 json_at(r->x->body, "tools"));
		return true;
	}
	if (id != NULL &&
	    strncmp(id, REASONING_PREFIX, strlen(REASONING_PREFIX)) == 0) {
		json_put_raw(&r->w, NULL, "{\"type\":\"reasoning\"}");
		return true;
	}
	snprintf(param, sizeof(param), "%s[%zu].id", r->name, i);
	return error_field(r->error, ERROR_VALUE, param,
			   "'%s' is not the id of an item stored for this "
			   "API key: send the item itself.",
			   param);
}

/* Stored items count towards the limit of the body. */
static bool check_size(struct resolver *r)
{
	return !r->w.out->full ||
	       error_field(r->error, ERROR_TOO_LARGE, r->name,
			   "With the items that '%s' refers to, the body "
			   "exceeds %lld bytes (setting KIMI_MAX_BODY).",
			   r->name, (long long)r->x->app->config.max_body);
}

static bool put_items(struct resolver *r, const cJSON *input)
{
	const cJSON *item;
	size_t i = 0;

	json_array(&r->w, r->name);
	cJSON_ArrayForEach(item, input) {
		if (!is_reference(item))
			json_put_tree(&r->w, NULL, item);
		else if (!put_reference(r, item, i))
			return false;
		if (!check_size(r))
			return false;
		i++;
	}
	json_close_array(&r->w);
	return true;
}

static bool put_body(struct resolver *r, const cJSON *input)
{
	const cJSON *v;

	json_object(&r->w, NULL);
	cJSON_ArrayForEach(v, r->x->body)
		if (v != input)
			json_put_tree(&r->w, v->string, v);
	if (!put_items(r, input))
		return false;
	json_close_object(&r->w);
	return true;
}

bool item_references_resolve(struct exchange *x, const struct caller *caller,
			     const char *name, struct error *e)
{
	const cJSON *input = json_at(x->body, name);
	struct resolver r = {
		.x = x, .key = caller->fingerprint, .name = name, .error = e
	};
	struct buf *out;

	if (!has_references(input))
		return true;
	r.store = app_store(x->app, e);
	if (r.store == NULL)
		return false;
	out = arena_buf(x->arena, (size_t)x->app->config.max_body);
	json_writer_init(&r.w, out);
	if (!put_body(&r, input) || !check_size(&r))
		return false;
	x->body = json_parse(x->arena, out->p, out->len, e);
	return x->body != NULL;
}
