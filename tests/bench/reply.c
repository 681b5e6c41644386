/* SPDX-License-Identifier: MIT */
/* The reader of HTTP replies: head, length, chunks, or up to the end. */
#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void reply_init(struct reply *r,
		void (*on_body)(void *ctx, const char *p, size_t n), void *ctx)
{
	r->state = REPLY_STATUS;
	r->status = 0;
	r->chunked = r->has_length = r->close = false;
	r->left = 0;
	r->n = 0;
	r->on_body = on_body;
	r->ctx = ctx;
}

static const char *value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static void end_head(struct reply *r)
{
	if (r->status / 100 == 1)
		r->state = REPLY_STATUS;
	else if (r->status == 204 || r->status == 304)
		r->state = REPLY_WHOLE;
	else if (r->chunked)
		r->state = REPLY_SIZE;
	else if (r->has_length)
		r->state = r->left > 0 ? REPLY_LENGTH : REPLY_WHOLE;
	else
		r->state = REPLY_CLOSE;
}

static void take_header(struct reply *r)
{
	const char *value;

	if (r->n == 0) {
		end_head(r);
		return;
	}
	value = value_of(r->line, "Content-Length");
	if (value != NULL) {
		r->has_length = true;
		r->left = strtoull(value, NULL, 10);
	}
	value = value_of(r->line, "Transfer-Encoding");
	if (value != NULL && strcasecmp(value, "chunked") == 0)
		r->chunked = true;
	value = value_of(r->line, "Connection");
	if (value != NULL && strcasecmp(value, "close") == 0)
		r->close = true;
}

static void take_status(struct reply *r)
{
	if (strncmp(r->line, "HTTP/1.", 7) != 0 || r->n < 12) {
		r->state = REPLY_BROKEN;
		return;
	}
	r->close = r->line[7] == '0';
	r->status = (int)strtol(r->line + 9, NULL, 10);
	r->state = REPLY_HEADER;
}

static void take_size(struct reply *r)
{
	char *end;

	r->left = strtoull(r->line, &end, 16);
	if (end == r->line)
		r->state = REPLY_BROKEN;
	else
		r->state = r->left > 0 ? REPLY_CHUNK : REPLY_TRAILER;
}

static void take_line(struct reply *r)
{
	switch (r->state) {
	case REPLY_STATUS:
		take_status(r);
		break;
	case REPLY_HEADER:
		take_header(r);
		break;
	case REPLY_SIZE:
		take_size(r);
		break;
	case REPLY_BREAK:
		r->state = r->n == 0 ? REPLY_SIZE : REPLY_BROKEN;
		break;
	case REPLY_TRAILER:
		if (r->n == 0)
			r->state = REPLY_WHOLE;
		break;
	case REPLY_CHUNK:
	case REPLY_LENGTH:
	case REPLY_CLOSE:
	case REPLY_WHOLE:
	case REPLY_BROKEN:
		break;
	}
}

/* Gathers a line; returns how many bytes it took. */
static size_t feed_line(struct reply *r, const char *p, size_t n)
{
	const char *end = memchr(p, '\n', n);
	size_t taken = end == NULL ? n : (size_t)(end - p);

	if (r->n + taken >= sizeof(r->line)) {
		r->state = REPLY_BROKEN;
		return n;
	}
	memcpy(r->line + r->n, p, taken);
	r->n += taken;
	if (end == NULL)
		return n;
	if (r->n > 0 && r->line[r->n - 1] == '\r')
		r->n--;
	r->line[r->n] = '\0';
	take_line(r);
	r->n = 0;
	return taken + 1;
}

static size_t feed_body(struct reply *r, const char *p, size_t n)
{
	if (r->state != REPLY_CLOSE && n > r->left)
		n = (size_t)r->left;
	r->on_body(r->ctx, p, n);
	if (r->state == REPLY_CLOSE)
		return n;
	r->left -= n;
	if (r->left == 0)
		r->state = r->state == REPLY_CHUNK ? REPLY_BREAK : REPLY_WHOLE;
	return n;
}

void reply_feed(struct reply *r, const char *p, size_t n)
{
	while (n > 0 && r->state != REPLY_BROKEN) {
		bool body = r->state == REPLY_CHUNK ||
			    r->state == REPLY_LENGTH || r->state == REPLY_CLOSE;
		size_t taken;

		if (r->state == REPLY_WHOLE) { /* nothing was asked for */
			r->state = REPLY_BROKEN;
			return;
		}
		taken = body ? feed_body(r, p, n) : feed_line(r, p, n);
		p += taken;
		n -= taken;
	}
}

void reply_end(struct reply *r)
{
	if (r->state == REPLY_WHOLE)
		return;
	r->state = r->state == REPLY_CLOSE ? REPLY_WHOLE : REPLY_BROKEN;
}
