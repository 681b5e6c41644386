/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_RESUME_H
#define APP_SERVE_RESUME_H

#include "app/exchange.h"
#include "store/stored_responses.h"

/*
 * Answers with the stream of a kept response from behind the event that the
 * query's `starting_after` names: from its log, then live while it runs. The
 * events are those that the first client got, or would have got.
 */
void resume_stream(struct exchange *x, struct store *store, const char *key,
		   const struct stored_response *answer);

#endif
