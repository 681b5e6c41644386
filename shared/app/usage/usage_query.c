/* SPDX-License-Identifier: MIT */
/* The query of OpenAI's usage endpoints. */
#include "app/usage/usage_query.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/text.h"

#define MINUTE_MS (INT64_C(60) * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define MAX_TIME INT64_C(253402300799) /* the last second of the year 9999 */

#define MAX_LIST (1024 * 1024)

#define PAGE "page_"
#define CHECK_SIZE 16 /* digits of the hash that a page has */

const char *const usage_division_names[USAGE_DIVISIONS] = {
	"project_id", "user_id",      "api_key_id",    "model",
	"batch",      "service_tier", "context_level", "line_item",
};

struct width {
	const char *name;
	int64_t ms;
	size_t fallback; /* buckets on a page: without `limit` … */
	size_t max;	 /* … and at most */
};

/* --- Parameters ----------------------------------------------------------- */

static const char *parameter(struct exchange *x, const char *name)
{
	return http_request_query(&x->request, name, x->arena);
}

/* Whether it is the list's name, with or without brackets. */
static bool names_list(const char *name, const char *list)
{
	size_t n = strlen(list);

	return name != NULL && strncmp(name, list, n) == 0 &&
	       (name[n] == '\0' || strcmp(name + n, "[]") == 0);
}

/* An empty one is absent; of one that cannot be decoded nothing matches. */
static struct config_list read_list(struct exchange *x, const char *list)
{
	struct buf *all = arena_buf(x->arena, MAX_LIST);
	const char *name, *value;

	for (size_t i = 0;
	     http_request_query_at(&x->request, i, &name, &value, x->arena);
	     i++)
		if (names_list(name, list) && !text_same(value, "")) {
			buf_puts(all, value == NULL ? "" : value);
			buf_put(all, ',');
		}
	return config_list_parse(x->arena, all->len == 0 ? NULL : buf_text(all),
				 ',');
}

static bool read_time(struct exchange *x, const char *name, int64_t *ms,
		      struct error *e)
{
	const char *text = parameter(x, name);
	int64_t seconds;

	if (text == NULL)
		return true;
	if (!decimal_read(text, 0, &seconds) || seconds > MAX_TIME)
		return error_field(e, ERROR_VALUE, name,
				   "'%s' must be a Unix time in seconds.",
				   name);
	*ms = seconds * 1000;
	return true;
}

static bool read_limit(struct exchange *x, const struct width *width,
		       size_t *limit, struct error *e)
{
	const char *text = parameter(x, "limit");
	int64_t v;

	*limit = width->fallback;
	if (text == NULL)
		return true;
	if (!decimal_read(text, 0, &v) || v < 1 || v > (int64_t)width->max)
		return error_field(e, ERROR_VALUE, "limit",
				   "'limit' must be 1 to %zu with "
				   "'bucket_width' %s.",
				   width->max, width->name);
	*limit = (size_t)v;
	return true;
}

static bool read_width(struct exchange *x, const struct usage_rules *rules,
		       struct width *width, struct error *e)
{
	const struct width widths[] = {
		{ "1d", DAY_MS, 7, rules->max_days },
		{ "1h", HOUR_MS, 24, 168 },
		{ "1m", MINUTE_MS, 60, 1440 },
	};
	const char *text = parameter(x, "bucket_width");
	size_t n = rules->only_days ? 1 : sizeof(widths) / sizeof(*widths);

	for (size_t i = 0; i < n; i++)
		if (text == NULL || strcmp(text, widths[i].name) == 0) {
			*width = widths[i];
			return true;
		}
	return error_field(e, ERROR_VALUE, "bucket_width",
			   "'bucket_width' must be %s.",
			   rules->only_days ? "1d" : "1m, 1h or 1d");
}

/* --- Divisions and filters ------------------------------------------------ */

static const char *names_of(unsigned divisions, struct arena *a)
{
	const char *all = "";

	for (int i = 0; i < USAGE_DIVISIONS; i++)
		if ((divisions & 1u << i) != 0)
			all = arena_printf(a, "%s%s%s", all,
					   *all == '\0' ? "" : ", ",
					   usage_division_names[i]);
	return all;
}

static bool read_divisions(struct usage_query *q, struct exchange *x,
			   const struct usage_rules *rules, struct error *e)
{
	struct config_list list = read_list(x, "group_by");

	for (size_t i = 0; i < list.n; i++) {
		unsigned bit = 0;

		for (int j = 0; j < USAGE_DIVISIONS; j++)
			if (strcmp(list.items[i], usage_division_names[j]) == 0)
				bit = 1u << j;
		if ((bit & rules->divisions) == 0)
			return error_field(
				e, ERROR_VALUE, "group_by",
				"'group_by' cannot be '%.64s': send any of %s.",
				list.items[i],
				names_of(rules->divisions, x->arena));
		q->divisions |= bit;
	}
	q->buckets.by_key = (q->divisions & DIVIDE_KEY) != 0;
	q->buckets.by_model =
		(q->divisions & (DIVIDE_MODEL | DIVIDE_LINE_ITEM)) != 0;
	return true;
}

