/* SPDX-License-Identifier: MIT */
/* Files of Kimi web's legacy protocol: an address to put the bytes at, a
 * record of the file, and its parsing as SSE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "files.h"
#include "scene.h"
#include "web.h"

static const char *string_in(const cJSON *json, const char *name)
{
	const char *value = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(json, name));

	return value ? value : "";
}

static bool is_word(const char *word, const char *one, const char *other)
{
	return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

static enum MHD_Result no_file(struct exchange *ex, const struct scene *scene)
{
	return web_error(ex, scene, MHD_HTTP_BAD_REQUEST, "file.not_found",
			 "文件不存在");
}

enum MHD_Result web_answer_pre_sign(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	const char *name = string_in(ex->json, "name");
	struct file file = { 0 };
	struct text body = { 0 };

	if (!owner)
		return web_unauthorized(ex, scene);
	if (!*name ||
	    !is_word(string_in(ex->json, "action"), "file", "image")) {
		free(owner);
		return exchange_failure(ex, &web_service, MHD_HTTP_BAD_REQUEST);
	}
	(void)snprintf(file.name, sizeof(file.name), "%s", name);
	file_add(ex->fake, owner, &file);
	text_put(&body, "{\"url\":\"");
	exchange_base(ex, &body);
	text_printf(&body,
		    "/presigned/%s\",\"object_name\":\"%s\",\"file_id\":"
		    "\"%s\"}",
		    file.object, file.object, file.id);
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

enum MHD_Result web_answer_put(struct exchange *ex, struct scene *scene)
{
	const struct text nothing = { 0 };
	bool ok = ex->body.length <= FILE_MAX &&
		  file_arrive(ex->fake, ex->parameter,
			      exchange_header(ex, "Content-Type"), ex->body.at,
			      ex->body.length);

	return exchange_reply(ex, scene, ok ? MHD_HTTP_OK : MHD_HTTP_FORBIDDEN,
			      "text/plain", &nothing);
}

static const char *state_word(enum file_state state)
{
	switch (state) {
	case FILE_EXPECTED:
	case FILE_ARRIVED:
		return "initialized";
	case FILE_PARSING:
		return "parsing";
	case FILE_READY:
		return "parsed";
	case FILE_FAILED:
		return "failed";
	}
	return "";
}

static void put_file(struct text *body, const struct file *file, bool image)
{
	text_printf(body, "{\"id\":\"%s\",\"name\":", file->id);
	text_quote_string(body, file->name);
	text_printf(body, ",\"type\":\"%s\",\"content_type\":",
		    image ? "image" : "file");
	text_quote_string(body, file->type);
	text_printf(body,
		    ",\"status\":\"%s\",\"size\":%zu,\"object_name\":\"%s\","
		    "\"parent_path\":\"\"}",
		    state_word(file->state), file->size, file->object);
}

/* An image needs no parsing; asking again gives the state. */
enum MHD_Result web_answer_file(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	bool image = strcmp(string_in(ex->json, "type"), "image") == 0;
	struct fake *fake = ex->fake;
	struct file file;
	struct text body = { 0 };
	const char *id;

	if (!owner)
		return web_unauthorized(ex, scene);
	id = string_in(ex->json, image ? "file_id" : "object_name");
	if (!file_find(fake, owner, id, &file) || file.state == FILE_EXPECTED) {
		free(owner);
		return no_file(ex, scene);
	}
	file_fate(fake, file.id, scene);
	for (int i = 0; image && i < 2; i++)
		(void)file_parse(fake, owner, file.id, scene, &file);
	put_file(&body, &file, image);
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

static void put_step(struct text *body, const struct file *file)
{
	const char *status = state_word(file->state);

	text_printf(
		body,
		"data: {\"event\":\"resp\",\"id\":\"%s\",\"status\":\"%s\","
		"\"file_info\":{\"id\":\"%s\",\"status\":\"%s\",\"size\":%zu,"
		"\"token_size\":%zu,\"failed_reason\":\"%s\"}}\n\n",
		file->id, status, file->id, status, file->size, file->size / 4,
		file->state == FILE_FAILED ? "parse_failed" : "");
}

enum MHD_Result web_answer_parse(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(ex->json, "ids");
	const cJSON *id;
	struct text body = { 0 };
	enum MHD_Result result;
	struct file file;
	bool ok = cJSON_GetArraySize(ids) > 0;

	if (!owner)
		return web_unauthorized(ex, scene);
	cJSON_ArrayForEach(id, ids) {
		const char *name = cJSON_GetStringValue(id);

		for (int step = 0; ok && step < 2; step++) {
			ok = name &&
			     file_parse(ex->fake, owner, name, scene, &file);
			if (ok)
				put_step(&body, &file);
		}
	}
	free(owner);
	result = ok ? exchange_reply(ex, scene, MHD_HTTP_OK,
				     "text/event-stream; charset=utf-8",
				     &body) :
		      no_file(ex, scene);
	text_fini(&body);
	return result;
}
