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

struct turn;

/* A wire format of chats: what it refuses, and how it writes a turn. */
struct flavour {
	bool (*check)(const struct ask *ask, struct refusal *no);
	const struct voice *voice;
	/* The turn as one JSON object. */
	void (*whole)(const struct turn *turn, struct text *json);
	/* The usage object of counted tokens. */
	void (*usage)(const struct turn *turn, struct text *json);
};

/* One completion in progress: its contents and ids. */
struct turn {
	const struct flavour *flavour;
	const struct ask *ask;
	const struct scene *scene;
	char id[40];
	int64_t created;
	bool stream, wants_usage;
	struct text said; /* the last user message */
	struct text answer, reasoning;
	const cJSON *calls; /* to be made, as in scenes; NULL: none */
	cJSON *search;	    /* such calls of its own, to search */
	bool searched;	    /* the answer is to have sources */
	bool partial;	    /* the last message is its beginning */
	size_t search_tokens;
	size_t prompt_tokens, thought_tokens, said_tokens;
	struct text usage;  /* JSON; empty: none */
	const char *finish; /* finish_reason */
	const char *stop;   /* the stop sequence that ended it; or NULL */
	int blocks;	    /* Anthropic: of content, begun so far */
	const char *block;  /* the type of the open one, or NULL */
};

/* Reads a checked request; turn_fini frees. */
void turn_init(struct turn *turn, const struct flavour *flavour,
	       const struct ask *ask);
/* Makes up the reply, its reasoning and its usage. */
void turn_answer(struct turn *turn, const struct scene *scene);
void turn_fini(struct turn *turn);

/* Chat completions, as SSE and as one JSON object. */
extern const struct flavour platform_flavour;
extern const struct voice platform_voice;
void turn_whole(const struct turn *turn, struct text *json);
/* A call's members as in `message` or `delta`, with its arguments. */
void turn_call(struct text *json, const cJSON *call, const char *arguments,
	       size_t n);
/* The arguments of a scene's call as JSON text; caller frees. */
char *turn_arguments(const cJSON *call);
/* Part `part` of FRAGMENTS of the arguments, counted from 1. */
#define TURN_FRAGMENTS 3
void turn_fragment(struct text *json, const char *arguments, int part);

#endif
