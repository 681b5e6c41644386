/* SPDX-License-Identifier: MIT */
#ifndef STORE_ACCEPTANCE_H
#define STORE_ACCEPTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"
#include "upstream/credential.h"

/*
 * Which credentials of clients Kimi has accepted. Those that it has not have no
 * row anywhere but for the slot they hold while Kimi is asked about them, and
 * all processes that use the file have only a few of those slots together.
 */

/* Fills `accepted`, one for each of the list; `*n_accepted` of them are true. */
bool store_acceptance_read(struct store *s, const struct credential *list,
			   size_t n, bool *accepted, size_t *n_accepted,
			   struct error *e);

/*
 * Whether it is this request's turn (`*ours`) to ask about the other
 * credentials of an API key that lists the accepted one `c`. Nobody else's for
 * a while then.
 */
bool store_acceptance_claim(struct store *s, const struct credential *c,
			    bool *ours, struct error *e);

/* Takes a slot, which is 0 if all are taken, or another request asks about this
 * credential. `*accepted`: that one had its answer, no slot is needed. */
bool store_acceptance_begin(struct store *s, const struct credential *c,
			    int64_t *slot, bool *accepted, struct error *e);

/* Gives the slot back. A credential that was not accepted leaves no trace, but
 * its slot stays taken for a second: Kimi is not asked more often. */
bool store_acceptance_end(struct store *s, const struct credential *c,
			  int64_t slot, bool accepted, struct error *e);

#endif
