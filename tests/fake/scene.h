/* SPDX-License-Identifier: MIT */
#ifndef FAKE_SCENE_H
#define FAKE_SCENE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct exchange;
struct fake;
struct rule;

/* What to play. Pointers lead into `json`, which the scene owns. A scene_init
 * scene is the normal behaviour. README.md explains each member. */
struct scene {
	cJSON *json;
	int status, delay_ms, silence_ms, comment_ms;
	int chunks, chunk_ms, together, repeat, cut_bytes, search_rounds;
	int close_after, error_after; /* -1: never */
	const cJSON *headers, *body, *error, *search, *tool_calls, *usage;
	const char *answer, *reasoning, *continued, *raw;
	const char *finish_reason, *end, *usage_at;
	const char *raw_base64, *retract, *flags, *frame, *search_shape;
	const char *parse, *hold, *gate, *details, *after;
	int blocks, linger_ms;
	const char *fault; /* one of fault.h */
	bool end_broken, one_write, whole, unknown_events, drop, stamp;
	bool snapshot, snake, degrade;
	bool tool_index, tool_together;
};

void scene_init(struct scene *scene);
void scene_fini(struct scene *scene);
/* Takes the tree; if false, `why` says what is wrong with it. */
bool scene_parse(struct scene *scene, cJSON *tree, struct text *why);
/* Looks for fake:{...} in a prompt, the first or the last; if there is none,
 * the scene has no json. False only when there is a wrong one. */
bool scene_find(struct scene *scene, const char *prompt, bool last,
		struct text *why);
/* Whether the scene replaces the normal reply. */
bool scene_is_plain(const struct scene *scene);
/* Whether what the user said asks for all that was said before. */
bool scene_recalls(const char *said);
/* Whether the scene gives the bytes of the stream. */
bool scene_is_raw(const struct scene *scene);
/* Adds those bytes. */
void scene_raw(const struct scene *scene, struct text *bytes);
/* Is this the scene's `end`? */
bool scene_ends(const struct scene *scene, const char *how);

/* Adds one rule {"match","times","scene"} or an array of them. */
bool rules_add(struct fake *fake, const cJSON *json, struct text *why);
/* The scene of the first rule that matches, which is used up by one. */
void rules_match(struct exchange *ex, struct scene *scene);
/* Under the lock. */
void rules_clear(struct rule **rules);

#endif
