/* SPDX-License-Identifier: MIT */
/* Kimi web, current protocol: one message in a Connect envelope, answered by
 * a stream of them. */
#include "upstream/web/current.h"

#include <string.h>

#include "http/body.h"
#include "http/connect_protocol.h"
#include "upstream/web/choice.h"
#include "upstream/web/files.h"
#include "upstream/web/reader.h"
#include "upstream/web/reply_error.h"
#include "upstream/web/request.h"

#define BODY_LIMIT (64 * 1024 * 1024)
#define AGENT_SCENARIO "SCENARIO_OK_COMPUTER"

static void put_search(struct json_writer *w, const struct web_turn *t)
{
	json_array(w, "tools");
	if (t->request->search != CHAT_SEARCH_OFF) {
		json_object(w, NULL);
		json_put_text(w, "type", "TOOL_TYPE_SEARCH");
		json_put_raw(w, "search", "{}");
		json_close_object(w);
	}
	json_close_array(w);
}

/* Without a known reply the chat's own id takes its place. */
static const char *parent_of(const struct web_turn *t)
{
	const char *message = t->request->bookmark.message;

	return t->chat == NULL || message != NULL ? message : t->chat;
}

static void put_blocks(struct json_writer *w, const struct web_turn *t)
{
	json_array(w, "blocks");
	for (size_t i = 0; i < t->n_attachments; i++) {
		json_object(w, NULL);
		json_object(w, "file");
		json_put_text(w, "id", t->attachments[i].id);
		json_put_text(w, "status", "PROCESS_STATUS_SUCCESS");
		json_close_object(w);
		json_close_object(w);
	}
	json_object(w, NULL);
	json_put_text(w, "message_id", "");
	json_object(w, "text");
	json_put_text(w, "content", t->text);
	json_close_object(w);
	json_close_object(w);
	json_close_array(w);
}

static void put_options(struct json_writer *w, const struct web_choice *c)
{
	json_object(w, "options");
	json_put_bool(w, "thinking", c->thinks);
	json_put_text(w, "model", c->model);
	if (c->effort != NULL)
		json_put_text(w, "reasoning_effort", c->effort);
	if (strncmp(c->scenario, AGENT_SCENARIO, strlen(AGENT_SCENARIO)) == 0)
		json_put_text(w, "kimiplus_id", "ok-computer");
	json_close_object(w);
}

/* As the service's own page asks, but without what would act for the user:
 * plugins, and the tool that schedules jobs. */
static void write_message(struct rope *out, const struct web_turn *t)
{
	struct web_choice c = web_choice_make(t->call->model, t->request);
	struct json_writer w;

	json_writer_init_rope(&w, out);
	json_object(&w, NULL);
	if (t->chat != NULL)
		json_put_text(&w, "chat_id", t->chat);
	json_put_text(&w, "scenario", c.scenario);
	put_search(&w, t);
	json_object(&w, "message");
	if (t->chat != NULL)
		json_put_text(&w, "parent_id", parent_of(t));
	json_put_text(&w, "role", "user");
	json_put_text(&w, "scenario", c.scenario);
	put_blocks(&w, t);
	json_put_bool(&w, "is_goal", false);
	json_close_object(&w);
	put_options(&w, &c);
	json_put_text(&w, "project_id", "");
	json_close_object(&w);
}

/* Whatever the request names was not found: the chat, or else the model. */
static bool name_missing(const struct web_turn *t)
{
	struct error *e = t->call->error;

	if (e->kind == ERROR_CHAT_GONE && t->chat == NULL)
		error_field(e, ERROR_MODEL, "model", "%s",
			    arena_copy(t->call->arena, e->message));
	return false;
}

static bool send(struct web_turn *t, struct web_reader *r,
		 const struct rope *body)
{
	static const char *const headers[] = { "Connect-Protocol-Version: 1",
					       "Accept-Encoding: identity",
					       NULL };
	struct upstream_call *call = t->call;
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(
			call->arena,
			"%s/apiv2/kimi.gateway.chat.v1.ChatService/Chat",
			t->host),
		.bearer = call->bearer,
		.accept = "application/connect+json",
		.type = "application/connect+json",
		.headers = headers,
		.on_bytes = web_reader_bytes,
		.progress = web_reader_progress,
		.abandon = HTTP_ABANDON_ONCE_LEARNED,
		.learned = web_reader_knows_chat,
		.ctx = r,
	};
	struct http_source source;
	struct http_reply reply;
	bool whole;

	http.trace = upstream_asks(call, t->host);
	http_body_put(&http, &source, body);
	http_reply_init(&reply);
	whole = call->http->send(call->http, &http, &reply, call->error);
	if (reply.stopped)
		whole = false;
	else if (whole && reply.status / 100 != 2)
		whole = web_reply_error_set(call, WEB_CURRENT, &reply,
					    &t->unknown);
	else if (whole)
		whole = web_reader_end(r);
	t->unknown |= r->unknown;
	buf_fini(&reply.body);
	return whole || upstream_stopped(call, t->stream) || name_missing(t);
}

/* The message's head has its length, which is known last. */
static bool write_body(struct rope *out, const struct web_turn *t)
{
	char head[CONNECT_HEAD_SIZE] = { 0 };

	buf_append(&out->text, head, sizeof(head));
	write_message(out, t);
	if (rope_full(out))
		return web_turn_too_large(t, BODY_LIMIT);
	connect_protocol_head(out->text.p,
			      (uint32_t)(rope_size(out) - CONNECT_HEAD_SIZE));
	return true;
}

bool web_current_run(struct web_turn *t)
{
	struct web_reader r;
	struct rope body;
	bool ok;

	/* The id of a new chat becomes known by the reply. */
	chat_stream_bookmark(t->stream, t->request->bookmark.chat, NULL);
	web_reader_init(&r, t->call, t->stream,
			t->chat == NULL ? NULL : parent_of(t));
	rope_init(&body, t->call->arena, BODY_LIMIT);
	ok = web_files_bring(t, WEB_CURRENT, NULL) && write_body(&body, t) &&
	     send(t, &r, &body);
	rope_fini(&body);
	web_reader_fini(&r);
	return ok;
}

static void put_ids(struct json_writer *w, const char *const *ids, size_t n)
{
	if (n == 1) {
		json_put_text(w, "chat_id", *ids);
		return;
	}
	json_array(w, "chat_ids");
	for (size_t i = 0; i < n; i++)
		json_put_text(w, NULL, ids[i]);
	json_close_array(w);
}

bool web_current_delete_chats(struct upstream_call *call, const char *host,
			      const char *const *ids, size_t n, bool *unknown)
{
	struct buf body;
	struct json_writer w;
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(
			call->arena, "%s/apiv2/kimi.chat.v1.ChatService/%s",
			host, n == 1 ? "DeleteChat" : "BatchDeleteChats"),
		.bearer = call->bearer,
		.max_ms = WEB_REQUEST_DELETE_MS,
	};
	bool ok;

	buf_init(&body, BODY_LIMIT);
	json_writer_init(&w, &body);
	json_object(&w, NULL);
	put_ids(&w, ids, n);
	json_close_object(&w);
	q.body = body.p;
	ok = web_request_send(call, &q) != NULL;
	*unknown = q.unknown;
	buf_fini(&body);
	return ok || (n == 1 && call->error->kind == ERROR_CHAT_GONE);
}
