/* SPDX-License-Identifier: MIT */
/* A streamed reply: its request, its host, its failures. */
#include "upstream/api/event_stream.h"

#include <string.h>

#include "chat/call_id.h"
#include "upstream/error_body.h"
#include "upstream/hosts.h"

#define REQUEST_LIMIT (100 * 1024 * 1024)

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
	if (error_body_is_error(event))
		ok = api_service_failed(s->call, s->service, event);
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
	return reply->status / 100 == 2 ?
		       check_end(s) :
		       api_service_reply_failed(s->call, s->service, reply);
}

/* One request to one host. */
static bool ask_host(void *ctx, const char *host)
{
	struct event_stream *s = ctx;
	struct upstream_call *call = s->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s%s", host, s->path),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.headers = s->service->headers,
		.body = s->body.p,
		.body_len = s->body.len,
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

static bool try_next(void *ctx, bool first)
{
	const struct event_stream *s = ctx;

	(void)first;
	return s->call->error->kind == ERROR_CREDENTIAL && !s->stream->started;
}

bool event_stream_run(struct event_stream *s,
		      const struct chat_request *request)
{
	struct upstream_call *call = s->call;
	struct hosts_visit visit = { ask_host, try_next, s };
	bool ok;

	buf_init(&s->body, REQUEST_LIMIT);
	sse_init(&s->sse, UPSTREAM_PEER);
	request =
		tool_names_apply(&s->names, call->arena, request, s->builtins);
	ok = s->write(&s->body, call->arena, call->model, request,
		      call->error) &&
	     hosts_visit(call, s->service->urls, &visit);
	sse_fini(&s->sse);
	buf_fini(&s->body);
	return ok;
}

bool event_stream_call(struct event_stream *s, unsigned index, const char *id,
		       const char *name)
{
	struct arena *a = s->call->arena;

	if (id == NULL || *id == '\0')
		id = arena_printf(a, "%s:%u", name, index);
	return chat_stream_tool(s->stream, index, call_id_wrap(a, id),
				tool_names_back(&s->names, name));
}
