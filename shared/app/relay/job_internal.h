/* SPDX-License-Identifier: MIT */
#ifndef APP_RELAY_JOB_INTERNAL_H
#define APP_RELAY_JOB_INTERNAL_H

#include "app/auth.h"
#include "app/exchange.h"
#include "upstream/model.h"

/*
 * Private to the relay: who asks for what. The conductor owns it; the attempt,
 * the recorder and the audience borrow it.
 */
struct job {
	struct exchange *x;
	const struct caller *caller;
	struct store *store;
	struct chat_request *request;
	struct model model;  /* once the conductor has chosen it */
	const char *id;	     /* of the reply: 24 characters, no prefix */
	int64_t accepted_ms; /* wall clock */
	bool differs;	     /* Kimi's messages are not the stored ones */
};

/* A line for the debug log. */
void job_debug(const struct job *j, const char *step, const char *detail);

#endif
