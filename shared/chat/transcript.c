/* SPDX-License-Identifier: MIT */
/* Flattens a conversation into one text. */
#include "chat/transcript.h"

#include "base/buf.h"
#include "chat/file.h"

#define LIMIT (64 * 1024 * 1024)

static void add_names(struct buf *out, const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->parts[i].file != NULL)
			buf_printf(out, "%s[attached %s]",
				   out->len > 0 ? "\n" : "",
				   m->parts[i].file->name);
}

static void add_message(struct buf *out, const struct chat_message *m,
			struct arena *a)
{
	if (out->len > 0)
		buf_puts(out, "\n\n");
	buf_puts(out, chat_role_name(m->role));
	if (m->name != NULL)
		buf_printf(out, " (%s)", m->name);
	buf_puts(out, ": ");
	buf_puts(out, chat_message_text(m, a));
	add_names(out, m);
	for (size_t i = 0; i < m->n_calls; i++)
		buf_printf(out, "\n[called %s with %s]", m->calls[i].name,
			   m->calls[i].arguments);
}

const char *chat_transcript(const struct chat_message *messages, size_t n,
			    struct arena *a)
{
	bool alone = n == 1 && messages[0].role == CHAT_USER;
	const char *text = alone ? chat_message_text(&messages[0], a) : "";
	struct buf *out;

	if (*text != '\0')
		return text;
	out = arena_buf(a, LIMIT);
	if (alone)
		add_names(out, &messages[0]);
	for (size_t i = 0; i < n && !alone; i++)
		add_message(out, &messages[i], a);
	return buf_text(out);
}
