/* SPDX-License-Identifier: MIT */
/* Scenes: their members, and finding them in prompts. */
#include <stdint.h>
#include <string.h>

#include "scene.h"

enum member_kind {
	MEMBER_NUMBER,
	MEMBER_FLAG,
	MEMBER_STRING,
	MEMBER_LIST,
	MEMBER_OBJECT,
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
	MEMBER(silence_ms, NUMBER),
	MEMBER(comment_ms, NUMBER),
	MEMBER(chunks, NUMBER),
	MEMBER(chunk_ms, NUMBER),
	MEMBER(repeat, NUMBER),
	MEMBER(cut_bytes, NUMBER),
	MEMBER(close_after, NUMBER),
	MEMBER(error_after, NUMBER),
	MEMBER(headers, OBJECT),
	MEMBER(body, ANY),
	MEMBER(error, OBJECT),
	MEMBER(search, LIST),
	MEMBER(tool_calls, LIST),
	MEMBER(usage, OBJECT),
	MEMBER(answer, STRING),
	MEMBER(reasoning, STRING),
	MEMBER(continued, STRING),
	MEMBER(raw, STRING),
	MEMBER(finish_reason, STRING),
	{ "end", MEMBER_STRING, offsetof(struct scene, end),
	  " normal missing truncated " },
	{ "usage_at", MEMBER_STRING, offsetof(struct scene, usage_at),
	  " choice top extra none " },
	MEMBER(one_write, FLAG),
	MEMBER(unknown_events, FLAG),
	MEMBER(drop, FLAG),
	MEMBER(stamp, FLAG),
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
	case MEMBER_LIST:
		*(const cJSON **)field = value;
		return cJSON_IsArray(value);
	case MEMBER_OBJECT:
		*(const cJSON **)field = value;
		return cJSON_IsObject(value);
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
		.repeat = 1,
		.close_after = -1,
		.error_after = -1,
		.end = "normal",
		.usage_at = "choice",
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
	return scene->status || scene->body || scene->drop;
}

bool scene_ends(const struct scene *scene, const char *how)
{
	return strcmp(scene->end, how) == 0;
}
