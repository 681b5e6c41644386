/* SPDX-License-Identifier: MIT */
/* Uploading files, and the other calls around them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "code.h"
#include "fake.h"
#include "platform.h"
#include "platform_check.h"
#include "platform_error.h"
#include "platform_file.h"
#include "platform_upload.h"
#include "scene.h"

#define FILE_BYTES_MAX ((size_t)100 << 20)
#define FILES_MAX 1000
#define FORM_MEMORY 4096

/* A form, while it is read. */
struct form {
	struct text purpose, bytes, name, type;
	bool has_file;
};

static enum MHD_Result form_add(void *context, enum MHD_ValueKind kind,
				const char *key, const char *name,
				const char *type, const char *encoding,
				const char *data, uint64_t offset, size_t n)
{
	struct form *form = context;

	(void)kind;
	(void)encoding;
	if (!key)
		return MHD_YES;
	if (strcmp(key, "purpose") == 0)
		text_add(&form->purpose, data, n);
	if (strcmp(key, "file") != 0)
		return MHD_YES;
	if (offset == 0 && !form->has_file) {
		form->has_file = name;
		text_put(&form->name, name ? name : "");
		text_put(&form->type, type ? type : "application/octet-stream");
	}
	text_add(&form->bytes, data, n);
	return MHD_YES;
}

static void form_fini(struct form *form)
{
	text_fini(&form->purpose);
	text_fini(&form->bytes);
	text_fini(&form->name);
	text_fini(&form->type);
}

static bool form_read(const struct exchange *ex, struct form *form,
		      struct refusal *no)
{
	const char *type = exchange_header(ex, "Content-Type");
	struct MHD_PostProcessor *reader = NULL;
	bool whole = false;

	if (type && strncasecmp(type, "multipart/form-data", 19) == 0)
		reader = MHD_create_post_processor(ex->connection, FORM_MEMORY,
						   form_add, form);
	if (!reader)
		return refuse(no, "Invalid request: request Content-Type isn't "
				  "multipart/form-data");
	if (ex->body.length)
		whole = MHD_post_process(reader, ex->body.at,
					 ex->body.length) == MHD_YES;
	whole = MHD_destroy_post_processor(reader) == MHD_YES && whole;
	return whole || refuse(no, "Invalid request: multipart: NextPart: "
				   "unexpected EOF");
}

static bool is_one_of(const char *word, const char *words)
{
	const char *found = *word ? strstr(words, word) : NULL;

	return found && found[-1] == ' ' && found[strlen(word)] == ' ';
}

static bool type_fits(const char *type, const char *purpose)
{
	bool pictured = strcmp(purpose, "image") == 0 ||
			strcmp(purpose, "video") == 0;

	return !pictured || (strncmp(type, purpose, 5) == 0 && type[5] == '/' &&
			     strcmp(type, "image/svg+xml") != 0);
}

static bool form_check(const struct form *form, const char *purposes,
		       struct refusal *no)
{
	const char *purpose = form->purpose.length ? form->purpose.at : "";

	if (!form->has_file)
		return refuse(no, "Invalid request: file is required");
	if (strchr(purpose, ' ') || !is_one_of(purpose, purposes))
		return refuse(no, "Invalid purpose: only 'file-extract' "
				  "accepted");
	if (form->bytes.length == 0)
		return refuse(no, "File size is zero, please confirm and "
				  "upload again");
	if (form->bytes.length > FILE_BYTES_MAX)
		return refuse(no, "File size is too large, please confirm and "
				  "upload again");
	return type_fits(form->type.at, purpose) ||
	       refuse(no, "Invalid request: unsupported %s format: %.60s",
		      purpose, form->type.at);
}

static int files_count(struct fake *fake, const char *service, const char *key)
{
	int count = 0;

	pthread_mutex_lock(&fake->lock);
	for (const struct platform_file *f = fake->platform_files.first; f;
	     f = f->next)
		count += !strcmp(f->service, service) && !strcmp(f->key, key);
	pthread_mutex_unlock(&fake->lock);
	return count;
}

static struct platform_file *file_new(const struct exchange *ex,
				      struct form *form)
{
	struct platform_file *file = memory_new(sizeof(*file));

	file->service = memory_copy(ex->route->service->name);
	file->key = memory_copy(ex->token);
	file->purpose = text_take(&form->purpose);
	file->name = text_take(&form->name);
	file->bytes = form->bytes;
	form->bytes = (struct text){ 0 };
	media_digest(&file->media, file->bytes.at, file->bytes.length);
	(void)snprintf(file->media.kind, sizeof(file->media.kind), "%.5s",
		       file->purpose);
	(void)snprintf(file->media.type, sizeof(file->media.type), "%s",
		       form->type.at);
	return file;
}

