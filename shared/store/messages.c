/* SPDX-License-Identifier: MIT */
/* Messages as rows: plain text stays plain, the rest is JSON. */
#include "store/messages.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "chat/replay.h"

#define JSON_LIMIT (256 * 1024 * 1024)

static const char *const part_names[] = {
	[CHAT_PART_TEXT] = "text",
	[CHAT_PART_IMAGE] = "image",
	[CHAT_PART_VIDEO] = "video",
	[CHAT_PART_FILE] = "file",
};

static struct buf *json_buf(struct arena *a, struct json_writer *w)
{
	struct buf *out = arena_alloc(a, sizeof(*out));

	buf_init(out, JSON_LIMIT);
	arena_own(a, out, buf_drop);
	json_writer_init(w, out);
	return out;
}

/* All parts, when a plain text does not say it all. */
static const char *media_of(const struct chat_message *m, struct arena *a)
{
	struct json_writer w;
	struct buf *out;
	bool plain = true;

	for (size_t i = 0; i < m->n_parts; i++)
		plain = plain && m->parts[i].kind == CHAT_PART_TEXT;
	if (plain)
		return NULL;
	out = json_buf(a, &w);
	json_array(&w, NULL);
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct chat_part *part = &m->parts[i];

		json_object(&w, NULL);
		json_put_text(&w, part_names[part->kind],
			      part->text == NULL ? "" : part->text);
		if (part->id != NULL)
			json_put_text(&w, "id", part->id);
		if (part->name != NULL)
			json_put_text(&w, "name", part->name);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->p;
}

static const char *calls_of(const struct chat_message *m, struct arena *a)
{
	struct json_writer w;
	struct buf *out;

	if (m->n_calls == 0)
		return NULL;
	out = json_buf(a, &w);
	json_array(&w, NULL);
	for (size_t i = 0; i < m->n_calls; i++) {
		json_object(&w, NULL);
		json_put_text(&w, "id", m->calls[i].id);
		json_put_text(&w, "name", m->calls[i].name);
		json_put_text(&w, "arguments", m->calls[i].arguments);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->p;
}

static const char *citations_of(const struct chat_reply *r, struct arena *a)
{
	struct json_writer w;
	struct buf *out;

	if (r == NULL || r->n_cited == 0)
		return NULL;
	out = json_buf(a, &w);
	json_array(&w, NULL);
	for (size_t i = 0; i < r->n_cited; i++) {
		json_object(&w, NULL);
		json_put_text(&w, "url", r->cited[i].citation.url);
		json_put_text(&w, "title", r->cited[i].citation.title);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->p;
}

bool messages_add(struct db *db, const struct message_row *row, struct arena *a,
		  struct error *e)
{
	const struct chat_message *m = row->message;
	struct query q;

	query_open(&q, db, DB_MESSAGE_ADD);
	query_int(&q, row->request);
	if (row->conversation == 0)
		query_null(&q);
	else
		query_int(&q, row->conversation);
	query_text(&q, chat_role_name(m->role));
	query_text(&q, m->name);
	query_text(&q, m->n_parts == 0 ? NULL : chat_message_text(m, a));
	query_text(&q, media_of(m, a));
	query_text(&q, m->reasoning);
	query_text(&q, calls_of(m, a));
	query_text(&q, m->call_id);
	query_text(&q, citations_of(row->reply, a));
	query_text(&q, m->reasoning == NULL ? NULL : chat_replay_key(m, a));
	query_int(&q, row->at_ms);
	return query_run(&q, e);
}

static enum chat_role role_named(const char *name)
{
	for (int i = CHAT_SYSTEM; i < CHAT_TOOL; i++)
		if (strcmp(chat_role_name((enum chat_role)i), name) == 0)
			return (enum chat_role)i;
	return CHAT_TOOL;
}

static void read_media(struct chat_message *m, const char *media,
		       struct arena *a)
{
	struct error ignored;
	const cJSON *list = json_parse(a, media, strlen(media), &ignored), *v;
	struct chat_part *parts = arena_array(
		a, (size_t)cJSON_GetArraySize(list), sizeof(*parts));

	cJSON_ArrayForEach(v, list)
		for (int k = CHAT_PART_TEXT; k <= CHAT_PART_FILE; k++) {
			const char *text = json_text(v, part_names[k]);

			if (text != NULL)
				parts[m->n_parts++] = (struct chat_part){
					.kind = (enum chat_part_kind)k,
					.text = *text == '\0' ? NULL : text,
					.id = json_text(v, "id"),
					.name = json_text(v, "name"),
				};
		}
	m->parts = parts;
}

static void read_calls(struct chat_message *m, const char *json,
		       struct arena *a)
{
	struct error ignored;
	const cJSON *list = json_parse(a, json, strlen(json), &ignored), *v;
	struct chat_call *calls = arena_array(
		a, (size_t)cJSON_GetArraySize(list), sizeof(*calls));

	cJSON_ArrayForEach(v, list)
		calls[m->n_calls++] = (struct chat_call){
			.id = json_text(v, "id"),
			.name = json_text(v, "name"),
			.arguments = json_text(v, "arguments"),
		};
	m->calls = calls;
}

static void read_row(struct query *q, struct chat_message *m, struct arena *a)
{
	const char *content = query_get_text(q, 3, a);
	const char *media = query_get_text(q, 4, a);
	const char *calls = query_get_text(q, 6, a);

	m->role = role_named(query_get_text(q, 1, a));
	m->name = query_get_text(q, 2, a);
	m->reasoning = query_get_text(q, 5, a);
	m->call_id = query_get_text(q, 7, a);
	if (media != NULL) {
		read_media(m, media, a);
	} else if (content != NULL) {
		struct chat_part *part = arena_alloc(a, sizeof(*part));

		part->text = content;
		m->parts = part;
		m->n_parts = 1;
	}
	if (calls != NULL)
		read_calls(m, calls, a);
}

bool messages_load(struct db *db, int64_t conversation, struct arena *a,
		   struct chat_message **messages, int64_t **ids, size_t *n,
		   struct error *e)
{
	size_t room = 16;
	struct query q;

	*n = 0;
	*messages = arena_array(a, room, sizeof(**messages));
	*ids = arena_array(a, room, sizeof(**ids));
	query_open(&q, db, DB_CONVERSATION_MESSAGES);
	query_int(&q, conversation);
	while (query_row(&q)) {
		if (*n == room) {
			struct chat_message *m = *messages;
			int64_t *i = *ids;

			room *= 2;
			*messages = arena_array(a, room, sizeof(*m));
			*ids = arena_array(a, room, sizeof(*i));
			memcpy(*messages, m, *n * sizeof(*m));
			memcpy(*ids, i, *n * sizeof(*i));
		}
		(*ids)[*n] = query_get_int(&q, 0);
		read_row(&q, &(*messages)[(*n)++], a);
	}
	return query_close(&q, e);
}
