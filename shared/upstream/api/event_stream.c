/* SPDX-License-Identifier: MIT */
/* An answer as server-sent events: its request, its host, its failures. */
#include "upstream/api/event_stream.h"

#include <string.h>

#include "upstream/hosts.h"

#define REQUEST_LIMIT (100 * 1024 * 1024)

/* In a reply, or within an answer that began with 200 (status 0). */
static bool tell_failure(struct event_stream *s, const cJSON *body, long status,
			 int64_t retry_after_ms)
{
	const cJSON *error = json_at(body, "error");
	const char *message = cJSON_IsString(error) ?
				      error->valuestring :
				      json_text(error, "message");

	return failure_set(
		s->call->error,
		&(struct failure){
			.service = s->service->failure,
			.status = status,
			.type = json_text(error, "type"),
			.message = message != NULL ? message :
						     json_text(body, "message"),
			.retry_after_ms = retry_after_ms });
}

static bool take(struct event_stream *s, const char *data, size_t n)
{
	cJSON *event;
	bool ok;

	if (strcmp(data, "[DONE]") == 0) {
		s->ended |= s->stream->started;
		return true;
	}
	event = json_read(data, n, s->call->error);
	if (event == NULL)
		return error_set(s->call->error, ERROR_UPSTREAM,
				 "Kimi sent an event that is not JSON.");
	if (json_at(event, "error") != NULL)
		ok = tell_failure(s, event, 0, 0);
	else
		ok = s->take(s->ctx, event);
	cJSON_Delete(event);
	return ok;
}

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct event_stream *s = ctx;

	return chat_stream_flow(s->stream, take(s, data, n));
}

static enum flow on_bytes(void *ctx, const char *p, size_t n)
{
	struct event_stream *s = ctx;

	return sse_feed(&s->sse, p, n, on_event, s, s->call->error);
}

static bool reply_error(struct event_stream *s, const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *body = json_parse(s->call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	return tell_failure(s, body, reply->status, reply->retry_after_ms);
}

/* After a whole transfer: the last event may lack its empty line. */
static bool check_end(struct event_stream *s)
{
	if (on_bytes(s, "\n\n", 2) != FLOW_CONTINUE)
		return false;
	return s->ended || error_set(s->call->error, ERROR_UPSTREAM,
				     "Kimi's reply ended unexpectedly.");
}

static bool read_reply(struct event_stream *s, const struct http_reply *reply)
{
	if (reply->stopped)
		return false;
	return reply->status / 100 == 2 ? check_end(s) : reply_error(s, reply);
}

/* One request to one host. */
static bool send(struct event_stream *s, const char *host,
		 const struct buf *body)
{
	struct upstream_call *call = s->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s%s", host, s->path),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.headers = s->service->headers,
		.body = body->p,
		.body_len = body->len,
		.on_bytes = on_bytes,
		.ctx = s,
	};
	struct http_reply reply;
	bool whole;

	http_reply_init(&reply);
	whole = call->http->send(call->http, &http, &reply, call->error) &&
		read_reply(s, &reply);
	buf_fini(&reply.body);
	return whole || upstream_stopped(call, s->stream);
}

static bool send_somewhere(struct event_stream *s, const struct buf *body)
{
	const struct config_list *urls = s->service->urls;
	const char *first = hosts_first(s->call, urls), *host = first;

	while (host != NULL) {
		if (send(s, host, body)) {
			hosts_note(s->call, urls, host);
			return true;
		}
		if (s->call->error->kind != ERROR_CREDENTIAL ||
		    s->stream->started)
			return false;
		host = hosts_next(urls, first, host);
	}
	return false;
}

bool event_stream_answer(struct event_stream *s,
			 const struct chat_request *request)
{
	struct upstream_call *call = s->call;
	struct buf body;
	bool ok;

	buf_init(&body, REQUEST_LIMIT);
	sse_init(&s->sse, UPSTREAM_PEER);
	ok = s->write(&body, call->arena, call->model, request, call->error) &&
	     send_somewhere(s, &body);
	sse_fini(&s->sse);
	buf_fini(&body);
	return ok;
}
