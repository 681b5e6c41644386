/* SPDX-License-Identifier: MIT */
/* Files of requests, as a service gets them. */
#include "tests/unit/support/media.h"

#include <string.h>

#include "chat/data_url.h"
#include "tests/unit/support/test.h"

static void attach(struct arena *a, struct chat_message *m)
{
	struct chat_part *parts = arena_array(a, m->n_parts, sizeof(*parts));
	struct error ignored;

	for (size_t i = 0; i < m->n_parts; i++) {
		parts[i] = m->parts[i];
		if (parts[i].kind != CHAT_PART_TEXT && parts[i].text != NULL &&
		    data_url_is(parts[i].text))
			parts[i].file = data_url_file(a, parts[i].text,
						      parts[i].name, &ignored);
	}
	m->parts = parts;
}

void media_attach(struct arena *a, struct chat_request *request)
{
	struct chat_message *all =
		arena_array(a, request->n_messages, sizeof(*all));

	for (size_t i = 0; i < request->n_messages; i++) {
		all[i] = request->messages[i];
		attach(a, &all[i]);
	}
	request->messages = all;
}

static bool read_bytes(const struct chat_file *f, int64_t offset, void *p,
		       size_t n, struct error *e)
{
	if (f->source == NULL)
		return error_set(e, ERROR_INTERNAL, "The disk is broken.");
	assert_true(offset >= 0 && offset + (int64_t)n <= f->size);
	memcpy(p, (const char *)f->source + offset, n);
	return true;
}

const struct chat_file *media_file(struct arena *a, const char *bytes, size_t n,
				   bool broken)
{
	struct chat_file *f = arena_alloc(a, sizeof(*f));

	*f = (struct chat_file){ .name = "a.png",
				 .type = "image/png; q=\"1\"",
				 .size = (int64_t)n,
				 .read = read_bytes,
				 .source = broken ? NULL : bytes };
	return f;
}
