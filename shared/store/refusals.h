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

/* So many rows a key gets in a minute: a flood does not fill the disk. */
#define STORE_REFUSED_ROWS 60

/*
 * Records it in a row of its own, as refused or, with ERROR_CLIENT_GONE, as
 * cancelled. Those of unknown callers belong to one key, whose origin is
 * 'nobody'. Beyond STORE_REFUSED_ROWS it is only counted: in memory that all
 * processes share, and once a second in the sums of usage.
 */
bool store_refuse(struct store *s, const struct store_refusal *r,
		  struct error *e);

/* For a process that has not opened the database: whether a refusal would only
 * be counted. Then that is done. */
bool store_refusals_full(const char *path, const struct store_owner *owner);

#endif
