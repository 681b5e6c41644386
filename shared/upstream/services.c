/* SPDX-License-Identifier: MIT */
/* The list of Kimi's services. */
#include "upstream/services.h"

const struct upstream *const services[] = {
	&upstream_web,
	&upstream_platform,
	&upstream_code,
	NULL,
};
