/* SPDX-License-Identifier: MIT */
/* Conversations as JSON: all that there is, and what models are tuned with. */
#include "app/conversation_export_internal.h"

#include "base/json.h"

/* --- Everything --- */

static void put_json(struct json_writer *w, const char *key, const char *json)
{
	if (json != NULL)
		json_put_raw(w, key, json);
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	if (text != NULL)
		json_put_text(w, key, text);
}

static void put_message(struct json_writer *w, const struct archived_message *m)
{
	json_object(w, NULL);
	json_put_text(w, "role", m->role);
	put_text(w, "id", m->id);
	put_text(w, "request", m->request);
	json_put_bool(w, "reply", m->reply != 0);
	json_put_int(w, "created_ms", m->created_ms);
	put_text(w, "name", m->name);
	put_text(w, "content", m->content);
	put_json(w, "media", m->media);
	put_text(w, "reasoning", m->reasoning);
	put_json(w, "reasoning_details", m->reasoning_details);
	put_json(w, "tool_calls", m->tool_calls);
	put_text(w, "tool_call_id", m->tool_call_id);
	put_json(w, "citations", m->citations);
	put_json(w, "spans", m->spans);
	json_close_object(w);
}

void export_json(struct buf *out, const struct archived_conversation *c,
		 const struct archived_message *messages, size_t n)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_put_text(&w, "id", c->conversation.name);
	json_put_text(&w, "key", c->key);
	put_text(&w, "model", c->model);
	json_put_int(&w, "created_ms", c->conversation.created_ms);
	json_put_int(&w, "updated_ms", c->updated_ms);
	json_put_raw(&w, "metadata", c->conversation.metadata);
	json_array(&w, "messages");
	for (size_t i = 0; i < n; i++)
		put_message(&w, &messages[i]);
	json_close_array(&w);
	json_close_object(&w);
}

/* --- What models are tuned with --- */

static void put_part(struct json_writer *w, const struct chat_part *p)
{
	json_object(w, NULL);
	if (p->kind == CHAT_PART_TEXT) {
		json_put_text(w, "type", "text");
		json_put_text(w, "text", p->text);
	} else if (p->kind == CHAT_PART_IMAGE && p->text != NULL) {
		json_put_text(w, "type", "image_url");
		json_object(w, "image_url");
		json_put_text(w, "url", p->text);
		json_close_object(w);
	} else {
		json_put_text(w, "type", "file");
		json_object(w, "file");
		put_text(w, "file_id", p->id);
		put_text(w, "file_data", p->text);
		put_text(w, "filename", p->name);
		json_close_object(w);
	}
	json_close_object(w);
}

static bool is_text(const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].kind != CHAT_PART_TEXT)
			return false;
	return true;
}

static void put_content(struct json_writer *w, const struct chat_message *m,
			struct arena *a)
{
	if (m->n_parts == 0) {
		json_put_null(w, "content");
	} else if (is_text(m)) {
		json_put_text(w, "content", chat_message_text(m, a));
	} else {
		json_array(w, "content");
		for (size_t i = 0; i < m->n_parts; i++)
			put_part(w, &m->parts[i]);
		json_close_array(w);
	}
}

static void put_calls(struct json_writer *w, const struct chat_message *m)
{
	if (m->n_calls == 0)
		return;
	json_array(w, "tool_calls");
	for (size_t i = 0; i < m->n_calls; i++) {
		json_object(w, NULL);
		json_put_text(w, "id", m->calls[i].id);
		json_put_text(w, "type", "function");
		json_object(w, "function");
		json_put_text(w, "name", m->calls[i].name);
		json_put_text(w, "arguments", m->calls[i].arguments);
		json_close_object(w);
		json_close_object(w);
	}
	json_close_array(w);
}

void export_jsonl(struct buf *out, const struct chat_message *messages,
		  size_t n, bool reasoning, struct arena *a)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	json_array(&w, "messages");
	for (size_t i = 0; i < n; i++) {
		const struct chat_message *m = &messages[i];

		json_object(&w, NULL);
		json_put_text(&w, "role", chat_role_name(m->role));
		put_text(&w, "name", m->name);
		put_content(&w, m, a);
		if (reasoning)
			put_text(&w, "reasoning_content", m->reasoning);
		put_calls(&w, m);
		put_text(&w, "tool_call_id", m->call_id);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
	buf_put(out, '\n');
}
