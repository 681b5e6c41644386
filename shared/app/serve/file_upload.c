/* SPDX-License-Identifier: MIT */
/* POST /files: a multipart form with a file, stored as it comes in. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/owner.h"
#include "app/routes.h"
#include "app/serve/file_object.h"
#include "base/spool.h"
#include "chat/media_type.h"
#include "http/header_value.h"
#include "http/multipart.h"

#define PIECE 8192

/* What a compressed form may have besides the file, in bytes. */
#define FORM_ROOM (1 << 20)

enum field { FIELD_OTHER, FIELD_FILE, FIELD_PURPOSE };

struct upload {
	struct exchange *x;
	struct multipart form;
	struct multipart_part part; /* the one with the file */
	struct spool spool;
	enum field field; /* of the part being read */
	bool has_file;
	char purpose[32]; /* cut: longer ones are unknown anyway */
	size_t purpose_len;
	char head[MEDIA_TYPE_HEAD]; /* the file's first bytes */
	size_t head_len;
};

static bool on_part(void *ctx, const struct multipart_part *part,
		    struct error *e)
{
	struct upload *u = ctx;

	u->field = FIELD_OTHER;
	if (strcmp(part->name, "purpose") == 0) {
		u->field = FIELD_PURPOSE;
		u->purpose_len = 0;
	}
	if (strcmp(part->name, "file") != 0)
		return true;
	if (u->has_file)
		return error_field(e, ERROR_VALUE, "file",
				   "Send only one 'file'.");
	u->field = FIELD_FILE;
	u->has_file = true;
	u->part = *part;
	return true;
}

/* Appends what fits. */
static void append_start(char *start, size_t size, size_t *len, const char *p,
			 size_t n)
{
	if (n > size - *len)
		n = size - *len;
	memcpy(start + *len, p, n);
	*len += n;
}

static bool take_file(struct upload *u, const char *p, size_t n,
		      struct error *e)
{
	int64_t max = u->x->app->config.max_file;

	if ((int64_t)n > max - u->spool.size)
		return error_field(e, ERROR_TOO_LARGE, "file",
				   "The file is larger than %" PRId64
				   " bytes (setting KIMI_MAX_FILE).",
				   max);
	append_start(u->head, sizeof(u->head), &u->head_len, p, n);
	return spool_write(&u->spool, p, n, e);
}

static bool on_bytes(void *ctx, const char *p, size_t n, struct error *e)
{
	struct upload *u = ctx;

	switch (u->field) {
	case FIELD_OTHER:
		return true;
	case FIELD_PURPOSE:
		append_start(u->purpose, sizeof(u->purpose) - 1,
			     &u->purpose_len, p, n);
		return true;
	case FIELD_FILE:
		return take_file(u, p, n, e);
	}
	return false;
}

static bool on_end(void *ctx, struct error *e)
{
	struct upload *u = ctx;

	(void)e;
	u->purpose[u->purpose_len] = '\0';
	if (strlen(u->purpose) < u->purpose_len) /* a NUL cuts nothing off */
		memset(u->purpose, '?', u->purpose_len);
	return true;
}

static bool read_form(struct upload *u, struct error *e)
{
	struct http_request *r = &u->x->request;
	struct multipart_events events = { on_part, on_bytes, on_end, u };
	char piece[PIECE];

	r->max_decoded = u->x->app->config.max_file + FORM_ROOM;
	while (!r->read_whole) {
		size_t n = sizeof(piece);

		if (!http_request_piece(r, piece, &n, e) ||
		    !multipart_feed(&u->form, piece, n, &events, e))
			return false;
	}
	return multipart_is_whole(&u->form) ||
	       error_set(
		       e, ERROR_BAD_REQUEST,
		       "The multipart body ends without its closing boundary.");
}

static bool check_purpose(const char *purpose, struct error *e)
{
	static const char *const known[] = {
		"user_data",	"assistants", "vision", "evals",
		"file-extract", "image",      "video",
	};

	if (*purpose == '\0')
		return error_field(e, ERROR_MISSING, "purpose",
				   "'purpose' is missing: send 'user_data'.");
	if (strcmp(purpose, "batch") == 0)
		return error_field(e, ERROR_UNSUPPORTED, "purpose",
				   "Batches are not supported.");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(purpose, known[i]) == 0)
			return true;
	return error_field(e, ERROR_VALUE, "purpose",
			   "'purpose' must be user_data, assistants, vision, "
			   "evals, file-extract, image or video.");
}

static bool check_form(const struct upload *u, struct error *e)
{
	if (!u->has_file)
		return error_field(e, ERROR_MISSING, "file",
				   "'file' is missing.");
	if (u->spool.size == 0)
		return error_field(e, ERROR_VALUE, "file",
				   "The file is empty.");
	return check_purpose(u->purpose, e);
}

static bool store_upload(struct upload *u, const struct caller *caller,
			 struct store *store, struct store_file *f,
			 struct error *e)
{
	struct arena *a = u->x->arena;
	const struct store_upload upload = {
		.owner = owner_of(u->x, caller),
		.bytes = &u->spool,
		.space = u->x->app->config.file_space,
	};
	char hash[HASH_SIZE];

	hash_end(&u->spool.hash, hash);
	*f = (struct store_file){
		.name = u->part.file[0] == '\0' ? "file" : u->part.file,
		.type = media_type_of(u->head, u->head_len, u->part.type,
				      u->part.file, a),
		.purpose = u->purpose,
		.hash = arena_copy(a, hash),
		.size = u->spool.size,
	};
	return store_file_add(store, &upload, f, a, e);
}

static bool begin_form(struct upload *u, struct error *e)
{
	const char *type = http_request_header(&u->x->request, "CONTENT_TYPE");

	if (type == NULL || !header_is(type, "multipart/form-data"))
		return error_set(e, ERROR_BAD_REQUEST,
				 "Send multipart/form-data with the fields "
				 "'file' and 'purpose'.");
	return multipart_init(&u->form, type, e);
}

static void drop_form(void *form)
{
	multipart_fini(form);
}

static bool receive(struct exchange *x, struct store_file *f, struct error *e)
{
	struct upload *u = arena_alloc(x->arena, sizeof(*u));
	struct caller caller;
	struct store *store;

	u->x = x;
	if (!auth_check(x, &caller, e) || !begin_form(u, e))
		return false;
	arena_own(x->arena, &u->form, drop_form);
	store = app_store(x->app, e);
	if (store == NULL || !owner_check_space(x, &caller, store, e) ||
	    !spool_open(&u->spool, app_folder(x->app, x->arena), e))
		return false;
	arena_own(x->arena, &u->spool, spool_drop);
	return read_form(u, e) && check_form(u, e) &&
	       store_upload(u, &caller, store, f, e);
}

void serve_file_upload(struct exchange *x)
{
	struct store_file f;
	struct error e;

	if (receive(x, &f, &e))
		file_object_send(&f, x);
	else
		exchange_fail(x, &e);
}
