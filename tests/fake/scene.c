/* SPDX-License-Identifier: MIT */
/* Scenes: their members, and finding them in prompts. */
#include <stdint.h>
#include <string.h>

#include "base64.h"
#include "fault.h"
#include "scene.h"

enum member_kind {
	MEMBER_NUMBER,
	MEMBER_FLAG,
	MEMBER_STRING,
	MEMBER_BASE64,
	MEMBER_LIST,
	MEMBER_OBJECT,
	MEMBER_ERROR,
	MEMBER_ANY
};

struct member {
	const char *name;
	enum member_kind kind;
	size_t at;
	const char *choices; /* words a string may be, blanks around */
};

#define MEMBER(name, kind)                                                     \
	{                                                                      \
#name, MEMBER_##kind, offsetof(struct scene, name), NULL       \
	}

static const struct member members[] = {
	MEMBER(status, NUMBER),
	MEMBER(delay_ms, NUMBER),
	MEMBER(hold, STRING),
	MEMBER(silence_ms, NUMBER),
	MEMBER(comment_ms, NUMBER),
	MEMBER(chunks, NUMBER),
	MEMBER(chunk_ms, NUMBER),
	MEMBER(together, NUMBER),
	MEMBER(gate, STRING),
	MEMBER(repeat, NUMBER),
	MEMBER(cut_bytes, NUMBER),
	MEMBER(close_after, NUMBER),
	MEMBER(error_after, NUMBER),
	MEMBER(headers, OBJECT),
	MEMBER(body, ANY),
	MEMBER(error, ERROR),
	MEMBER(search, LIST),
	MEMBER(tool_calls, LIST),
	MEMBER(usage, OBJECT),
	MEMBER(answer, STRING),
	MEMBER(reasoning, STRING),
	MEMBER(continued, STRING),
	MEMBER(raw, STRING),
	MEMBER(raw_base64, BASE64),
	MEMBER(retract, STRING),
	MEMBER(blocks, NUMBER),
	MEMBER(finish_reason, STRING),
	MEMBER(fault, STRING),
	MEMBER(search_rounds, NUMBER),
	{ "end", MEMBER_STRING, offsetof(struct scene, end),
	  " normal missing truncated undone " },
	{ "usage_at", MEMBER_STRING, offsetof(struct scene, usage_at),
	  " choice top extra none " },
	{ "flags", MEMBER_STRING, offsetof(struct scene, flags), " set each " },
	{ "frame", MEMBER_STRING, offsetof(struct scene, frame),
	  " empty compressed oversized grpc " },
	{ "details", MEMBER_STRING, offsetof(struct scene, details),
	  " only both " },
	{ "parse", MEMBER_STRING, offsetof(struct scene, parse),
	  " failed stuck " },
	{ "search_shape", MEMBER_STRING, offsetof(struct scene, search_shape),
	  " 2025 2026 " },
	MEMBER(after, STRING),
	MEMBER(linger_ms, NUMBER),
	MEMBER(end_broken, FLAG),
	MEMBER(one_write, FLAG),
	MEMBER(whole, FLAG),
	MEMBER(unknown_events, FLAG),
	MEMBER(drop, FLAG),
	MEMBER(stamp, FLAG),
	MEMBER(snapshot, FLAG),
	MEMBER(snake, FLAG),
	MEMBER(degrade, FLAG),
	MEMBER(tool_index, FLAG),
	MEMBER(tool_together, FLAG),
};

