/* SPDX-License-Identifier: MIT */
/* Entries of reasoning, as they come in pieces and go back whole. */
#include "upstream/api/reasoning_details.h"

#include <string.h>

#define LIMIT (16 * 1024 * 1024)
#define SUMMARY "summary"

static const char *const types[] = { SUMMARY, "encrypted" };

/* The type of an entry that Kimi takes back; NULL for any other. A piece that
 * continues an entry may leave it out. */
static const char *type_of(const cJSON *v)
{
	const char *type = json_text(v, "type");

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (json_text(v, types[i]) != NULL &&
		    (type == NULL || strcmp(type, types[i]) == 0))
			return types[i];
	return NULL;
}

/* The place of the entry; that of a new one, or n if there are too many. */
static size_t place_of(struct reasoning_details *d, int64_t index,
		       const char *type)
{
	size_t i = 0;

	while (i < d->n && (d->entries[i].index != index ||
			    strcmp(d->entries[i].type, type) != 0))
		i++;
	if (i == d->n && d->n < REASONING_DETAILS_MAX) {
		d->entries[i].index = index;
		d->entries[i].type = type;
		arena_buf_init(d->arena, &d->entries[i].text, LIMIT);
		d->n++;
	}
	return i;
}

struct reasoning_details *reasoning_details_new(struct arena *a)
{
	struct reasoning_details *d = arena_alloc(a, sizeof(*d));

	d->arena = a;
	arena_buf_init(a, &d->summary, LIMIT);
	return d;
}

const struct buf *reasoning_details_add(struct reasoning_details *d,
					const cJSON *list)
{
	const cJSON *v;
	int64_t position = 0;

	buf_clear(&d->summary);
	cJSON_ArrayForEach(v, list) {
		const char *type = type_of(v);
		int64_t index = json_int(v, "index", position++);
		size_t i;

		if (type == NULL)
			continue;
		i = place_of(d, index, type);
		if (i < d->n)
			buf_puts(&d->entries[i].text, json_text(v, type));
		if (strcmp(type, SUMMARY) == 0)
			buf_puts(&d->summary, json_text(v, type));
	}
	return &d->summary;
}

static void put_entry(struct json_writer *w, const char *type, const char *text)
{
	json_object(w, NULL);
	json_put_text(w, "type", type);
	json_put_text(w, type, text);
	json_close_object(w);
}

const char *reasoning_details_text(const struct reasoning_details *d)
{
	struct buf *out = arena_buf(d->arena, 2 * LIMIT);
	struct json_writer w;

	json_writer_init(&w, out);
	json_array(&w, NULL);
	for (size_t i = 0; i < d->n; i++)
		put_entry(&w, d->entries[i].type,
			  buf_text(&d->entries[i].text));
	json_close_array(&w);
	return buf_text(out);
}

void reasoning_details_put(struct json_writer *w, struct arena *a,
			   const char *details)
{
	struct error ignored;
	const cJSON *list = json_parse(a, details, strlen(details), &ignored);
	const cJSON *v;
	bool begun = false;

	cJSON_ArrayForEach(v, list) {
		const char *type = type_of(v);

		if (type == NULL)
			continue;
		if (!begun)
			json_array(w, "reasoning_details");
		begun = true;
		put_entry(w, type, json_text(v, type));
	}
	if (begun)
		json_close_array(w);
}
