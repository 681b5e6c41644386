/* SPDX-License-Identifier: MIT */
/* Finds the bytes of the files in a request. */
#include "app/relay/attachments_internal.h"

#include <stdio.h>
#include <string.h>

#include "app/relay/fetched_files_internal.h"
#include "base/utf8.h"
#include "chat/data_url.h"
#include "chat/media_type.h"
#include "store/files.h"
#include "upstream/upstream.h"

/* Larger text documents are not put into a message. */
#define MAX_TEXT (512 * 1024)

struct finder {
	const struct attachments *in;
	struct fetched_files fetched;
	size_t i; /* the message being looked at */
	struct error *error;
};

static bool is_old(const struct finder *f)
{
	return f->i < f->in->history->kept;
}

/* Names the part that an error is about, as the client does. */
static bool blame(const struct finder *f, const struct chat_part *part)
{
	if (error_status(f->error->kind) / 100 == 4 &&
	    f->error->kind != ERROR_CLIENT_GONE && part->param != NULL)
		snprintf(f->error->param, sizeof(f->error->param), "%s",
			 part->param);
	return false;
}

static bool refuse(const struct finder *f, const char *what)
{
	return error_set(f->error, ERROR_VALUE,
			 "The model '%.64s' does not support %s.",
			 f->in->model->name, what);
}

/* Whether the model takes such parts at all. */
static bool check_kind(const struct finder *f, enum chat_part_kind kind)
{
	unsigned features = f->in->model->upstream->features;
	unsigned traits = f->in->model->traits;

	switch (kind) {
	case CHAT_PART_TEXT:
	case CHAT_PART_FILE:
		return true;
	case CHAT_PART_IMAGE:
		return ((features & UPSTREAM_IMAGES) &&
			(traits & MODEL_IMAGES)) ||
		       refuse(f, "images");
	case CHAT_PART_VIDEO:
		return ((features & UPSTREAM_VIDEOS) &&
			(traits & MODEL_VIDEOS)) ||
		       refuse(f, "videos");
	}
	return false;
}

/* --- Where the bytes are --- */

static const struct chat_file *find_uploaded(struct finder *f, const char *id)
{
	struct store_file found;

	if (!store_file_find(f->in->store, f->in->caller->fingerprint, id,
			     &found, f->in->x->arena, f->error))
		return NULL;
	return store_file_bytes(f->in->store, &found, f->in->x->arena);
}

static const struct chat_file *find_fetched(struct finder *f, const char *url)
{
	/* The chat at Kimi already has it. */
	if (is_old(f) && (f->in->model->upstream->features & UPSTREAM_CHATS)) {
		error_set(f->error, ERROR_VALUE,
			  "URLs of earlier turns are not fetched again.");
		return NULL;
	}
	return fetched_files_get(&f->fetched, f->in->x, url, f->error);
}

static const struct chat_file *find_bytes(struct finder *f,
					  const struct chat_part *part)
{
	if (part->id != NULL)
		return find_uploaded(f, part->id);
	if (data_url_is(part->text))
		return data_url_file(f->in->x->arena, part->text, part->name,
				     f->error);
	return find_fetched(f, part->text);
}

/* --- What they are --- */

static bool check_image(const struct finder *f, const struct chat_file *file)
{
	if (media_type_is_image(file->type))
		return true;
	if (media_type_is(file->type, "image/svg+xml"))
		return error_set(
			f->error, ERROR_VALUE,
			"Kimi does not support SVG images. Send a PNG.");
	return error_set(f->error, ERROR_VALUE,
			 "'%.80s' is not a supported image type. Kimi supports "
			 "png, jpeg, gif, webp, bmp, heic and heif.",
			 file->type);
}

/* An image or a video is no document, whatever the client calls it. */
static bool check_type(const struct finder *f, struct chat_part *part)
{
	const struct chat_file *file = part->file;

	if (part->kind == CHAT_PART_FILE && media_type_is_image(file->type))
		part->kind = CHAT_PART_IMAGE;
	if (part->kind == CHAT_PART_FILE &&
	    media_type_begins(file->type, "video/"))
		part->kind = CHAT_PART_VIDEO;
	if (!check_kind(f, part->kind))
		return false;
	if (part->kind == CHAT_PART_IMAGE)
		return check_image(f, file);
	return part->kind == CHAT_PART_FILE ||
	       media_type_begins(file->type, "video/") ||
	       error_set(f->error, ERROR_VALUE,
			 "'%.80s' is not a supported video type.", file->type);
}

