/* SPDX-License-Identifier: MIT */
/* What the bodies of chat completions and messages have in common. */
#include "upstream/api/request_body.h"

#include <string.h>

#include "upstream/api/schema.h"

bool request_body_put_schema(struct json_writer *w, struct arena *a,
			     const char *key, const char *schema,
			     const char *param, struct error *e)
{
	const char *normalized = schema_normalize(a, schema, param, e);

	if (normalized != NULL)
		json_put_raw(w, key, normalized);
	return normalized != NULL;
}

bool request_body_put_parameters(struct json_writer *w, struct arena *a,
				 const char *key, const struct chat_tool *tool,
				 struct error *e)
{
	return tool->parameters == NULL || /* Kimi's own tools have none */
	       request_body_put_schema(w, a, key, tool->parameters, tool->param,
				       e);
}

bool request_body_has_medium(const struct chat_part *part)
{
	return part->file != NULL ||
	       (part->text != NULL &&
		strncmp(part->text, REQUEST_BODY_FILE_SCHEME,
			strlen(REQUEST_BODY_FILE_SCHEME)) == 0);
}

bool request_body_refuse_url(const struct chat_part *part, struct error *e)
{
	return error_field(e, ERROR_VALUE,
			   part->param != NULL ? part->param : "",
			   "Kimi does not fetch URLs: send the bytes as a "
			   "data: URL in base64.");
}

bool request_body_is_answered(const struct chat_request *r, size_t i,
			      const char *id)
{
	for (i++; i < r->n_messages && r->messages[i].role == CHAT_TOOL; i++)
		if (strcmp(r->messages[i].call_id, id) == 0)
			return true;
	return false;
}

bool request_body_fits(const struct buf *body, struct error *e)
{
	return !body->full || error_set(e, ERROR_TOO_LARGE,
					"The request is larger than Kimi "
					"accepts (%zu bytes).",
					body->limit);
}
