/* SPDX-License-Identifier: MIT */
/* Writes conversations to be read, kept or learned from elsewhere. */
#include "app/conversation_export_internal.h"

/* A change that readers must know of makes it greater. */
#define BEGINS                                                                 \
	"{\"format\":\"kimi-proxy conversations\",\"version\":1,"              \
	"\"conversations\":[\n"

void conversation_export_begin(const struct conversation_export *x,
			       struct buf *out)
{
	if (x->format == EXPORT_JSON)
		buf_puts(out, BEGINS);
}

void conversation_export_end(const struct conversation_export *x,
			     struct buf *out)
{
	if (x->format == EXPORT_JSON)
		buf_puts(out, "\n]}\n");
}

static bool add_all(struct conversation_export *x, struct store *s,
		    const struct archived_conversation *c, struct buf *out,
		    struct arena *a, struct error *e)
{
	struct archived_message *messages;
	size_t n;

	if (!store_archive_messages(s, c->conversation.row, &messages, &n, a,
				    e))
		return false;
	if (x->any)
		buf_puts(out, ",\n");
	export_json(out, c, messages, n);
	return true;
}

bool conversation_export_add(struct conversation_export *x, struct store *s,
			     const struct archived_conversation *c,
			     struct buf *out, struct arena *a, struct error *e)
{
	struct chat_message *messages;
	size_t n;

	if (x->format == EXPORT_JSON) {
		if (!add_all(x, s, c, out, a, e))
			return false;
	} else {
		if (!store_conversation_messages(s, &c->conversation, &messages,
						 &n, a, e))
			return false;
		if (x->format == EXPORT_JSONL)
			export_jsonl(out, messages, n, x->reasoning, a);
		else
			export_markdown(out, c, messages, n, a);
	}
	x->any = true;
	return !out->full ||
	       error_set(e, ERROR_TOO_LARGE,
			 "The conversation '%.128s' is too large to export.",
			 c->conversation.name);
}
