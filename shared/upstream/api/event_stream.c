/* SPDX-License-Identifier: MIT */
/* A streamed reply: its request, its host, its failures. */
#include "upstream/api/event_stream.h"

#include <string.h>

#include "base/json_foreign.h"
#include "base/text.h"
#include "chat/call_id.h"
#include "http/body.h"
#include "upstream/error_body.h"
#include "upstream/hosts.h"

#define REQUEST_LIMIT (100 * 1024 * 1024)
#define WHOLE_LIMIT (32 * 1024 * 1024)
#define BOM "\xEF\xBB\xBF"

static bool take_tree(struct event_stream *s, const cJSON *tree, bool again)
{
	s->said = true;
	if (!again)
		s->is_error = error_body_is_error(tree) ||
			      !cJSON_IsObject(tree);
	if (s->is_error)
		return s->ended ||
		       api_service_failed(s->call, s->service, tree);
	return s->take(s->ctx, tree, again);
}

static bool take(struct event_stream *s, const char *data, size_t n)
{
	const cJSON *event;

	if (s->over)
		return true;
	if (strcmp(data, "[DONE]") == 0) {
		s->ended |= s->stream->started;
		s->told = s->over = true;
		return true;
	}
	event = json_alike_read(&s->alike, data, n, s->call->error);
	if (event == NULL)
		return s->ended ||
		       error_set(s->call->error, ERROR_UPSTREAM,
				 "Kimi sent an event that is not JSON.");
	return take_tree(s, event, s->alike.again);
}

static enum flow on_whole(void *ctx, const char *data, size_t n)
{
	struct event_stream *s = ctx;

	return chat_stream_flow(s->stream, take(s, data, n));
}

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct event_stream *s = ctx;

	return json_split_pair_feed(&s->pair, data, n);
}

/* --- Framing --- */

/* What begins like JSON or a page is no stream of events, whatever its type
 * says. Leading white space and a byte order mark tell nothing. */
static void look_at(struct event_stream *s, const char **p, size_t *n)
{
	while (*n > 0 && (text_is_space(**p) || strchr(BOM, **p) != NULL)) {
		(*p)++;
		(*n)--;
	}
	if (*n > 0)
		s->framing = strchr("{[<", **p) != NULL ? EVENT_STREAM_WHOLE :
							  EVENT_STREAM_EVENTS;
}

static enum flow on_bytes(void *ctx, const char *p, size_t n)
{
	struct event_stream *s = ctx;

	if (s->framing == EVENT_STREAM_UNKNOWN)
		look_at(s, &p, &n);
	if (n == 0 || s->over)
		return FLOW_CONTINUE;
	if (s->framing == EVENT_STREAM_EVENTS)
		return sse_feed(&s->sse, p, n, on_event, s, s->call->error);
	if (buf_append(&s->whole, p, n))
		return FLOW_CONTINUE;
	error_set(s->call->error, ERROR_UPSTREAM,
		  "Kimi sent a reply larger than %d MiB.", WHOLE_LIMIT >> 20);
	return FLOW_FAILED;
}

static enum http_progress progress(const void *ctx)
{
	const struct event_stream *s = ctx;

	if (s->told)
		return HTTP_WHOLE;
	if (s->ended)
		return HTTP_USABLE;
	return s->stream->started ? HTTP_UNDER_WAY : HTTP_NOTHING_YET;
}

/* After a whole transfer: the last event may lack its empty line. */
static bool feed_rest(struct event_stream *s, const char *p, size_t n)
{
	return sse_feed(&s->sse, p, n, on_event, s, s->call->error) ==
		       FLOW_CONTINUE &&
	       sse_feed(&s->sse, "\n\n", 2, on_event, s, s->call->error) ==
		       FLOW_CONTINUE &&
	       json_split_pair_end(&s->pair) == FLOW_CONTINUE;
}

/* A reply in one piece, an error, a page; or events without their fields. */
static bool take_whole(struct event_stream *s)
{
	struct upstream_call *call = s->call;
	const char *p = buf_text(&s->whole);
	struct error ignored;
	const cJSON *tree =
		json_foreign_parse(call->arena, p, s->whole.len, &ignored);

	if (tree != NULL)
		return take_tree(s, tree, false);
	if (*p == '<')
		return api_service_page_failed(call, s->service, p,
					       s->whole.len);
	return feed_rest(s, p, s->whole.len);
}

static bool check_end(struct event_stream *s)
{
	bool ok = s->framing == EVENT_STREAM_WHOLE ? take_whole(s) :
						     feed_rest(s, "", 0);

	if (!ok || s->ended)
		return ok;
	return error_set(s->call->error, ERROR_UPSTREAM,
			 s->said ? "Kimi's reply ended unexpectedly." :
				   "Kimi's reply is empty.");
}

static bool read_reply(struct event_stream *s, const struct http_reply *reply)
{
	if (reply->stopped)
		return false;
	return reply->status / 100 == 2 ?
		       check_end(s) :
		       api_service_reply_failed(s->call, s->service, reply);
}

/* Nothing of another host's reply is left. */
static void begin(struct event_stream *s)
{
	sse_fini(&s->sse);
	sse_init(&s->sse, UPSTREAM_PEER);
	buf_clear(&s->pair.held);
	buf_clear(&s->whole);
	s->framing = EVENT_STREAM_UNKNOWN;
	s->said = s->ended = s->told = s->over = false;
	json_alike_forget(&s->alike);
}

/* One request to one host. */
static bool ask_host(void *ctx, const char *host)
{
	struct event_stream *s = ctx;
	struct upstream_call *call = s->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_join(call->arena, host, s->path),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.headers = s->service->headers,
		.on_bytes = on_bytes,
		.progress = progress,
		.ctx = s,
	};
	struct http_source source;
	struct http_reply reply;
	bool whole;

	begin(s);
	http.trace = upstream_asks(call, host);
	http_body_put(&http, &source, &s->body);
	http_reply_init(&reply);
	whole = call->http->send(call->http, &http, &reply, call->error) &&
		read_reply(s, &reply);
	buf_fini(&reply.body);
	if (!whole)
		upstream_lose_chance(call, s->stream);
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

	rope_init(&s->body, call->arena, REQUEST_LIMIT);
	buf_init(&s->whole, WHOLE_LIMIT);
	sse_init(&s->sse, UPSTREAM_PEER);
	json_split_pair_init(&s->pair, on_whole, s);
	json_alike_init(&s->alike, s->deltas);
	request =
		tool_names_apply(&s->names, call->arena, request, s->builtins);
	ok = s->write(&s->body, call->arena, call->model, request,
		      call->error) &&
	     hosts_visit(call, s->service->urls, &visit);
	json_alike_fini(&s->alike);
	json_split_pair_fini(&s->pair);
	sse_fini(&s->sse);
	buf_fini(&s->whole);
	rope_fini(&s->body);
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
