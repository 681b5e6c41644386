/* SPDX-License-Identifier: MIT */
/*
 * Responses: the reply as a stream. Finished items are written from the message
 * that the events add up to, so they equal what is stored.
 */
#include "dialect/openai/responses_stream.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "chat/reply.h"
#include "dialect/openai/error.h"
#include "dialect/openai/item.h"
#include "dialect/openai/response.h"

#define LIMIT (256 * 1024 * 1024)

struct encoder {
	struct arena *arena;
	const struct dialect_envelope *envelope;
	struct response *response;
	struct chat_reply reply; /* all so far */
	const cJSON *tools;
	bool hides, seals; /* reasoning */
	bool compacts;	   /* the reply is a summary */
	bool begun;
	int64_t sequence; /* of the next event */
	struct buf out;	  /* the event being made */
	struct json_writer w;

	struct json_mark number; /* where the event's is … */
	size_t numbered;	 /* … and ends */

	/* Deltas that follow each other differ in their numbers and texts. */
	const char *delta_type; /* theirs; NULL: none came last */
	struct buf place;	/* what comes between both */

	struct openai_item item; /* of the block that came last */
	struct chat_message message;
	struct chat_call call;
	char id[OPENAI_ITEM_ID_SIZE];
	int64_t output_index;
	bool added; /* the client knows of the item, and it is not done */
	size_t characters, before; /* of text: in all, before this item */
	int64_t annotations;	   /* in this item */
};

struct encoder *
openai_responses_stream_encoder(struct arena *a,
				const struct dialect_envelope *envelope,
				struct response *response)
{
	struct encoder *en = arena_alloc(a, sizeof(*en));

	en->arena = a;
	en->envelope = envelope;
	en->response = response;
	en->tools = json_at(envelope->body, "tools");
	en->hides = openai_response_hides_reasoning(envelope->body);
	en->seals = openai_response_seals_reasoning(envelope->body);
	en->message.role = CHAT_ASSISTANT;
	en->message.uid = envelope->id;
	en->compacts = envelope->request->compacts;
	chat_reply_init(&en->reply, a);
	en->reply.compacts = en->compacts;
	arena_buf_init(a, &en->out, LIMIT);
	arena_buf_init(a, &en->place, LIMIT);
	return en;
}

static struct json_writer *open_event(struct encoder *en, const char *type)
{
	struct json_writer *w = &en->w;

	en->delta_type = NULL;
	buf_clear(&en->out);
	json_writer_init(w, &en->out);
	json_object(w, NULL);
	json_put_text(w, "type", type);
	en->number = json_writer_mark(w);
	json_put_int(w, "sequence_number", en->sequence);
	en->numbered = en->out.len;
	return w;
}

/* Events that the client already has are only counted. */
static bool send_event(struct encoder *en, const char *type)
{
	json_close_object(&en->w);
	if (en->sequence++ <= en->envelope->after)
		return !en->response->sink->broken;
	return response_named_event(en->response, type, en->out.p, en->out.len);
}

static bool send_response(struct encoder *en, const char *type,
			  const struct openai_response *r, size_t cut)
{
	struct json_writer *w = open_event(en, type);

	openai_response_put_cut(w, "response", r, cut);
	return send_event(en, type);
}

static bool begin(struct encoder *en)
{
	struct openai_response r;

	if (en->begun)
		return true;
	en->begun = true;
	if (!en->response->begun)
		response_stream(en->response);
	r = openai_response_of(en->envelope, en->arena);
	send_response(en, "response.created", &r, OPENAI_RESPONSE_NO_CUT);
	return send_response(en, "response.in_progress", &r,
			     OPENAI_RESPONSE_NO_CUT);
}

/* Opens an event about the item, up to the members of its own. */
static struct json_writer *open_item_event(struct encoder *en, const char *type)
{
	struct json_writer *w = open_event(en, type);

	json_put_text(w, "item_id", en->id);
	json_put_int(w, "output_index", en->output_index);
	return w;
}

/* The same, within the item's only part. */
static struct json_writer *open_part_event(struct encoder *en, const char *type)
{
	struct json_writer *w = open_item_event(en, type);

	json_put_int(w,
		     en->item.kind == OPENAI_ITEM_REASONING ? "summary_index" :
							      "content_index",
		     0);
	return w;
}

static bool send_item(struct encoder *en, const char *type)
{
	struct json_writer *w = open_event(en, type);

	json_put_int(w, "output_index", en->output_index);
	openai_item_put(w, "item", &en->item);
	return send_event(en, type);
}

static bool send_part(struct encoder *en, const char *type)
{
	openai_item_put_part(open_part_event(en, type), "part", &en->item);
	return send_event(en, type);
}

