/* SPDX-License-Identifier: MIT */
/* Kimi web, legacy protocol: a chat kept at Kimi, answered by JSON events. */
#include "upstream/web.h"

#include <ctype.h>
#include <string.h>

#include "chat/transcript.h"
#include "http/sse.h"
#include "upstream/hosts.h"

#define BODY_LIMIT (64 * 1024 * 1024)
#define LONGEST_CHAT_ID 64

struct run {
	struct upstream_call *call;
	struct chat_stream *stream;
	struct sse sse;
	bool failed; /* the error is filled already */
	bool said;   /* something of the answer came */
	bool done;   /* an end was announced */
};

static bool take_text(struct run *r, const cJSON *event)
{
	const char *text = json_text(event, "text");

	r->said = true;
	return text == NULL || chat_stream_text(r->stream, text, strlen(text));
}

static bool cite_all(struct run *r, const cJSON *list)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		if (!chat_stream_cite(r->stream, json_text(v, "url"),
				      json_text(v, "title")))
			return false;
	return true;
}

static bool take_reasoning(struct run *r, const cJSON *event)
{
	const char *text = json_text(event, "text");

	if (text != NULL &&
	    !chat_stream_reasoning(r->stream, text, strlen(text)))
		return false;
	return cite_all(r, json_at(event, "search_results"));
}

static bool take_search(struct run *r, const cJSON *event)
{
	const char *type = json_text(event, "msg.type");

	if (type == NULL || strcmp(type, "get_res") != 0)
		return true;
	return chat_stream_cite(r->stream, json_text(event, "msg.url"),
				json_text(event, "msg.title"));
}

static bool take_refs(struct run *r, const cJSON *event)
{
	return cite_all(r, json_at(event, "ref_cards"));
}

static bool take_length(struct run *r, const cJSON *event)
{
	(void)event;
	r->done = true;
	chat_stream_finish_reason(r->stream, CHAT_FINISH_LENGTH);
	return true;
}

static bool take_end(struct run *r, const cJSON *event)
{
	(void)event;
	r->done = true;
	return true;
}

static bool take_answer_id(struct run *r, const cJSON *event)
{
	chat_stream_bookmark(r->stream, NULL, json_text(event, "id"));
	return true;
}

static bool take_error(struct run *r, const cJSON *event)
{
	web_error(r->call->error, 0, json_text(event, "error.error_type"),
		  json_text(event, "error.message"));
	r->failed = true;
	return false;
}

/* A5. Events of other names are passed over. */
static const struct {
	const char *name;
	bool (*take)(struct run *r, const cJSON *event);
} events[] = {
	{ "cmpl", take_text },		{ "k1", take_reasoning },
	{ "search_plus", take_search }, { "ref_docs", take_refs },
	{ "resp", take_answer_id },	{ "length", take_length },
	{ "all_done", take_end },	{ "error", take_error },
};

static bool take_event(struct run *r, const cJSON *event)
{
	const char *name = json_text(event, "event");

	for (size_t i = 0; name != NULL && i < sizeof(events) / sizeof(*events);
	     i++)
		if (strcmp(events[i].name, name) == 0)
			return events[i].take(r, event);
	return true;
}

static bool on_event(void *ctx, const char *data, size_t n)
{
	struct run *r = ctx;
	cJSON *event = json_read(data, n, r->call->error);
	bool go_on;

	if (event == NULL) {
		error_set(r->call->error, ERROR_UPSTREAM,
			  "Kimi sent an event that is not JSON.");
		r->failed = true;
		return false;
	}
	go_on = take_event(r, event);
	cJSON_Delete(event);
	return go_on;
}

static bool on_bytes(void *ctx, const char *p, size_t n)
{
	struct run *r = ctx;
	struct error e = { .kind = ERROR_CLIENT_GONE };

	if (sse_feed(&r->sse, p, n, on_event, r, &e))
		return true;
	if (!r->failed && e.kind != ERROR_CLIENT_GONE)
		*r->call->error = e;
	return false;
}

/* What goes into a path of ours: ids are [0-9a-z]{20} today. */
static bool is_chat_id(const char *id)
{
	size_t n = id == NULL ? 0 : strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '-' &&
		    id[i] != '_')
			return false;
	return n > 0 && n <= LONGEST_CHAT_ID;
}

