/* SPDX-License-Identifier: MIT */
/* What the service says of schemas that it does not take. */
#include <string.h>

#include "platform_schema.h"
#include "schema_rules.h"

bool platform_check_schema(const cJSON *schema, const char *what,
			   struct refusal *no)
{
	char why[SCHEMA_RULES_WHY];

	if (strcmp(platform_word(schema, "type"), "object") != 0)
		return refuse(no,
			      "Invalid request: %s.type is required and must "
			      "be \"object\"",
			      what);
	return schema_rules_check(schema, why) ||
	       refuse(no,
		      "Invalid request: %s is not a valid moonshot flavored "
		      "json schema, details: <%s>",
		      what, why);
}
