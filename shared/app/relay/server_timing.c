/* SPDX-License-Identifier: MIT */
/* Where the time of a request went (Server Timing, W3C). */
#include "app/relay/server_timing_internal.h"

#include "base/buf.h"

#define LIMIT 1024

static void put(struct buf *line, const char *name, int64_t ms)
{
	if (line->len > 0)
		buf_puts(line, ", ");
	buf_puts(line, name);
	buf_puts(line, ";dur=");
	buf_put_int(line, ms);
}

/* From one moment to the next; nothing if one of them did not come. */
static void put_phase(struct buf *line, const char *name, int64_t from,
		      int64_t to)
{
	if (from >= 0 && to >= 0)
		put(line, name, to - from);
}

static void put_attempt(struct buf *line, const struct store_attempt *a)
{
	put_phase(line, "queue", a->queued_ms, a->began_ms);
	put_phase(line, "lookup", a->began_ms, a->lookup_ms);
	put_phase(line, "connect", a->lookup_ms, a->connect_ms);
	put_phase(line, "tls", a->connect_ms, a->tls_ms);
	put_phase(line, "first-byte", 0, a->first_byte_ms);
	put_phase(line, "first-token", 0, a->first_token_ms);
}

void server_timing_put(struct arena *a, struct response *r,
		       const struct server_timing *t)
{
	struct buf *line = arena_buf(a, LIMIT);

	if (t->served != NULL)
		put_attempt(line, t->served);
	put(line, "db", t->db_ms);
	put(line, "total", t->total_ms);
	response_header(r, "Server-Timing", buf_text(line));
}
