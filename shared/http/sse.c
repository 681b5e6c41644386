/* SPDX-License-Identifier: MIT */
/* Parses server-sent events. */
#include "http/sse.h"

#include <string.h>

#define EVENT_LIMIT (8 * 1024 * 1024)

void sse_init(struct sse *p, const char *peer)
{
	*p = (struct sse){ .peer = peer };
	buf_init(&p->line, EVENT_LIMIT);
	buf_init(&p->data, EVENT_LIMIT);
}

void sse_fini(struct sse *p)
{
	buf_fini(&p->line);
	buf_fini(&p->data);
}

static enum flow too_long(const struct sse *p, struct error *e)
{
	error_set(e, ERROR_UPSTREAM, "%s sent an event larger than %d MiB.",
		  p->peer, EVENT_LIMIT >> 20);
	return FLOW_FAILED;
}

/* The line without its first `skip` bytes. */
static bool take_data(struct sse *p, size_t skip)
{
	if (p->has_data && !buf_append(&p->data, "\n", 1))
		return false;
	p->has_data = true;
	return buf_append(&p->data, buf_text(&p->line) + skip,
			  p->line.len - skip);
}

/* One complete line. False only when the data get too long. */
static bool take_line(struct sse *p)
{
	const char *line = buf_text(&p->line);
	size_t skip = 5;

	if (*line == '{') /* no field begins like this */
		return take_data(p, 0);
	if (strncmp(line, "data", 4) != 0 ||
	    (line[4] != ':' && line[4] != '\0'))
		return true;
	if (line[4] == '\0')
		skip = 4;
	else if (line[5] == ' ')
		skip = 6;
	return take_data(p, skip);
}

static enum flow end_line(struct sse *p,
			  enum flow (*on_event)(void *ctx, const char *data,
						size_t n),
			  void *ctx, struct error *e)
{
	enum flow flow = FLOW_CONTINUE;

	if (p->line.len > 0) {
		bool fits = take_line(p);

		buf_clear(&p->line);
		return fits ? FLOW_CONTINUE : too_long(p, e);
	}
	if (p->has_data)
		flow = on_event(ctx, buf_text(&p->data), p->data.len);
	p->has_data = false;
	buf_clear(&p->data);
	return flow;
}

enum flow sse_feed(struct sse *p, const char *bytes, size_t n,
		   enum flow (*on_event)(void *ctx, const char *data, size_t n),
		   void *ctx, struct error *e)
{
	const char *end = bytes + n;
	enum flow flow;

	while (bytes < end) {
		size_t length = 0;

		if (p->after_cr && *bytes == '\n')
			bytes++;
		p->after_cr = false;
		while (bytes + length < end && bytes[length] != '\n' &&
		       bytes[length] != '\r')
			length++;
		if (!buf_append(&p->line, bytes, length))
			return too_long(p, e);
		bytes += length;
		if (bytes == end)
			break;
		p->after_cr = *bytes++ == '\r';
		flow = end_line(p, on_event, ctx, e);
		if (flow != FLOW_CONTINUE)
			return flow;
	}
	return FLOW_CONTINUE;
}
