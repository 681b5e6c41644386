/* SPDX-License-Identifier: MIT */
/*
 * Bodies of requests, each read by every dialect: a refusal has a message, and
 * what is accepted makes a complete request. Its messages are written as items
 * that are JSON, and items read back are the same.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "chat/call_arguments.h"
#include "chat/compaction.h"
#include "dialect/dialect.h"
#include "dialect/openai/conversation.h"
#include "dialect/openai/items.h"
#include "dialect/openai/items_read.h"
#include "dialect/openai/loaded_tools.h"

#define LIMIT (64 * 1024 * 1024)
#define MAX_TOOLS 128 /* each is compared with so many */
#define MAX_STOP 4
#define PLACES_TAKEN 8 /* per message: each is compared with each */

static void check_text(const char *text)
{
	assert(text == NULL || utf8_valid(text, strlen(text)));
}

static const cJSON *check_json(struct arena *a, const char *json)
{
	struct error e;
	const cJSON *tree = json_parse(a, json, strlen(json), &e);

	assert(tree != NULL);
	return tree;
}

static const cJSON *check_object(struct arena *a, const char *json)
{
	const cJSON *tree = check_json(a, json);

	assert(cJSON_IsObject(tree));
	return tree;
}

static void check_error(const struct error *e)
{
	assert(e->kind < ERROR_KINDS);
	assert(error_status(e->kind) == 400);
	assert(e->message[0] != '\0');
	check_text(e->message);
	check_text(e->param);
}

/* --- The request --- */

static void check_part(const struct chat_part *part)
{
	switch (part->kind) {
	case CHAT_PART_TEXT:
		assert(part->text != NULL && *part->text != '\0');
		break;
	case CHAT_PART_IMAGE:
	case CHAT_PART_VIDEO:
	case CHAT_PART_FILE:
		assert((part->text == NULL) != (part->id == NULL));
		assert(part->text == NULL || *part->text != '\0');
		assert(part->id == NULL || *part->id != '\0');
		break;
	}
	check_text(part->text);
	check_text(part->id);
	check_text(part->name);
	assert(part->file == NULL);
}

static void check_calls(struct arena *a, const struct chat_message *m)
{
	const char *text;

	assert(m->n_calls == 0 || m->role == CHAT_ASSISTANT);
	for (size_t i = 0; i < m->n_calls; i++) {
		check_text(m->calls[i].id);
		check_text(m->calls[i].name);
		assert(m->calls[i].id != NULL && m->calls[i].name != NULL);
		check_text(m->calls[i].arguments);
		text = call_arguments_object(a, m->calls[i].arguments);
		assert(call_arguments_are_object(text));
		assert(json_whole_pairs(a, text) == text);
	}
}

static void check_message(struct arena *a, const struct chat_message *m)
{
	assert(m->role <= CHAT_TOOL);
	assert((m->call_id != NULL) == (m->role == CHAT_TOOL));
	assert(m->reasoning == NULL ||
	       (m->role == CHAT_ASSISTANT && *m->reasoning != '\0'));
	assert(m->n_parts > 0 || m->n_calls > 0 || m->role == CHAT_TOOL ||
	       m->partial);
	assert(!m->partial || m->role == CHAT_ASSISTANT);
	assert(m->spans == NULL && m->n_cited == 0 && m->uid == NULL);
	for (size_t i = 0; i < m->n_parts; i++)
		check_part(&m->parts[i]);
	check_calls(a, m);
	check_text(m->name);
	check_text(m->call_id);
	check_text(m->reasoning);
}

