/* SPDX-License-Identifier: MIT */
/* Finds and writes one item of a message. */
#include "dialect/openai/item.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "dialect/sealed.h"

#define LIMIT (256 * 1024 * 1024)

static size_t text_length(const struct chat_message *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind == CHAT_PART_TEXT)
			n += strlen(m->parts[i].text);
	return n;
}

size_t openai_item_places(const struct chat_message *m)
{
	switch (m->role) {
	case CHAT_SYSTEM:
	case CHAT_USER:
		return m->n_parts > 0;
	case CHAT_TOOL:
		return m->call_id != NULL;
	case CHAT_ASSISTANT:
		break;
	}
	if (m->compacts)
		return m->n_parts > 0;
	if (m->spans != NULL)
		return m->n_spans;
	return (m->reasoning != NULL) + (m->n_parts > 0) + m->n_calls;
}

struct chat_span openai_item_span(const struct chat_message *m, size_t place)
{
	if (m->spans != NULL)
		return m->spans[place];
	if (m->reasoning != NULL && place-- == 0)
		return (struct chat_span){ .block = CHAT_BLOCK_REASONING,
					   .n = strlen(m->reasoning) };
	if (m->n_parts > 0 && place-- == 0)
		return (struct chat_span){ .block = CHAT_BLOCK_TEXT,
					   .n = text_length(m) };
	return (struct chat_span){ .block = CHAT_BLOCK_CALL,
				   .n = 1,
				   .from = place };
}

/* A call that was cut has no arguments, not even "{}". */
static bool find_call(struct openai_item *item, const cJSON *tools)
{
	const struct chat_message *m = item->message;

	if (item->from >= m->n_calls)
		return false;
	item->call = &m->calls[item->from];
	item->kind = OPENAI_ITEM_CALL;
	item->origin = openai_tool_name_origin(tools, item->call->name);
	return item->call->arguments != NULL &&
	       item->call->arguments[0] != '\0';
}

static bool find_block(struct openai_item *item, const cJSON *tools)
{
	const struct chat_message *m = item->message;
	struct chat_span span = openai_item_span(m, item->place);

	item->from = span.from;
	item->n = span.n;
	if (span.n == 0)
		return false;
	if (span.block == CHAT_BLOCK_CALL)
		return find_call(item, tools);
	if (span.block == CHAT_BLOCK_REASONING)
		item->kind = OPENAI_ITEM_REASONING;
	return true;
}

bool openai_item_find(struct openai_item *item, const struct chat_message *m,
		      size_t place, const cJSON *tools)
{
	*item = (struct openai_item){ .message = m,
				      .place = place,
				      .kind = OPENAI_ITEM_MESSAGE,
				      .status = "completed" };
	if (place >= openai_item_places(m))
		return false;
	if (m->compacts) {
		item->kind = OPENAI_ITEM_COMPACTION;
		item->n = text_length(m);
		return true;
	}
	if (m->role == CHAT_ASSISTANT)
		return find_block(item, tools);
	if (m->role == CHAT_TOOL)
		item->kind = OPENAI_ITEM_OUTPUT;
	if (m->role == CHAT_TOOL && m->name != NULL)
		item->origin = openai_tool_name_origin(tools, m->name);
	return true;
}

void openai_item_id(const struct openai_item *item,
		    char id[OPENAI_ITEM_ID_SIZE])
{
	static const char *const prefixes[] = {
		[OPENAI_ITEM_MESSAGE] = "msg_",
		[OPENAI_ITEM_REASONING] = "rs_",
		[OPENAI_ITEM_CALL] = "fc_",
		[OPENAI_ITEM_OUTPUT] = "fco_",
		[OPENAI_ITEM_COMPACTION] = "cmp_",
	};
	const char *prefix = prefixes[item->kind];

	if (item->origin.custom)
		prefix = item->kind == OPENAI_ITEM_CALL ? "ctc_" : "ctco_";
	if (item->origin.search)
		prefix = item->kind == OPENAI_ITEM_CALL ? "tsc_" : "tso_";
	assert(item->message->uid != NULL);
	snprintf(id, OPENAI_ITEM_ID_SIZE, "%s%s%zu", prefix, item->message->uid,
		 item->place);
}

/* Bytes [from, from + n) of the text parts, joined. */
static void append_text(struct buf *out, const struct chat_message *m,
			size_t from, size_t n)
{
	for (size_t i = 0; i < m->n_parts && n > 0; i++) {
		const char *text = m->parts[i].text;
		size_t length, take;

		if (m->parts[i].kind != CHAT_PART_TEXT)
			continue;
		length = strlen(text);
		if (from >= length) {
			from -= length;
			continue;
		}
		take = length - from < n ? length - from : n;
		buf_append(out, text + from, take);
		n -= take;
		from = 0;
	}
}

