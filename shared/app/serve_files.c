/* SPDX-License-Identifier: MIT */
/* GET and DELETE below /files: what clients uploaded, by its id. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/access.h"
#include "app/auth.h"
#include "app/call.h"
#include "app/file_object.h"
#include "base/json.h"
#include "store/files.h"

#define LIST_LIMIT (32 * 1024 * 1024)
#define MOST_LISTED 10000
#define PIECE (64 * 1024)

struct buf *file_object_body(struct exchange *x, struct json_writer *w)
{
	struct buf *out = arena_alloc(x->arena, sizeof(*out));

	buf_init(out, LIST_LIMIT);
	arena_own(x->arena, out, buf_drop);
	json_writer_init(w, out);
	return out;
}

void file_object_put(struct json_writer *w, const struct store_file *f)
{
	json_object(w, NULL);
	json_put_text(w, "id", f->id);
	json_put_text(w, "object", "file");
	json_put_int(w, "bytes", f->size);
	json_put_int(w, "created_at", f->created_ms / 1000);
	json_put_null(w, "expires_at");
	json_put_text(w, "filename", f->name);
	json_put_text(w, "purpose", f->purpose);
	json_put_text(w, "status", "processed");
	json_put_null(w, "status_details");
	json_close_object(w);
}

static bool read_limit(const char *text, size_t *limit, struct error *e)
{
	char *end;
	long v;

	*limit = MOST_LISTED;
	if (text == NULL)
		return true;
	v = strtol(text, &end, 10);
	if (end == text || *end != '\0' || v < 1 || v > MOST_LISTED)
		return error_field(e, ERROR_VALUE, "limit",
				   "'limit' must be 1 to %d.", MOST_LISTED);
	*limit = (size_t)v;
	return true;
}

static bool read_order(const char *text, bool *ascending, struct error *e)
{
	*ascending = text != NULL && strcmp(text, "asc") == 0;
	return text == NULL || *ascending || strcmp(text, "desc") == 0 ||
	       error_field(e, ERROR_VALUE, "order",
			   "'order' must be asc or desc.");
}

static bool read_list_query(struct exchange *x, struct store_file_list *list,
			    struct error *e)
{
	const struct http_request *r = &x->request;

	*list = (struct store_file_list){
		.purpose = http_request_query(r, "purpose", x->arena),
		.after = http_request_query(r, "after", x->arena),
	};
	return read_limit(http_request_query(r, "limit", x->arena),
			  &list->limit, e) &&
	       read_order(http_request_query(r, "order", x->arena),
			  &list->ascending, e);
}

static void answer_list(struct exchange *x, const struct store_file_list *list)
{
	struct json_writer w;
	struct buf *out = file_object_body(x, &w);

	json_object(&w, NULL);
	json_put_text(&w, "object", "list");
	json_array(&w, "data");
	for (size_t i = 0; i < list->n; i++)
		file_object_put(&w, &list->files[i]);
	json_close_array(&w);
	json_put_bool(&w, "has_more", list->more);
	json_put_text(&w, "first_id", list->n == 0 ? NULL : list->files[0].id);
	json_put_text(&w, "last_id",
		      list->n == 0 ? NULL : list->files[list->n - 1].id);
	json_close_object(&w);
	response_json(&x->response, 200, out->p, out->len);
}

void serve_files(struct exchange *x)
{
	struct store_file_list list;
	struct caller caller;
	struct store *store;
	struct error e;

	if (auth_check(x, &caller, &e) && read_list_query(x, &list, &e) &&
	    (store = app_store(x->app, &e)) != NULL &&
	    store_file_list(store, caller.fingerprint, &list, x->arena, &e))
		answer_list(x, &list);
	else
		exchange_fail(x, &e);
}

/* The caller's file that the path names; NULL with a filled error. */
static struct store *find_file(struct exchange *x, struct caller *caller,
			       struct store_file *f, struct error *e)
{
	struct store *store;

	if (!auth_check(x, caller, e))
		return NULL;
	store = app_store(x->app, e);
	if (store == NULL || !store_file_find(store, caller->fingerprint,
					      x->param, f, x->arena, e))
		return NULL;
	return store;
}

