/* SPDX-License-Identifier: MIT */
/* The models that are known without asking, and what names say about others. */
#include "upstream/api/known_models.h"

#include <string.h>

#include "upstream/services.h"

#define K 1024
#define M (1024 * 1024)

/* Families with the same parameters. */
#define K2_CODE                                                                \
	(MODEL_FIXED_SAMPLING | MODEL_THINKS | MODEL_IMAGES | MODEL_VIDEOS)
#define K2_6 (K2_CODE | MODEL_THINKING_SWITCH)
#define K2_8 (K2_6 | MODEL_EFFORT)
#define K3 (K2_CODE | MODEL_EFFORT | MODEL_FORCED_CALL)
#define K3_OF_CODE (K3 | MODEL_ADAPTIVE | MODEL_DETAILS)

#define MODEL(n, u, t, c, d)                                                   \
	{                                                                      \
		.name = (n), .upstream = &(u), .traits = (t), .context = (c),  \
		.created = (d)                                                 \
	}
#define PLATFORM(n, t, c, d) MODEL(n, upstream_platform, t, c, d)
#define CODE(n, t, c, d) MODEL(n, upstream_code, t, c, d)

const struct model known_models_platform[] = {
	PLATFORM("kimi-k3.1-pro", K3, 1 * M, 1790812800),
	PLATFORM("kimi-k3.1-pro-highspeed", K3, 1 * M, 1790812800),
	PLATFORM("kimi-k3", K3, 1 * M, 1782864000),
	PLATFORM("kimi-k2.7-code", K2_CODE, 256 * K, 1780272000),
	PLATFORM("kimi-k2.7-code-highspeed", K2_CODE, 256 * K, 1780272000),
	PLATFORM("kimi-k2.6", K2_6, 256 * K, 1776643200),
	{ 0 },
};

const struct model known_models_code[] = {
	/* Today's K2.8 Preview; the fast one is still K2.7 Code. */
	CODE("kimi-for-coding", K2_8, 1 * M, 1758153600),
	CODE("kimi-for-coding-highspeed", K2_CODE | MODEL_PLAN, 256 * K,
	     1780272000),
	CODE("k3.1-pro", K3_OF_CODE, 1 * M, 1792713600),
	CODE("k3", K3_OF_CODE, 1 * M, 1782864000),
	CODE("k3-256k", K3_OF_CODE, 256 * K, 1782864000),
	{ 0 },
};

static bool begins(const char *name, const char *start)
{
	return strncmp(name, start, strlen(start)) == 0;
}

struct model known_models_assume(const char *name,
				 const struct upstream *upstream)
{
	const struct model *known = model_known(name, upstream);
	struct model m = { .name = name, .upstream = upstream };

	if (known != NULL)
		return *known;
	m.traits = MODEL_IMAGES;
	/* All but the oldest refuse sampling parameters; those clamp them. */
	if (!begins(name, "moonshot-v1"))
		m.traits |= MODEL_FIXED_SAMPLING;
	if (begins(name, "kimi-k3"))
		m.traits |= K3;
	if (begins(name, "k3"))
		m.traits |= upstream == &upstream_code ? K3_OF_CODE : K3;
	return m;
}
