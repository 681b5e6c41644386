/* SPDX-License-Identifier: MIT */
/* The models that services listed, as rows of JSON. */
#include "store/model_lists.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "store/known_rows_internal.h"
#include "upstream/upstream.h"

#define JSON_LIMIT (1024 * 1024)

static void put_model(struct json_writer *w, const struct model *m)
{
	json_object(w, NULL);
	json_put_text(w, "name", m->name);
	json_put_int(w, "traits", m->traits);
	json_put_int(w, "context", m->context);
	json_put_int(w, "created", m->created);
	json_put_text(w, "wire", m->wire);
	json_put_text(w, "alias", m->alias);
	json_put_text(w, "scenario", m->scenario);
	json_put_int(w, "efforts", m->efforts);
	json_put_int(w, "effort", m->effort);
	json_close_object(w);
}

static const char *print_list(const struct model_list *list, struct arena *a)
{
	struct buf *out = arena_buf(a, JSON_LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "preferred", list->preferred);
	json_array(&w, "models");
	for (size_t i = 0; i < list->n; i++)
		put_model(&w, &list->models[i]);
	json_close_array(&w);
	json_close_object(&w);
	return buf_text(out);
}

static void read_list(struct model_list *list, const char *json,
		      const struct upstream *upstream, struct arena *a)
{
	struct error ignored;
	const cJSON *tree = json_parse(a, json, strlen(json), &ignored), *v;
	const cJSON *listed = json_at(tree, "models");

	list->preferred = json_text(tree, "preferred");
	list->models = arena_array(a, (size_t)cJSON_GetArraySize(listed),
				   sizeof(*list->models));
	cJSON_ArrayForEach(v, listed)
		if (json_text(v, "name") != NULL)
			list->models[list->n++] = (struct model){
				.name = json_text(v, "name"),
				.upstream = upstream,
				.traits = (unsigned)json_int(v, "traits", 0),
				.context = json_int(v, "context", 0),
				.created = json_int(v, "created", 0),
				.wire = json_text(v, "wire"),
				.alias = json_text(v, "alias"),
				.scenario = json_text(v, "scenario"),
				.efforts = (unsigned)json_int(v, "efforts", 0),
				.effort = (unsigned)json_int(v, "effort", 0),
			};
}

bool store_model_list_load(struct store *s, const struct credential *c,
			   struct model_list *list, int64_t *listed_ms,
			   struct arena *a, struct error *e)
{
	const struct known_name name = { DB_MODEL_LIST_FIND, c->fingerprint,
					 NULL };
	struct known_row row;

	*list = (struct model_list){ 0 };
	*listed_ms = 0;
	if (!known_rows_read(s, &name, &row, a, e))
		return false;
	*listed_ms = row.numbers[1];
	if (row.texts[0] != NULL)
		read_list(list, row.texts[0], c->upstream, a);
	return true;
}

bool store_model_list_save(struct store *s, const struct credential *c,
			   const struct model_list *list, int64_t listed_ms,
			   struct arena *a, struct error *e)
{
	const char *json = print_list(list, a);
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_MODEL_LIST_SAVE);
	query_text(&q, c->fingerprint);
	query_text(&q, c->upstream->name);
	query_text(&q, json);
	query_int(&q, listed_ms);
	return db_end(s, db, query_run(&q, e), e);
}

bool store_model_list_claim(struct store *s, const struct credential *c,
			    int64_t before_ms, int64_t listed_ms, bool *claimed,
			    struct error *e)
{
	struct db *db = db_begin(s, DB_WRITE, e);
	struct query q;
	bool ok;

	if (db == NULL)
		return false;
	query_open(&q, db, DB_MODEL_LIST_CLAIM);
	query_text(&q, c->fingerprint);
	query_int(&q, before_ms);
	query_int(&q, listed_ms);
	ok = query_run(&q, e);
	*claimed = ok && db_changes(db) == 1;
	return db_end(s, db, ok, e);
}
