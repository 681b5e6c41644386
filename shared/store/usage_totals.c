/* SPDX-License-Identifier: MIT */
/* Adds the sums of usage up over all days. */
#include "store/usage_totals.h"

#include "base/json.h"
#include "base/text.h"
#include "store/db_internal.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "upstream/upstream.h"

#define MAX_NAMES (64 * 1024)

/* The models that this program knows, as a JSON list. */
static const char *known_models(struct arena *a)
{
	struct buf *out = arena_buf(a, MAX_NAMES);
	struct json_writer w;

	json_writer_init(&w, out);
	json_array(&w, NULL);
	for (size_t i = 0; services[i] != NULL; i++)
		for (const struct model *m = services[i]->models;
		     m->name != NULL; m++)
			json_put_text(&w, NULL, m->name);
	json_close_array(&w);
	return buf_text(out);
}

/* --- Sums ----------------------------------------------------------------- */

struct reader {
	struct usage_totals *totals;
	size_t room, costs_room;
	struct arena *arena;
};

static bool is_same(const struct usage_total *a, const struct usage_total *b)
{
	return text_same(a->key, b->key) && text_same(a->model, b->model) &&
	       text_same(a->service, b->service);
}

/* Rows of the same key, model and service follow each other. */
static void add(struct reader *r, const struct usage_total *row)
{
	struct usage_totals *t = r->totals;

	if (t->n > 0 && is_same(&t->list[t->n - 1], row)) {
		for (int i = 0; i < USAGE_NUMBERS; i++)
			t->list[t->n - 1].numbers[i] += row->numbers[i];
		return;
	}
	t->list =
		arena_grow(r->arena, t->list, &r->room, t->n + 1, sizeof(*row));
	t->list[t->n++] = *row;
}

static void add_cost(struct reader *r, const char *currency, int64_t cost)
{
	struct usage_totals *t = r->totals;

	t->costs = arena_grow(r->arena, t->costs, &r->costs_room,
			      t->n_costs + 1, sizeof(*t->costs));
	t->costs[t->n_costs++] = (struct usage_total_cost){
		.of = t->n - 1,
		.currency = currency,
		.cost = cost,
	};
}

/* In the order of the columns of usage_totals. */
enum column { KEY, MODEL, SERVICE, CURRENCY, NUMBERS };

static void read_row(struct reader *r, struct query *q)
{
	struct usage_total row = {
		.key = query_get_text(q, KEY, r->arena),
		.model = query_get_text(q, MODEL, r->arena),
		.service = query_get_text(q, SERVICE, r->arena),
	};
	const char *currency = query_get_text(q, CURRENCY, r->arena);

	for (int i = 0; i < USAGE_COST; i++)
		row.numbers[i] = query_get_int(q, NUMBERS + i);
	add(r, &row);
	if (*currency != '\0')
		add_cost(r, currency, query_get_int(q, NUMBERS + USAGE_COST));
}

bool store_usage_totals(struct store *s, bool by_key, struct usage_totals *t,
			struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	struct reader r = { .totals = t, .arena = a };
	struct query q;

	*t = (struct usage_totals){ 0 };
	if (db == NULL)
		return false;
	query_open(&q, db, DB_USAGE_TOTALS);
	query_int(&q, by_key);
	query_text(&q, known_models(a));
	while (query_row(&q))
		read_row(&r, &q);
	return db_end(s, db, query_close(&q, e), e);
}

/* --- Latency -------------------------------------------------------------- */

/* The columns from `column` on. */
static struct usage_histogram read_histogram(struct query *q, int column)
{
	struct usage_histogram h = { .count = query_get_int(q, column),
				     .sum_ms = query_get_int(q, column + 1) };

	for (int i = 0; i < USAGE_BOUNDS; i++)
		h.at_most[i] = query_get_int(q, column + 2 + i);
	return h;
}

bool store_usage_latencies(struct store *s, struct usage_latency **list,
			   size_t *n, struct arena *a, struct error *e)
{
	struct db *db = db_begin(s, DB_LOOK, e);
	size_t room = 0;
	struct query q;

	*list = NULL;
	*n = 0;
	if (db == NULL)
		return false;
	query_open(&q, db, DB_USAGE_LATENCIES);
	query_text(&q, known_models(a));
	while (query_row(&q)) {
		*list = arena_grow(a, *list, &room, *n + 1, sizeof(**list));
		(*list)[(*n)++] = (struct usage_latency){
			.model = query_get_text(&q, 0, a),
			.service = query_get_text(&q, 1, a),
			.duration = read_histogram(&q, 2),
			.first_token = read_histogram(&q, 4 + USAGE_BOUNDS),
		};
	}
	return db_end(s, db, query_close(&q, e), e);
}
