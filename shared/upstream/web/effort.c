/* SPDX-License-Identifier: MIT */
/* Efforts of thinking, and which of those on offer is meant. */
#include "upstream/web/effort.h"

#include <stddef.h>
#include <string.h>

static const struct {
	enum web_effort effort;
	const char *name;
} efforts[] = {
	{ WEB_EFFORT_NONE, "REASONING_EFFORT_NONE" },
	{ WEB_EFFORT_LOW, "REASONING_EFFORT_LOW" },
	{ WEB_EFFORT_MEDIUM, "REASONING_EFFORT_MEDIUM" },
	{ WEB_EFFORT_HIGH, "REASONING_EFFORT_HIGH" },
	{ WEB_EFFORT_MAX, "REASONING_EFFORT_MAX" },
};

#define EFFORTS (sizeof(efforts) / sizeof(*efforts))

const char *web_effort_name(unsigned effort)
{
	for (size_t i = 0; i < EFFORTS; i++)
		if (efforts[i].effort == effort)
			return efforts[i].name;
	return NULL;
}

unsigned web_effort_named(const char *name)
{
	for (size_t i = 0; name != NULL && i < EFFORTS; i++)
		if (strcmp(efforts[i].name, name) == 0)
			return efforts[i].effort;
	return 0;
}

unsigned web_effort_nearest(unsigned wanted, unsigned offered)
{
	unsigned nearest = 0;

	for (size_t i = 0; i < EFFORTS; i++)
		if ((offered & efforts[i].effort) &&
		    (nearest == 0 || efforts[i].effort <= wanted))
			nearest = efforts[i].effort;
	return nearest;
}
