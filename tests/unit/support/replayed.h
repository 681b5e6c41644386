/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_REPLAYED_H
#define SUPPORT_REPLAYED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/*
 * One answer of a service through adapter, stream and encoder, without site
 * or store: quick enough to be done at every cut.
 */
struct replayed {
	const char *request; /* body of POST /v1/chat/completions */
	const char *bytes;   /* what the service sends */
	size_t n;
	bool breaks;
	bool current;	  /* they are of Kimi web's current protocol */
	size_t step, cut; /* as in struct replay */

	const char *stream, *whole; /* out: bodies, normalised */
};

void replayed_run(struct replayed *r, struct arena *a);

#endif
