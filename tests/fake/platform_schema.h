/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_SCHEMA_H
#define FAKE_PLATFORM_SCHEMA_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "platform_check.h"

/* Whether it is in the subset of JSON Schema that the service accepts. `what`
 * is the parameter it came in. */
bool platform_check_schema(const cJSON *schema, const char *what,
			   struct refusal *no);

#endif
