/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the reply as a whole. */
#include "dialect/anthropic/messages_reply.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "chat/call_arguments.h"
#include "dialect/anthropic/message.h"
#include "dialect/sealed.h"

#define LIMIT (256 * 1024 * 1024)

/* Goes through a reply span by span. */
struct cursor {
	struct arena *arena;
	struct json_writer *w;
	const struct dialect_envelope *envelope;
	const struct chat_reply *reply;
	size_t text, reasoning, call, cited; /* put so far */
	size_t characters;		     /* of text */
};

/* Citations follow the text that they belong to. */
static void put_citations(struct cursor *c)
{
	const struct chat_reply *r = c->reply;

	if (c->cited == r->n_cited || r->cited[c->cited].offset > c->characters)
		return;
	json_array(c->w, "citations");
	for (; c->cited < r->n_cited &&
	       r->cited[c->cited].offset <= c->characters;
	     c->cited++)
		anthropic_message_put_citation(c->w, NULL,
					       &r->cited[c->cited].citation);
	json_close_array(c->w);
}

static void put_text(struct cursor *c, size_t n)
{
	const char *text = buf_text(&c->reply->text) + c->text;

	json_object(c->w, NULL);
	json_put_text(c->w, "type", "text");
	json_put_text_n(c->w, "text", text, n);
	c->text += n;
	c->characters += utf8_count(text, n);
	put_citations(c);
	json_close_object(c->w);
}

static void put_thinking(struct cursor *c, size_t n)
{
	const char *text = buf_text(&c->reply->reasoning) + c->reasoning;

	c->reasoning += n;
	if (anthropic_message_hides_thinking(c->envelope))
		return;
	json_object(c->w, NULL);
	json_put_text(c->w, "type", "thinking");
	json_put_text_n(c->w, "thinking", text,
			anthropic_message_omits_thinking(c->envelope) ? 0 : n);
	json_put_text(
		c->w, "signature",
		sealed_print(c->arena,
			     &(struct sealed){ text, n, c->reply->details }));
	json_close_object(c->w);
}

static void put_call(struct cursor *c)
{
	const struct chat_call *call = &c->reply->calls[c->call++];

	json_object(c->w, NULL);
	json_put_text(c->w, "type", "tool_use");
	json_put_text(c->w, "id",
		      anthropic_message_tool_id(c->arena, call->id));
	json_put_text(c->w, "name", call->name);
	json_put_raw(c->w, "input",
		     call_arguments_object(c->arena, call->arguments));
	json_close_object(c->w);
}

static void put_span(struct cursor *c, const struct chat_span *span)
{
	switch (span->block) {
	case CHAT_BLOCK_TEXT:
		if (span->n > 0)
			put_text(c, span->n);
		break;
	case CHAT_BLOCK_REASONING:
		if (span->n > 0)
			put_thinking(c, span->n);
		break;
	case CHAT_BLOCK_CALL:
		put_call(c);
		break;
	}
}

bool anthropic_messages_reply(struct arena *a,
			      const struct dialect_envelope *envelope,
			      struct response *response,
			      const struct chat_reply *reply)
{
	struct buf *out = arena_buf(a, LIMIT);
	struct json_writer w;
	struct cursor c = {
		.arena = a, .w = &w, .envelope = envelope, .reply = reply
	};

	json_writer_init(&w, out);
	anthropic_message_put_head(&w, NULL, envelope, a);
	json_array(&w, "content");
	for (size_t i = 0; i < reply->n_spans; i++)
		put_span(&c, &reply->spans[i]);
	json_close_array(&w);
	anthropic_message_put_stop(&w, reply->finish, reply->stop);
	anthropic_message_put_usage(&w, &reply->usage);
	json_close_object(&w);
	return response_json(response, 200, out->p, out->len);
}
