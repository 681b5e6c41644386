/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_MODEL_H
#define UPSTREAM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upstream;

/* How a model differs (kimi-upstreams B5, C2 to C4, D4). */
enum model_trait {
	MODEL_FIXED_SAMPLING = 1 << 0, /* refuses temperature, top_p, … */
	MODEL_THINKS = 1 << 1,
	MODEL_THINKING_SWITCH = 1 << 2, /* … and can be told not to */
	MODEL_EFFORT = 1 << 3,		/* takes reasoning_effort */
	MODEL_FORCED_CALL = 1 << 4,	/* takes tool_choice required */
	MODEL_IMAGES = 1 << 5,
	MODEL_VIDEOS = 1 << 6,
	MODEL_ANTHROPIC = 1 << 7, /* only in the Anthropic flavour */
	MODEL_ADAPTIVE = 1 << 8,  /* … where it chooses how long it thinks */
	MODEL_PLAN = 1 << 9,	  /* not in every plan of its service */
};

/* Who made them all, as lists of models say. */
#define MODEL_OWNER "moonshot"

struct model {
	const char *name; /* the public one */
	const struct upstream *upstream;
	unsigned traits;
	int64_t context;      /* tokens; 0: not known */
	int64_t created;      /* Unix seconds */
	const char *wire;     /* the service's name for it; NULL: `name` */
	const char *scenario; /* Kimi web only: SCENARIO_… */
};

/* Models in the order in which their service lists them. */
struct model_list {
	struct model *models;
	size_t n;
	const char *preferred; /* the service's default; may be NULL */
};

/*
 * Whether a service's list may have one more model, of that name: it is no
 * longer than lists are, and the name is one (NULL is none).
 */
bool model_list_takes(const struct model_list *list, const char *name);

/* The models known without asking, ended by one without a name. */
extern const struct model models[];

/* The known model of that name; NULL if there is none. */
const struct model *model_known(const char *name,
				const struct upstream *upstream);

/*
 * What a model of that name is like, as far as its name tells: the known one,
 * or a guess that sends nothing the service would refuse.
 */
struct model model_assumed(const char *name, const struct upstream *upstream);

#endif