static void check_tools(struct arena *a, const struct chat_request *q)
{
	bool named = false;

	for (size_t i = 0; i < q->n_tools; i++) {
		const struct chat_tool *tool = &q->tools[i];

		assert(tool->name != NULL && *tool->name != '\0');
		for (size_t k = 0; k < i && k < MAX_TOOLS; k++)
			assert(strcmp(q->tools[k].name, tool->name) != 0);
		check_text(tool->name);
		check_text(tool->description);
		check_json(a, tool->parameters);
		named |= q->tool_choice == CHAT_TOOLS_NAMED &&
			 strcmp(tool->name, q->tool_name) == 0;
	}
	assert(named == (q->tool_choice == CHAT_TOOLS_NAMED));
	assert(q->tool_choice != CHAT_TOOLS_REQUIRED || q->n_tools > 0);
}

static void check_number(double v, double min, double max)
{
	assert(isnan(v) || (v >= min && v <= max));
}

static void check_settings(struct arena *a, const struct chat_request *q)
{
	check_number(q->temperature, 0, 2);
	check_number(q->top_p, 0, 1);
	check_number(q->presence_penalty, -2, 2);
	check_number(q->frequency_penalty, -2, 2);
	assert(q->max_tokens >= 0 && q->max_tokens <= 1000000000);
	assert(q->n_stop <= MAX_STOP);
	for (size_t i = 0; i < q->n_stop; i++)
		assert(*q->stop[i] != '\0');
	assert((q->schema != NULL) == (q->format == CHAT_FORMAT_SCHEMA));
	if (q->schema != NULL)
		assert(json_text(check_object(a, q->schema), "name") != NULL);
	if (q->metadata != NULL)
		check_object(a, q->metadata);
}

static void check_request(struct arena *a, const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_messages; i++)
		check_message(a, &q->messages[i]);
	check_tools(a, q);
	check_settings(a, q);
}

/* --- Items --- */

/* What is stored gets a uid. */
static struct chat_message *stored(struct arena *a,
				   const struct chat_request *q)
{
	struct chat_message *m = arena_array(a, q->n_messages, sizeof(*m));

	for (size_t i = 0; i < q->n_messages; i++) {
		m[i] = q->messages[i];
		m[i].uid = arena_printf(a, "%0*zu", OPENAI_UID_LENGTH, i);
	}
	return m;
}

/* The item as text; "" where there is none. */
static const char *item_at(struct arena *a, const struct chat_message *m,
			   size_t place, const cJSON *tools)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	openai_items_put(&w, m, place, tools);
	assert((out->len > 0) == openai_items_has(m, place));
	return buf_text(out);
}

static void check_item(struct arena *a, const struct chat_message *m,
		       size_t place, const cJSON *tools)
{
	const char *id = openai_items_id(m, place, tools, a), *uid;
	const cJSON *item;
	size_t parsed;

	assert((id != NULL) == openai_items_has(m, place));
	if (id == NULL)
		return;
	item = check_object(a, item_at(a, m, place, tools));
	assert(strcmp(json_text(item, "id"), id) == 0);
	assert(json_text(item, "type") != NULL);
	assert(openai_items_parse_id(id, &uid, &parsed, a));
	assert(strcmp(uid, m->uid) == 0 && parsed == place);
}

/* Removing one leaves the others as they are. */
static void check_without(struct arena *a, const struct chat_message *m,
			  size_t gone, const cJSON *tools)
{
	const struct chat_message rest = openai_items_without(m, gone, a);
	size_t n = openai_items_count(m);

	assert(!openai_items_has(&rest, gone));
	assert(openai_items_count(&rest) <= n);
	for (size_t i = 0; i < n && i < PLACES_TAKEN; i++)
		assert(i == gone || strcmp(item_at(a, &rest, i, tools),
					   item_at(a, m, i, tools)) == 0);
}

static void check_items(struct arena *a, const struct chat_request *q,
			const cJSON *tools)
{
	struct chat_message *messages = stored(a, q);

	for (size_t i = 0; i < q->n_messages; i++) {
		size_t n = openai_items_count(&messages[i]);

		for (size_t place = 0; place <= n; place++)
			check_item(a, &messages[i], place, tools);
		for (size_t place = 0; place < n && place < PLACES_TAKEN;
		     place++)
			check_without(a, &messages[i], place, tools);
	}
}