void serve_file(struct exchange *x)
{
	struct caller caller;
	struct json_writer w;
	struct store_file f;
	struct error e;
	struct buf *out;

	if (find_file(x, &caller, &f, &e) == NULL) {
		exchange_fail(x, &e);
		return;
	}
	out = file_object_body(x, &w);
	file_object_put(&w, &f);
	response_json(&x->response, 200, out->p, out->len);
}

/* The name in RFC 8187's form, which has no characters of its own. */
static const char *disposition(const char *name, struct arena *a)
{
	static const char hex[] = "0123456789ABCDEF";
	char *text = arena_alloc(a, 3 * strlen(name) + 1), *p = text;

	for (; *name != '\0'; name++) {
		unsigned char c = (unsigned char)*name;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '-') {
			*p++ = (char)c;
			continue;
		}
		*p++ = '%';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	return arena_printf(a, "attachment; filename*=UTF-8''%s", text);
}

/* A page of ours must not be made of what somebody uploaded. */
static void begin_content(struct exchange *x, const struct chat_file *bytes)
{
	response_header(&x->response, "Content-Disposition",
			disposition(bytes->name, x->arena));
	response_header(&x->response, "X-Content-Type-Options", "nosniff");
	response_header(&x->response, "Content-Security-Policy", "sandbox");
	response_bytes(&x->response, bytes->type, bytes->size);
}

/* The answer begins with the first piece, so that a fault before it can be
 * told; one after it leaves the answer too short. */
static bool send_content(struct exchange *x, const struct chat_file *bytes,
			 struct error *e)
{
	char *piece = arena_alloc(x->arena, PIECE);

	for (int64_t at = 0; at < bytes->size; at += PIECE) {
		size_t n = bytes->size - at < PIECE ?
				   (size_t)(bytes->size - at) :
				   PIECE;

		if (!bytes->read(bytes, at, piece, n, e))
			return false;
		if (at == 0)
			begin_content(x, bytes);
		if (x->response.no_body ||
		    !response_piece(&x->response, piece, n) ||
		    !response_flush(&x->response))
			return true;
	}
	return true;
}

void serve_file_content(struct exchange *x)
{
	struct caller caller;
	struct store_file f;
	struct store *store;
	struct error e;

	store = find_file(x, &caller, &f, &e);
	if (store != NULL &&
	    send_content(x, store_file_bytes(store, &f, x->arena), &e))
		return;
	if (!x->response.begun)
		exchange_fail(x, &e);
	else
		x->note = arena_copy(x->arena, e.message);
}

static void answer_deleted(struct exchange *x, const char *id)
{
	struct json_writer w;
	struct buf *out = file_object_body(x, &w);

	json_object(&w, NULL);
	json_put_text(&w, "id", id);
	json_put_text(&w, "object", "file");
	json_put_bool(&w, "deleted", true);
	json_close_object(&w);
	response_json(&x->response, 200, out->p, out->len);
}

/* What lies at Kimi, where that can be deleted, while nobody waits. */
static void forget(struct exchange *x, const struct caller *caller,
		   struct store *store, const char *hash)
{
	exchange_finish(x);
	for (size_t i = 0; i < caller->n_credentials; i++) {
		const struct credential *c = &caller->credentials[i];
		struct service_call s;
		struct error e;

		if (c->upstream->forget == NULL)
			continue;
		service_call_init(&s, x, store, c, &e);
		if (!access_obtain(store, c, NULL, &s.call) ||
		    !c->upstream->forget(&s.call, hash))
			log_line(&x->app->log, LOG_ERROR, x->id, "delete",
				 "A file stays at Kimi (%s): %s", c->label,
				 e.message);
	}
}

void serve_file_delete(struct exchange *x)
{
	struct caller caller;
	struct store_file f;
	struct store *store;
	struct error e;
	bool last;

	store = find_file(x, &caller, &f, &e);
	if (store == NULL || !store_file_delete(store, &f, &last, &e)) {
		exchange_fail(x, &e);
		return;
	}
	answer_deleted(x, f.id);
	if (last)
		forget(x, &caller, store, f.hash);
}
