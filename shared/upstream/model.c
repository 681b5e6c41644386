/* SPDX-License-Identifier: MIT */
/* The table of models. */
#include "upstream/model.h"

#include <string.h>

#include "upstream/upstream.h"

#define K 1024
#define M (1024 * 1024)
#define K3                                                                     \
	(MODEL_FIXED_SAMPLING | MODEL_THINKS | MODEL_EFFORT |                  \
	 MODEL_FORCED_CALL | MODEL_IMAGES)
#define K2_CODE (MODEL_FIXED_SAMPLING | MODEL_THINKS | MODEL_IMAGES)
#define K2_6 (K2_CODE | MODEL_THINKING_SWITCH)

const struct model models[] = {
	{ "k2", &upstream_web, 0, 128 * K, 1752192000 },
	{ "k1.5", &upstream_web, MODEL_THINKS, 128 * K, 1737331200 },
	{ "kimi-k3.1-pro", &upstream_platform, K3, 1 * M, 1790812800 },
	{ "kimi-k3.1-pro-highspeed", &upstream_platform, K3, 1 * M,
	  1790812800 },
	{ "kimi-k3", &upstream_platform, K3, 1 * M, 1782864000 },
	{ "kimi-k2.7-code", &upstream_platform, K2_CODE, 256 * K, 1780272000 },
	{ "kimi-k2.7-code-highspeed", &upstream_platform, K2_CODE, 256 * K,
	  1780272000 },
	{ "kimi-k2.6", &upstream_platform, K2_6, 256 * K, 1776643200 },
	{ NULL, NULL, 0, 0, 0 },
};

struct model model_find(const char *name, bool *known)
{
	struct model unknown = { name, &upstream_platform, MODEL_IMAGES, 0, 0 };

	*known = true;
	for (const struct model *m = models; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return *m;
	*known = false;
	/* All of this family pin their sampling; older ones clamp it. */
	if (strncmp(name, "kimi-", 5) == 0)
		unknown.traits |= MODEL_FIXED_SAMPLING;
	return unknown;
}
