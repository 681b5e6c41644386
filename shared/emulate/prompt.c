/* SPDX-License-Identifier: MIT */
/* Says in the text of messages what a service has no fields for. */
#include "emulate/prompt.h"

#include <string.h>

#include "base/json.h"
#include "chat/call_arguments.h"
#include "chat/call_id.h"

#define TEXT_LIMIT (64 * 1024 * 1024)

struct prompt_tools prompt_tools(const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_tools; i++)
		if (q->tool_choice == CHAT_TOOLS_NAMED &&
		    strcmp(q->tools[i].name, q->tool_name) == 0)
			return (struct prompt_tools){ &q->tools[i], 1 };
	return (struct prompt_tools){ q->tools, q->n_tools };
}

static struct buf *text_new(struct arena *a)
{
	struct buf *text = arena_buf(a, TEXT_LIMIT);

	return text;
}

static void put_tool(struct buf *out, const struct chat_tool *tool)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "name", tool->name);
	if (tool->description != NULL)
		json_put_text(&w, "description", tool->description);
	if (tool->parameters != NULL)
		json_put_raw(&w, "parameters", tool->parameters);
	json_close_object(&w);
	buf_puts(out, "\n");
}

static void put_choice(struct buf *out, const struct chat_request *q)
{
	switch (q->tool_choice) {
	case CHAT_TOOLS_AUTO:
		buf_puts(out, "Call a tool where it helps; otherwise answer "
			      "as usual, without such a line.\n");
		break;
	case CHAT_TOOLS_REQUIRED:
		buf_puts(out, "This time you must call a tool.\n");
		break;
	case CHAT_TOOLS_NAMED:
		buf_printf(out, "This time you must call the tool %s.\n",
			   q->tool_name);
		break;
	case CHAT_TOOLS_NONE:
		break;
	}
	if (q->one_call)
		buf_puts(out, "Call one tool at most.\n");
}

static void put_tools(struct buf *out, const struct chat_request *q)
{
	struct prompt_tools tools = prompt_tools(q);

	buf_puts(out,
		 "# Tools\n\n"
		 "You can call tools. A call is exactly this, on a line of "
		 "its own:\n\n"
		 "<tool_call>{\"name\": \"NAME\", \"arguments\": {}}"
		 "</tool_call>\n\n"
		 "\"arguments\" is a JSON object that fits the tool's "
		 "\"parameters\", which are a JSON schema. For several calls "
		 "write several such lines. Do not put calls into a code "
		 "block. End your answer after the calls and do not make "
		 "up results: they come in the next message, in the order of "
		 "the calls, as\n\n"
		 "<tool_result id=\"NAME:0\" name=\"NAME\">\n"
		 "the result\n"
		 "</tool_result>\n\n");
	put_choice(out, q);
	buf_puts(out, "\nThe tools:\n\n");
	for (size_t i = 0; i < tools.n; i++)
		put_tool(out, &tools.list[i]);
}

static void put_format(struct buf *out, const struct chat_request *q,
		       const struct gaps *gaps, struct arena *a)
{
	struct error ignored;
	const cJSON *schema;

	buf_puts(out, "# Format of the answer\n\n");
	if (gaps->tools)
		buf_puts(out, "When you call no tool: ");
	buf_printf(out,
		   "Answer with %s and nothing else: no words before or "
		   "after it, no code block.\n",
		   q->format == CHAT_FORMAT_SCHEMA ? "JSON" :
						     "one JSON object");
	if (q->format != CHAT_FORMAT_SCHEMA)
		return;
	schema = json_parse(a, q->schema, strlen(q->schema), &ignored);
	if (json_text(schema, "description") != NULL)
		buf_printf(out, "It is: %s\n",
			   json_text(schema, "description"));
	schema = json_at(schema, "schema");
	if (schema != NULL)
		buf_printf(out,
			   "It must be valid against this JSON schema:\n"
			   "%s\n",
			   json_print(a, schema));
}

static const char *instructions(const struct chat_request *q,
				const struct gaps *gaps, struct arena *a)
{
	struct buf *out = text_new(a);

	if (gaps->tools)
		put_tools(out, q);
	else if (gaps->history)
		buf_puts(out, "No tool can be called this time: answer in "
			      "plain words.\n");
	if (gaps->format) {
		if (out->len > 0)
			buf_puts(out, "\n");
		put_format(out, q, gaps, a);
	}
	if (out->len == 0)
		return NULL;
	buf_puts(out, "\n# The conversation\n\n");
	return buf_text(out);
}

static const char *calls_text(const struct chat_message *m, struct arena *a)
{
	struct buf *out = text_new(a);

	for (size_t i = 0; i < m->n_calls; i++) {
		struct json_writer w;

		if (i > 0 || m->n_parts > 0)
			buf_puts(out, "\n");
		buf_puts(out, "<tool_call>");
		json_writer_init(&w, out);
		json_object(&w, NULL);
		json_put_text(&w, "name", m->calls[i].name);
		json_put_raw(&w, "arguments",
			     call_arguments_object(a, m->calls[i].arguments));
		json_close_object(&w);
		buf_puts(out, "</tool_call>");
	}
	return buf_text(out);
}

