/* SPDX-License-Identifier: MIT */
/* Kimi web, legacy protocol: a chat stored at Kimi, answered by JSON events. */
#include "upstream/web/legacy.h"

#include <ctype.h>
#include <string.h>

#include "base/json_alike.h"
#include "base/json_split_pair.h"
#include "http/body.h"
#include "http/sse.h"
#include "upstream/web/choice.h"
#include "upstream/web/citation_marks.h"
#include "upstream/web/files.h"
#include "upstream/web/reply_error.h"
#include "upstream/web/request.h"

#define BODY_LIMIT (64 * 1024 * 1024)
#define LONGEST_CHAT_ID 64

struct run {
	struct upstream_call *call;
	struct chat_stream *stream;
	struct sse sse;
	struct json_split_pair pair;
	struct json_alike alike;
	struct citation_marks marks;
	bool said; /* something of the reply came */
	bool done; /* an end was announced: errors no longer count */
	bool over; /* the last event came */
};

static bool take_text(struct run *r, const cJSON *event)
{
	const char *text = json_text(event, "text");

	r->said = true;
	return text == NULL ||
	       citation_marks_text(&r->marks, text, strlen(text));
}

/* Sources are numbered in the order in which they come: [^1^] is the first. */
static void add_source(struct run *r, const cJSON *source)
{
	citation_marks_source(&r->marks, NULL, json_text(source, "url"),
			      json_text(source, "title"));
}

static void add_sources(struct run *r, const cJSON *list)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, list)
		add_source(r, v);
}

static bool take_reasoning(struct run *r, const cJSON *event)
{
	const char *text = json_text(event, "text");

	add_sources(r, json_at(event, "search_results"));
	return text == NULL || *text == '\0' ||
	       (citation_marks_break(&r->marks) &&
		chat_stream_reasoning(r->stream, text, strlen(text)));
}

static bool take_search(struct run *r, const cJSON *event)
{
	const char *type = json_text(event, "msg.type");

	if (type != NULL && strcmp(type, "get_res") == 0)
		add_source(r, json_at(event, "msg"));
	return true;
}

static bool take_refs(struct run *r, const cJSON *event)
{
	add_sources(r, json_at(event, "ref_cards"));
	return true;
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
	r->done = r->over = true;
	return true;
}

static bool take_reply_id(struct run *r, const cJSON *event)
{
	chat_stream_bookmark(r->stream, NULL, json_text(event, "id"));
	return true;
}

static bool take_error(struct run *r, const cJSON *event)
{
	return r->done || web_reply_error_legacy(r->call, event);
}

/* Events of other names are ignored. */
static const struct {
	const char *name;
	bool (*take)(struct run *r, const cJSON *event);
} events[] = {
	{ "cmpl", take_text },		{ "k1", take_reasoning },
	{ "search_plus", take_search }, { "ref_docs", take_refs },
	{ "resp", take_reply_id },	{ "length", take_length },
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

static bool take(struct run *r, const char *data, size_t n)
{
	const cJSON *event;

	if (r->over)
		return true;
	if (strcmp(data, "[DONE]") == 0) /* of a proxy in between */
		return take_end(r, NULL);
	event = json_alike_read(&r->alike, data, n, r->call->error);
	if (event == NULL)
		return error_set(r->call->error, ERROR_UPSTREAM,
				 "Kimi sent an event that is not JSON.");
	return take_event(r, event);
}

static enum flow on_whole(void *ctx, const char *data, size_t n)
{
	struct run *r = ctx;

	return chat_stream_flow(r->stream, take(r, data, n));
}

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct run *r = ctx;

	return json_split_pair_feed(&r->pair, data, n);
}

static enum flow on_bytes(void *ctx, const char *p, size_t n)
{
	struct run *r = ctx;

	if (r->over)
		return FLOW_CONTINUE;
	return sse_feed(&r->sse, p, n, on_event, r, r->call->error);
}

static enum http_progress progress(const void *ctx)
{
	const struct run *r = ctx;

	if (r->over)
		return HTTP_WHOLE;
	if (r->done)
		return HTTP_USABLE;
	return r->stream->started ? HTTP_UNDER_WAY : HTTP_NOTHING_YET;
}

/* It goes into a path: ids are [0-9a-z]{20} today. */
static bool is_chat_id(const char *id)
{
	size_t n = id == NULL ? 0 : strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)id[i]) && id[i] != '-' &&
		    id[i] != '_')
			return false;
	return n > 0 && n <= LONGEST_CHAT_ID;
}

static const char *create_chat(const struct web_turn *t)
{
	struct upstream_call *call = t->call;
	struct web_request q = {
		.protocol = WEB_LEGACY,
		.method = "POST",
		.url = arena_printf(call->arena, "%s/api/chat", t->host),
		.bearer = call->bearer,
		.body = "{\"name\":\"Untitled\",\"is_example\":false}",
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = WEB_REQUEST_MS,
	};
	const cJSON *reply = web_request_send(call, &q);
	const char *id = json_text(reply, "id");

	if (reply == NULL)
		return NULL;
	if (!is_chat_id(id)) {
		error_set(call->error, ERROR_UPSTREAM,
			  "Kimi created a chat but returned no usable id for "
			  "it.");
		return NULL;
	}
	upstream_made_chat(call, id);
	return id;
}

