/* SPDX-License-Identifier: MIT */
/* The list of Kimi's services. */
#include "upstream/upstream.h"

const struct upstream *const upstreams[] = {
	&upstream_web,
	&upstream_platform,
	&upstream_code,
	NULL,
};
