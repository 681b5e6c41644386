/* SPDX-License-Identifier: MIT */
/* Chat completions: the messages of a request and their parts. */
#include "dialect/openai/chat_messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialect/openai/arguments.h"
#include "dialect/openai/reasoning_details.h"

#define PATH_SIZE 96

struct reader {
	struct arena *arena;
	struct error *error;
	size_t index; /* of the message being read */
};

static bool fault(struct reader *r, enum error_kind kind, const char *text,
		  const char *path, ...) __attribute__((format(printf, 4, 5)));

/* An error at messages[index] and the path below it. */
static bool fault(struct reader *r, enum error_kind kind, const char *text,
		  const char *path, ...)
{
	char param[PATH_SIZE];
	va_list args;
	int n = snprintf(param, sizeof(param), "messages[%zu]", r->index);

	va_start(args, path);
	vsnprintf(param + n, sizeof(param) - (size_t)n, path, args);
	va_end(args);
	return error_field(r->error, kind, param, "'%s' %s.", param, text);
}

/* What errors found later call a member of the part `i`. */
static const char *param_of(struct reader *r, size_t i, const char *name,
			    const char *member)
{
	return arena_printf(r->arena, "messages[%zu].content[%zu].%s%s",
			    r->index, i, name, member);
}

static bool read_role(struct reader *r, const cJSON *v, struct chat_message *m)
{
	static const struct {
		const char *name;
		enum chat_role role;
	} roles[] = {
		{ "system", CHAT_SYSTEM }, { "developer", CHAT_SYSTEM },
		{ "user", CHAT_USER },	   { "assistant", CHAT_ASSISTANT },
		{ "tool", CHAT_TOOL },
	};
	const char *name = json_text(v, "role");

	if (name == NULL)
		return fault(r, ERROR_MISSING, "is missing", ".role");
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(name, roles[i].name) == 0) {
			m->role = roles[i].role;
			return true;
		}
	return fault(r, ERROR_VALUE,
		     "must be system, developer, user, assistant or tool",
		     ".role");
}

