/* SPDX-License-Identifier: MIT */
/* Files of Kimi web's current protocol. */
#include "upstream/web/current_files.h"

#include <string.h>

#include "upstream/web/names.h"
#include "upstream/web/request.h"

#define UPLOAD "/apiv2-files/file/upload"
#define PROGRESS                                                               \
	"/apiv2-files/kimi.gateway.file.v1.FileService/GetFileParseProgress"
#define BODY_LIMIT 4096

bool web_current_files_upload(struct web_file *f)
{
	struct upstream_call *call = f->turn->call;
	struct web_file_transfer t = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(call->arena, "%s" UPLOAD, f->turn->host),
		.bearer = call->bearer,
		.body = upload_form(call->arena, f->file, NULL),
		.wants_json = true,
	};

	if (!web_file_transfer_send(f, &t))
		return false;
	f->id = json_text(t.json, "file.id");
	return f->id != NULL ||
	       error_set(call->error, ERROR_UPSTREAM,
			 "Kimi accepted a file but returned no id for it.");
}

static enum web_parse parse_named(const char *status)
{
	static const struct {
		const char *name;
		enum web_parse how;
	} names[] = {
		{ "PROCESS_STATUS_SUCCESS", WEB_PARSE_DONE },
		{ "PROCESS_STATUS_FAILED", WEB_PARSE_FAILED },
	};

	for (size_t i = 0; status != NULL && i < 2; i++)
		if (strcmp(names[i].name, status) == 0)
			return names[i].how;
	return WEB_PARSE_RUNS;
}

static const char *ids_body(struct upstream_call *call, const char *id)
{
	struct buf *body = arena_buf(call->arena, BODY_LIMIT);
	struct json_writer w;

	json_writer_init(&w, body);
	json_object(&w, NULL);
	json_array(&w, "file_ids");
	json_put_text(&w, NULL, id);
	json_close_array(&w);
	json_close_object(&w);
	return buf_text(body);
}

bool web_current_files_parse(struct web_file *f, enum web_parse *how)
{
	struct upstream_call *call = f->turn->call;
	struct web_request q = {
		.protocol = WEB_CURRENT,
		.method = "POST",
		.url = arena_printf(call->arena, "%s" PROGRESS, f->turn->host),
		.bearer = call->bearer,
		.body = ids_body(call, f->id),
	};
	const cJSON *reply = web_request_send(call, &q), *v;

	*how = WEB_PARSE_RUNS;
	f->turn->unknown |= q.unknown;
	if (reply == NULL)
		return false;
	cJSON_ArrayForEach(v, json_at(reply, "progresses")) {
		const char *id = web_names_either_text(v, "fileId", "file_id");

		if (id == NULL || strcmp(id, f->id) == 0)
			*how = parse_named(json_text(v, "status"));
	}
	return true;
}
