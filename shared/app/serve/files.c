/* SPDX-License-Identifier: MIT */
/* GET and DELETE below /files. */
#include <string.h>

#include "app/auth.h"
#include "app/relay/cleanup.h"
#include "app/routes.h"
#include "app/serve/file_object.h"
#include "app/serve/page.h"
#include "store/files.h"

#define MAX_LISTED 10000
#define PIECE (64 * 1024)

static bool read_list(struct exchange *x, struct store *store,
		      const char *owner, struct store_file_list *list,
		      struct error *e)
{
	static const struct page_rules rules = { MAX_LISTED, MAX_LISTED,
						 false };
	struct page page;

	if (!page_read(&page, x, &rules, e))
		return false;
	*list = (struct store_file_list){
		.purpose = http_request_query(&x->request, "purpose", x->arena),
		.after = page.after,
		.ascending = page.ascending,
		.limit = page.limit,
	};
	return store_file_list(store, owner, list, x->arena, e);
}

static void send_list(struct exchange *x, const struct store_file_list *list)
{
	struct page_list l;
	struct json_writer *w = page_begin(&l, x);

	for (size_t i = 0; i < list->n; i++) {
		file_object_put(w, &list->files[i]);
		page_added(&l, list->files[i].id);
	}
	page_send(&l, list->more);
}

void serve_files(struct exchange *x)
{
	struct store_file_list list;
	struct caller caller;
	struct store *store;
	struct error e;

	store = auth_store(x, &caller, &e);
	if (store != NULL && read_list(x, store, caller.fingerprint, &list, &e))
		send_list(x, &list);
	else
		exchange_fail(x, &e);
}

/* The caller's file that the path names; NULL with a filled error. */
static struct store *find_file(struct exchange *x, struct caller *caller,
			       struct store_file *f, struct error *e)
{
	struct store *store = auth_store(x, caller, e);

	if (store == NULL || !store_file_find(store, caller->fingerprint,
					      x->params[0], f, x->arena, e))
		return NULL;
	return store;
}

void serve_file(struct exchange *x)
{
	struct caller caller;
	struct store_file f;
	struct error e;

	if (find_file(x, &caller, &f, &e) != NULL)
		file_object_send(&f, x);
	else
		exchange_fail(x, &e);
}

/* The header's value with the name in RFC 8187's encoding. */
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

/* An uploaded file must not run as a page of this site in a browser. */
static void begin_content(struct exchange *x, const struct chat_file *bytes)
{
	response_header(&x->response, "Content-Disposition",
			disposition(bytes->name, x->arena));
	response_header(&x->response, "X-Content-Type-Options", "nosniff");
	response_header(&x->response, "Content-Security-Policy", "sandbox");
	response_bytes(&x->response, bytes->type, bytes->size);
}

/* The response begins once the first piece is read, so that an error there can
 * still be reported. After that an error cuts the response short. */
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

void serve_file_delete(struct exchange *x)
{
	struct cleanup cleanup = { 0 };
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
	json_response_deleted(x, "file", f.id);
	exchange_finish(x);
	if (last)
		cleanup_add_file(&cleanup, x->arena, f.hash);
	cleanup_files(&cleanup, x, &caller, store);
}
