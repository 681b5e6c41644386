/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_EFFORT_H
#define UPSTREAM_WEB_EFFORT_H

/* How much a model is to think, as bits: least first. */
enum web_effort {
	WEB_EFFORT_NONE = 1 << 0,
	WEB_EFFORT_LOW = 1 << 1,
	WEB_EFFORT_MEDIUM = 1 << 2,
	WEB_EFFORT_HIGH = 1 << 3,
	WEB_EFFORT_MAX = 1 << 4,
};

/* The service's name for it, REASONING_EFFORT_…; NULL for no effort (0). */
const char *web_effort_name(unsigned effort);

/* The effort of that name, which may be NULL; 0 if it is not known here. */
unsigned web_effort_named(const char *name);

/* Of those that are offered the greatest that is not above `wanted`, else the
 * least; 0 if none is offered. */
unsigned web_effort_nearest(unsigned wanted, unsigned offered);

#endif
