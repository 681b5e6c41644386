/* SPDX-License-Identifier: MIT */
/* Documents: uploaded, turned into text by the service, and put before the
 * conversation. */
#include "upstream/api/documents.h"

#include <string.h>

#include "upstream/error_body.h"
#include "upstream/hosts.h"
#include "upstream/note.h"
#include "upstream/upload.h"

#define PURPOSE "file-extract"
#define LONGEST_ID 128

/* The text of a document may be longer than the document. */
#define TEXT_LIMIT (32 * 1024 * 1024)

#define DELETE_MS 10000

/* One document at the service. */
struct document {
	struct upstream_call *call;
	const struct api_service *service;
	const struct chat_file *file; /* NULL: it is to be deleted */
	const char *param;	      /* the client's name for it; or NULL */
	const char *host;
	const char *id;	  /* at the service */
	const char *text; /* out */
	bool gone;	  /* out: the service does not have it (any more) */
};

/* The documents of a request. */
struct inclusion {
	struct document document; /* the one being included */
	struct chat_message *front;
	const char **hashes; /* of those in `front` */
	size_t n;
};

static const char *note_of(struct arena *a, const char *hash)
{
	return arena_printf(a, "file %s", hash);
}

/* What Kimi does not have here is not the model that the client asked for. */
static bool failed(const struct document *d, const struct http_reply *reply)
{
	struct error *e = d->call->error;
	const char *why;

	api_service_reply_failed(d->call, d->service, reply);
	if (reply->status != 404 || d->file == NULL)
		return false;
	why = arena_copy(d->call->arena, e->message);
	return error_field(e, ERROR_NOT_FOUND, d->param != NULL ? d->param : "",
			   "Kimi could not take the document '%.64s'. %s",
			   d->file->name, why);
}

/* One request about the document; the reply is valid until `read` returns. */
static bool ask(struct document *d, const struct http_call *http,
		bool (*read)(struct document *d,
			     const struct http_reply *reply))
{
	struct upstream_call *call = d->call;
	struct http_reply reply;
	bool ok;

	http_reply_init(&reply);
	reply.body.limit = TEXT_LIMIT;
	ok = call->http->send(call->http, http, &reply, call->error);
	d->gone = ok && reply.status == 404;
	if (ok)
		ok = reply.status / 100 == 2 ? read(d, &reply) :
					       failed(d, &reply);
	buf_fini(&reply.body);
	return ok;
}

static const cJSON *parse(const struct document *d,
			  const struct http_reply *reply)
{
	struct error ignored;

	return json_parse(d->call->arena, buf_text(&reply->body),
			  reply->body.len, &ignored);
}

/* --- Upload --- */

static bool read_id(struct document *d, const struct http_reply *reply)
{
	const cJSON *tree = parse(d, reply);

	if (error_body_has_error(tree))
		return api_service_failed(d->call, d->service, tree);
	d->id = json_text(tree, "id");
	return d->id != NULL || error_set(d->call->error, ERROR_UPSTREAM,
					  "Kimi accepted a file but returned "
					  "no id for it.");
}

static bool upload_to(void *ctx, const char *host)
{
	struct document *d = ctx;
	struct arena *a = d->call->arena;
	const struct upload *form = upload_form(a, d->file, PURPOSE);
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(a, "%s/files", host),
		.bearer = d->call->bearer,
		.headers = d->service->headers,
		.type = form->type,
		.source = &form->source,
	};

	d->host = host;
	return ask(d, &http, read_id);
}

static bool upload(struct document *d)
{
	struct hosts_visit visit = { .ask = upload_to, .ctx = d };

	return hosts_visit(d->call, d->service->urls, &visit);
}

/* --- Text --- */

static bool read_text(struct document *d, const struct http_reply *reply)
{
	if (reply->cut)
		return error_field(d->call->error, ERROR_UNSUPPORTED,
				   d->param != NULL ? d->param : "",
				   "The text of the document '%.64s' is longer "
				   "than %d MiB.",
				   d->file->name, TEXT_LIMIT >> 20);
	d->text = json_text(parse(d, reply), "content");
	if (d->text == NULL)
		d->text = arena_copy(d->call->arena, buf_text(&reply->body));
	return true;
}

/* It goes into a path: an id of Kimi's, not a path of Kimi's choice. */
static bool is_id(const char *id)
{
	return *id != '\0' && strlen(id) <= LONGEST_ID && id[0] != '.' &&
	       strpbrk(id, "/?#%\\ \r\n") == NULL;
}

