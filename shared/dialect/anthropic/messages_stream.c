/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the reply as a stream of events. */
#include "dialect/anthropic/messages_stream.h"

#include <string.h>

#include "base/buf.h"
#include "dialect/anthropic/error.h"
#include "dialect/anthropic/message.h"
#include "dialect/sealed.h"
#include "tokens/estimate.h"

#define LIMIT (256 * 1024 * 1024)

struct encoder {
	struct arena *arena;
	const struct dialect_envelope *envelope;
	struct response *response;
	struct buf out; /* the event being made */
	struct json_writer w;
	struct json_mark delta; /* where deltas begin to differ, … */
	const char *type;	/* … which are of this type, if it is set */

	unsigned index;	 /* of the block that is open, or comes next */
	bool opened;	 /* that block was sent */
	bool stopping;	 /* the end of a call waits for what comes next */
	struct buf kept; /* its thinking */
};

struct encoder *
anthropic_messages_stream_encoder(struct arena *a,
				  const struct dialect_envelope *envelope,
				  struct response *response)
{
	struct encoder *en = arena_alloc(a, sizeof(*en));

	en->arena = a;
	en->envelope = envelope;
	en->response = response;
	arena_buf_init(a, &en->out, LIMIT);
	arena_buf_init(a, &en->kept, LIMIT);
	return en;
}

/* Opens an event, up to and including its type. */
static struct json_writer *open_event(struct encoder *en, const char *type)
{
	struct json_writer *w = &en->w;

	en->type = NULL;
	buf_clear(&en->out);
	json_writer_init(w, &en->out);
	json_object(w, NULL);
	json_put_text(w, "type", type);
	return w;
}

static bool send_event(struct encoder *en, const char *type)
{
	json_close_object(&en->w);
	return response_named_event(en->response, type, en->out.p, en->out.len);
}

static bool send_ping(struct encoder *en)
{
	open_event(en, "ping");
	return send_event(en, "ping");
}

/* Kimi reports the size of the prompt last; this format wants it first. */
static int64_t prompt_tokens(const struct encoder *en)
{
	int64_t n = en->envelope->prompt_tokens;

	return n > 0 ? n : tokens_estimate_prompt(en->envelope->request);
}

static bool begin(struct encoder *en)
{
	const struct chat_usage usage = { .prompt = prompt_tokens(en),
					  .completion = 1 };
	struct json_writer *w;

	if (en->response->begun)
		return true;
	response_stream(en->response);
	w = open_event(en, "message_start");
	anthropic_message_put_head(w, "message", en->envelope, en->arena);
	json_array(w, "content");
	json_close_array(w);
	json_put_null(w, "stop_reason");
	json_put_null(w, "stop_sequence");
	anthropic_message_put_usage(w, &usage);
	json_close_object(w);
	send_event(en, "message_start");
	return send_ping(en);
}

/* --- One block --- */

static struct json_writer *open_block_event(struct encoder *en,
					    const char *type, const char *key)
{
	struct json_writer *w = open_event(en, type);

	json_put_int(w, "index", en->index);
	if (key != NULL)
		json_object(w, key);
	return w;
}

static bool send_block_event(struct encoder *en, const char *type)
{
	json_close_object(&en->w);
	return send_event(en, type);
}

static void put_block(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w = &en->w;

	switch (event->block) {
	case CHAT_BLOCK_TEXT:
		json_put_text(w, "type", "text");
		json_put_text(w, "text", "");
		break;
	case CHAT_BLOCK_REASONING:
		json_put_text(w, "type", "thinking");
		json_put_text(w, "thinking", "");
		json_put_text(w, "signature", "");
		break;
	case CHAT_BLOCK_CALL:
		json_put_text(w, "type", "tool_use");
		json_put_text(w, "id",
			      anthropic_message_tool_id(en->arena, event->id));
		json_put_text(w, "name", event->name);
		json_object(w, "input");
		json_close_object(w);
		break;
	}
}

/* A text block is opened by its first words, so that none is ever empty. */
static bool open_block(struct encoder *en, const struct chat_event *event)
{
	if (en->opened)
		return true;
	en->opened = true;
	buf_clear(&en->kept);
	open_block_event(en, "content_block_start", "content_block");
	put_block(en, event);
	return send_block_event(en, "content_block_start");
}

