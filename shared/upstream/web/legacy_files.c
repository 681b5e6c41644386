/* SPDX-License-Identifier: MIT */
/* Files of Kimi web's legacy protocol: a URL to put the bytes at, a record of
 * the file, and the progress of reading it as a stream. */
#include "upstream/web/legacy_files.h"

#include <string.h>

#include "chat/media_type.h"
#include "base/allowed_url.h"
#include "http/sse.h"
#include "upstream/web/reply_error.h"
#include "upstream/web/request.h"

#define BODY_LIMIT 8192

static const cJSON *post(struct web_file *f, const char *path, const char *body)
{
	struct upstream_call *call = f->turn->call;
	struct web_request q = {
		.protocol = WEB_LEGACY,
		.method = "POST",
		.url = arena_printf(call->arena, "%s%s", f->turn->host, path),
		.bearer = call->bearer,
		.body = body,
	};

	return web_request_send(call, &q);
}

static struct buf *body_new(struct web_file *f, struct json_writer *w)
{
	struct buf *body = arena_buf(f->turn->call->arena, BODY_LIMIT);

	json_writer_init(w, body);
	json_object(w, NULL);
	return body;
}

static const char *kind_of(const struct web_file *f)
{
	return media_type_is_image(f->file->type) ? "image" : "file";
}

/* Kimi chooses where the bytes go; our credential does not go there. */
static bool is_storage(const char *url, struct arena *a)
{
	return url != NULL &&
	       allowed_url(arena_copy_n(a, url, strcspn(url, "?#")));
}

static const cJSON *pre_sign(struct web_file *f)
{
	struct upstream_call *call = f->turn->call;
	struct json_writer w;
	struct buf *body = body_new(f, &w);
	const cJSON *place;

	json_put_text(&w, "action", kind_of(f));
	json_put_text(&w, "name", f->file->name);
	json_close_object(&w);
	place = post(f, "/api/pre-sign-url", body->p);
	if (place != NULL &&
	    !is_storage(json_text(place, "url"), call->arena)) {
		error_set(call->error, ERROR_UPSTREAM,
			  "Kimi returned no usable URL for uploading a file.");
		return NULL;
	}
	return place;
}

static bool put(struct web_file *f, const cJSON *place)
{
	struct web_file_transfer t = {
		.protocol = WEB_LEGACY,
		.method = "PUT",
		.url = json_text(place, "url"),
		.body = upload_bytes(f->turn->call->arena, f->file),
	};

	return web_file_transfer_send(f, &t);
}

static bool record(struct web_file *f, const cJSON *place)
{
	const char *status;
	struct json_writer w;
	struct buf *body = body_new(f, &w);
	const cJSON *reply;

	json_put_text(&w, "type", kind_of(f));
	json_put_text(&w, "name", f->file->name);
	if (media_type_is_image(f->file->type)) {
		json_put_text(&w, "file_id", json_text(place, "file_id"));
	} else {
		json_put_text(&w, "object_name",
			      json_text(place, "object_name"));
		json_put_text(&w, "file_id", "");
		json_put_text(&w, "chat_id", f->chat);
	}
	json_close_object(&w);
	reply = post(f, "/api/file", body->p);
	if (reply == NULL)
		return false;
	f->id = json_text(reply, "id");
	status = json_text(reply, "status");
	f->parsed = status != NULL && strcmp(status, "parsed") == 0;
	return f->id != NULL ||
	       error_set(f->turn->call->error, ERROR_UPSTREAM,
			 "Kimi accepted a file but returned no id for it.");
}

bool web_legacy_files_upload(struct web_file *f)
{
	const cJSON *place = pre_sign(f);

	return place != NULL && put(f, place) && record(f, place);
}

struct progress {
	struct web_file *file;
	struct sse sse;
	enum web_parse how;
};

static enum flow on_event(void *ctx, const char *data, size_t n)
{
	struct progress *p = ctx;
	struct error ignored;
	cJSON *event = json_read(data, n, &ignored);
	const char *id = json_text(event, "id");
	const char *status = json_text(event, "status");

	if (id != NULL && status != NULL && strcmp(id, p->file->id) == 0)
		p->how = strcmp(status, "parsed") == 0 ? WEB_PARSE_DONE :
			 strcmp(status, "failed") == 0 ? WEB_PARSE_FAILED :
							 WEB_PARSE_RUNS;
	cJSON_Delete(event);
	return p->how == WEB_PARSE_RUNS ? FLOW_CONTINUE : FLOW_STOP;
}

static enum flow on_bytes(void *ctx, const char *bytes, size_t n)
{
	struct progress *p = ctx;

	return sse_feed(&p->sse, bytes, n, on_event, p,
			p->file->turn->call->error);
}

static bool read_progress(struct progress *p, const struct http_call *http)
{
	struct upstream_call *call = p->file->turn->call;
	struct http_reply reply;
	bool ok;

	http_reply_init(&reply);
	ok = call->http->send(call->http, http, &reply, call->error);
	if (ok && reply.status / 100 != 2)
		ok = web_reply_error_set(call, WEB_LEGACY, &reply,
					 &p->file->turn->unknown);
	else if (ok && !reply.stopped) /* the last event may lack its end */
		ok = on_bytes(p, "\n\n", 2) != FLOW_FAILED;
	buf_fini(&reply.body);
	return ok;
}

bool web_legacy_files_parse(struct web_file *f, enum web_parse *how)
{
	struct upstream_call *call = f->turn->call;
	struct progress p = { .file = f, .how = WEB_PARSE_RUNS };
	struct json_writer w;
	struct buf *body = body_new(f, &w);
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(call->arena, "%s/api/file/parse_process",
				    f->turn->host),
		.bearer = call->bearer,
		.accept = "text/event-stream",
		.on_bytes = on_bytes,
		.ctx = &p,
	};
	bool ok;

	json_array(&w, "ids");
	json_put_text(&w, NULL, f->id);
	json_close_array(&w);
	json_close_object(&w);
	http.body = body->p;
	http.body_len = body->len;
	sse_init(&p.sse, UPSTREAM_PEER);
	ok = read_progress(&p, &http);
	sse_fini(&p.sse);
	*how = p.how;
	return ok;
}