/* An attribute; characters that could end its value are left out. */
static void put_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s=\"", name);
	for (; *value != '\0'; value++)
		if (strchr("\"<>\r\n", *value) == NULL)
			buf_append(out, value, 1);
	buf_puts(out, "\"");
}

/*
 * A call is identified by its position in the reply, whoever gave it an id.
 * The assistant message comes before all results of its calls.
 */
static const char *result_head(const struct chat_request *q, size_t i,
			       struct arena *a)
{
	const char *id = q->messages[i].call_id, *name = NULL;
	struct buf *out = text_new(a);

	while (i > 0 && q->messages[i].role == CHAT_TOOL)
		i--;
	for (size_t j = 0; j < q->messages[i].n_calls; j++)
		if (strcmp(q->messages[i].calls[j].id, id) == 0) {
			name = q->messages[i].calls[j].name;
			id = arena_printf(a, "%s:%zu", name, j);
			break;
		}
	buf_puts(out, "<tool_result");
	put_attribute(out, "id", name == NULL ? call_id_unwrap(a, id) : id);
	if (name != NULL)
		put_attribute(out, "name", name);
	buf_puts(out, ">\n");
	return buf_text(out);
}

/* Adds text before and after the message's parts; NULL: none. */
static void surround(struct chat_message *m, const char *before,
		     const char *after, struct arena *a)
{
	struct chat_part *parts =
		arena_array(a, m->n_parts + 2, sizeof(*parts));
	size_t n = 0;

	if (before != NULL)
		parts[n++].text = before;
	if (m->n_parts > 0)
		memcpy(parts + n, m->parts, m->n_parts * sizeof(*parts));
	n += m->n_parts;
	if (after != NULL)
		parts[n++].text = after;
	m->parts = parts;
	m->n_parts = n;
}

static void reword_calls(struct chat_message *m, const struct chat_request *q,
			 size_t i, struct arena *a)
{
	if (m->role == CHAT_TOOL) {
		surround(m, result_head(q, i, a), "\n</tool_result>", a);
		m->role = CHAT_USER;
		m->call_id = NULL;
	} else if (m->n_calls > 0) {
		surround(m, NULL, calls_text(m, a), a);
		m->calls = NULL;
		m->n_calls = 0;
	}
}

static size_t first_to_instruct(const struct chat_request *q, size_t known)
{
	size_t i = known;

	while (i < q->n_messages && q->messages[i].role == CHAT_ASSISTANT)
		i++;
	return i < q->n_messages ? i : known;
}

static const struct chat_message *
reworded_messages(const struct chat_request *q, const struct gaps *gaps,
		  struct arena *a)
{
	size_t known = q->bookmark.chat == NULL ? 0 : q->bookmark.known;
	const char *before = instructions(q, gaps, a);
	struct chat_message *reworded =
		arena_array(a, q->n_messages, sizeof(*reworded));

	memcpy(reworded, q->messages, q->n_messages * sizeof(*reworded));
	if (gaps->tools || gaps->history)
		for (size_t i = known; i < q->n_messages; i++)
			reword_calls(&reworded[i], q, i, a);
	if (before != NULL && known < q->n_messages)
		surround(&reworded[first_to_instruct(q, known)], before, NULL,
			 a);
	return reworded;
}

struct chat_request prompt_make(const struct chat_request *request,
				const struct gaps *gaps, struct arena *a)
{
	struct chat_request reworded = *request;

	reworded.messages = reworded_messages(request, gaps, a);
	if (gaps->tools || gaps->history) {
		reworded.tools = NULL;
		reworded.n_tools = 0;
		reworded.tool_choice = CHAT_TOOLS_AUTO;
		reworded.tool_name = NULL;
		reworded.one_call = false;
	}
	if (gaps->format) {
		reworded.format = CHAT_FORMAT_TEXT;
		reworded.schema = NULL;
	}
	if (gaps->limits) {
		reworded.stop = NULL;
		reworded.n_stop = 0;
		reworded.max_tokens = 0;
	}
	return reworded;
}

static const struct chat_part *text_part(struct arena *a, const char *text)
{
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	part->text = text;
	return part;
}

struct chat_request prompt_again(const struct chat_request *sent,
				 const struct chat_bookmark *chat,
				 const char *reply, const char *why,
				 struct arena *a)
{
	size_t n = sent->n_messages;
	struct chat_message *all = arena_array(a, n + 2, sizeof(*all));
	struct chat_request again = *sent;

	memcpy(all, sent->messages, n * sizeof(*all));
	all[n].role = CHAT_ASSISTANT;
	if (*reply != '\0') {
		all[n].parts = text_part(a, reply);
		all[n].n_parts = 1;
	}
	all[n + 1].role = CHAT_USER;
	all[n + 1].parts = text_part(a, why);
	all[n + 1].n_parts = 1;
	again.messages = all;
	again.n_messages = n + 2;
	again.bookmark = *chat;
	again.bookmark.known = n + 1;
	return again;
}
