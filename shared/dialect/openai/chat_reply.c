/* SPDX-License-Identifier: MIT */
/* Chat completions: the reply, whole or as a stream of chunks. */
#include "dialect/openai/chat_reply.h"

#include "base/buf.h"
#include "dialect/openai/chat_object.h"
#include "dialect/openai/error.h"
#include "dialect/openai/reasoning_details.h"

#define LIMIT (256 * 1024 * 1024)

struct encoder {
	struct arena *arena;
	struct dialect_envelope envelope; /* its id with the prefix */
	struct response *response;
	struct buf out; /* the chunk being made */
	struct json_writer w;

	/* Where the chunks of a choice begin to differ, and what all but the
	 * last one have after that. */
	struct json_mark delta;
	unsigned choice;
	struct buf tail;
};

static struct dialect_envelope named(const struct dialect_envelope *envelope,
				     struct arena *a)
{
	struct dialect_envelope n = *envelope;

	n.id = arena_join(a, OPENAI_CHAT_PREFIX, envelope->id);
	return n;
}

struct encoder *
openai_chat_reply_encoder(struct arena *a,
			  const struct dialect_envelope *envelope,
			  struct response *response)
{
	struct encoder *en = arena_alloc(a, sizeof(*en));

	en->arena = a;
	en->envelope = named(envelope, a);
	en->response = response;
	arena_buf_init(a, &en->out, LIMIT);
	arena_buf_init(a, &en->tail, LIMIT);
	return en;
}

static void put_head(struct json_writer *w, const struct dialect_envelope *n)
{
	json_object(w, NULL);
	json_put_text(w, "id", n->id);
	json_put_text(w, "object", "chat.completion.chunk");
	json_put_int(w, "created", n->created);
	json_put_text(w, "model", n->model);
	json_array(w, "choices");
}

static struct json_writer *open_head(struct encoder *en)
{
	buf_clear(&en->out);
	json_writer_init(&en->w, &en->out);
	put_head(&en->w, &en->envelope);
	return &en->w;
}

/* After the delta. */
static void put_tail(struct encoder *en, const char *finish_reason)
{
	struct json_writer *w = &en->w;

	json_close_object(w);
	json_put_null(w, "logprobs");
	json_put_text(w, "finish_reason", finish_reason);
	json_close_object(w);
	json_close_array(w);
	if (en->envelope.include_usage)
		json_put_null(w, "usage");
	json_close_object(w);
}

static void begin_choice(struct encoder *en, unsigned choice)
{
	struct json_writer *w = open_head(en);

	json_object(w, NULL);
	json_put_int(w, "index", choice);
	json_object(w, "delta");
	en->choice = choice;
	en->delta = json_writer_mark(w);
	put_tail(en, NULL);
	buf_clear(&en->tail);
	buf_puts(&en->tail, en->out.p + en->delta.n);
}

/* Opens a chunk, up to and including its delta. */
static struct json_writer *open_chunk(struct encoder *en,
				      const struct chat_event *event)
{
	if (en->delta.n == 0 || en->choice != event->choice)
		begin_choice(en, event->choice);
	json_writer_return(&en->w, &en->delta);
	return &en->w;
}

static bool send_chunk(struct encoder *en)
{
	buf_append(&en->out, en->tail.p, en->tail.len);
	return response_event(en->response, en->out.p, en->out.len);
}

static bool begin(struct encoder *en)
{
	if (en->response->begun)
		return true;
	return response_stream(en->response);
}

static bool send_start(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w;

	begin(en);
	w = open_chunk(en, event);
	json_put_text(w, "role", "assistant");
	json_put_text(w, "content", "");
	json_put_null(w, "refusal");
	return send_chunk(en);
}

static void open_call(struct json_writer *w, unsigned call)
{
	json_array(w, "tool_calls");
	json_object(w, NULL);
	json_put_int(w, "index", call);
}

static void close_call(struct json_writer *w)
{
	json_close_object(w);
	json_close_object(w);
	json_close_array(w);
}