static const char *create_chat(struct upstream_call *call)
{
	const cJSON *answer = web_request(call, "POST", "/api/chat",
					  call->bearer,
					  "{\"name\":\"Untitled\","
					  "\"is_example\":false}",
					  WEB_REQUEST_MS);
	const char *id = json_text(answer, "id");

	if (answer == NULL)
		return NULL;
	if (!is_chat_id(id)) {
		error_set(call->error, ERROR_UPSTREAM,
			  "Kimi made a chat without a usable id.");
		return NULL;
	}
	return id;
}

static void write_body(struct buf *out, const char *model, const char *text)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "kimiplus_id", "kimi");
	json_put_text(&w, "model", model);
	json_put_bool(&w, "use_search", true);
	json_array(&w, "messages"); /* only the first one is honoured */
	json_object(&w, NULL);
	json_put_text(&w, "role", "user");
	json_put_text(&w, "content", text);
	json_close_object(&w);
	json_close_array(&w);
	json_object(&w, "extend");
	json_put_bool(&w, "sidebar", true);
	json_close_object(&w);
	json_put_raw(&w, "refs", "[]");
	json_put_raw(&w, "history", "[]");
	json_put_raw(&w, "scene_labels", "[]");
	json_put_bool(&w, "use_semantic_memory", false);
	json_put_bool(&w, "use_deep_research", false);
	json_close_object(&w);
}

/*
 * The service may leave the end out and simply close the answer (A5); an
 * answer that broke off is a failed transfer, and one without any content is
 * no answer.
 */
static bool check_end(struct run *r)
{
	/* The last event may lack its empty line. */
	if (!on_bytes(r, "\n\n", 2))
		return false;
	if (r->done || r->said)
		return true;
	return error_set(r->call->error, ERROR_UPSTREAM,
			 "Kimi ended the answer before it began.");
}

static bool send(struct run *r, const char *chat, const struct buf *body)
{
	struct upstream_call *call = r->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(
			call->arena, "%s/api/chat/%s/completion/stream",
			hosts_first(call, call->config->web_urls), chat),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.body = body->p,
		.body_len = body->len,
		.on_bytes = on_bytes,
		.ctx = r,
	};
	struct http_reply reply;
	bool whole;

	http_reply_init(&reply);
	/* When on_bytes stops it and nothing failed, the client has left. */
	error_set(call->error, ERROR_CLIENT_GONE, "The client left.");
	whole = call->http->send(call->http, &http, &reply, call->error);
	if (whole)
		whole = reply.status / 100 == 2 ? check_end(r) :
						  web_reply_error(call, &reply);
	buf_fini(&reply.body);
	return whole;
}

static bool web_run(struct upstream_call *call,
		    const struct chat_request *request,
		    struct chat_stream *stream)
{
	struct run r = { .call = call, .stream = stream };
	const struct chat_bookmark *mark = &request->bookmark;
	size_t known = mark->chat == NULL ? 0 : mark->known;
	const char *chat = mark->chat == NULL ? create_chat(call) : mark->chat;
	const char *text;
	struct buf body;
	bool ok;

	if (chat == NULL)
		return false;
	chat_stream_bookmark(stream, chat, NULL);
	text = chat_transcript(request->messages + known,
			       request->n_messages - known, call->arena);
	buf_init(&body, BODY_LIMIT);
	sse_init(&r.sse);
	write_body(&body, call->model->name, text);
	ok = send(&r, chat, &body);
	sse_fini(&r.sse);
	buf_fini(&body);
	return ok;
}

static bool web_discard(struct upstream_call *call, const char *chat)
{
	const char *path = arena_printf(call->arena, "/api/chat/%s", chat);

	if (web_request(call, "DELETE", path, call->bearer, NULL,
			WEB_DISCARD_MS) != NULL)
		return true;
	return call->error->kind == ERROR_CHAT_GONE;
}

const struct upstream upstream_web = {
	.name = "web",
	.features = UPSTREAM_CHATS,
	.access = web_access,
	.renew = web_renew,
	.run = web_run,
	.discard = web_discard,
};
