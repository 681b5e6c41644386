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

/* One of the event's lines of data. */
static bool take_data(struct sse *p, const char *data, size_t n)
{
	if (p->has_data && !buf_append(&p->data, "\n", 1))
		return false;
	p->has_data = true;
	return buf_append(&p->data, data, n);
}

/* One complete line. False only when the data get too long. */
static bool take_line(struct sse *p, const char *line, size_t n)
{
	const char *end = line + n;

	if (*line == '{') /* no field begins like this */
		return take_data(p, line, n);
	if (n < 4 || memcmp(line, "data", 4) != 0)
		return true;
	line += 4;
	if (line < end && *line++ != ':')
		return true;
	if (line < end && *line == ' ')
		line++;
	return take_data(p, line, (size_t)(end - line));
}

static enum flow end_line(struct sse *p, const char *line, size_t n,
			  enum flow (*on_event)(void *ctx, const char *data,
						size_t n),
			  void *ctx, struct error *e)
{
	enum flow flow = FLOW_CONTINUE;

	if (n > EVENT_LIMIT || (n > 0 && !take_line(p, line, n)))
		return too_long(p, e);
	if (n > 0)
		return FLOW_CONTINUE;
	if (p->has_data)
		flow = on_event(ctx, buf_text(&p->data), p->data.len);
	p->has_data = false;
	buf_clear(&p->data);
	return flow;
}

/* The next CR or LF; `end` if there is none. `*lf` is the next LF, which is
 * looked for again only once it is passed; NULL at first. */
static const char *line_end(const char *p, const char **lf, const char *end)
{
	const char *cr;

	if (*lf == NULL || *lf < p) {
		*lf = memchr(p, '\n', (size_t)(end - p));
		if (*lf == NULL)
			*lf = end;
	}
	cr = memchr(p, '\r', (size_t)(*lf - p));
	return cr != NULL ? cr : *lf;
}

enum flow sse_feed(struct sse *p, const char *bytes, size_t n,
		   enum flow (*on_event)(void *ctx, const char *data, size_t n),
		   void *ctx, struct error *e)
{
	const char *end = bytes + n, *lf = NULL;
	enum flow flow;

	while (bytes < end) {
		const char *line = bytes;

		if (p->after_cr && *line == '\n')
			line++;
		p->after_cr = false;
		bytes = line_end(line, &lf, end);
		n = (size_t)(bytes - line);
		if (p->line.len > 0 || bytes == end) {
			if (!buf_append(&p->line, line, n))
				return too_long(p, e);
			if (bytes == end)
				break;
			line = p->line.p;
			n = p->line.len;
		}
		p->after_cr = *bytes++ == '\r';
		flow = end_line(p, line, n, on_event, ctx, e);
		buf_clear(&p->line);
		if (flow != FLOW_CONTINUE)
			return flow;
	}
	return FLOW_CONTINUE;
}