static enum MHD_Result upload(struct exchange *ex, struct scene *scene,
			      const char *purposes)
{
	struct refusal no = { 0 };
	struct form form = { 0 };
	struct text body = { 0 };
	struct platform_file *file;
	bool good;

	good = form_read(ex, &form, &no) && form_check(&form, purposes, &no);
	if (good && files_count(ex->fake, ex->route->service->name,
				ex->token) >= FILES_MAX)
		good = refuse(&no, "Invalid request: at most %d files",
			      FILES_MAX);
	if (!good) {
		form_fini(&form);
		return platform_refuse(ex, &no);
	}
	file = file_new(ex, &form);
	form_fini(&form);
	platform_file_keep(ex->fake, file, &body);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result platform_answer_upload(struct exchange *ex, struct scene *scene)
{
	const char *refused = platform_key_fault(ex);

	if (refused)
		return platform_fault(ex, scene, refused);
	return upload(ex, scene, " file-extract image video batch ");
}

enum MHD_Result code_answer_upload(struct exchange *ex, struct scene *scene)
{
	const char *refused = code_key_fault(ex, ex->token);

	if (refused)
		return platform_fault(ex, scene, refused);
	return upload(ex, scene, " image video ");
}

enum MHD_Result platform_answer_file_list(struct exchange *ex,
					  struct scene *scene)
{
	const char *refused = platform_key_fault(ex), *comma = "";
	struct text body = { 0 };
	struct fake *fake = ex->fake;

	if (refused)
		return platform_fault(ex, scene, refused);
	text_put(&body, "{\"object\":\"list\",\"data\":[");
	pthread_mutex_lock(&fake->lock);
	for (const struct platform_file *f = fake->platform_files.first; f;
	     f = f->next) {
		if (strcmp(f->service, ex->route->service->name) != 0 ||
		    strcmp(f->key, ex->token) != 0)
			continue;
		text_put(&body, comma);
		platform_file_json(&body, f);
		comma = ",";
	}
	pthread_mutex_unlock(&fake->lock);
	text_put(&body, "]}");
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

/* Whether it is text, which can be extracted as it is. */
static bool is_text(const struct platform_file *file)
{
	const unsigned char *c = (const unsigned char *)file->bytes.at;
	const unsigned char *end = c + file->bytes.length;
	int follow = 0;

	if (strcmp(file->media.type, "application/pdf") == 0)
		return false;
	for (; c < end; c++) {
		if (follow ? (*c & 0xc0) != 0x80 :
			     *c == 0 || *c >= 0xf8 || (*c & 0xc0) == 0x80)
			return false;
		if (follow)
			follow--;
		else if (*c >= 0xc0)
			follow = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : 1;
	}
	return follow == 0;
}

/* For file-extract what was read out of it, else the file itself. */
static enum MHD_Result content_reply(struct exchange *ex,
				     const struct scene *scene,
				     const struct platform_file *file)
{
	struct text words = { 0 }, body = { 0 };

	if (strcmp(file->purpose, "file-extract") != 0)
		return exchange_reply(ex, scene, MHD_HTTP_OK, file->media.type,
				      &file->bytes);
	if (is_text(file)) {
		text_add(&words, file->bytes.at, file->bytes.length);
	} else {
		text_put(&words, "[");
		media_describe(&words, &file->media);
		text_put(&words, "]");
	}
	text_put(&body, "{\"content\":");
	text_quote(&body, words.at, words.length);
	text_put(&body, ",\"file_type\":");
	text_quote_string(&body, file->media.type);
	text_put(&body, ",\"filename\":");
	text_quote_string(&body, file->name);
	text_put(&body, ",\"title\":\"\",\"type\":\"file\"}");
	text_fini(&words);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

static enum MHD_Result no_file(struct exchange *ex, const struct scene *scene)
{
	struct text why = { 0 };
	enum MHD_Result result;

	text_printf(&why, "Not found the file %s or Permission denied",
		    ex->parameter);
	result = platform_error(ex, scene, MHD_HTTP_NOT_FOUND,
				"resource_not_found_error", why.at);
	text_fini(&why);
	return result;
}

/* Calls about a file are answered under the lock, so that it stays. */
static enum MHD_Result file_reply(
	struct exchange *ex, const struct scene *scene,
	enum MHD_Result (*reply)(struct exchange *ex, const struct scene *scene,
				 const struct platform_file *file))
{
	const char *refused = platform_key_fault(ex);
	struct platform_file **link;
	enum MHD_Result result;

	if (refused)
		return platform_fault(ex, scene, refused);
	pthread_mutex_lock(&ex->fake->lock);
	link = platform_file_find(ex->fake, ex->route->service->name, ex->token,
				  ex->parameter);
	result = link ? reply(ex, scene, *link) : no_file(ex, scene);
	pthread_mutex_unlock(&ex->fake->lock);
	return result;
}

static enum MHD_Result info_reply(struct exchange *ex,
				  const struct scene *scene,
				  const struct platform_file *file)
{
	struct text body = { 0 };

	platform_file_json(&body, file);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result platform_answer_file(struct exchange *ex, struct scene *scene)
{
	return file_reply(ex, scene, info_reply);
}

enum MHD_Result platform_answer_file_content(struct exchange *ex,
					     struct scene *scene)
{
	return file_reply(ex, scene, content_reply);
}

enum MHD_Result platform_answer_file_delete(struct exchange *ex,
					    struct scene *scene)
{
	const char *refused = platform_key_fault(ex);
	struct platform_file **link, *file = NULL;
	struct text body = { 0 };

	if (refused)
		return platform_fault(ex, scene, refused);
	pthread_mutex_lock(&ex->fake->lock);
	link = platform_file_find(ex->fake, ex->route->service->name, ex->token,
				  ex->parameter);
	if (link) {
		file = *link;
		*link = file->next;
	}
	pthread_mutex_unlock(&ex->fake->lock);
	if (!file)
		return no_file(ex, scene);
	platform_file_free(file);
	text_printf(&body,
		    "{\"id\":\"%s\",\"object\":\"file\",\"deleted\":"
		    "true}",
		    ex->parameter);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}