/* The item's text, in a buffer that the caller frees. */
static void take_text(const struct openai_item *item, struct buf *out)
{
	buf_init(out, LIMIT);
	if (item->opening)
		return;
	if (item->kind == OPENAI_ITEM_REASONING)
		buf_append(out, item->message->reasoning + item->from, item->n);
	else
		append_text(out, item->message, item->from, item->n);
}

void openai_item_put_text(struct json_writer *w, const char *key,
			  const struct openai_item *item)
{
	struct buf text;

	take_text(item, &text);
	json_put_text_n(w, key, buf_text(&text), text.len);
	buf_fini(&text);
}

void openai_item_put_annotation(struct json_writer *w, const char *key,
				const struct chat_citation *citation,
				size_t offset)
{
	json_object(w, key);
	json_put_text(w, "type", "url_citation");
	json_put_int(w, "start_index", (int64_t)offset);
	json_put_int(w, "end_index", (int64_t)offset);
	json_put_text(w, "url", citation->url);
	json_put_text(w, "title", citation->title);
	json_close_object(w);
}

/* The annotations that follow a character of this item's text. */
static void put_annotations(struct json_writer *w,
			    const struct openai_item *item)
{
	const struct chat_message *m = item->message;
	size_t start, end;
	struct buf text;

	if (item->opening || m->n_cited == 0)
		return;
	buf_init(&text, LIMIT);
	append_text(&text, m, 0, item->from + item->n);
	start = utf8_count(buf_text(&text), item->from);
	end = utf8_count(buf_text(&text), text.len);
	buf_fini(&text);
	for (size_t i = 0; i < m->n_cited; i++) {
		size_t offset = m->cited[i].offset;

		if (offset > start && offset <= end)
			openai_item_put_annotation(
				w, NULL, &m->cited[i].citation, offset - start);
	}
}

void openai_item_put_part(struct json_writer *w, const char *key,
			  const struct openai_item *item)
{
	bool summary = item->kind == OPENAI_ITEM_REASONING;

	json_object(w, key);
	json_put_text(w, "type", summary ? "summary_text" : "output_text");
	openai_item_put_text(w, "text", item);
	if (!summary) {
		json_array(w, "annotations");
		put_annotations(w, item);
		json_close_array(w);
		json_array(w, "logprobs");
		json_close_array(w);
	}
	json_close_object(w);
}

static void put_url(struct json_writer *w, const char *type, const char *key,
		    const struct chat_part *part)
{
	json_put_text(w, "type", type);
	if (part->text != NULL)
		json_put_text(w, key, part->text);
	if (part->id != NULL)
		json_put_text(w, "file_id", part->id);
}

static void put_file(struct json_writer *w, const struct chat_part *part)
{
	bool data = part->text != NULL && strncmp(part->text, "data:", 5) == 0;

	put_url(w, "input_file", data ? "file_data" : "file_url", part);
	if (part->name != NULL)
		json_put_text(w, "filename", part->name);
}

