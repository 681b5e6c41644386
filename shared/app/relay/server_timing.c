/* SPDX-License-Identifier: MIT */
/* Where the time of a request went (Server Timing, W3C). */
#include "app/relay/server_timing_internal.h"

#include <stdio.h>
#include <string.h>

#define SIZE 256

static void put(char *line, const char *name, int64_t ms)
{
	size_t n = strlen(line);

	snprintf(line + n, SIZE - n, "%s%s;dur=%lld", n == 0 ? "" : ", ", name,
		 (long long)ms);
}

/* From one moment to the next; nothing if one of them did not come. */
static void put_phase(char *line, const char *name, int64_t from, int64_t to)
{
	if (from >= 0 && to >= 0)
		put(line, name, to - from);
}

static void put_attempt(char *line, const struct store_attempt *a)
{
	put_phase(line, "queue", a->queued_ms, a->began_ms);
	put_phase(line, "lookup", a->began_ms, a->lookup_ms);
	put_phase(line, "connect", a->lookup_ms, a->connect_ms);
	put_phase(line, "tls", a->connect_ms, a->tls_ms);
	put_phase(line, "first-byte", 0, a->first_byte_ms);
	put_phase(line, "first-token", 0, a->first_token_ms);
}

void server_timing_put(struct response *r, const struct server_timing *t)
{
	char line[SIZE] = "";

	if (t->served != NULL)
		put_attempt(line, t->served);
	put(line, "db", t->db_ms);
	put(line, "total", t->total_ms);
	response_header(r, "Server-Timing", line);
}
