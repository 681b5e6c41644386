/* SPDX-License-Identifier: MIT */
/* The parts that an item's content or a tool's output consists of. */
#include "dialect/openai/content_parts.h"

#include <stdio.h>
#include <string.h>

#define PATH_SIZE 96

struct part_reader {
	struct arena *arena;
	const char *path;
	size_t index;
	struct error *error;
};

typedef bool read_part(struct part_reader *r, const cJSON *v,
		       struct chat_part *part);

static bool fault(struct part_reader *r, enum error_kind kind,
		  const char *member, const char *text)
{
	char param[PATH_SIZE];

	snprintf(param, sizeof(param), "%s[%zu]%s", r->path, r->index, member);
	return error_field(r->error, kind, param, "'%s' %s.", param, text);
}

/* What errors found later call a member of the part. */
static void set_param(struct part_reader *r, struct chat_part *part,
		      const char *member)
{
	part->param = arena_printf(r->arena, "%s[%zu]%s", r->path, r->index,
				   part->id != NULL ? ".file_id" : member);
}

static const char *not_empty(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

static bool read_text(struct part_reader *r, const cJSON *v,
		      struct chat_part *part)
{
	part->text = json_text(v, "text");
	return part->text != NULL ||
	       fault(r, ERROR_TYPE, ".text", "must be a string");
}

static bool read_refusal(struct part_reader *r, const cJSON *v,
			 struct chat_part *part)
{
	part->text = json_text(v, "refusal");
	return part->text != NULL ||
	       fault(r, ERROR_TYPE, ".refusal", "must be a string");
}

/* A URL as a string or, as in chat completions, in an object. */
static bool read_url(struct part_reader *r, const cJSON *v, const char *name,
		     const char *path, struct chat_part *part)
{
	const cJSON *url = json_at(v, name);

	part->id = not_empty(json_text(v, "file_id"));
	set_param(r, part, path);
	if (part->id != NULL)
		return true;
	part->text = not_empty(cJSON_IsString(url) ? url->valuestring :
						     json_text(url, "url"));
	return part->text != NULL ||
	       fault(r, ERROR_MISSING, path, "or a 'file_id' is needed");
}

static bool read_image(struct part_reader *r, const cJSON *v,
		       struct chat_part *part)
{
	part->kind = CHAT_PART_IMAGE;
	return read_url(r, v, "image_url", ".image_url", part);
}

static bool read_video(struct part_reader *r, const cJSON *v,
		       struct chat_part *part)
{
	part->kind = CHAT_PART_VIDEO;
	return read_url(r, v, "video_url", ".video_url", part);
}

/* The data may be a data: URL or, as some clients have it, bare base64. */
static bool read_file(struct part_reader *r, const cJSON *v,
		      struct chat_part *part)
{
	const char *data = not_empty(json_text(v, "file_data"));

	part->kind = CHAT_PART_FILE;
	part->name = not_empty(json_text(v, "filename"));
	part->id = not_empty(json_text(v, "file_id"));
	set_param(r, part, data != NULL ? ".file_data" : ".file_url");
	if (part->id != NULL)
		return true;
	if (data != NULL && strchr(data, ':') == NULL)
		data = arena_printf(r->arena, "data:;base64,%s", data);
	part->text = data != NULL ? data : not_empty(json_text(v, "file_url"));
	return part->text != NULL ||
	       fault(r, ERROR_MISSING, ".file_data",
		     "or a 'file_id' or 'file_url' is needed");
}

static read_part *reader_of(const char *type)
{
	static const struct {
		const char *type;
		read_part *read;
	} readers[] = {
		{ "input_text", read_text },	 { "output_text", read_text },
		{ "text", read_text },		 { "summary_text", read_text },
		{ "reasoning_text", read_text }, { "refusal", read_refusal },
		{ "input_image", read_image },	 { "input_file", read_file },
		{ "input_video", read_video },
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (strcmp(type, readers[i].type) == 0)
			return readers[i].read;
	return NULL;
}

static bool read_one(struct part_reader *r, const cJSON *v,
		     struct chat_part *part)
{
	const char *type = json_text(v, "type");
	read_part *read;

	if (!cJSON_IsObject(v))
		return fault(r, ERROR_TYPE, "", "must be an object");
	if (type == NULL)
		return fault(r, ERROR_MISSING, ".type", "is missing");
	read = reader_of(type);
	return read == NULL ? fault(r, ERROR_UNSUPPORTED, ".type",
				    "must be input_text, output_text, "
				    "input_image, input_file or input_video") :
			      read(r, v, part);
}

static bool is_empty(const struct chat_part *part)
{
	return part->kind == CHAT_PART_TEXT && part->text != NULL &&
	       *part->text == '\0';
}

bool openai_content_parts_read(struct arena *a, const cJSON *content,
			       const char *path, struct chat_message *m,
			       struct error *e)
{
	struct part_reader r = { .arena = a, .path = path, .error = e };
	size_t room = (size_t)cJSON_GetArraySize(content);
	struct chat_part *parts;
	const cJSON *v;

	if (content == NULL)
		return true;
	if (!cJSON_IsArray(content) && !cJSON_IsString(content))
		return error_field(e, ERROR_TYPE, path,
				   "'%s' must be a string or an array of "
				   "parts.",
				   path);
	m->parts = parts = arena_array(a, room + 1, sizeof(*parts));
	if (cJSON_IsString(content)) {
		parts->text = content->valuestring;
		m->n_parts = *parts->text != '\0';
		return true;
	}
	cJSON_ArrayForEach(v, content) {
		struct chat_part *part = &parts[m->n_parts];

		*part = (struct chat_part){ 0 }; /* one may have been dropped */
		if (!read_one(&r, v, part))
			return false;
		r.index++;
		m->n_parts += !is_empty(part);
	}
	return true;
}
