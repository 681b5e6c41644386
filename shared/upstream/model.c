/* SPDX-License-Identifier: MIT */
/* The table of models: what each takes. */
#include "upstream/model.h"

#include <string.h>

#include "upstream/upstream.h"

/* Far beyond what services list. */
#define MAX_LISTED 500
#define LONGEST_NAME 128

#define K 1024
#define M (1024 * 1024)

/* Families with the same parameters (kimi-upstreams C3, C4, D4). */
#define K2_CODE                                                                \
	(MODEL_FIXED_SAMPLING | MODEL_THINKS | MODEL_IMAGES | MODEL_VIDEOS)
#define K2_6 (K2_CODE | MODEL_THINKING_SWITCH)
#define K3 (K2_CODE | MODEL_EFFORT | MODEL_FORCED_CALL)

#define MODEL(n, u, t, c, d)                                                   \
	{                                                                      \
		.name = (n), .upstream = &upstream_##u, .traits = (t),         \
		.context = (c), .created = (d)                                 \
	}

const struct model models[] = {
	MODEL("k2", web, MODEL_IMAGES, 256 * K, 1752192000),
	MODEL("k1.5", web, MODEL_THINKS | MODEL_IMAGES, 256 * K, 1737331200),

	MODEL("kimi-k3.1-pro", platform, K3, 1 * M, 1790812800),
	MODEL("kimi-k3.1-pro-highspeed", platform, K3, 1 * M, 1790812800),
	MODEL("kimi-k3", platform, K3, 1 * M, 1782864000),
	MODEL("kimi-k2.7-code", platform, K2_CODE, 256 * K, 1780272000),
	MODEL("kimi-k2.7-code-highspeed", platform, K2_CODE, 256 * K,
	      1780272000),
	MODEL("kimi-k2.6", platform, K2_6, 256 * K, 1776643200),

	MODEL("kimi-for-coding", code, K2_6, 256 * K, 1758153600),
	MODEL("kimi-for-coding-highspeed", code, K2_6 | MODEL_PLAN, 256 * K,
	      1780272000),
	MODEL("k3", code, K3 | MODEL_ADAPTIVE, 1 * M, 1782864000),
	MODEL("k3-256k", code, K3 | MODEL_ADAPTIVE, 256 * K, 1782864000),
	{ 0 },
};

bool model_list_takes(const struct model_list *list, const char *name)
{
	return name != NULL && *name != '\0' && strlen(name) <= LONGEST_NAME &&
	       list->n < MAX_LISTED;
}

const struct model *model_known(const char *name,
				const struct upstream *upstream)
{
	for (const struct model *m = models; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0 &&
		    (upstream == NULL || m->upstream == upstream))
			return m;
	return NULL;
}

struct model model_assumed(const char *name, const struct upstream *upstream)
{
	const struct model *known = model_known(name, upstream);
	struct model m = { .name = name, .upstream = upstream };

	if (known != NULL)
		return *known;
	m.traits = MODEL_IMAGES;
	/* All but the oldest pin their sampling; those clamp it. */
	if (strncmp(name, "moonshot-v1", 11) != 0)
		m.traits |= MODEL_FIXED_SAMPLING;
	if (strncmp(name, "kimi-k3", 7) == 0 || strncmp(name, "k3", 2) == 0)
		m.traits |= K3;
	return m;
}
