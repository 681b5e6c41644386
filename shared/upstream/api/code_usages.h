/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_USAGES_H
#define UPSTREAM_API_CODE_USAGES_H

#include "upstream/quota.h"
#include "upstream/upstream.h"

/*
 * GET /usages, in both of its shapes, which may come together: `usage` and
 * `limits` with counts, and `usages` with the used part of each window. Where
 * both are about the same window the counts are right: the parts have been seen
 * to be 0 when a window was used up. `parallel.limit` becomes the note by which
 * the credential's slots are counted (upstream.h).
 */

/* How much of each window of the membership is used, and what is left of the
 * money for extra usage. */
bool code_usages(struct upstream_call *call, struct quota_list *list);

/*
 * When a credential may be used again whose quota is used up, in milliseconds
 * from now; 0 where the service does not say. `words` are those in which it
 * refused the credential: they may name the window.
 */
int64_t code_usages_reset_ms(struct upstream_call *call, const char *words);

/* Notes how many requests the account may run at once. */
void code_usages_note_slots(struct upstream_call *call);

#endif
