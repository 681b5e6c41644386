/* SPDX-License-Identifier: MIT */
/* Chat completions as objects, and the messages they were made from. */
#include "dialect/openai/chat_object.h"

#include "dialect/openai/reasoning_details.h"

void openai_chat_object_put_usage(struct json_writer *w,
				  const struct chat_usage *u)
{
	json_object(w, "usage");
	json_put_int(w, "prompt_tokens", u->prompt);
	json_put_int(w, "completion_tokens", u->completion);
	json_put_int(w, "total_tokens", u->prompt + u->completion);
	json_object(w, "prompt_tokens_details");
	json_put_int(w, "cached_tokens", u->cached);
	json_put_int(w, "cache_write_tokens", u->cache_write);
	json_close_object(w);
	json_object(w, "completion_tokens_details");
	json_put_int(w, "reasoning_tokens", u->reasoning);
	json_close_object(w);
	/* Our extensions: who counted, and what else Kimi charges for. */
	json_put_text(w, "source", chat_usage_source_name(u->source));
	if (u->searches > 0)
		json_put_int(w, "searches", u->searches);
	json_close_object(w);
}

void openai_chat_object_put_citation(struct json_writer *w,
				     const struct chat_citation *citation,
				     size_t offset)
{
	json_object(w, NULL);
	json_put_text(w, "type", "url_citation");
	json_object(w, "url_citation");
	json_put_int(w, "start_index", (int64_t)offset);
	json_put_int(w, "end_index", (int64_t)offset);
	json_put_text(w, "url", citation->url);
	json_put_text(w, "title", citation->title);
	json_close_object(w);
	json_close_object(w);
}

static void put_calls(struct json_writer *w, const struct chat_message *m)
{
	if (m->n_calls == 0)
		return;
	json_array(w, "tool_calls");
	for (size_t i = 0; i < m->n_calls; i++) {
		const struct chat_call *call = &m->calls[i];

		json_object(w, NULL);
		json_put_text(w, "id", call->id);
		json_put_text(w, "type", "function");
		json_object(w, "function");
		json_put_text(w, "name", call->name);
		json_put_text(w, "arguments", call->arguments);
		json_close_object(w);
		json_close_object(w);
	}
	json_close_array(w);
}

/* A long reply is one part and needs no copy. */
static const char *text_of(const struct chat_message *m, struct arena *a)
{
	if (m->n_parts == 1 && m->parts[0].kind == CHAT_PART_TEXT)
		return m->parts[0].text;
	return chat_message_text(m, a);
}

static void put_text(struct json_writer *w, const struct chat_message *m,
		     struct arena *a)
{
	if (m->n_parts == 0 && m->n_calls > 0)
		json_put_null(w, "content");
	else
		json_put_text(w, "content", text_of(m, a));
}

static void put_answer(struct json_writer *w, const struct chat_message *m,
		       struct arena *a)
{
	json_object(w, "message");
	json_put_text(w, "role", "assistant");
	put_text(w, m, a);
	json_put_null(w, "refusal");
	json_array(w, "annotations");
	for (size_t i = 0; i < m->n_cited; i++)
		openai_chat_object_put_citation(w, &m->cited[i].citation,
						m->cited[i].offset);
	json_close_array(w);
	if (m->reasoning != NULL)
		json_put_text(w, "reasoning_content", m->reasoning);
	openai_reasoning_details_put(w, m->details, false);
	put_calls(w, m);
	json_close_object(w);
}

static void put_choice(struct json_writer *w, size_t index,
		       const struct openai_chat_choice *choice, struct arena *a)
{
	json_object(w, NULL);
	json_put_int(w, "index", (int64_t)index);
	put_answer(w, choice->message, a);
	json_put_null(w, "logprobs");
	json_put_text(w, "finish_reason", chat_finish_name(choice->finish));
	json_close_object(w);
}

void openai_chat_object_put(struct json_writer *w,
			    const struct openai_chat_object *c, struct arena *a)
{
	json_object(w, NULL);
	json_put_text(w, "id", c->id);
	json_put_text(w, "object", "chat.completion");
	json_put_int(w, "created", c->created);
	json_put_text(w, "model", c->model);
	json_array(w, "choices");
	for (size_t i = 0; i < c->n_choices; i++)
		put_choice(w, i, &c->choices[i], a);
	json_close_array(w);
	openai_chat_object_put_usage(w, c->usage);
	if (c->metadata != NULL)
		json_put_raw(w, "metadata", c->metadata);
	json_close_object(w);
}

static void put_url(struct json_writer *w, const char *type,
		    const struct chat_part *part)
{
	json_put_text(w, "type", type);
	json_object(w, type);
	if (part->id != NULL)
		json_put_text(w, "file_id", part->id);
	else
		json_put_text(w, "url", part->text);
	json_close_object(w);
}

static void put_file(struct json_writer *w, const struct chat_part *part)
{
	json_put_text(w, "type", "file");
	json_object(w, "file");
	if (part->id != NULL)
		json_put_text(w, "file_id", part->id);
	else
		json_put_text(w, "file_data", part->text);
	if (part->name != NULL)
		json_put_text(w, "filename", part->name);
	json_close_object(w);
}

static void put_part(struct json_writer *w, const struct chat_part *part)
{
	json_object(w, NULL);
	switch (part->kind) {
	case CHAT_PART_TEXT:
		json_put_text(w, "type", "text");
		json_put_text(w, "text", part->text);
		break;
	case CHAT_PART_IMAGE:
		put_url(w, "image_url", part);
		break;
	case CHAT_PART_VIDEO:
		put_url(w, "video_url", part);
		break;
	case CHAT_PART_FILE:
		put_file(w, part);
		break;
	}
	json_close_object(w);
}

/* A message of one text was, or might have been, a plain string. */
static void put_parts(struct json_writer *w, const struct chat_message *m)
{
	if (m->n_parts == 0 ||
	    (m->n_parts == 1 && m->parts[0].kind == CHAT_PART_TEXT)) {
		json_put_null(w, "content_parts");
		return;
	}
	json_array(w, "content_parts");
	for (size_t i = 0; i < m->n_parts; i++)
		put_part(w, &m->parts[i]);
	json_close_array(w);
}

void openai_chat_object_put_input(struct json_writer *w, const char *id,
				  const struct chat_message *m, struct arena *a)
{
	json_object(w, NULL);
	json_put_text(w, "id", id);
	json_put_text(w, "role", chat_role_name(m->role));
	put_text(w, m, a);
	json_put_null(w, "refusal");
	json_put_text(w, "name", m->name);
	put_parts(w, m);
	if (m->reasoning != NULL)
		json_put_text(w, "reasoning_content", m->reasoning);
	openai_reasoning_details_put(w, m->details, false);
	put_calls(w, m);
	if (m->call_id != NULL)
		json_put_text(w, "tool_call_id", m->call_id);
	json_close_object(w);
}
