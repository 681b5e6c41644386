/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_LEGACY_H
#define UPSTREAM_WEB_LEGACY_H

#include "upstream/web/turn.h"

/* Streams one reply of one host by the legacy protocol. False and a filled
 * error; `t->unknown` if the host does not know the protocol. */
bool web_legacy_run(struct web_turn *t);

/* Deletes a chat by its id. */
bool web_legacy_delete_chat(struct upstream_call *call, const char *host,
			    const char *id);

#endif