/* --- Items read again --- */

static const char *written(struct arena *a, const struct chat_request *q)
{
	struct chat_message *messages = stored(a, q);
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	json_array(&w, NULL);
	for (size_t i = 0; i < q->n_messages; i++)
		for (size_t k = 0; k < openai_items_count(&messages[i]); k++)
			openai_items_put(&w, &messages[i], k, NULL);
	json_close_array(&w);
	return buf_text(out);
}

/* Images made by the model have no item. */
static bool is_plain(const struct chat_request *q)
{
	for (size_t i = 0; i < q->n_messages; i++)
		for (size_t k = 0; k < q->messages[i].n_parts; k++)
			if (q->messages[i].role == CHAT_ASSISTANT &&
			    q->messages[i].parts[k].kind != CHAT_PART_TEXT)
				return false;
	return true;
}

static void check_round_trip(struct arena *a, const struct chat_request *q)
{
	const char *text = written(a, q);
	struct chat_request again = { 0 };
	struct chat_message *messages;
	struct error e;
	const cJSON *items = json_parse(a, text, strlen(text), &e);

	assert(items != NULL);
	if (!is_plain(q))
		return;
	assert(openai_items_read(&(struct decoder){ .arena = a, .error = &e },
				 items, "items", &messages, &again.n_messages));
	again.messages = messages;
	assert(strcmp(written(a, &again), text) == 0);
}

/* --- Summaries --- */

/* Kimi gets none as such, and is asked for one at the end. */
static void check_compaction(struct arena *a, struct chat_request *q)
{
	size_t n = q->n_messages;

	chat_compaction_apply(q, a);
	assert(q->n_messages <= n + q->compacts && q->n_kept <= n);
	for (size_t i = 0; i < q->n_messages; i++)
		assert(!q->messages[i].compacts);
	assert(!q->compacts ||
	       q->messages[q->n_messages - 1].role == CHAT_USER);
}

/* --- One body --- */

static void check_dialect(struct arena *a, const struct dialect *dialect,
			  const cJSON *body)
{
	struct error e = { .kind = ERROR_KINDS };
	struct chat_request q;

	if (strcmp(dialect->name, "openai_responses") == 0)
		body = openai_loaded_tools_join(a, body, NULL, 0);
	if (!dialect->decode(a, body, &q, &e)) {
		check_error(&e);
		return;
	}
	assert(q.model != NULL && *q.model != '\0');
	assert(q.n_messages > 0 || q.appends);
	check_request(a, &q);
	check_items(a, &q, json_at(body, "tools"));
	check_compaction(a, &q);
}

static void check_conversation(struct arena *a, const struct field *fields,
			       const cJSON *body)
{
	struct error e = { .kind = ERROR_KINDS };
	struct chat_request q;

	if (!openai_conversation_decode(a, fields, body, &q, &e)) {
		check_error(&e);
		return;
	}
	check_request(a, &q);
	check_items(a, &q, NULL);
	check_round_trip(a, &q);
}

static void check_body(struct arena *a, const cJSON *body)
{
	static const struct dialect *const dialects[] = {
		&dialect_openai_chat,	     &dialect_openai_responses,
		&dialect_openai_completions, &dialect_anthropic_messages,
		&dialect_anthropic_count,    &dialect_openai_compaction,
	};

	for (size_t i = 0; i < sizeof(dialects) / sizeof(*dialects); i++)
		check_dialect(a, dialects[i], body);
	check_conversation(a, openai_conversation_fields, body);
	check_conversation(a, openai_conversation_items_fields, body);
	check_conversation(a, openai_metadata_fields, body);
}

/* --- Mutations of the tree: random bytes would not be JSON --- */

#define MAX_VALUES 2048

/* The values of a tree, the root first. */
struct values {
	cJSON *all[MAX_VALUES], *parents[MAX_VALUES];
	size_t n;
};

