/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_REQUEST_H
#define FAKE_CONNECT_REQUEST_H

#include "exchange.h"

/* What a Chat call asks for. Pointers lead into the exchange, except `said`. */
struct connect_request {
	const char *chat; /* NULL: a new one */
	const char *parent;
	const cJSON *blocks;
	struct text said; /* its text blocks */
	bool thinks, searches;
};

/* Fills a zeroed request from the body, whose envelope's JSON becomes
 * ex->json; false: an invalid argument, and why. connect_request_fini frees
 * in either case. */
bool connect_request_read(struct connect_request *request, struct exchange *ex,
			  struct text *why);
void connect_request_fini(struct connect_request *request);

#endif
