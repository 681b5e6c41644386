/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_REPLAY_H
#define SUPPORT_REPLAY_H

#include <pthread.h>

#include "base/arena.h"
#include "http/client.h"

#define REPLAY_CALLS 64

/* What Kimi answers to one call. */
struct replay_answer {
	const char *method, *path; /* `path` is any part of the URL */
	long status;
	const char *body;
	size_t n; /* of body; 0: strlen */
	int64_t retry_after_ms;
	bool breaks; /* the connection breaks after the body */
	bool again;  /* answers any number of calls */
	bool used;
	bool unsent; /* instead of all that: there is no connection */
};

/* A call that was made. */
struct replay_call {
	const char *method, *url, *bearer, *body;
	size_t body_len;
	const char *head; /* type of the body and further lines, by LF */
	bool once;
	bool in_time; /* the reply has to begin by a time */
};

/*
 * An upstream made of strings: the first unused answer that fits a call is
 * given, in pieces of `step` bytes, or in two cut at `cut`, or whole. Several
 * threads may call at once.
 */
struct replay {
	struct arena *arena;
	struct replay_answer *answers; /* ended by one without a method */
	size_t step, cut;
	int64_t silence_ms; /* before each piece: skipped, not waited */
	struct replay_call calls[REPLAY_CALLS];
	size_t n_calls;
	unsigned stopped; /* transfers that our side stopped */
	pthread_mutex_t lock;
};

/* Makes the client replay; `r` is borrowed until replay_detach. */
void replay_attach(struct replay *r, struct http_client *client);
void replay_detach(struct http_client *client);

#endif