static bool refuse_filter(struct exchange *x, const char *name, struct error *e)
{
	return read_list(x, name).n == 0 ||
	       error_field(e, ERROR_UNSUPPORTED, name,
			   "'%s' is not supported: this server does not keep "
			   "it of requests. Leave it out, or filter by "
			   "'api_key_ids' or 'models'.",
			   name);
}

static bool read_batch(struct usage_query *q, struct exchange *x,
		       struct error *e)
{
	const char *batch = parameter(x, "batch");

	if (batch == NULL || strcmp(batch, "false") == 0)
		return true;
	q->nothing = true;
	return strcmp(batch, "true") == 0 ||
	       error_field(e, ERROR_VALUE, "batch",
			   "'batch' must be true or false.");
}

/* Without a filter, and with an empty one, all is meant. */
static bool read_filters(struct usage_query *q, struct exchange *x,
			 struct error *e)
{
	struct config_list projects = read_list(x, "project_ids");
	bool ours = projects.n == 0;

	for (size_t i = 0; i < projects.n; i++)
		ours = ours || strcmp(projects.items[i], USAGE_PROJECT) == 0;
	q->nothing = !ours;
	q->buckets.keys = read_list(x, "api_key_ids");
	q->buckets.models = read_list(x, "models");
	return refuse_filter(x, "user_ids", e) &&
	       refuse_filter(x, "context_levels", e) && read_batch(q, x, e);
}

/* --- Pages ---------------------------------------------------------------- */

static void hash_list(struct hash *h, const struct config_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		hash_add(h, list->items[i], strlen(list->items[i]) + 1);
	hash_add(h, "", 1);
}

/* Where it begins, and a hash of what all pages have in common. */
static const char *page_of(const struct usage_query *q, int64_t from,
			   struct arena *a)
{
	const struct usage_buckets *b = &q->buckets;
	char hash[HASH_SIZE];
	struct hash h;

	hash_init(&h);
	hash_add(&h, &b->width, sizeof(b->width));
	hash_add(&h, &q->divisions, sizeof(q->divisions));
	hash_add(&h, &q->nothing, sizeof(q->nothing));
	hash_list(&h, &b->keys);
	hash_list(&h, &b->models);
	hash_end(&h, hash);
	return arena_printf(a, PAGE "%lld_%.*s", (long long)(from / 1000),
			    CHECK_SIZE, hash);
}

/* The start of the page, in ms, which is in the span of the query. */
static bool read_page(const struct usage_query *q, struct exchange *x,
		      int64_t *from, int64_t until, struct error *e)
{
	const char *page = parameter(x, "page");
	long long at = 0;

	if (page == NULL)
		return true;
	if (sscanf(page, PAGE "%11lld", &at) == 1 && at * 1000 >= *from &&
	    at * 1000 < until && at * 1000 % q->buckets.width == 0 &&
	    strcmp(page, page_of(q, at * 1000, x->arena)) == 0) {
		*from = at * 1000;
		return true;
	}
	return error_field(e, ERROR_VALUE, "page",
			   "'page' must be the 'next_page' of an answer to "
			   "this query: send the other parameters as they "
			   "were.");
}

/* Buckets are whole ones, whatever the times are. */
static bool read_span(struct exchange *x, int64_t width, int64_t *from,
		      int64_t *until, struct error *e)
{
	int64_t start = -1, end = clock_wall_ms();

	if (!read_time(x, "start_time", &start, e) ||
	    !read_time(x, "end_time", &end, e))
		return false;
	if (start < 0)
		return error_field(e, ERROR_MISSING, "start_time",
				   "'start_time' is required: a Unix time in "
				   "seconds.");
	if (end <= start)
		return error_field(e, ERROR_VALUE, "end_time",
				   "'end_time', which is now if it is not "
				   "given, must be after 'start_time'.");
	*from = start / width * width;
	*until = (end + width - 1) / width * width;
	return true;
}

/* Of the buckets of the span, those of the page. */
static bool read_buckets(struct usage_query *q, struct exchange *x,
			 size_t limit, struct error *e)
{
	struct usage_buckets *b = &q->buckets;
	int64_t until = 0;

	if (!read_span(x, b->width, &b->from, &until, e) ||
	    !read_page(q, x, &b->from, until, e))
		return false;
	b->n = (size_t)((until - b->from) / b->width);
	if (b->n <= limit)
		return true;
	b->n = limit;
	q->next_page =
		page_of(q, b->from + (int64_t)limit * b->width, x->arena);
	return true;
}

bool usage_query_read(struct usage_query *q, struct exchange *x,
		      const struct usage_rules *rules, struct error *e)
{
	struct width width = { 0 };
	size_t limit;

	*q = (struct usage_query){ 0 };
	if (!read_width(x, rules, &width, e) ||
	    !read_limit(x, &width, &limit, e) ||
	    !read_divisions(q, x, rules, e) || !read_filters(q, x, e))
		return false;
	q->buckets.width = width.ms;
	return read_buckets(q, x, limit, e);
}