static const char *not_empty(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

/* A URL part, as an object with `url` or `file_id`, or (Kimi's form) a plain
 * string. */
static bool read_url(struct reader *r, const cJSON *v, size_t i,
		     const char *name, struct chat_part *part)
{
	const cJSON *value = json_at(v, name);

	part->id = not_empty(json_text(value, "file_id"));
	part->param = param_of(r, i, name, part->id != NULL ? ".file_id" : "");
	if (part->id != NULL)
		return true;
	part->text = not_empty(cJSON_IsString(value) ? value->valuestring :
						       json_text(value, "url"));
	if (part->text == NULL)
		return fault(r, ERROR_MISSING, "needs a 'url' or 'file_id'",
			     ".content[%zu].%s", i, name);
	return true;
}

/* The data may be a data: URL or, as some clients have it, bare base64. */
static bool read_file(struct reader *r, const cJSON *v, size_t i,
		      struct chat_part *part)
{
	const char *data = not_empty(json_text(v, "file.file_data"));

	part->name = not_empty(json_text(v, "file.filename"));
	part->id = not_empty(json_text(v, "file.file_id"));
	part->param =
		param_of(r, i, "file", part->id != NULL ? ".file_id" : "");
	if (part->id != NULL)
		return true;
	if (data == NULL)
		return fault(r, ERROR_MISSING,
			     "needs a 'file_id' or 'file_data'",
			     ".content[%zu].file", i);
	part->text = strchr(data, ':') != NULL ?
			     data :
			     arena_printf(r->arena, "data:;base64,%s", data);
	return true;
}

/* Fills a part; `*used` is whether there is anything in it. */
static bool read_part(struct reader *r, const cJSON *v, size_t i,
		      struct chat_part *part, bool *used)
{
	const char *type = json_text(v, "type");
	const char *text = json_text(v, "text");

	*used = true;
	if (type == NULL)
		return fault(r, ERROR_MISSING, "is missing",
			     ".content[%zu].type", i);
	if (strcmp(type, "refusal") == 0)
		text = json_text(v, "refusal");
	if (strcmp(type, "text") == 0 || strcmp(type, "refusal") == 0) {
		if (text == NULL)
			return fault(r, ERROR_TYPE, "must be a string",
				     ".content[%zu].text", i);
		part->text = text;
		*used = *text != '\0';
		return true;
	}
	if (strcmp(type, "image_url") == 0) {
		part->kind = CHAT_PART_IMAGE;
		return read_url(r, v, i, type, part);
	}
	if (strcmp(type, "video_url") == 0) {
		part->kind = CHAT_PART_VIDEO;
		return read_url(r, v, i, type, part);
	}
	if (strcmp(type, "file") == 0) {
		part->kind = CHAT_PART_FILE;
		return read_file(r, v, i, part);
	}
	return fault(r, ERROR_UNSUPPORTED,
		     "must be text, image_url, video_url or file",
		     ".content[%zu].type", i);
}

static bool read_parts(struct reader *r, const cJSON *content,
		       struct chat_message *m)
{
	size_t room = (size_t)cJSON_GetArraySize(content), i = 0;
	struct chat_part *parts = arena_array(r->arena, room, sizeof(*parts));
	const cJSON *v;
	bool used;

	cJSON_ArrayForEach(v, content) {
		if (!cJSON_IsObject(v))
			return fault(r, ERROR_TYPE, "must be an object",
				     ".content[%zu]", i);
		/* One may have been read there that is not used. */
		parts[m->n_parts] = (struct chat_part){ 0 };
		if (!read_part(r, v, i++, &parts[m->n_parts], &used))
			return false;
		m->n_parts += used;
	}
	m->parts = parts;
	return true;
}

static bool read_content(struct reader *r, const cJSON *message,
			 struct chat_message *m)
{
	const cJSON *content = json_at(message, "content");
	struct chat_part *part;

	if (content == NULL)
		return true;
	if (cJSON_IsArray(content))
		return read_parts(r, content, m);
	if (!cJSON_IsString(content))
		return fault(r, ERROR_TYPE,
			     "must be a string or an array of parts",
			     ".content");
	if (content->valuestring[0] == '\0')
		return true;
	part = arena_alloc(r->arena, sizeof(*part));
	part->text = content->valuestring;
	m->parts = part;
	m->n_parts = 1;
	return true;
}

static bool read_call(struct reader *r, const cJSON *v, size_t i,
		      struct chat_call *call)
{
	call->id = json_text(v, "id");
	call->name = json_text(v, "function.name");
	call->arguments = openai_arguments_text(
		r->arena, json_at(v, "function.arguments"));
	if (call->id == NULL || call->name == NULL)
		return fault(r, ERROR_MISSING,
			     "needs an 'id' and a 'function.name'",
			     ".tool_calls[%zu]", i);
	return call->arguments != NULL ||
	       fault(r, ERROR_TYPE, "must be a string of JSON",
		     ".tool_calls[%zu].function.arguments", i);
}

static bool read_calls(struct reader *r, const cJSON *message,
		       struct chat_message *m)
{
	const cJSON *list = json_at(message, "tool_calls"), *v;
	struct chat_call *calls;
	size_t i = 0;

	if (list == NULL)
		return true;
	if (!cJSON_IsArray(list))
		return fault(r, ERROR_TYPE, "must be an array", ".tool_calls");
	calls = arena_array(r->arena, (size_t)cJSON_GetArraySize(list),
			    sizeof(*calls));
	cJSON_ArrayForEach(v, list) {
		if (!read_call(r, v, i, &calls[i]))
			return false;
		i++;
	}
	m->calls = calls;
	m->n_calls = i;
	return true;
}

static bool read_assistant(struct reader *r, const cJSON *v,
			   struct chat_message *m)
{
	m->reasoning = json_text(v, "reasoning_content");
	if (m->reasoning == NULL)
		m->reasoning = json_text(v, "reasoning");
	if (m->reasoning != NULL && *m->reasoning == '\0')
		m->reasoning = NULL;
	m->details = openai_reasoning_details_read(
		r->arena, json_at(v, "reasoning_details"));
	/* Kimi continues the last one only. */
	m->partial = v->next == NULL && cJSON_IsTrue(json_at(v, "partial"));
	return read_calls(r, v, m);
}

static bool read_message(struct reader *r, const cJSON *v,
			 struct chat_message *m)
{
	if (!cJSON_IsObject(v))
		return fault(r, ERROR_TYPE, "must be an object", "%s", "");
	if (!read_role(r, v, m) || !read_content(r, v, m))
		return false;
	m->name = not_empty(json_text(v, "name"));
	if (m->role == CHAT_ASSISTANT)
		return read_assistant(r, v, m);
	if (m->role == CHAT_TOOL) {
		m->call_id = json_text(v, "tool_call_id");
		if (m->call_id == NULL)
			return fault(r, ERROR_MISSING, "is missing",
				     ".tool_call_id");
		m->param = arena_printf(r->arena, "messages[%zu].tool_call_id",
					r->index);
		return true;
	}
	if (m->role == CHAT_USER && m->n_parts == 0)
		return fault(r, ERROR_MISSING, "is missing or empty",
			     ".content");
	return true;
}

/* False for a system or assistant message with nothing in it. The name of a
 * partial one is part of the prefix, and so is its reasoning. */
static bool says_something(const struct chat_message *m)
{
	if (m->partial && (m->name != NULL || m->reasoning != NULL))
		return true;
	return m->n_parts > 0 || m->n_calls > 0 || m->role == CHAT_TOOL;
}

bool openai_chat_messages_read(struct arena *a, const cJSON *messages,
			       struct chat_request *request, struct error *e)
{
	struct reader r = { .arena = a, .error = e };
	struct chat_message *list;
	const cJSON *v;

	if (!cJSON_IsArray(messages))
		return error_field(e, ERROR_TYPE, "messages",
				   "'messages' must be an array.");
	list = arena_array(a, (size_t)cJSON_GetArraySize(messages),
			   sizeof(*list));
	cJSON_ArrayForEach(v, messages) {
		struct chat_message *m = &list[request->n_messages];

		if (!read_message(&r, v, m))
			return false;
		if (says_something(m))
			request->n_messages++;
		else
			*m = (struct chat_message){ 0 };
		r.index++;
	}
	request->messages = list;
	return true;
}
