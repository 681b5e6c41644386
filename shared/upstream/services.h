/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_SERVICES_H
#define UPSTREAM_SERVICES_H

#include "upstream/upstream.h"

extern const struct upstream upstream_web;	/* web/service.c */
extern const struct upstream upstream_platform; /* api/platform.c */
extern const struct upstream upstream_code;	/* api/code.c */

/* All services of Kimi, ended by NULL. */
extern const struct upstream *const services[];

#endif
