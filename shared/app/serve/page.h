/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_PAGE_H
#define APP_SERVE_PAGE_H

#include "app/serve/json_response.h"

/* Pages of OpenAI's lists: the query that asks for one, and its object. */

struct page_rules {
	size_t fallback, max; /* elements */
	bool ascending;	      /* without `order`: oldest first */
};

struct page {
	size_t limit;
	bool ascending;
	const char *after, *before; /* ids; NULL: not given */
};

/* From limit, order, after and before. ERROR_VALUE that names one. */
bool page_read(struct page *p, struct exchange *x,
	       const struct page_rules *rules, struct error *e);

#define PAGE_NOWHERE SIZE_MAX

/*
 * The page of a list that is there whole, `total` elements from the oldest
 * on: `n` of them from `first` on, in the direction of `step`. `after` and
 * `before` are the places of the elements so named, or PAGE_NOWHERE.
 */
struct page_cut {
	size_t first, n;
	int step; /* 1 or -1 */
	bool more;
};

struct page_cut page_cut(const struct page *p, size_t total, size_t after,
			 size_t before);

/* The list object being written. */
struct page_list {
	struct json_response object;
	const char *first, *last; /* ids; NULL: no element yet */
};

/* Where its elements are written to. */
struct json_writer *page_begin(struct page_list *l, struct exchange *x);

/* Says after each element what its id is. False: that was the last one that
 * fits into a page, however many were asked for. */
bool page_added(struct page_list *l, const char *id);

void page_send(struct page_list *l, bool more);

#endif
