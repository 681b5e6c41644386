/* SPDX-License-Identifier: MIT */
#ifndef APP_SERVE_RESUME_H
#define APP_SERVE_RESUME_H

#include "app/exchange.h"
#include "store/stored_responses.h"

/*
 * Answers with the stream of a stored response, after the event that the
 * query's `starting_after` names: first what its log has, then live while it
 * runs. The events are the ones that the first client got or would have got.
 * `key` is the fingerprint of the caller's API key.
 */
void resume_stream(struct exchange *x, struct store *store, const char *key,
		   const struct stored_response *stored);

#endif
