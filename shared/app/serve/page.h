/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_PAGE_H
#define APP_SERVE_PAGE_H

#include "app/serve/json_response.h"

/* OpenAI's paginated lists: what the query asks for, and the list object. */

struct page_rules {
	size_t fallback, max; /* elements: without `limit`, and at most */
	bool ascending;	      /* without `order`: oldest first */
};

struct page {
	size_t limit;
	bool ascending;
	const char *after, *before; /* ids; NULL: not given */
};

/* Reads limit, order, after and before. ERROR_VALUE names the invalid one. */
bool page_read(struct page *p, struct exchange *x,
	       const struct page_rules *rules, struct error *e);

#define PAGE_NOWHERE SIZE_MAX

/*
 * The page of a list of `total` elements that is in memory, oldest first: `n`
 * elements from index `first` on, in steps of `step`. `after` and `before` are
 * the indexes of the elements so named, or PAGE_NOWHERE.
 */
struct page_cut {
	size_t first, n;
	int step; /* 1 or -1 */
	bool more;
};

struct page_cut page_cut(const struct page *p, size_t total, size_t after,
			 size_t before);

/* A list object that is being written. */
struct page_list {
	struct json_response object;
	const char *first, *last; /* ids; NULL: no element yet */
};

/* Returns the writer for its elements. */
struct json_writer *page_begin(struct page_list *l, struct exchange *x);

/* To be called after each element with its id. False when the page is full,
 * however many elements were asked for. */
bool page_added(struct page_list *l, const char *id);

/* Answers with the list; `more`: elements follow on the next page. */
void page_send(struct page_list *l, bool more);

#endif
