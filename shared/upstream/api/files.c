/* SPDX-License-Identifier: MIT */
/* Documents on the Open Platform: uploaded, made into text there, and told in
 * front of the conversation (kimi-upstreams C12). */
#include <string.h>

#include "base/json.h"
#include "upstream/hosts.h"
#include "upstream/api/service.h"
#include "upstream/upload.h"

#define PURPOSE "file-extract"

/* The text of a document may be longer than what it is made of. */
#define TEXT_LIMIT (32 * 1024 * 1024)

#define FORGET_MS 10000

struct document {
	struct upstream_call *call;
	const struct platform_service *service;
	const struct chat_file *file;
	const char *param; /* the client's name for it; or NULL */
	const char *host;
	bool gone; /* Kimi does not have the file that we thought it has */
	const char **told; /* hashes of those that stand in front already */
};

static const char *note_of(struct arena *a, const char *hash)
{
	return arena_printf(a, "file %s", hash);
}

static bool fail(const struct document *d, const struct http_reply *reply)
{
	struct error ignored;
	const cJSON *body = json_parse(d->call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	return failure_set(
		d->call->error,
		&(struct failure){ .service = d->service->failure,
				   .status = reply->status,
				   .type = json_text(body, "error.type"),
				   .message = json_text(body, "error.message"),
				   .retry_after_ms = reply->retry_after_ms });
}

/* The reply of a call is valid until read_reply returns. */
static bool ask(struct document *d, const struct http_call *http,
		bool (*read_reply)(struct document *d,
				   const struct http_reply *reply,
				   const char **value),
		const char **value)
{
	struct upstream_call *call = d->call;
	struct http_reply reply;
	bool ok;

	http_reply_init(&reply);
	reply.body.limit = TEXT_LIMIT;
	ok = call->http->send(call->http, http, &reply, call->error);
	d->gone = ok && reply.status == 404;
	if (ok)
		ok = reply.status / 100 == 2 ? read_reply(d, &reply, value) :
					       fail(d, &reply);
	buf_fini(&reply.body);
	return ok;
}

static bool read_id(struct document *d, const struct http_reply *reply,
		    const char **id)
{
	struct error ignored;
	const cJSON *body = json_parse(d->call->arena, buf_text(&reply->body),
				       reply->body.len, &ignored);

	*id = json_text(body, "id");
	return *id != NULL || error_set(d->call->error, ERROR_UPSTREAM,
					"Kimi took a file without giving it "
					"an id.");
}

static bool upload_to(struct document *d, const char **id)
{
	struct arena *a = d->call->arena;
	const struct upload *form = upload_form(a, d->file, PURPOSE);
	struct http_call http = {
		.method = "POST",
		.url = arena_printf(a, "%s/files", d->host),
		.bearer = d->call->bearer,
		.headers = d->service->headers,
		.type = form->type,
		.source = &form->source,
	};

	return ask(d, &http, read_id, id);
}

/* To the host that knows the key. */
static bool upload(struct document *d, const char **id)
{
	const struct config_list *urls = d->service->urls;
	const char *first = hosts_first(d->call, urls);

	for (d->host = first; d->host != NULL;
	     d->host = hosts_next(urls, first, d->host)) {
		if (upload_to(d, id)) {
			hosts_note(d->call, urls, d->host);
			return true;
		}
		if (d->call->error->kind != ERROR_CREDENTIAL)
			return false;
	}
	return false;
}

static bool read_text(struct document *d, const struct http_reply *reply,
		      const char **text)
{
	struct arena *a = d->call->arena;
	struct error ignored;
	const cJSON *body = json_parse(a, buf_text(&reply->body),
				       reply->body.len, &ignored);

	if (reply->cut)
		return error_field(d->call->error, ERROR_UNSUPPORTED,
				   d->param != NULL ? d->param : "",
				   "The text of the document '%.64s' is longer "
				   "than %d MiB.",
				   d->file->name, TEXT_LIMIT >> 20);
	*text = json_text(body, "content");
	if (*text == NULL)
		*text = arena_copy(a, buf_text(&reply->body));
	return true;
}

/* What goes into the path is an id of Kimi's, not a path of its choice. */
static bool is_id(const char *id)
{
	return *id != '\0' && strlen(id) <= 128 && id[0] != '.' &&
	       strpbrk(id, "/?#%\\ \r\n") == NULL;
}

static bool extract(struct document *d, const char *id, const char **text)
{
	struct http_call http = {
		.method = "GET",
		.url = arena_printf(d->call->arena, "%s/files/%s/content",
				    d->host, id),
		.bearer = d->call->bearer,
		.headers = d->service->headers,
	};

	if (!is_id(id))
		return error_set(d->call->error, ERROR_UPSTREAM,
				 "Kimi gave a file an unusable id.");
	return ask(d, &http, read_text, text);
}

/* "" stands for what was deleted. */
static const char *noted_id(const struct upstream_call *call, const char *note)
{
	const struct upstream_notes *notes = call->notes;
	const char *id = notes == NULL ?
				 NULL :
				 notes->find(notes->ctx, note, call->arena);

	return id == NULL || *id == '\0' ? NULL : id;
}

/* The text of a file, which Kimi may have from an earlier turn. */
static bool document_text(struct document *d, const char **text)
{
	struct upstream_call *call = d->call;
	const struct upstream_notes *notes = call->notes;
	const char *note = note_of(call->arena, d->file->hash), *id;

	id = noted_id(call, note);
	if (id != NULL) {
		d->host = hosts_first(call, d->service->urls);
		if (extract(d, id, text))
			return true;
		if (!d->gone)
			return false;
	}
	if (!upload(d, &id))
		return false;
	if (notes != NULL)
		notes->keep(notes->ctx, note, id);
	return extract(d, id, text);
}

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

static bool is_told(const struct document *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(d->told[i], d->file->hash) == 0)
			return true;
	return false;
}