static bool add_item(struct encoder *en)
{
	en->added = true;
	en->item.opening = true;
	en->item.status = "in_progress";
	en->annotations = 0;
	en->before = en->characters;
	openai_item_id(&en->item, en->id);
	send_item(en, "response.output_item.added");
	if (en->item.kind == OPENAI_ITEM_CALL ||
	    en->item.kind == OPENAI_ITEM_COMPACTION)
		return !en->response->sink->broken;
	return send_part(en, en->item.kind == OPENAI_ITEM_REASONING ?
				     "response.reasoning_summary_part.added" :
				     "response.content_part.added");
}

static void finish_text(struct encoder *en)
{
	static const char type[] = "response.output_text.done";
	struct json_writer *w = open_part_event(en, type);

	openai_item_put_text(w, "text", &en->item);
	json_array(w, "logprobs");
	json_close_array(w);
	send_event(en, type);
	send_part(en, "response.content_part.done");
}

static void finish_reasoning(struct encoder *en)
{
	static const char type[] = "response.reasoning_summary_text.done";

	openai_item_put_text(open_part_event(en, type), "text", &en->item);
	send_event(en, type);
	send_part(en, "response.reasoning_summary_part.done");
}

static void finish_function(struct encoder *en)
{
	static const char type[] = "response.function_call_arguments.done";
	struct json_writer *w = open_item_event(en, type);

	json_put_text(w, "name", en->item.origin.name);
	json_put_text(w, "arguments", en->item.call->arguments);
	send_event(en, type);
}

/* The input of a custom tool is a JSON string in the arguments: it is sent
 * once complete. */
static void finish_custom(struct encoder *en)
{
	static const char delta[] = "response.custom_tool_call_input.delta";
	static const char done[] = "response.custom_tool_call_input.done";

	openai_item_put_input(open_item_event(en, delta), "delta", &en->item);
	send_event(en, delta);
	openai_item_put_input(open_item_event(en, done), "input", &en->item);
	send_event(en, done);
}

static void finish_content(struct encoder *en)
{
	switch (en->item.kind) {
	case OPENAI_ITEM_MESSAGE:
		finish_text(en);
		break;
	case OPENAI_ITEM_REASONING:
		finish_reasoning(en);
		break;
	case OPENAI_ITEM_CALL:
		if (en->item.origin.custom)
			finish_custom(en);
		else if (!en->item.origin.search)
			finish_function(en);
		break;
	case OPENAI_ITEM_COMPACTION: /* comes in one piece */
	case OPENAI_ITEM_OUTPUT:     /* never part of a reply */
		break;
	}
}

/* Ends the item that the client knows of, if there is one. */
static void finish_item(struct encoder *en, const char *status)
{
	struct chat_message message;

	if (!en->added)
		return;
	en->added = false;
	message = chat_reply_message(&en->reply);
	message.uid = en->envelope->id;
	/* A call that was cut gets no more events: no client may run it. */
	if (!openai_item_find(&en->item, &message, en->item.place, en->tools))
		return;
	en->item.status = status;
	en->item.sealed = en->seals;
	finish_content(en);
	send_item(en, "response.output_item.done");
	en->output_index++;
}

static bool on_open(struct encoder *en, const struct chat_event *event)
{
	static const enum openai_item_kind kinds[] = {
		[CHAT_BLOCK_TEXT] = OPENAI_ITEM_MESSAGE,
		[CHAT_BLOCK_REASONING] = OPENAI_ITEM_REASONING,
		[CHAT_BLOCK_CALL] = OPENAI_ITEM_CALL,
	};

	if (en->compacts)
		return true;
	finish_item(en, "completed");
	en->item = (struct openai_item){ .kind = kinds[event->block],
					 .message = &en->message,
					 .place = event->index };
	if (event->block != CHAT_BLOCK_CALL)
		return true;
	en->call = (struct chat_call){ .id = event->id, .name = event->name };
	en->item.call = &en->call;
	en->item.origin = openai_tool_name_origin(en->tools, event->name);
	return add_item(en);
}

static void begin_deltas(struct encoder *en, const char *type,
			 const struct chat_event *event)
{
	if (event->block == CHAT_BLOCK_CALL)
		open_item_event(en, type);
	else
		open_part_event(en, type);
	buf_clear(&en->place);
	buf_puts(&en->place, en->out.p + en->numbered);
	en->delta_type = type;
}

static bool send_delta(struct encoder *en, const char *type,
		       const struct chat_event *event)
{
	struct json_writer *w = &en->w;

	if (en->delta_type == NULL || strcmp(en->delta_type, type) != 0)
		begin_deltas(en, type, event);
	json_writer_return(w, &en->number);
	json_put_int(w, "sequence_number", en->sequence);
	buf_append(w->out, en->place.p, en->place.len);
	json_put_text_n(w, "delta", event->text, event->n);
	if (event->block == CHAT_BLOCK_TEXT) {
		json_array(w, "logprobs");
		json_close_array(w);
	}
	return send_event(en, type);
}