static void put_parts(struct json_writer *w, const char *key,
		      const struct chat_message *m)
{
	json_array(w, key);
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct chat_part *part = &m->parts[i];

		json_object(w, NULL);
		switch (part->kind) {
		case CHAT_PART_TEXT:
			json_put_text(w, "type", "input_text");
			json_put_text(w, "text", part->text);
			break;
		case CHAT_PART_IMAGE:
			put_url(w, "input_image", "image_url", part);
			json_put_text(w, "detail", "auto");
			break;
		case CHAT_PART_VIDEO:
			put_url(w, "input_video", "video_url", part);
			break;
		case CHAT_PART_FILE:
			put_file(w, part);
			break;
		}
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_message(struct json_writer *w, const struct openai_item *item)
{
	const struct chat_message *m = item->message;

	json_put_text(w, "type", "message");
	json_put_text(w, "role", chat_role_name(m->role));
	json_put_text(w, "status", item->status);
	if (m->role != CHAT_ASSISTANT) {
		put_parts(w, "content", m);
		return;
	}
	json_array(w, "content");
	if (!item->opening)
		openai_item_put_part(w, NULL, item);
	json_close_array(w);
}

static void put_sealed(struct json_writer *w, const struct openai_item *item)
{
	bool reasoning = item->kind == OPENAI_ITEM_REASONING;
	struct buf text, sealed;
	struct sealed whole = { .details = reasoning ? item->message->details :
						       NULL };

	take_text(item, &text);
	whole.text = buf_text(&text);
	whole.n = text.len;
	buf_init(&sealed, LIMIT);
	if (sealed_write(&sealed, &whole))
		json_put_text_n(w, "encrypted_content", sealed.p, sealed.len);
	buf_fini(&sealed);
	buf_fini(&text);
}

/* Opaque to clients, as it is at OpenAI: they carry it. */
static void put_compaction(struct json_writer *w,
			   const struct openai_item *item)
{
	json_put_text(w, "type", "compaction");
	if (item->opening)
		json_put_text(w, "encrypted_content", "");
	else
		put_sealed(w, item);
}

static void put_reasoning(struct json_writer *w, const struct openai_item *item)
{
	json_put_text(w, "type", "reasoning");
	json_array(w, "summary");
	if (!item->opening)
		openai_item_put_part(w, NULL, item);
	json_close_array(w);
	if (item->sealed && !item->opening)
		put_sealed(w, item);
}

void openai_item_put_input(struct json_writer *w, const char *key,
			   const struct openai_item *item)
{
	const char *arguments = item->opening ? "" : item->call->arguments;
	struct error ignored;
	cJSON *tree = json_read(arguments, strlen(arguments), &ignored);
	const char *input = json_text(tree, "input");

	json_put_text(w, key, input == NULL ? arguments : input);
	cJSON_Delete(tree);
}

/* Its arguments are an object: there is nothing to add to it bit by bit. */
static void put_search_call(struct json_writer *w,
			    const struct openai_item *item)
{
	const char *arguments = item->opening ? "{}" : item->call->arguments;
	struct error ignored;
	cJSON *tree = json_read(arguments, strlen(arguments), &ignored);

	json_put_text(w, "type", "tool_search_call");
	json_put_text(w, "execution", "client");
	json_put_text(w, "status", item->status);
	json_put_text(w, "call_id", item->call->id);
	if (tree != NULL)
		json_put_tree(w, "arguments", tree);
	else
		json_put_text(w, "arguments", arguments);
	cJSON_Delete(tree);
}

static void put_call(struct json_writer *w, const struct openai_item *item)
{
	bool custom = item->origin.custom;

	json_put_text(w, "type", custom ? "custom_tool_call" : "function_call");
	json_put_text(w, "status", item->status);
	json_put_text(w, "call_id", item->call->id);
	json_put_text(w, "name", item->origin.name);
	if (item->origin.space != NULL)
		json_put_text(w, "namespace", item->origin.space);
	if (custom)
		openai_item_put_input(w, "input", item);
	else
		json_put_text(w, "arguments",
			      item->opening ? "" : item->call->arguments);
}

static void put_search_output(struct json_writer *w,
			      const struct openai_item *item)
{
	const struct chat_message *m = item->message;
	const char *tools = m->n_parts > 0 ? m->parts[0].text : "[]";
	struct error ignored;
	cJSON *tree = json_read(tools, strlen(tools), &ignored);

	json_put_text(w, "type", "tool_search_output");
	json_put_text(w, "execution", "client");
	json_put_text(w, "status", item->status);
	json_put_text(w, "call_id", m->call_id);
	json_put_raw(w, "tools", cJSON_IsArray(tree) ? tools : "[]");
	cJSON_Delete(tree);
}

static void put_output(struct json_writer *w, const struct openai_item *item)
{
	const struct chat_message *m = item->message;
	struct openai_item text = { .message = m, .n = text_length(m) };
	bool plain = true;

	json_put_text(w, "type",
		      item->origin.custom ? "custom_tool_call_output" :
					    "function_call_output");
	json_put_text(w, "status", item->status);
	json_put_text(w, "call_id", m->call_id);
	for (size_t i = 0; i < m->n_parts; i++)
		plain = plain && m->parts[i].kind == CHAT_PART_TEXT;
	if (plain)
		openai_item_put_text(w, "output", &text);
	else
		put_parts(w, "output", m);
}

void openai_item_put(struct json_writer *w, const char *key,
		     const struct openai_item *item)
{
	char id[OPENAI_ITEM_ID_SIZE];

	openai_item_id(item, id);
	json_object(w, key);
	json_put_text(w, "id", id);
	switch (item->kind) {
	case OPENAI_ITEM_MESSAGE:
		put_message(w, item);
		break;
	case OPENAI_ITEM_REASONING:
		put_reasoning(w, item);
		break;
	case OPENAI_ITEM_CALL:
		if (item->origin.search)
			put_search_call(w, item);
		else
			put_call(w, item);
		break;
	case OPENAI_ITEM_OUTPUT:
		if (item->origin.search)
			put_search_output(w, item);
		else
			put_output(w, item);
		break;
	case OPENAI_ITEM_COMPACTION:
		put_compaction(w, item);
		break;
	}
	json_close_object(w);
}