static bool send_open(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w;

	if (event->block != CHAT_BLOCK_CALL)
		return true;
	w = open_chunk(en, event);
	open_call(w, event->call);
	json_put_text(w, "id", event->id);
	json_put_text(w, "type", "function");
	json_object(w, "function");
	json_put_text(w, "name", event->name);
	json_put_text(w, "arguments", "");
	close_call(w);
	return send_chunk(en);
}

static bool send_delta(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w = open_chunk(en, event);

	switch (event->block) {
	case CHAT_BLOCK_TEXT:
		json_put_text_n(w, "content", event->text, event->n);
		break;
	case CHAT_BLOCK_REASONING:
		json_put_text_n(w, "reasoning_content", event->text, event->n);
		break;
	case CHAT_BLOCK_CALL:
		open_call(w, event->call);
		json_object(w, "function");
		json_put_text_n(w, "arguments", event->text, event->n);
		close_call(w);
		break;
	}
	return send_chunk(en);
}

static bool send_details(struct encoder *en, const struct chat_event *event)
{
	openai_reasoning_details_put(open_chunk(en, event), event->details,
				     true);
	return send_chunk(en);
}

static bool send_citation(struct encoder *en, const struct chat_event *event)
{
	struct json_writer *w = open_chunk(en, event);

	json_array(w, "annotations");
	openai_chat_object_put_citation(w, event->citation, event->offset);
	json_close_array(w);
	return send_chunk(en);
}

static bool send_usage(struct encoder *en, const struct chat_usage *usage)
{
	struct json_writer *w = open_head(en);

	en->delta.n = 0;
	json_close_array(w);
	openai_chat_object_put_usage(w, usage);
	json_close_object(w);
	return response_event(en->response, en->out.p, en->out.len);
}

static bool send_finish(struct encoder *en, const struct chat_event *event)
{
	bool go_on;

	open_chunk(en, event);
	put_tail(en, chat_finish_name(event->finish));
	go_on = response_event(en->response, en->out.p, en->out.len);
	if (event->more)
		return go_on;
	if (en->envelope.include_usage)
		send_usage(en, event->usage);
	return response_event(en->response, "[DONE]", 6);
}

bool openai_chat_reply_event(struct encoder *en, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		return send_start(en, event);
	case CHAT_OPEN:
		return send_open(en, event);
	case CHAT_DELTA:
		return send_delta(en, event);
	case CHAT_CITATION:
		return send_citation(en, event);
	case CHAT_CLOSE:
		return event->details == NULL || send_details(en, event);
	case CHAT_PING:
		begin(en);
		return response_comment(en->response, "keep-alive");
	case CHAT_FINISH:
		return send_finish(en, event);
	case CHAT_ERROR:
		return openai_error(en->arena, en->response, event->error);
	}
	return false;
}

/* The reply and those of the choices after it. */
static void put_choices(struct openai_chat_object *c,
			const struct chat_reply *reply, struct arena *a)
{
	struct openai_chat_choice *choices;
	struct chat_message *messages;
	size_t n = 0, i = 0;

	for (const struct chat_reply *r = reply; r != NULL; r = r->next)
		n++;
	choices = arena_array(a, n, sizeof(*choices));
	messages = arena_array(a, n, sizeof(*messages));
	for (; reply != NULL; reply = reply->next, i++) {
		messages[i] = chat_reply_message(reply);
		choices[i].message = &messages[i];
		choices[i].finish = reply->finish;
	}
	c->choices = choices;
	c->n_choices = n;
}

bool openai_chat_reply_whole(struct arena *a,
			     const struct dialect_envelope *envelope,
			     struct response *response,
			     const struct chat_reply *reply)
{
	const struct chat_request *q = envelope->request;
	bool kept = q != NULL && q->store == CHAT_STORE_ON;
	struct chat_usage usage = chat_reply_usage(reply);
	struct buf *out = arena_buf(a, LIMIT);
	struct openai_chat_object c = {
		.id = named(envelope, a).id,
		.created = envelope->created,
		.model = envelope->model,
		.usage = &usage,
		.metadata = !kept		? NULL :
			    q->metadata == NULL ? "{}" :
						  q->metadata,
	};
	struct json_writer w;

	put_choices(&c, reply, a);
	json_writer_init(&w, out);
	openai_chat_object_put(&w, &c, a);
	return response_json(response, 200, out->p, out->len);
}
