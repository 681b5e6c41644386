/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_CURRENT_H
#define UPSTREAM_WEB_CURRENT_H

#include "upstream/web/turn.h"

/* Streams one reply of one host by the current protocol. False and a filled
 * error; `t->unknown` if the host does not know the protocol. */
bool web_current_run(struct web_turn *t);

/* Deletes chats by their ids, at least one, by one call. One that is gone is
 * deleted. `*unknown`: the host does not know the call. */
bool web_current_delete_chats(struct upstream_call *call, const char *host,
			      const char *const *ids, size_t n, bool *unknown);

#endif