/* Those that follow each other begin with the same. */
static void begin_deltas(struct encoder *en, const char *type)
{
	struct json_writer *w =
		open_block_event(en, "content_block_delta", "delta");

	json_put_text(w, "type", type);
	en->delta = json_writer_mark(w);
	en->type = type;
}

static bool send_delta(struct encoder *en, const char *type, const char *member,
		       const char *p, size_t n)
{
	if (en->type == NULL || strcmp(en->type, type) != 0)
		begin_deltas(en, type);
	json_writer_return(&en->w, &en->delta);
	json_put_text_n(&en->w, member, p, n);
	return send_block_event(en, "content_block_delta");
}

static bool add_delta(struct encoder *en, const struct chat_event *event)
{
	const char *p = event->text;
	size_t n = event->n;

	open_block(en, event);
	switch (event->block) {
	case CHAT_BLOCK_TEXT:
		return send_delta(en, "text_delta", "text", p, n);
	case CHAT_BLOCK_REASONING:
		buf_append(&en->kept, p, n);
		return anthropic_message_omits_thinking(en->envelope) ||
		       send_delta(en, "thinking_delta", "thinking", p, n);
	case CHAT_BLOCK_CALL:
		return send_delta(en, "input_json_delta", "partial_json", p, n);
	}
	return false;
}

static bool add_citation(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w;

	if (!en->opened)
		return true;
	w = open_block_event(en, "content_block_delta", "delta");
	json_put_text(w, "type", "citations_delta");
	anthropic_message_put_citation(w, "citation", event->citation);
	return send_block_event(en, "content_block_delta");
}

static bool stop_block(struct encoder *en)
{
	open_block_event(en, "content_block_stop", NULL);
	send_event(en, "content_block_stop");
	en->index++;
	en->opened = en->stopping = false;
	return true;
}

/* Once it is sure that the call may be run: a call cannot be taken back. */
static bool stop_call(struct encoder *en)
{
	return !en->stopping || stop_block(en);
}

static bool close_block(struct encoder *en, const struct chat_event *event)
{
	const char *signature;

	if (!en->opened)
		return true;
	if (event->block == CHAT_BLOCK_CALL) {
		en->stopping = true;
		return true;
	}
	if (event->block == CHAT_BLOCK_REASONING) {
		signature = sealed_print(en->arena,
					 &(struct sealed){ buf_text(&en->kept),
							   en->kept.len,
							   event->details });
		send_delta(en, "signature_delta", "signature", signature,
			   strlen(signature));
	}
	return stop_block(en);
}

/* --- The ends --- */

static bool send_error(struct encoder *en, const struct error *e)
{
	return anthropic_error_sized(en->arena, en->response, e,
				     prompt_tokens(en));
}

static bool finish(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w;

	stop_call(en);
	w = open_event(en, "message_delta");
	json_object(w, "delta");
	anthropic_message_put_stop(w, event->finish, event->stop);
	json_close_object(w);
	anthropic_message_put_usage(w, event->usage);
	send_event(en, "message_delta");
	open_event(en, "message_stop");
	return send_event(en, "message_stop");
}

static bool is_hidden(const struct encoder *en, const struct chat_event *event)
{
	return event->block == CHAT_BLOCK_REASONING &&
	       anthropic_message_hides_thinking(en->envelope);
}

bool anthropic_messages_stream_event(struct encoder *en,
				     const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		return begin(en);
	case CHAT_OPEN:
		return stop_call(en) && (event->block != CHAT_BLOCK_CALL ||
					 open_block(en, event));
	case CHAT_DELTA:
		return is_hidden(en, event) || add_delta(en, event);
	case CHAT_CITATION:
		return add_citation(en, event);
	case CHAT_CLOSE:
		return close_block(en, event);
	case CHAT_PING:
		return en->response->begun ? send_ping(en) : begin(en);
	case CHAT_FINISH:
		return finish(en, event);
	case CHAT_ERROR:
		return send_error(en, event->error);
	}
	return false;
}
