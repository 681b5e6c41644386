/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_REASONING_DETAILS_H
#define UPSTREAM_API_REASONING_DETAILS_H

#include "base/buf.h"
#include "base/json.h"

/*
 * Kimi Code streams for some accounts, beside reasoning_content or instead of
 * it, reasoning_details: a list of {"index", "type", …}, where the member that
 * is named as the type has the next piece of text; pieces with the same index
 * are one entry. A summary can be read, the rest is encrypted. Kimi wants the
 * entries back whole, without their index, and of no other types.
 */
#define REASONING_DETAILS_MAX 16 /* entries; further ones are dropped */

struct reasoning_details {
	struct arena *arena;
	struct buf summary; /* what a delta brought of it */
	size_t n;
	struct {
		int64_t index;
		const char *type;
		struct buf text;
	} entries[REASONING_DETAILS_MAX];
};

/* None yet, in the arena. */
struct reasoning_details *reasoning_details_new(struct arena *a);

/* Adds what a delta brings; returns the new pieces of a summary. */
const struct buf *reasoning_details_add(struct reasoning_details *d,
					const cJSON *list);

/* What has come so far, as JSON in the arena: chat_message.details. */
const char *reasoning_details_text(const struct reasoning_details *d);

/* Writes the member into a message for Kimi, unless `details` has none of the
 * entries that it takes. */
void reasoning_details_put(struct json_writer *w, struct arena *a,
			   const char *details);

#endif
