/* SPDX-License-Identifier: MIT */
/* Messages as rows: plain text stays plain, the rest is JSON. */
#include "store/message_rows_internal.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "store/space_internal.h"

/* In the place of a speaker's name, which has no blanks. */
#define SUMMARY "summary of all before it"

#define JSON_LIMIT (256 * 1024 * 1024)

static const char *const part_names[] = {
	[CHAT_PART_TEXT] = "text",
	[CHAT_PART_IMAGE] = "image",
	[CHAT_PART_VIDEO] = "video",
	[CHAT_PART_FILE] = "file",
};

static const char *const block_names[] = {
	[CHAT_BLOCK_TEXT] = "text",
	[CHAT_BLOCK_REASONING] = "reasoning",
	[CHAT_BLOCK_CALL] = "call",
};

static struct buf *json_buf(struct arena *a, struct json_writer *w)
{
	struct buf *out = arena_buf(a, JSON_LIMIT);

	json_writer_init(w, out);
	return out;
}

/* All parts as JSON, unless they are all text. */
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

static const char *citations_of(const struct chat_message *m, struct arena *a)
{
	struct json_writer w;
	struct buf *out;

	if (m->n_cited == 0)
		return NULL;
	out = json_buf(a, &w);
	json_array(&w, NULL);
	for (size_t i = 0; i < m->n_cited; i++) {
		json_object(&w, NULL);
		json_put_text(&w, "url", m->cited[i].citation.url);
		json_put_text(&w, "title", m->cited[i].citation.title);
		json_put_int(&w, "offset", (int64_t)m->cited[i].offset);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->p;
}

static const char *spans_of(const struct chat_message *m, struct arena *a)
{
	struct json_writer w;
	struct buf *out;

	if (m->spans == NULL)
		return NULL;
	out = json_buf(a, &w);
	json_array(&w, NULL);
	for (size_t i = 0; i < m->n_spans; i++) {
		json_object(&w, NULL);
		json_put_int(&w, block_names[m->spans[i].block],
			     (int64_t)m->spans[i].n);
		json_close_object(&w);
	}
	json_close_array(&w);
	return out->p;
}

/* Binds the columns from role to size, the same in both statements. What nobody
 * can ask for has no size. Returns it. */
static int64_t put_message(struct query *q, const struct chat_message *m,
			   bool kept, struct arena *a)
{
	const char *const texts[] = {
		m->compacts ? SUMMARY : m->name,
		m->n_parts == 0 ? NULL : chat_message_text(m, a),
		media_of(m, a),
		m->reasoning,
		m->details,
		calls_of(m, a),
		m->call_id,
		citations_of(m, a),
		spans_of(m, a),
	};
	int64_t size = kept ? SPACE_ROW : 0;

	query_text(q, chat_role_name(m->role));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		query_text(q, texts[i]);
		size += kept ? space_of(texts[i]) : 0;
	}
	query_int(q, size);
	return size;
}

bool message_rows_add(struct db *db, const struct message_row *row,
		      struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_MESSAGE_ADD);
	query_text(&q, row->uid);
	query_row_id(&q, row->request);
	query_row_id(&q, row->conversation);
	query_int(&q, row->reply);
	db_keep(db, row->api_key,
		put_message(&q, row->message, row->uid != NULL, a));
	query_text(&q, row->key);
	query_int(&q, row->at_ms);
	return query_run(&q, e);
}

bool message_rows_replace(struct db *db, int64_t id,
			  const struct chat_message *m, int64_t *size,
			  struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, DB_MESSAGE_REPLACE);
	query_int(&q, id);
	*size = put_message(&q, m, true, a);
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

static void read_citations(struct chat_message *m, const char *json,
			   struct arena *a)
{
	struct error ignored;
	const cJSON *list = json_parse(a, json, strlen(json), &ignored), *v;
	struct chat_cited *cited = arena_array(
		a, (size_t)cJSON_GetArraySize(list), sizeof(*cited));

	cJSON_ArrayForEach(v, list)
		cited[m->n_cited++] = (struct chat_cited){
			.citation = { .url = json_text(v, "url"),
				      .title = json_text(v, "title") },
			.offset = (size_t)json_int(v, "offset", 0),
		};
	m->cited = cited;
}

