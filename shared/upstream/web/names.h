/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_NAMES_H
#define UPSTREAM_WEB_NAMES_H

#include "base/json.h"

/* Members that the service may call by either of two names. */
const cJSON *web_names_either(const cJSON *tree, const char *camel,
			      const char *snake);

/* The same for a text; NULL if it is missing or not a text. */
const char *web_names_either_text(const cJSON *tree, const char *camel,
				  const char *snake);

#endif
