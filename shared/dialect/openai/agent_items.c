/* SPDX-License-Identifier: MIT */
/* Makes messages of the items that only agents send. */
#include "dialect/openai/agent_items.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/openai/loaded_tools.h"
#include "dialect/sealed.h"

#define LIMIT (256 * 1024 * 1024)

static struct chat_message of_text(struct arena *a, enum chat_role role,
				   const char *text)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = text;
	return (struct chat_message){ .role = role,
				      .parts = part,
				      .n_parts = *text != '\0' };
}

/* OpenAI encrypts the task, an argument of a call; ours are as the model wrote
 * them. */
struct chat_message openai_agent_items_told(struct arena *a, const cJSON *item)
{
	struct buf *said = arena_buf(a, LIMIT);
	const cJSON *part;

	cJSON_ArrayForEach(part, json_at(item, "content")) {
		const char *text = json_text(part, "text");

		if (text == NULL)
			text = json_text(part, "encrypted_content");
		if (text != NULL)
			buf_puts(said, text);
	}
	return of_text(a, CHAT_USER, buf_text(said));
}

bool openai_agent_items_summary(struct arena *a, const cJSON *item,
				struct chat_message *m)
{
	const char *text = sealed_get(a, json_text(item, "encrypted_content"));

	if (text == NULL)
		return false;
	*m = of_text(a, CHAT_ASSISTANT, text);
	m->compacts = true;
	return true;
}

struct chat_message openai_agent_items_loaded(struct arena *a,
					      const cJSON *item)
{
	const cJSON *tools = json_at(item, "tools");
	struct chat_message m =
		of_text(a, CHAT_TOOL,
			cJSON_IsArray(tools) ? json_print(a, tools) : "[]");

	m.name = OPENAI_TOOL_SEARCH;
	m.call_id = json_text(item, "call_id");
	return m;
}

struct chat_message openai_agent_items_late(struct arena *a,
					    const struct chat_message *result)
{
	struct chat_part *parts =
		arena_array(a, result->n_parts + 1, sizeof(*parts));

	parts[0].text =
		arena_printf(a, "An earlier tool call (%s) reports more:\n",
			     result->call_id);
	if (result->n_parts > 0)
		memcpy(parts + 1, result->parts,
		       result->n_parts * sizeof(*parts));
	return (struct chat_message){ .role = CHAT_USER,
				      .parts = parts,
				      .n_parts = result->n_parts + 1 };
}
