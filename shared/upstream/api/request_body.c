/* SPDX-License-Identifier: MIT */
/* What the bodies of chat completions and messages have in common. */
#include "upstream/api/request_body.h"

#include <string.h>

#include "upstream/schema/rewrite.h"

#define MOST_TOOLS 128

bool request_body_put_schema(struct json_writer *w, struct arena *a,
			     const char *key,
			     const struct request_body_schema *schema,
			     struct error *e)
{
	const char *text = schema_rewrite(a, schema->json, schema->strict,
					  schema->param, e);

	if (text != NULL)
		json_put_raw(w, key, text);
	return text != NULL;
}

bool request_body_put_parameters(struct json_writer *w, struct arena *a,
				 const char *key, const struct chat_tool *tool,
				 struct error *e)
{
	const struct request_body_schema schema = {
		.json = tool->parameters,
		.strict = tool->has_strict && tool->strict,
		.param = tool->param,
	};

	return schema.json == NULL || /* Kimi's own tools have none */
	       request_body_put_schema(w, a, key, &schema, e);
}

bool request_body_sends_tool(const struct chat_request *r,
			     const struct chat_tool *tool)
{
	return r->tool_choice != CHAT_TOOLS_NAMED ||
	       strcmp(tool->name, r->tool_name) == 0;
}

bool request_body_check_tools(const struct chat_request *r, struct error *e)
{
	return r->n_tools <= MOST_TOOLS || r->tool_choice == CHAT_TOOLS_NAMED ||
	       error_field(e, ERROR_VALUE, "tools",
			   "There are %zu tools, and Kimi accepts at most %d: "
			   "leave out those that are not needed.",
			   r->n_tools, MOST_TOOLS);
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

/* chat_unanswered_calls_fill puts results in the order of their calls. */
bool request_body_is_answered(const struct chat_request *r, size_t i, size_t k)
{
	const char *id = r->messages[i].calls[k].id;
	size_t place = i + 1 + k;

	if (place < r->n_messages && r->messages[place].role == CHAT_TOOL &&
	    strcmp(r->messages[place].call_id, id) == 0)
		return true;
	for (i++; i < r->n_messages && r->messages[i].role == CHAT_TOOL; i++)
		if (strcmp(r->messages[i].call_id, id) == 0)
			return true;
	return false;
}

bool request_body_fits(const struct rope *body, struct error *e)
{
	if (body->text.starved)
		return error_no_memory(e, (int64_t)body->text.len);
	return !rope_full(body) || error_set(e, ERROR_TOO_LARGE,
					     "The request is larger than Kimi "
					     "accepts (%lld bytes).",
					     (long long)body->limit);
}
