/* SPDX-License-Identifier: MIT */
/* Files of Kimi web's current protocol: uploaded as a form, then parsed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "fake.h"
#include "files.h"
#include "multipart.h"
#include "scene.h"

static void put_uploaded(const struct exchange *ex, const struct file *file,
			 struct text *body)
{
	bool image = strncmp(file->type, "image/", 6) == 0;

	text_printf(body,
		    "{\"file\":{\"id\":\"%s\",\"meta\":{\"name\":", file->id);
	text_quote_string(body, file->name);
	text_put(body, ",\"contentType\":");
	text_quote_string(body, file->type);
	text_printf(body, ",\"sizeBytes\":\"%zu\",\"type\":\"%s\"},\"blob\":{",
		    file->size, image ? "FILE_TYPE_IMAGE" : "FILE_TYPE_FILE");
	text_put(body, "\"signUrl\":\"");
	exchange_base(ex, body);
	text_printf(body, "/presigned/%s\",\"previewUrl\":\"", file->object);
	exchange_base(ex, body);
	text_printf(body,
		    "/presigned/%s\"},\"parseResult\":{\"status\":"
		    "\"PROCESS_STATUS_PROCESSING\"}}}",
		    file->object);
}

enum MHD_Result connect_answer_upload(struct exchange *ex, struct scene *scene)
{
	char *owner = web_access_owner(ex->fake, ex->token);
	struct file file = { 0 };
	struct text body = { 0 };
	struct form_part part;

	if (!owner)
		return connect_unauthorized(ex, scene);
	if (!multipart_find(&ex->body, exchange_header(ex, "Content-Type"),
			    "file", &part) ||
	    !*part.file || part.length > FILE_MAX) {
		free(owner);
		return connect_error(ex, scene, "invalid_argument",
				     "no form with a file of at most 100 MB");
	}
	memcpy(file.name, part.file, sizeof(file.name));
	file_add(ex->fake, owner, &file);
	(void)file_arrive(ex->fake, file.object, *part.type ? part.type : NULL,
			  part.bytes, part.length);
	file_fate(ex->fake, file.id, scene);
	(void)file_find(ex->fake, owner, file.id, &file);
	put_uploaded(ex, &file, &body);
	free(owner);
	return exchange_json(ex, scene, MHD_HTTP_OK, &body);
}

/* False: the user has no such file. */
static bool put_progress(struct fake *fake, const char *owner, const cJSON *id,
			 const struct scene *scene, struct text *body)
{
	static const char *const words[] = {
		[FILE_EXPECTED] = "PROCESSING", [FILE_ARRIVED] = "PROCESSING",
		[FILE_PARSING] = "PROCESSING",	[FILE_READY] = "SUCCESS",
		[FILE_FAILED] = "FAILED",
	};
	struct file file;

	if (!cJSON_IsString(id) ||
	    !file_parse(fake, owner, id->valuestring, scene, &file))
		return false;
	text_printf(body,
		    "{\"fileId\":\"%s\",\"status\":\"PROCESS_STATUS_%s\"}",
		    file.id, words[file.state]);
	return true;
}

enum MHD_Result connect_answer_parse(struct exchange *ex, struct scene *scene)
{
	const cJSON *ids = connect_member(ex->json, "file_ids"), *id;
	enum MHD_Result result = MHD_NO;
	char *owner = connect_caller(ex, scene, &result);
	struct text body = { 0 };
	bool ok = cJSON_GetArraySize(ids) > 0;

	if (!owner)
		return result;
	text_put(&body, "{\"progresses\":[");
	cJSON_ArrayForEach(id, ids) {
		text_put(&body, id == ids->child ? "" : ",");
		ok = ok && put_progress(ex->fake, owner, id, scene, &body);
	}
	text_put(&body, "]}");
	free(owner);
	if (ok)
		return exchange_json(ex, scene, MHD_HTTP_OK, &body);
	text_fini(&body);
	return connect_error(ex, scene, "not_found", "file not found");
}
