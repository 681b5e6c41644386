/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_TURN_H
#define FAKE_PLATFORM_TURN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "platform_check.h"
#include "scene.h"
#include "text.h"

/* One completion being said: what, and under which ids. */
struct turn {
	const struct platform_model *model;
	const cJSON *request;
	const struct scene *scene;
	char id[40];
	int64_t created;
	bool stream, wants_usage;
	struct text said; /* the last user message */
	struct text answer, reasoning;
	struct text usage;  /* JSON; empty: none */
	const char *finish; /* finish_reason */
};

/* Reads a checked request; turn_fini frees. */
void turn_init(struct turn *turn, const struct platform_model *model,
	       const cJSON *request);
/* Thinks up the answer, its reasoning and its usage. */
void turn_answer(struct turn *turn, const struct scene *scene);
void turn_fini(struct turn *turn);

/* The turn as SSE, and as one JSON object. */
extern const struct voice platform_voice;
void turn_whole(const struct turn *turn, struct text *json);
/* A call's members as in `message` or `delta`, with its arguments. */
void turn_call(struct text *json, const cJSON *call, const char *arguments,
	       size_t n);
/* The arguments of a scene's call as JSON text; caller frees. */
char *turn_arguments(const cJSON *call);

#endif
