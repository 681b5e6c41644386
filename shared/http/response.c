/* SPDX-License-Identifier: MIT */
/* Writes a CGI response (RFC 3875, section 6): JSON, empty, or SSE. */
#include "http/response.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HEAD_LIMIT 16384

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 499, "Client Closed Request" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 529, "Overloaded" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

void response_init(struct response *r, struct sink *sink, bool no_body)
{
	*r = (struct response){ .sink = sink, .no_body = no_body };
	buf_init(&r->head, HEAD_LIMIT);
}

void response_fini(struct response *r)
{
	buf_fini(&r->head);
}

void response_header(struct response *r, const char *name, const char *value)
{
	size_t name_len = strlen(name), n = 0;
	char *to;

	assert(!r->begun);
	while ((unsigned char)value[n] >= 0x20 && value[n] != 0x7F)
		n++;
	to = buf_extend(&r->head, name_len + n + 4);
	if (to == NULL)
		return;
	to = mempcpy(to, name, name_len);
	to = mempcpy(to, ": ", 2);
	to = mempcpy(to, value, n);
	memcpy(to, "\r\n", 2);
}

static bool begin(struct response *r, int status)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "Status: %d %s\r\n", status,
			 reason_of(status));

	assert(!r->begun);
	buf_append(&r->head, "\r\n", 2);
	r->begun = true;
	r->status = status;
	sink_write(r->sink, line, (size_t)n);
	return sink_write(r->sink, r->head.p, r->head.len);
}

static void put_length(struct response *r, int64_t n)
{
	buf_puts(&r->head, "Content-Length: ");
	buf_put_int(&r->head, n);
	buf_puts(&r->head, "\r\n");
}

bool response_json(struct response *r, int status, const char *json, size_t n)
{
	response_header(r, "Content-Type", "application/json");
	put_length(r, (int64_t)n);
	begin(r, status);
	return r->no_body || sink_write(r->sink, json, n);
}

bool response_bytes(struct response *r, const char *type, int64_t n)
{
	response_header(r, "Content-Type", type);
	put_length(r, n);
	return begin(r, 200);
}

bool response_piece(struct response *r, const char *p, size_t n)
{
	assert(r->begun && !r->no_body);
	return sink_write(r->sink, p, n);
}

bool response_empty(struct response *r, int status)
{
	return begin(r, status);
}

bool response_stream(struct response *r)
{
	response_header(r, "Content-Type", "text/event-stream; charset=utf-8");
	response_header(r, "Cache-Control", "no-cache");
	response_header(r, "X-Accel-Buffering", "no");
	r->streaming = true;
	return begin(r, 200);
}

static bool put_event(struct response *r, const char *data, size_t n)
{
	sink_write(r->sink, data, n);
	return sink_write(r->sink, "\n\n", 2);
}

bool response_event(struct response *r, const char *data, size_t n)
{
	assert(r->streaming);
	sink_write(r->sink, "data: ", 6);
	return put_event(r, data, n);
}

bool response_named_event(struct response *r, const char *name,
			  const char *data, size_t n)
{
	assert(r->streaming);
	sink_write(r->sink, "event: ", 7);
	sink_write(r->sink, name, strlen(name));
	sink_write(r->sink, "\ndata: ", 7);
	return put_event(r, data, n);
}

bool response_comment(struct response *r, const char *text)
{
	assert(r->streaming);
	sink_write(r->sink, ": ", 2);
	sink_write(r->sink, text, strlen(text));
	return sink_write(r->sink, "\n\n", 2);
}

bool response_flush(struct response *r)
{
	return sink_flush(r->sink);
}