/* The names of the current protocol's models are not known here. */
static const char *model_of(const struct web_turn *t)
{
	const struct model *m = t->call->model;

	if (m->scenario == NULL)
		return m->name;
	return web_choice_make(m, t->request).thinks ? "k1.5" : "k2";
}

static void put_refs(struct json_writer *w, const struct web_turn *t)
{
	json_array(w, "refs");
	for (size_t i = 0; i < t->n_attachments; i++)
		json_put_text(w, NULL, t->attachments[i].id);
	json_close_array(w);
	if (t->n_attachments == 0)
		return;
	json_array(w, "refs_file");
	for (size_t i = 0; i < t->n_attachments; i++) {
		const struct web_attachment *f = &t->attachments[i];

		json_object(w, NULL);
		json_put_text(w, "id", f->id);
		json_put_text(w, "name", f->file->name);
		json_put_int(w, "size", f->file->size);
		json_put_bool(w, "done", true);
		json_put_text(w, "parse_status", "success");
		json_put_text(w, "upload_status", "success");
		json_put_int(w, "upload_progress", 100);
		json_close_object(w);
	}
	json_close_array(w);
}

static bool write_body(struct rope *out, const struct web_turn *t)
{
	struct json_writer w;

	json_writer_init_rope(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "kimiplus_id", "kimi");
	json_put_text(&w, "model", model_of(t));
	json_put_bool(&w, "use_search", t->request->search != CHAT_SEARCH_OFF);
	json_array(&w, "messages"); /* only the first one counts */
	json_object(&w, NULL);
	json_put_text(&w, "role", "user");
	json_put_text(&w, "content", t->text);
	json_close_object(&w);
	json_close_array(&w);
	json_object(&w, "extend");
	json_put_bool(&w, "sidebar", true);
	json_close_object(&w);
	put_refs(&w, t);
	json_put_raw(&w, "history", "[]");
	json_put_raw(&w, "scene_labels", "[]");
	json_put_bool(&w, "use_semantic_memory", false);
	json_put_bool(&w, "use_deep_research", false);
	json_close_object(&w);
	return !rope_full(out) || web_turn_too_large(t, BODY_LIMIT);
}

/*
 * The service may simply end the transfer without announcing the end; a reply
 * that breaks off is a failed transfer, and one without any content is not a
 * reply.
 */
static bool check_end(struct run *r)
{
	/* The last event may lack its empty line. */
	if (on_bytes(r, "\n\n", 2) != FLOW_CONTINUE ||
	    json_split_pair_end(&r->pair) != FLOW_CONTINUE)
		return false;
	if (r->done || r->said)
		return citation_marks_end(&r->marks);
	return error_set(r->call->error, ERROR_UPSTREAM,
			 "Kimi sent an empty reply.");
}

static bool read_reply(struct run *r, const struct http_reply *reply)
{
	bool ignored;

	if (reply->stopped)
		return false;
	return reply->status / 100 == 2 ?
		       check_end(r) :
		       web_reply_error_set(r->call, WEB_LEGACY, reply,
					   &ignored);
}

static bool send(struct run *r, const struct web_turn *t, const char *chat,
		 const struct rope *body)
{
	struct upstream_call *call = r->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena,
				    "%s/api/chat/%s/completion/stream", t->host,
				    chat),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.on_bytes = on_bytes,
		.progress = progress,
		.ctx = r,
	};
	struct http_source source;
	struct http_reply reply;
	bool whole;

	http.trace = upstream_asks(call, t->host);
	http_body_put(&http, &source, body);
	http_reply_init(&reply);
	whole = call->http->send(call->http, &http, &reply, call->error) &&
		read_reply(r, &reply);
	buf_fini(&reply.body);
	return whole || upstream_stopped(call, r->stream);
}

bool web_legacy_run(struct web_turn *t)
{
	static const char *const deltas[] = { "text", NULL };
	struct run r = { .call = t->call, .stream = t->stream };
	const char *chat = t->chat == NULL ? create_chat(t) : t->chat;
	struct rope body;
	bool ok;

	if (chat == NULL)
		return false;
	chat_stream_bookmark(t->stream, chat, NULL);
	if (!web_files_bring(t, WEB_LEGACY, chat))
		return false;
	citation_marks_init(&r.marks, t->stream);
	rope_init(&body, t->call->arena, BODY_LIMIT);
	sse_init(&r.sse, UPSTREAM_PEER);
	json_split_pair_init(&r.pair, on_whole, &r);
	json_alike_init(&r.alike, deltas);
	ok = write_body(&body, t) && send(&r, t, chat, &body);
	json_alike_fini(&r.alike);
	json_split_pair_fini(&r.pair);
	sse_fini(&r.sse);
	rope_fini(&body);
	return ok;
}

bool web_legacy_delete_chat(struct upstream_call *call, const char *host,
			    const char *id)
{
	struct web_request q = {
		.protocol = WEB_LEGACY,
		.method = "DELETE",
		.url = arena_printf(call->arena, "%s/api/chat/%s", host, id),
		.bearer = call->bearer,
		.max_ms = WEB_REQUEST_DELETE_MS,
	};

	return web_request_send(call, &q) != NULL ||
	       call->error->kind == ERROR_CHAT_GONE;
}
