/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the vtables, the whole answer, and what it shares with
 * the streamed one. */
#include "dialect/anthropic/messages.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "dialect/sealed.h"

#define LIMIT (256 * 1024 * 1024)

const struct dialect dialect_anthropic_messages = {
	.name = "anthropic_messages",
	.input = "messages",
	.tells_prompt = true,
	.decode = anthropic_messages_decode,
	.encoder = anthropic_encoder,
	.event = anthropic_event,
	.reply = anthropic_reply,
	.status = anthropic_status,
	.error = anthropic_error,
};

const struct dialect dialect_anthropic_count = {
	.name = "anthropic_count",
	.decode = anthropic_count_decode,
	.encoder = anthropic_encoder,
	.event = anthropic_event,
	.reply = anthropic_reply,
	.status = anthropic_status,
	.error = anthropic_error,
};

const char *anthropic_stop_reason(enum chat_finish finish)
{
	static const char *const names[] = {
		[CHAT_FINISH_STOP] = "end_turn",
		[CHAT_FINISH_LENGTH] = "max_tokens",
		[CHAT_FINISH_CALLS] = "tool_use",
		[CHAT_FINISH_FILTER] = "refusal",
	};

	return names[finish];
}

const char *anthropic_tool_id(struct arena *a, const char *id)
{
	return strncmp(id, "call_", 5) == 0 ?
		       arena_printf(a, "toolu_%s", id + 5) :
		       id;
}

bool anthropic_hides_thinking(const struct dialect_answer *answer)
{
	return answer->request->thinking == CHAT_THINKING_OFF;
}

bool anthropic_omits_thinking(const struct dialect_answer *answer)
{
	const char *display = json_text(answer->body, "thinking.display");

	return display != NULL && strcmp(display, "omitted") == 0;
}

void anthropic_put_head(struct json_writer *w, const char *key,
			const struct dialect_answer *answer, struct arena *a)
{
	json_object(w, key);
	json_put_text(w, "id", arena_printf(a, "msg_%s", answer->id));
	json_put_text(w, "type", "message");
	json_put_text(w, "role", "assistant");
	json_put_text(w, "model", answer->model);
}

void anthropic_put_usage(struct json_writer *w, const struct chat_usage *u)
{
	int64_t fresh = u->prompt - u->cached;

	json_object(w, "usage");
	json_put_int(w, "input_tokens", fresh > 0 ? fresh : 0);
	json_put_int(w, "cache_creation_input_tokens", 0);
	json_put_int(w, "cache_read_input_tokens", u->cached);
	json_put_int(w, "output_tokens", u->completion);
	json_put_text(w, "service_tier", "standard");
	json_close_object(w);
}

void anthropic_put_citation(struct json_writer *w, const char *key,
			    const struct chat_citation *citation)
{
	json_object(w, key);
	json_put_text(w, "type", "web_search_result_location");
	json_put_text(w, "url", citation->url);
	json_put_text(w, "title", citation->title);
	json_put_text(w, "cited_text", "");
	json_put_text(w, "encrypted_index", "");
	json_close_object(w);
}

/* --- The whole answer --- */

/* Goes through a reply span by span. */
struct cursor {
	struct arena *arena;
	struct json_writer *w;
	const struct dialect_answer *answer;
	const struct chat_reply *reply;
	size_t text, reasoning, call, cited; /* put so far */
	size_t characters;		     /* of text */
};

/* Citations stand behind the text that they belong to. */
static void put_citations(struct cursor *c)
{
	const struct chat_reply *r = c->reply;

	if (c->cited == r->n_cited || r->cited[c->cited].offset > c->characters)
		return;
	json_array(c->w, "citations");
	for (; c->cited < r->n_cited &&
	       r->cited[c->cited].offset <= c->characters;
	     c->cited++)
		anthropic_put_citation(c->w, NULL,
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
	if (anthropic_hides_thinking(c->answer))
		return;
	json_object(c->w, NULL);
	json_put_text(c->w, "type", "thinking");
	json_put_text_n(c->w, "thinking", text,
			anthropic_omits_thinking(c->answer) ? 0 : n);
	json_put_text(c->w, "signature", sealed_put(c->arena, text, n));
	json_close_object(c->w);
}

static void put_call(struct cursor *c)
{
	const struct chat_call *call = &c->reply->calls[c->call++];
	struct error ignored;
	const cJSON *input = json_parse(c->arena, call->arguments,
					strlen(call->arguments), &ignored);

	json_object(c->w, NULL);
	json_put_text(c->w, "type", "tool_use");
	json_put_text(c->w, "id", anthropic_tool_id(c->arena, call->id));
	json_put_text(c->w, "name", call->name);
	json_put_raw(c->w, "input",
		     cJSON_IsObject(input) ? call->arguments : "{}");
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

bool anthropic_reply(struct arena *a, const struct dialect_answer *answer,
		     struct response *response, const struct chat_reply *reply)
{
	struct buf *out = arena_alloc(a, sizeof(*out));
	struct json_writer w;
	struct cursor c = {
		.arena = a, .w = &w, .answer = answer, .reply = reply
	};

	buf_init(out, LIMIT);
	arena_own(a, out, buf_drop);
	json_writer_init(&w, out);
	anthropic_put_head(&w, NULL, answer, a);
	json_array(&w, "content");
	for (size_t i = 0; i < reply->n_spans; i++)
		put_span(&c, &reply->spans[i]);
	json_close_array(&w);
	json_put_text(&w, "stop_reason", anthropic_stop_reason(reply->finish));
	json_put_null(&w, "stop_sequence");
	anthropic_put_usage(&w, &reply->usage);
	json_close_object(&w);
	return response_json(response, 200, out->p, out->len);
}