static const struct member *member_find(const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static bool is_choice(const char *choices, const char *word)
{
	const char *found = choices ? strstr(choices, word) : NULL;

	return !choices ||
	       (found && found[-1] == ' ' && found[strlen(word)] == ' ');
}

static bool is_base64(const cJSON *value)
{
	struct text bytes = { 0 };
	bool ok = cJSON_IsString(value) &&
		  base64_read(&bytes, value->valuestring,
			      strlen(value->valuestring));

	text_fini(&bytes);
	return ok;
}

/* Of an error only `where` is looked at, where Connect says it. */
static bool is_error(const cJSON *value)
{
	static const char places[] =
		" stream trailer trailer_after_done exception only ";
	const cJSON *where = cJSON_GetObjectItemCaseSensitive(value, "where");

	return cJSON_IsObject(value) &&
	       (!where || (cJSON_IsString(where) && *where->valuestring &&
			   is_choice(places, where->valuestring)));
}

/* The scene's field at the member's place gets the value; false: wrong type. */
static bool member_put(void *field, const struct member *m, const cJSON *value)
{
	switch (m->kind) {
	case MEMBER_NUMBER:
		*(int *)field = value->valueint;
		return cJSON_IsNumber(value) && value->valueint >= 0;
	case MEMBER_FLAG:
		*(bool *)field = cJSON_IsTrue(value);
		return cJSON_IsBool(value);
	case MEMBER_STRING:
		*(const char **)field = value->valuestring;
		return cJSON_IsString(value) &&
		       (!m->choices || *value->valuestring) &&
		       is_choice(m->choices, value->valuestring);
	case MEMBER_BASE64:
		*(const char **)field = value->valuestring;
		return is_base64(value);
	case MEMBER_LIST:
		*(const cJSON **)field = value;
		return cJSON_IsArray(value);
	case MEMBER_OBJECT:
		*(const cJSON **)field = value;
		return cJSON_IsObject(value);
	case MEMBER_ERROR:
		*(const cJSON **)field = value;
		return is_error(value);
	case MEMBER_ANY:
		*(const cJSON **)field = value;
		return true;
	}
	return false;
}

void scene_init(struct scene *scene)
{
	*scene = (struct scene){
		.chunks = 4,
		.together = 1,
		.repeat = 1,
		.close_after = -1,
		.error_after = -1,
		.search_rounds = 1,
		.end = "normal",
		.usage_at = "choice",
		.frame = "",
		.search_shape = "2026",
		.blocks = 1,
		.tool_index = true,
	};
}

void scene_fini(struct scene *scene)
{
	cJSON_Delete(scene->json);
	scene_init(scene);
}

bool scene_parse(struct scene *scene, cJSON *tree, struct text *why)
{
	const cJSON *value;

	scene_init(scene);
	scene->json = tree;
	if (!cJSON_IsObject(tree)) {
		text_put(why, "a scene is a JSON object");
		return false;
	}
	cJSON_ArrayForEach(value, tree) {
		const struct member *m = member_find(value->string);

		if (!m) {
			text_printf(why, "unknown scene member \"%s\"",
				    value->string);
			return false;
		}
		if (!member_put((char *)scene + m->at, m, value)) {
			text_printf(why, "wrong value of scene member \"%s\"",
				    value->string);
			return false;
		}
	}
	if (scene->fault && !fault_find(scene->fault)) {
		text_printf(why, "unknown fault \"%s\"", scene->fault);
		return false;
	}
	return true;
}

bool scene_find(struct scene *scene, const char *prompt, bool last,
		struct text *why)
{
	static const char mark[] = "fake:{";
	const char *at = prompt ? strstr(prompt, mark) : NULL;

	scene_init(scene);
	while (at) {
		const char *end = NULL;
		cJSON *tree = cJSON_ParseWithOpts(at + 5, &end, 0);

		if (!tree) {
			text_put(why, "the scene after fake: is not JSON");
			return false;
		}
		scene_fini(scene);
		if (!scene_parse(scene, tree, why))
			return false;
		at = last ? strstr(end, mark) : NULL;
	}
	return true;
}

bool scene_is_plain(const struct scene *scene)
{
	return scene->status || scene->body || scene->drop ||
	       (scene->fault && scene->error_after < 0);
}

bool scene_recalls(const char *said)
{
	return strstr(said, "recall") || strstr(said, "记得");
}

bool scene_is_raw(const struct scene *scene)
{
	return scene->raw || scene->raw_base64;
}

void scene_raw(const struct scene *scene, struct text *bytes)
{
	if (scene->raw)
		text_put(bytes, scene->raw);
	if (scene->raw_base64)
		(void)base64_read(bytes, scene->raw_base64,
				  strlen(scene->raw_base64));
}

bool scene_ends(const struct scene *scene, const char *how)
{
	return strcmp(scene->end, how) == 0;
}
