/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_MODEL_H
#define UPSTREAM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upstream;

/* How models differ. */
enum model_trait {
	MODEL_FIXED_SAMPLING = 1 << 0, /* refuses temperature, top_p, … */
	MODEL_THINKS = 1 << 1,
	MODEL_THINKING_SWITCH = 1 << 2, /* … and can be told not to */
	MODEL_EFFORT = 1 << 3,		/* takes an effort */
	MODEL_FORCED_CALL = 1 << 4,	/* takes tool_choice required */
	MODEL_IMAGES = 1 << 5,
	MODEL_VIDEOS = 1 << 6,
	MODEL_MESSAGES = 1 << 7, /* Kimi Code: only in the Messages flavour */
	MODEL_ADAPTIVE = 1 << 8, /* … where it chooses how long it thinks */
	MODEL_PLAN = 1 << 9,	 /* not in every plan of its service */
	MODEL_DETAILS =
		1 << 13, /* … sends reasoning_details, wants them back */
};

/* Who made them all, as lists of models say. */
#define MODEL_OWNER "moonshot"

struct model {
	const char *name; /* the public one */
	const struct upstream *upstream;
	unsigned traits;
	int64_t context;   /* tokens; 0: not known */
	int64_t created;   /* Unix seconds */
	const char *wire;  /* the service's name for it; NULL: `name` */
	const char *alias; /* another name that clients may use; or NULL */

	/* Kimi web only. */
	const char *scenario; /* SCENARIO_… */
	unsigned efforts;     /* those it offers (web/effort.h); 0: not known */
	unsigned effort;      /* the one it takes by itself; 0: not known */
};

/* Models in the order in which their service lists them. */
struct model_list {
	struct model *models;
	size_t n;
	const char *preferred; /* the service's default; may be NULL */
};

/*
 * Whether a model of that name may be added to a service's list: the list is
 * not too long, and the name is not too long, empty or NULL.
 */
bool model_list_takes(const struct model_list *list, const char *name);

/* The model of that name that is known without asking its service, or any of
 * them (NULL); NULL if it is not known. */
const struct model *model_known(const char *name,
				const struct upstream *upstream);

#endif
