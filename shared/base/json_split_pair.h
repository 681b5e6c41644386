/* SPDX-License-Identifier: MIT */
#ifndef BASE_JSON_SPLIT_PAIR_H
#define BASE_JSON_SPLIT_PAIR_H

#include "base/buf.h"
#include "base/flow.h"

/*
 * Puts together what services cut in two: "\ud83d" ends a string of one JSON
 * text, and "\ude00" begins one of the next. A text that ends so waits for the
 * next one, and gets the whole pair if there is one.
 */
struct json_split_pair {
	enum flow (*take)(void *ctx, const char *text, size_t n);
	void *ctx;
	struct buf held; /* the text that waits; empty: none */
};

/* `take` gets the texts in order, each followed by a NUL. */
void json_split_pair_init(struct json_split_pair *s,
			  enum flow (*take)(void *ctx, const char *text,
					    size_t n),
			  void *ctx);
void json_split_pair_fini(struct json_split_pair *s);

/* FLOW_CONTINUE, or what `take` returned instead. */
enum flow json_split_pair_feed(struct json_split_pair *s, const char *text,
			       size_t n);

/* No text follows. */
enum flow json_split_pair_end(struct json_split_pair *s);

#endif