/* The summary is one item, whose text is in its end only. */
static bool on_summary(struct encoder *en, const struct chat_event *event)
{
	static const char type[] = "response.compaction.compacting";

	if (event->block != CHAT_BLOCK_TEXT)
		return true;
	if (!en->added) {
		en->item = (struct openai_item){
			.kind = OPENAI_ITEM_COMPACTION,
			.message = &en->message,
		};
		add_item(en);
	}
	open_item_event(en, type);
	return send_event(en, type);
}

/* An item begins with its first text, so that none is ever empty. */
static bool on_delta(struct encoder *en, const struct chat_event *event)
{
	if (en->compacts)
		return on_summary(en, event);
	if (event->block == CHAT_BLOCK_REASONING && en->hides)
		return true;
	if (!en->added)
		add_item(en);
	switch (event->block) {
	case CHAT_BLOCK_TEXT:
		en->characters += utf8_count(event->text, event->n);
		return send_delta(en, "response.output_text.delta", event);
	case CHAT_BLOCK_REASONING:
		return send_delta(en, "response.reasoning_summary_text.delta",
				  event);
	case CHAT_BLOCK_CALL:
		if (en->item.origin.custom || en->item.origin.search)
			return true;
		return send_delta(en, "response.function_call_arguments.delta",
				  event);
	}
	return false;
}

static bool on_citation(struct encoder *en, const struct chat_event *event)
{
	static const char type[] = "response.output_text.annotation.added";
	struct json_writer *w;

	if (!en->added || en->compacts)
		return true;
	w = open_part_event(en, type);
	json_put_int(w, "annotation_index", en->annotations++);
	openai_item_put_annotation(w, "annotation", event->citation,
				   event->offset - en->before);
	return send_event(en, type);
}

/* The last event, with everything that the message has by now. */
static bool end(struct encoder *en, const char *type, struct openai_response r,
		size_t cut)
{
	struct chat_message message = chat_reply_message(&en->reply);

	message.uid = en->envelope->id;
	r.message = &message;
	send_response(en, type, &r, cut);
	return response_event(en->response, "[DONE]", 6);
}

static bool on_finish(struct encoder *en, const struct chat_event *event)
{
	struct openai_response r = openai_response_of(en->envelope, en->arena);
	bool cut;

	openai_response_finish(&r, en->envelope, event->finish);
	cut = r.status == OPENAI_RESPONSE_INCOMPLETE;
	finish_item(en, cut ? "incomplete" : "completed");
	r.usage = event->usage;
	return end(en, cut ? "response.incomplete" : "response.completed", r,
		   cut ? en->item.place : OPENAI_RESPONSE_NO_CUT);
}

/* Codex reads the time to wait from the message. */
static struct error told_wait(const struct error *e)
{
	struct error told = *e;
	size_t n = strlen(told.message);

	if (e->kind == ERROR_RATE_LIMIT && e->retry_after_ms > 0)
		snprintf(told.message + n, sizeof(told.message) - n,
			 " Please try again in %.3gs.",
			 (double)e->retry_after_ms / 1000);
	return told;
}

/* A killed process may not have stored everything that its client received:
 * then the end follows right after that. */
static bool on_error(struct encoder *en, const struct chat_event *event)
{
	const struct error *e = event->error;
	struct openai_response r;
	struct error told = told_wait(e);
	bool cut = en->added && !en->compacts;

	if (!en->response->begun && e->kind != ERROR_CONTEXT_LENGTH)
		return openai_error(en->arena, en->response, e);
	begin(en);
	en->added = cut; /* no unfinished summary */
	if (event->lost && en->sequence <= en->envelope->after)
		en->sequence = en->envelope->after + 1;
	else
		finish_item(en, "incomplete");
	r = openai_response_of(en->envelope, en->arena);
	r.status = OPENAI_RESPONSE_FAILED;
	r.error = &told;
	end(en, "response.failed", r,
	    cut ? en->item.place : OPENAI_RESPONSE_NO_CUT);
	return response_flush(en->response);
}

bool openai_responses_stream_event(struct encoder *en,
				   const struct chat_event *event)
{
	chat_reply_event(&en->reply, event);
	if (event->kind != CHAT_ERROR)
		begin(en);
	switch (event->kind) {
	case CHAT_START:
		return !en->response->sink->broken;
	case CHAT_OPEN:
		return on_open(en, event);
	case CHAT_DELTA:
		return on_delta(en, event);
	case CHAT_CITATION:
		return on_citation(en, event);
	case CHAT_CLOSE: /* the next event shows whether it was cut */
		return true;
	case CHAT_PING:
		return response_comment(en->response, "keep-alive");
	case CHAT_FINISH:
		return on_finish(en, event);
	case CHAT_ERROR:
		return on_error(en, event);
	}
	return false;
}
