/* SPDX-License-Identifier: MIT */
/* Reads items and tells what came of them. */
#include "tests/unit/support/items.h"

#include <string.h>

#include "chat/unanswered_calls.h"
#include "dialect/openai/items_read.h"
#include "tests/unit/support/quoted.h"
#include "tests/unit/support/test.h"

#define LIMIT (1024 * 1024)

struct items_read items_of(struct arena *a, const char *items)
{
	struct items_read r;
	struct error e = { 0 };
	struct decoder d = { .arena = a, .error = &e };

	if (!openai_items_read(&d, quoted_tree(a, items), "input", &r.m, &r.n))
		fail_msg("%s In: %s", e.message, items);
	return r;
}

const char *items_tell(struct arena *a, const struct items_read *r)
{
	struct buf *out = arena_buf(a, LIMIT);

	for (size_t i = 0; i < r->n; i++) {
		const struct chat_message *m = &r->m[i];

		buf_printf(out, "%s%s", i > 0 ? " " : "",
			   chat_role_name(m->role));
		if (m->call_id != NULL)
			buf_printf(out, ":%s", m->call_id);
		if (m->reasoning != NULL)
			buf_printf(out, "[%s]", m->reasoning);
		if (m->n_parts > 0)
			buf_printf(out, "(%s)", chat_message_text(m, a));
		for (size_t k = 0; k < m->n_calls; k++)
			buf_printf(out, "{%s:%s:%s}", m->calls[k].id,
				   m->calls[k].name, m->calls[k].arguments);
	}
	return buf_text(out);
}

const char *items_told(struct arena *a, const char *items)
{
	struct items_read r = items_of(a, items);

	return items_tell(a, &r);
}

const char *items_completed(struct arena *a, const char *items)
{
	struct items_read r = items_of(a, items);
	const struct chat_message *all = r.m;

	chat_unanswered_calls_fill(a, &all, &r.n);
	r.m = memcpy(arena_array(a, r.n, sizeof(*all)), all,
		     r.n * sizeof(*all));
	return items_tell(a, &r);
}

void items_refused(struct arena *a, const char *items, enum error_kind kind,
		   const char *param)
{
	struct items_read r;
	struct error e = { .kind = ERROR_KINDS };
	struct decoder d = { .arena = a, .error = &e };

	if (openai_items_read(&d, quoted_tree(a, items), "input", &r.m, &r.n))
		fail_msg("accepted: %s", items);
	assert_error(&e, kind, param);
}

const char *items_list(struct arena *a, const char *const *items)
{
	const char *joined = *items;

	for (size_t i = 1; items[i] != NULL; i++)
		joined = arena_printf(a, "%s,%s", joined, items[i]);
	return arena_printf(a, "[%s]", joined);
}
