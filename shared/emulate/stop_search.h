/* SPDX-License-Identifier: MIT */
#ifndef EMULATE_STOP_SEARCH_H
#define EMULATE_STOP_SEARCH_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * Looks for stop sequences in text that comes in pieces. However the text is
 * cut, the sequence found and the text before it are the same. Of two that
 * overlap the one that ends first counts, of two that end together the longer.
 */
struct stop_search {
	const char *const *stop; /* borrowed, none empty */
	const size_t *lengths;
	size_t n_stop, longest;
	struct buf held;   /* this may be the beginning of one */
	const char *found; /* the sequence that came; or NULL */
};

void stop_search_init(struct stop_search *s, struct arena *a,
		      const char *const *stop, size_t n_stop);
void stop_search_fini(struct stop_search *s);

/*
 * Passes on text as soon as it certainly does not belong to a stop sequence.
 * False when the listener returned false, or one was `found`: feed no more
 * then.
 */
bool stop_search_feed(struct stop_search *s, const char *p, size_t n,
		      bool (*on_text)(void *ctx, const char *p, size_t n),
		      void *ctx);

/* Nothing follows: what is held back is text. */
bool stop_search_flush(struct stop_search *s,
		       bool (*on_text)(void *ctx, const char *p, size_t n),
		       void *ctx);

#endif