/* Puts the text in front, once. */
static bool tell(struct document *d, struct chat_message *front, size_t *n)
{
	struct arena *a = d->call->arena;
	const char *text = NULL;

	if (is_told(d, *n))
		return true;
	if (!document_text(d, &text))
		return false;
	d->told[*n] = d->file->hash;
	front[(*n)++] = (struct chat_message){
		.role = CHAT_SYSTEM,
		.parts = text_part(a, arena_printf(a, "File %s:\n%s",
						   d->file->name, text)),
		.n_parts = 1,
	};
	return true;
}

/* Where a document was, its name stays. */
static bool move_documents(struct document *d, struct chat_message *from,
			   struct chat_message *front, size_t *n)
{
	struct arena *a = d->call->arena;
	struct chat_part *parts = arena_array(a, from->n_parts, sizeof(*parts));

	for (size_t j = 0; j < from->n_parts; j++) {
		parts[j] = from->parts[j];
		if (!is_document(&parts[j]))
			continue;
		d->file = parts[j].file;
		d->param = parts[j].param;
		if (!tell(d, front, n))
			return false;
		parts[j] = (struct chat_part){
			.text = arena_printf(a, "[File %s]", d->file->name),
		};
	}
	from->parts = parts;
	return true;
}

const struct chat_request *
platform_with_documents(struct upstream_call *call,
			const struct platform_service *service,
			const struct chat_request *request)
{
	struct document d = { .call = call, .service = service };
	size_t count = count_documents(request), n = 0;
	struct chat_message *front, *all;
	struct chat_request *told;

	if (count == 0)
		return request;
	front = arena_array(call->arena, count, sizeof(*front));
	d.told = arena_array(call->arena, count, sizeof(*d.told));
	all = arena_array(call->arena, count + request->n_messages,
			  sizeof(*all));
	memcpy(all + count, request->messages,
	       request->n_messages * sizeof(*all));
	for (size_t i = 0; i < request->n_messages; i++)
		if (!move_documents(&d, &all[count + i], front, &n))
			return NULL;
	told = arena_alloc(call->arena, sizeof(*told));
	*told = *request;
	told->messages = all + count - n;
	told->n_messages = n + request->n_messages;
	memcpy(all + count - n, front, n * sizeof(*all));
	return told;
}

static bool read_nothing(struct document *d, const struct http_reply *reply,
			 const char **value)
{
	(void)d;
	(void)reply;
	(void)value;
	return true;
}

bool platform_forget(struct upstream_call *call, const char *hash)
{
	struct platform_service service = platform_service_of(call);
	const char *note = note_of(call->arena, hash);
	const char *id = noted_id(call, note);
	struct document d = {
		.call = call,
		.service = &service,
		.host = hosts_first(call, service.urls),
	};
	struct http_call http = {
		.method = "DELETE",
		.bearer = call->bearer,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = FORGET_MS,
	};

	if (id == NULL || !is_id(id))
		return true;
	http.url = arena_printf(call->arena, "%s/files/%s", d.host, id);
	if (!ask(&d, &http, read_nothing, NULL) && !d.gone)
		return false;
	call->notes->keep(call->notes->ctx, note, "");
	return true;
}
