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

#define MODEL(n, u, t, c, d)                                                   \
	{                                                                      \
		.name = n, .upstream = &upstream_##u, .traits = t,             \
		.context = c, .created = d                                     \
	}

const struct model models[] = {
	MODEL("k2", web, 0, 128 * K, 1752192000),
	MODEL("k1.5", web, MODEL_THINKS, 128 * K, 1737331200),
	MODEL("kimi-k3.1-pro", platform, K3, 1 * M, 1790812800),
	MODEL("kimi-k3.1-pro-highspeed", platform, K3, 1 * M, 1790812800),
	MODEL("kimi-k3", platform, K3, 1 * M, 1782864000),
	MODEL("kimi-k2.7-code", platform, K2_CODE, 256 * K, 1780272000),
	MODEL("kimi-k2.7-code-highspeed", platform, K2_CODE, 256 * K,
	      1780272000),
	MODEL("kimi-k2.6", platform, K2_6, 256 * K, 1776643200),
	{ 0 },
};

struct model model_find(const char *name, bool *known)
{
	struct model unknown = {
		.name = name,
		.upstream = &upstream_platform,
		.traits = MODEL_IMAGES,
	};

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
