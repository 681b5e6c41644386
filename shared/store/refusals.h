/* SPDX-License-Identifier: MIT */
#ifndef STORE_REFUSALS_H
#define STORE_REFUSALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/* A request for a reply that was refused before Kimi was asked. */
struct store_refusal {
	const char *request;		 /* x-request-id */
	const struct store_owner *owner; /* NULL: nobody knows who asked */
	const char *dialect;
	const char *model; /* "": unknown */
	bool stream;
	int64_t started_ms; /* wall clock */
	int64_t duration_ms;
	int http_status;
	const struct error *error; /* a message of "" is not recorded */
};

/*
 * Records it in a row of its own. Those of unknown callers belong to one key,
 * whose origin is 'nobody'.
 */
bool store_refuse(struct store *s, const struct store_refusal *r,
		  struct error *e);

#endif
