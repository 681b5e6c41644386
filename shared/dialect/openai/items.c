/* SPDX-License-Identifier: MIT */
/* A message as a list of items with ids. */
#include "dialect/openai/items.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "dialect/openai/item.h"

#define LONGEST_PLACE 9 /* digits */

size_t openai_items_count(const struct chat_message *m)
{
	struct openai_item item;
	size_t n = openai_item_places(m);

	while (n > 0 && !openai_item_find(&item, m, n - 1, NULL))
		n--;
	return n;
}

bool openai_items_has(const struct chat_message *m, size_t place)
{
	struct openai_item item;

	return openai_item_find(&item, m, place, NULL);
}

void openai_items_put(struct json_writer *w, const struct chat_message *m,
		      size_t place, const cJSON *tools)
{
	struct openai_item item;

	if (openai_item_find(&item, m, place, tools))
		openai_item_put(w, NULL, &item);
}

const char *openai_items_id(const struct chat_message *m, size_t place,
			    const cJSON *tools, struct arena *a)
{
	struct openai_item item;
	char id[OPENAI_ITEM_ID_SIZE];

	if (!openai_item_find(&item, m, place, tools))
		return NULL;
	openai_item_id(&item, id);
	return arena_copy(a, id);
}

/* What follows the prefix of an item's kind; NULL: there is no such prefix. */
static const char *behind_prefix(const char *id)
{
	static const char *const prefixes[] = { "msg_", "rs_",	"fc_",
						"fco_", "ctc_", "ctco_",
						"tsc_", "tso_", "cmp_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(id, prefixes[i], strlen(prefixes[i])) == 0)
			return id + strlen(prefixes[i]);
	return NULL;
}

bool openai_items_parse_id(const char *id, const char **uid, size_t *place,
			   struct arena *a)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789";
	const char *p = behind_prefix(id), *end;
	size_t n;

	if (p == NULL || strspn(p, letters) < OPENAI_UID_LENGTH)
		return false;
	end = p + OPENAI_UID_LENGTH;
	n = strspn(end, digits);
	if (n == 0 || n > LONGEST_PLACE || end[n] != '\0' ||
	    (n > 1 && *end == '0'))
		return false;
	*uid = arena_copy_n(a, p, OPENAI_UID_LENGTH);
	*place = strtoul(end, NULL, 10);
	return true;
}

/* The text or reasoning without the bytes [from, from + n). */
static char *without_bytes(const char *text, size_t from, size_t n,
			   struct arena *a)
{
	size_t length = strlen(text);
	char *rest;

	if (n >= length)
		return NULL;
	rest = arena_copy_n(a, text, length - n);
	memcpy(rest + from, text + from + n, length - n - from);
	return rest;
}

/* Drops citations of the removed text and moves up those after it. */
static void drop_citations(struct chat_message *m, size_t start, size_t n,
			   struct arena *a)
{
	struct chat_cited *cited = arena_array(a, m->n_cited, sizeof(*cited));
	size_t kept = 0;

	for (size_t i = 0; i < m->n_cited; i++) {
		struct chat_cited c = m->cited[i];

		if (c.offset > start && c.offset <= start + n)
			continue;
		if (c.offset > start)
			c.offset -= n;
		cited[kept++] = c;
	}
	m->cited = cited;
	m->n_cited = kept;
}

static void drop_text(struct chat_message *m, const struct openai_item *item,
		      struct arena *a)
{
	const char *text = chat_message_text(m, a);
	struct chat_part *part = arena_alloc(a, sizeof(*part));

	drop_citations(m, utf8_count(text, item->from),
		       utf8_count(text + item->from, item->n), a);
	part->text = without_bytes(text, item->from, item->n, a);
	m->parts = part->text == NULL ? NULL : part;
	m->n_parts = part->text != NULL;
}

static void drop_call(struct chat_message *m, size_t i, struct arena *a)
{
	struct chat_call *calls = arena_array(a, m->n_calls, sizeof(*calls));

	memcpy(calls, m->calls, i * sizeof(*calls));
	memcpy(calls + i, m->calls + i + 1,
	       (m->n_calls - i - 1) * sizeof(*calls));
	m->calls = calls;
	m->n_calls--;
}

/* The places of the others stay: this one is empty from now on. */
static void empty_place(struct chat_message *m, size_t place, struct arena *a)
{
	size_t n = openai_item_places(m);
	struct chat_span *spans = arena_array(a, n, sizeof(*spans));

	for (size_t i = 0; i < n; i++)
		spans[i] = openai_item_span(m, i);
	spans[place].n = 0;
	chat_spans_place(spans, n);
	m->spans = spans;
	m->n_spans = n;
}

struct chat_message openai_items_without(const struct chat_message *m,
					 size_t place, struct arena *a)
{
	struct chat_message rest = *m;
	struct openai_item item;

	if (!openai_item_find(&item, m, place, NULL))
		return rest;
	if (m->role == CHAT_ASSISTANT && !m->compacts)
		empty_place(&rest, place, a);
	switch (item.kind) {
	case OPENAI_ITEM_MESSAGE:
		if (m->role == CHAT_ASSISTANT)
			drop_text(&rest, &item, a);
		else
			rest.n_parts = 0;
		break;
	case OPENAI_ITEM_REASONING:
		rest.reasoning =
			without_bytes(m->reasoning, item.from, item.n, a);
		break;
	case OPENAI_ITEM_CALL:
		drop_call(&rest, item.from, a);
		break;
	case OPENAI_ITEM_OUTPUT:
		rest.call_id = NULL;
		rest.n_parts = 0;
		break;
	case OPENAI_ITEM_COMPACTION:
		rest.n_parts = 0;
		break;
	}
	return rest;
}
