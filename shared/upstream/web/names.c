/* SPDX-License-Identifier: MIT */
/* Members in camelCase or snake_case. */
#include "upstream/web/names.h"

const cJSON *web_names_either(const cJSON *tree, const char *camel,
			      const char *snake)
{
	const cJSON *v = json_at(tree, camel);

	return v != NULL ? v : json_at(tree, snake);
}

const char *web_names_either_text(const cJSON *tree, const char *camel,
				  const char *snake)
{
	return cJSON_GetStringValue(web_names_either(tree, camel, snake));
}
