/* SPDX-License-Identifier: MIT */
#ifndef STORE_ATTEMPTS_H
#define STORE_ATTEMPTS_H

#include <stdint.h>

/* One try of a credential. Times are milliseconds after the request came; -1: it
 * did not come so far. */
struct store_attempt {
	struct store_attempt *next;
	unsigned choice;	/* of the request's, from 0 */
	const char *credential; /* label */
	const char *service;
	const char *host;  /* base URL; NULL: none was asked */
	int64_t queued_ms; /* it began to wait for a slot */
	int64_t began_ms, end_ms;
	int64_t lookup_ms, connect_ms, tls_ms; /* of a new connection */
	int64_t first_byte_ms, first_token_ms;
	int http_status;	/* Kimi's; 0: none */
	const char *error_kind; /* NULL: it gave the reply */
	const char *words;	/* Kimi's, or what happened; NULL: none */
};

#endif
