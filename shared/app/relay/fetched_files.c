/* SPDX-License-Identifier: MIT */
/* Files at URLs that clients send. */
#include "app/relay/fetched_files_internal.h"

#include <string.h>

#include "base/spool.h"
#include "chat/media_type.h"
#include "http/fetch.h"

#define MAX_FILES 16 /* of one request */
#define MAX_BYTES (20 * 1024 * 1024)
#define MAX_MS 60000

struct fetched_file {
	struct fetched_file *next;
	const char *url;
	struct spool spool;
	struct chat_file file;
};

static bool read_spool(const struct chat_file *f, int64_t offset, void *p,
		       size_t n, struct error *e)
{
	return spool_read(f->source, offset, p, n, e);
}

/* The last segment of the URL's path. */
static const char *name_of(struct arena *a, const char *url, const char *type)
{
	const char *path = strstr(url, "://") + 3;
	char *name;

	path += strcspn(path, "/?#");
	name = arena_copy_n(a, path, strcspn(path, "?#"));
	return chat_file_name(a, name, type);
}

static bool describe(struct fetched_file *f, const char *declared,
		     struct arena *a, struct error *e)
{
	char head[MEDIA_TYPE_HEAD], *hash = arena_alloc(a, HASH_SIZE);
	size_t n = f->spool.size < (int64_t)sizeof(head) ?
			   (size_t)f->spool.size :
			   sizeof(head);

	if (n == 0)
		return error_set(e, ERROR_VALUE,
				 "The file at the URL is empty.");
	if (!spool_read(&f->spool, 0, head, n, e))
		return false;
	hash_end(&f->spool.hash, hash);
	f->file = (struct chat_file){
		.type = media_type_of(head, n, declared, NULL, a),
		.size = f->spool.size,
		.hash = hash,
		.read = read_spool,
		.source = &f->spool,
	};
	f->file.name = name_of(a, f->url, f->file.type);
	return true;
}

static bool fetch(struct fetched_file *f, struct exchange *x, struct error *e)
{
	struct fetch way = { .http = x->http,
			     .arena = x->arena,
			     .max = MAX_BYTES,
			     .max_ms = MAX_MS,
			     .to = &f->spool };

	if (!spool_open(&f->spool, app_folder(x->app, x->arena), e))
		return false;
	arena_own(x->arena, &f->spool, spool_drop);
	return http_fetch(&way, f->url, e) &&
	       describe(f, way.type, x->arena, e);
}

static bool may_fetch(const struct fetched_files *all, const struct exchange *x,
		      struct error *e)
{
	if (!x->app->config.fetch)
		return error_set(e, ERROR_VALUE,
				 "This server does not fetch URLs. Send the "
				 "file as a data: URL, or upload it (POST "
				 "/v1/files) and send its id. The server's "
				 "owner can allow fetching: KIMI_FETCH=1.");
	if (all->n >= MAX_FILES)
		return error_set(e, ERROR_VALUE,
				 "A request may refer to at most %d files by "
				 "URL.",
				 MAX_FILES);
	return true;
}

const struct chat_file *fetched_files_get(struct fetched_files *all,
					  struct exchange *x, const char *url,
					  struct error *e)
{
	struct fetched_file *f;

	for (f = all->first; f != NULL; f = f->next)
		if (strcmp(f->url, url) == 0)
			return &f->file;
	if (!may_fetch(all, x, e))
		return NULL;
	f = arena_alloc(x->arena, sizeof(*f));
	f->url = url;
	all->n++;
	if (!fetch(f, x, e))
		return NULL;
	f->next = all->first;
	all->first = f;
	return &f->file;
}
