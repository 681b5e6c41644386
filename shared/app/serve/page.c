/* SPDX-License-Identifier: MIT */
/* OpenAI's paginated lists. */
#include "app/serve/page.h"

#include <stdlib.h>
#include <string.h>

/* A longer list continues on the next page. */
#define PAGE_BYTES (32 * 1024 * 1024)

static bool read_limit(const char *text, const struct page_rules *rules,
		       size_t *limit, struct error *e)
{
	char *end;
	long v;

	*limit = rules->fallback;
	if (text == NULL)
		return true;
	v = strtol(text, &end, 10);
	if (end == text || *end != '\0' || v < 1 || (size_t)v > rules->max)
		return error_field(e, ERROR_VALUE, "limit",
				   "'limit' must be 1 to %zu.", rules->max);
	*limit = (size_t)v;
	return true;
}

static bool read_order(const char *text, const struct page_rules *rules,
		       bool *ascending, struct error *e)
{
	*ascending = text == NULL ? rules->ascending : strcmp(text, "asc") == 0;
	return text == NULL || *ascending || strcmp(text, "desc") == 0 ||
	       error_field(e, ERROR_VALUE, "order",
			   "'order' must be asc or desc.");
}

bool page_read(struct page *p, struct exchange *x,
	       const struct page_rules *rules, struct error *e)
{
	const struct http_request *r = &x->request;

	*p = (struct page){
		.after = http_request_query(r, "after", x->arena),
		.before = http_request_query(r, "before", x->arena),
	};
	return read_limit(http_request_query(r, "limit", x->arena), rules,
			  &p->limit, e) &&
	       read_order(http_request_query(r, "order", x->arena), rules,
			  &p->ascending, e);
}

/* From an index, which counts from the oldest element, to the rank in the order
 * asked for; or back. */
static size_t rank_of(const struct page *p, size_t total, size_t index)
{
	return p->ascending ? index : total - 1 - index;
}

struct page_cut page_cut(const struct page *p, size_t total, size_t after,
			 size_t before)
{
	size_t from = 0, to = total;
	struct page_cut cut = { .step = p->ascending ? 1 : -1 };

	if (after != PAGE_NOWHERE)
		from = rank_of(p, total, after) + 1;
	if (before != PAGE_NOWHERE)
		to = rank_of(p, total, before);
	if (from >= to)
		return cut;
	cut.n = to - from;
	if (cut.n > p->limit) {
		cut.n = p->limit;
		cut.more = true;
		if (after == PAGE_NOWHERE && before != PAGE_NOWHERE)
			from = to - cut.n;
	}
	cut.first = rank_of(p, total, from);
	return cut;
}

struct json_writer *page_begin(struct page_list *l, struct exchange *x)
{
	struct json_writer *w = json_response_begin(&l->object, x);

	l->first = l->last = NULL;
	json_object(w, NULL);
	json_put_text(w, "object", "list");
	json_array(w, "data");
	return w;
}

bool page_added(struct page_list *l, const char *id)
{
	if (l->first == NULL)
		l->first = id;
	l->last = id;
	return l->object.out->len < PAGE_BYTES;
}

void page_send(struct page_list *l, bool more)
{
	struct json_writer *w = &l->object.w;

	json_close_array(w);
	json_put_bool(w, "has_more", more);
	json_put_text(w, "first_id", l->first);
	json_put_text(w, "last_id", l->last);
	json_close_object(w);
	json_response_send(&l->object);
}