static void read_spans(struct chat_message *m, const char *json,
		       struct arena *a)
{
	struct error ignored;
	const cJSON *list = json_parse(a, json, strlen(json), &ignored), *v;
	struct chat_span *spans = arena_array(
		a, (size_t)cJSON_GetArraySize(list), sizeof(*spans));

	cJSON_ArrayForEach(v, list)
		for (int k = CHAT_BLOCK_TEXT; k <= CHAT_BLOCK_CALL; k++) {
			int64_t n = json_int(v, block_names[k], -1);

			if (n >= 0)
				spans[m->n_spans++] = (struct chat_span){
					.block = (enum chat_block)k,
					.n = (size_t)n,
				};
		}
	chat_spans_place(spans, m->n_spans);
	m->spans = spans;
}

/* The columns of the view message_details, in its order. */
enum column {
	COLUMN_ID,
	COLUMN_UID,
	COLUMN_REPLY,
	COLUMN_ROLE,
	COLUMN_NAME,
	COLUMN_CONTENT,
	COLUMN_MEDIA,
	COLUMN_REASONING,
	COLUMN_REASONING_DETAILS,
	COLUMN_TOOL_CALLS,
	COLUMN_TOOL_CALL_ID,
	COLUMN_CITATIONS,
	COLUMN_SPANS,
};

static void read_content(struct query *q, struct chat_message *m,
			 struct arena *a)
{
	const char *content = query_get_text(q, COLUMN_CONTENT, a);
	const char *media = query_get_text(q, COLUMN_MEDIA, a);

	if (media != NULL) {
		read_media(m, media, a);
	} else if (content != NULL) {
		struct chat_part *part = arena_alloc(a, sizeof(*part));

		part->text = content;
		m->parts = part;
		m->n_parts = 1;
	}
}

static void read_row(struct query *q, struct chat_message *m, struct arena *a)
{
	const char *calls = query_get_text(q, COLUMN_TOOL_CALLS, a);
	const char *citations = query_get_text(q, COLUMN_CITATIONS, a);
	const char *spans = query_get_text(q, COLUMN_SPANS, a);

	m->uid = query_get_text(q, COLUMN_UID, a);
	m->role = role_named(query_get_text(q, COLUMN_ROLE, a));
	m->name = query_get_text(q, COLUMN_NAME, a);
	m->compacts = m->role == CHAT_ASSISTANT && m->name != NULL &&
		      strcmp(m->name, SUMMARY) == 0;
	if (m->compacts)
		m->name = NULL;
	m->reasoning = query_get_text(q, COLUMN_REASONING, a);
	m->details = query_get_text(q, COLUMN_REASONING_DETAILS, a);
	m->call_id = query_get_text(q, COLUMN_TOOL_CALL_ID, a);
	read_content(q, m, a);
	if (calls != NULL)
		read_calls(m, calls, a);
	if (citations != NULL)
		read_citations(m, citations, a);
	if (spans != NULL)
		read_spans(m, spans, a);
}

static void make_room(struct message_list *l, struct arena *a)
{
	size_t room = l->room; /* of both */

	l->messages = arena_grow(a, l->messages, &room, l->n + 1,
				 sizeof(*l->messages));
	l->ids = arena_grow(a, l->ids, &l->room, l->n + 1, sizeof(*l->ids));
}

bool message_rows_read(struct query *q, struct message_list *l, struct arena *a,
		       struct error *e)
{
	size_t reply = SIZE_MAX;

	*l = (struct message_list){ 0 };
	make_room(l, a);
	while (query_row(q)) {
		make_room(l, a);
		if (query_get_int(q, COLUMN_REPLY))
			reply = l->n;
		l->ids[l->n] = query_get_int(q, COLUMN_ID);
		read_row(q, &l->messages[l->n++], a);
	}
	if (reply != SIZE_MAX)
		l->reply = &l->messages[reply];
	return query_close(q, e);
}

bool message_rows_load(struct db *db, enum db_statement which, int64_t id,
		       struct message_list *l, struct arena *a, struct error *e)
{
	struct query q;

	query_open(&q, db, which);
	query_int(&q, id);
	return message_rows_read(&q, l, a, e);
}