/* --- Documents as text --- */

static bool read_text(const struct finder *f, const struct chat_file *file,
		      char *text)
{
	size_t n = (size_t)file->size;

	if (!file->read(file, 0, text, n, f->error))
		return false;
	if (memchr(text, '\0', n) == NULL && utf8_valid(text, n))
		return true;
	return error_set(f->error, ERROR_VALUE,
			 "The document '%.64s' is not UTF-8 text, the only "
			 "kind of document that the model '%.64s' supports.",
			 file->name, f->in->model->name);
}

static bool put_into_text(const struct finder *f, struct chat_part *part)
{
	const struct chat_file *file = part->file;
	char *text;

	if (!media_type_is_text(file->type))
		return error_set(f->error, ERROR_UNSUPPORTED,
				 "The model '%.64s' supports plain text "
				 "documents only, not '%.80s'.",
				 f->in->model->name, file->type);
	if (file->size > MAX_TEXT)
		return error_set(f->error, ERROR_UNSUPPORTED,
				 "The document is too large: the model '%.64s' "
				 "accepts at most %d bytes.",
				 f->in->model->name, MAX_TEXT);
	text = arena_alloc(f->in->x->arena, (size_t)file->size + 1);
	if (!read_text(f, file, text))
		return false;
	*part = (struct chat_part){
		.kind = CHAT_PART_TEXT,
		.text = arena_printf(f->in->x->arena, "File %s:\n%s\n",
				     file->name, text),
	};
	return true;
}

/* --- All of a request --- */

/* A file that is at the service already is passed on as it is. */
static bool is_at_service(const struct finder *f, const struct chat_part *part)
{
	const char *scheme = f->in->model->upstream->file_scheme;

	return scheme != NULL && part->text != NULL &&
	       strncmp(part->text, scheme, strlen(scheme)) == 0;
}

static bool find_part(struct finder *f, struct chat_part *part)
{
	if (!check_kind(f, part->kind))
		return false;
	if (is_at_service(f, part))
		return true;
	part->file = find_bytes(f, part);
	if (part->file == NULL || !check_type(f, part))
		return false;
	return part->kind != CHAT_PART_FILE ||
	       (f->in->model->upstream->features & UPSTREAM_FILES) ||
	       put_into_text(f, part);
}

/* A file of an earlier turn must not make this one fail. */
static struct chat_part note_instead(const struct finder *f)
{
	return (struct chat_part){
		.kind = CHAT_PART_TEXT,
		.text = arena_printf(f->in->x->arena,
				     "(A file that was here is no longer "
				     "available: %s)",
				     f->error->message),
	};
}

static bool find_or_note(struct finder *f, struct chat_part *part)
{
	struct chat_part asked = *part;

	if (part->kind == CHAT_PART_TEXT || find_part(f, part))
		return true;
	if (error_status(f->error->kind) / 100 != 4 ||
	    f->error->kind == ERROR_CLIENT_GONE || !is_old(f))
		return blame(f, &asked);
	*part = note_instead(f);
	return true;
}

static bool has_files(const struct chat_message *m)
{
	for (size_t j = 0; j < m->n_parts; j++)
		if (m->parts[j].kind != CHAT_PART_TEXT)
			return true;
	return false;
}

static bool find_in_message(struct finder *f, struct chat_message *m)
{
	struct chat_part *parts;

	if (!has_files(m))
		return true;
	parts = arena_array(f->in->x->arena, m->n_parts, sizeof(*parts));
	memcpy(parts, m->parts, m->n_parts * sizeof(*parts));
	m->parts = parts;
	for (size_t j = 0; j < m->n_parts; j++)
		if (!find_or_note(f, &parts[j]))
			return false;
	return true;
}

static bool any_has_files(const struct chat_request *request)
{
	for (size_t i = 0; i < request->n_messages; i++)
		if (has_files(&request->messages[i]))
			return true;
	return false;
}

bool attachments_find(const struct attachments *a, struct chat_request *request,
		      struct error *e)
{
	struct finder f = { .in = a, .error = e };
	struct chat_message *all;

	if (!any_has_files(request))
		return true;
	all = arena_array(a->x->arena, request->n_messages, sizeof(*all));
	memcpy(all, request->messages, request->n_messages * sizeof(*all));
	request->messages = all;
	for (f.i = 0; f.i < request->n_messages; f.i++)
		if (!find_in_message(&f, &all[f.i]))
			return false;
	return true;
}