static bool extract(struct document *d)
{
	struct http_call http = {
		.method = "GET",
		.url = arena_printf(d->call->arena, "%s/files/%s/content",
				    d->host, d->id),
		.bearer = d->call->bearer,
		.headers = d->service->headers,
	};

	if (!is_id(d->id))
		return error_set(d->call->error, ERROR_UPSTREAM,
				 "Kimi returned an unusable id for a file.");
	return ask(d, &http, read_text);
}

/* The service may have the document from an earlier turn. */
static bool fetch_text(struct document *d)
{
	struct upstream_call *call = d->call;
	const char *note = note_of(call->arena, d->file->hash);

	d->id = note_find(call, note);
	if (d->id != NULL) {
		d->host = hosts_first(call, d->service->urls);
		if (extract(d))
			return true;
		if (!d->gone)
			return false;
	}
	if (!upload(d))
		return false;
	note_save(call, note, d->id);
	return extract(d);
}

/* --- The request --- */

static bool is_document(const struct chat_part *part)
{
	return part->kind == CHAT_PART_FILE && part->file != NULL;
}

static size_t count_documents(const struct chat_request *q)
{
	size_t count = 0;

	for (size_t i = 0; i < q->n_messages; i++)
		for (size_t j = 0; j < q->messages[i].n_parts; j++)
			count += is_document(&q->messages[i].parts[j]);
	return count;
}

static struct chat_part *text_part(struct arena *a, const char *text)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = text;
	return part;
}

static bool is_included(const struct inclusion *in, const char *hash)
{
	for (size_t i = 0; i < in->n; i++)
		if (strcmp(in->hashes[i], hash) == 0)
			return true;
	return false;
}

/* Puts the text before the conversation, once. */
static bool include(struct inclusion *in)
{
	struct document *d = &in->document;
	struct arena *a = d->call->arena;

	if (is_included(in, d->file->hash))
		return true;
	if (!fetch_text(d))
		return false;
	in->hashes[in->n] = d->file->hash;
	in->front[in->n++] = (struct chat_message){
		.role = CHAT_SYSTEM,
		.parts = text_part(a, arena_printf(a, "File %s:\n%s",
						   d->file->name, d->text)),
		.n_parts = 1,
	};
	return true;
}

/* Where a document was, its name stays. */
static bool move_documents(struct inclusion *in, struct chat_message *m)
{
	struct document *d = &in->document;
	struct arena *a = d->call->arena;
	struct chat_part *parts = arena_array(a, m->n_parts, sizeof(*parts));

	for (size_t j = 0; j < m->n_parts; j++) {
		parts[j] = m->parts[j];
		if (!is_document(&parts[j]))
			continue;
		d->file = parts[j].file;
		d->param = parts[j].param;
		if (!include(in))
			return false;
		parts[j] = (struct chat_part){
			.text = arena_printf(a, "[File %s]", d->file->name),
		};
	}
	m->parts = parts;
	return true;
}

const struct chat_request *documents_include(struct upstream_call *call,
					     const struct api_service *service,
					     const struct chat_request *request)
{
	struct arena *a = call->arena;
	size_t room = count_documents(request), n = request->n_messages;
	struct inclusion in = { .document = { .call = call,
					      .service = service } };
	struct chat_message *all;
	struct chat_request *with;

	if (room == 0)
		return request;
	in.front = arena_array(a, room, sizeof(*in.front));
	in.hashes = arena_array(a, room, sizeof(*in.hashes));
	all = arena_array(a, room + n, sizeof(*all));
	memcpy(all + room, request->messages, n * sizeof(*all));
	for (size_t i = 0; i < n; i++)
		if (!move_documents(&in, &all[room + i]))
			return NULL;
	memcpy(all + room - in.n, in.front, in.n * sizeof(*all));
	with = arena_alloc(a, sizeof(*with));
	*with = *request;
	with->messages = all + room - in.n;
	with->n_messages = in.n + n;
	return with;
}

/* --- Deleting --- */

static bool read_nothing(struct document *d, const struct http_reply *reply)
{
	(void)d;
	(void)reply;
	return true;
}

bool documents_delete(struct upstream_call *call,
		      const struct api_service *service, const char *hash)
{
	const char *note = note_of(call->arena, hash);
	struct document d = {
		.call = call,
		.service = service,
		.host = hosts_first(call, service->urls),
		.id = note_find(call, note),
	};
	struct http_call http = {
		.method = "DELETE",
		.bearer = call->bearer,
		.headers = service->headers,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = DELETE_MS,
	};

	if (d.id == NULL || !is_id(d.id))
		return true;
	http.url = arena_printf(call->arena, "%s/files/%s", d.host, d.id);
	if (!ask(&d, &http, read_nothing) && !d.gone)
		return false;
	note_clear(call, note);
	return true;
}