/* Level by level. */
static void collect(struct values *values, cJSON *tree)
{
	values->all[0] = tree;
	values->n = 1;
	for (size_t i = 0; i < values->n; i++) {
		cJSON *child = values->all[i]->child;

		for (; child != NULL && values->n < MAX_VALUES;
		     child = child->next) {
			values->parents[values->n] = values->all[i];
			values->all[values->n++] = child;
		}
	}
}

static cJSON *plain_value(unsigned which)
{
	static const char *const texts[] = {
		"null", "true",	      "-1", "0.5",  "1e300",
		"\"\"", "\"\\\"月\"", "[]", "[{}]", "{\"type\":\"text\"}",
	};

	return cJSON_Parse(texts[which % (sizeof(texts) / sizeof(*texts))]);
}

/* Replaces a value with `v`, which it takes. */
static void replace(const struct values *values, size_t at, cJSON *v)
{
	const char *name = values->all[at]->string;

	free(v->string);
	v->string = name == NULL ? NULL : strdup(name);
	cJSON_ReplaceItemViaPointer(values->parents[at], values->all[at], v);
}

/* Appends `v` to the array or object of the value instead. */
static void add(const struct values *values, size_t at, cJSON *v)
{
	const char *name = values->all[at]->string;

	if (name == NULL)
		cJSON_AddItemToArray(values->parents[at], v);
	else
		cJSON_AddItemToObject(values->parents[at], name, v);
}

/* Changes one value; new ones may come from `from`. */
static void change(cJSON *tree, cJSON *from, unsigned random)
{
	struct values values, others;
	unsigned which = random * 2654435761u >> 8;
	cJSON *v;
	size_t at;

	collect(&values, tree);
	collect(&others, from);
	if (values.n < 2)
		return;
	at = 1 + (random >> 4) % (values.n - 1);
	if (random % 6 == 0) {
		cJSON_Delete(cJSON_DetachItemViaPointer(values.parents[at],
							values.all[at]));
		return;
	}
	if (random % 6 == 1)
		v = plain_value(which);
	else if (random % 6 == 2)
		v = cJSON_Duplicate(values.all[at], true);
	else
		v = cJSON_Duplicate(others.all[which % others.n], true);
	(random % 6 == 2 || random % 6 == 3 ? add : replace)(&values, at, v);
}

/* Writes the tree, which it takes; 0: it does not fit. */
static size_t write_body(cJSON *tree, uint8_t *out, size_t max)
{
	char *text = cJSON_PrintUnformatted(tree);
	size_t n = strlen(text);

	if (n <= max)
		memcpy(out, text, n);
	free(text);
	cJSON_Delete(tree);
	return n <= max ? n : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned random)
{
	struct error e;
	cJSON *tree = json_read((const char *)data, size, &e);
	size_t n;

	if (tree == NULL || random % 5 == 0) {
		cJSON_Delete(tree);
		return LLVMFuzzerMutate(data, size, max);
	}
	for (unsigned i = 0; i <= random % 3; i++)
		change(tree, tree, (random >> 3) * (i + 1));
	n = write_body(tree, data, max);
	return n > 0 ? n : LLVMFuzzerMutate(data, size, max);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t n_one,
				 const uint8_t *other, size_t n_other,
				 uint8_t *out, size_t max, unsigned random)
{
	struct error e;
	cJSON *tree = json_read((const char *)one, n_one, &e);
	cJSON *from = json_read((const char *)other, n_other, &e);
	size_t n = 0;

	if (tree != NULL && from != NULL) {
		change(tree, from, random);
		n = write_body(tree, out, max);
	} else {
		cJSON_Delete(tree);
	}
	cJSON_Delete(from);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e;
	const cJSON *body;
	struct arena a;

	arena_init(&a);
	body = json_parse(&a, (const char *)data, size, &e);
	if (body != NULL)
		check_body(&a, body);
	arena_fini(&a);
	return 0;
}
