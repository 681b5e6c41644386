/* SPDX-License-Identifier: MIT */
/* A reply of POST /messages, as its events bring it. */
#include "upstream/api/messages_events.h"

#include <string.h>

#include "upstream/api/event_calls.h"
#include "upstream/api/event_stream.h"
#include "upstream/api/messages_request.h"
#include "upstream/api/reported_usage.h"

#define VERSION "anthropic-version: 2023-06-01"

struct run {
	struct event_stream events;
	struct chat_stream *stream;
	struct event_calls calls;
	bool calling;		     /* the open block is a tool call */
	const char *arguments;	     /* of it, if they came at once; or NULL */
	struct reported_usage usage; /* so far */
	int64_t input, created;	     /* of its prompt */
	int64_t created_5m;	     /* of those */
};

static bool is(const cJSON *v, const char *path, const char *word)
{
	const char *text = json_text(v, path);

	return text != NULL && strcmp(text, word) == 0;
}

/* A service may say only how many, or only for how long. */
static void take_cache_writes(struct run *r, const cJSON *usage)
{
	struct reported_usage *u = &r->usage;
	struct chat_usage *t = &u->tokens;

	reported_usage_read(u, &r->created, usage,
			    "cache_creation_input_tokens");
	reported_usage_read(u, &r->created_5m, usage,
			    "cache_creation.ephemeral_5m_input_tokens");
	reported_usage_read(u, &t->cache_write_1h, usage,
			    "cache_creation.ephemeral_1h_input_tokens");
	t->cache_write = r->created > 0 ? r->created :
					  r->created_5m + t->cache_write_1h;
}

/* The input tokens do not include those that were cached. */
static bool take_usage(struct run *r, const cJSON *usage, bool last)
{
	struct reported_usage *u = &r->usage;

	reported_usage_read(u, &r->input, usage, "input_tokens");
	reported_usage_read(u, &u->tokens.cached, usage,
			    "cache_read_input_tokens");
	take_cache_writes(r, usage);
	reported_usage_read(u, &u->tokens.completion, usage, "output_tokens");
	u->tokens.prompt = r->input + u->tokens.cached + u->tokens.cache_write;
	return last && cJSON_IsObject(usage) &&
	       reported_usage_pass_on(u, 0, r->stream);
}

static bool begin_call(struct run *r, const cJSON *block, int64_t index,
		       const char *arguments)
{
	struct event_call_fragment f = {
		.begins = true,
		.index = index,
		.id = json_text(block, "id"),
		.name = json_text(block, "name"),
		.arguments = arguments,
	};

	return event_calls_take(&r->calls, &f);
}

static bool add_arguments(struct run *r, const cJSON *event,
			  const char *arguments)
{
	struct event_call_fragment f = {
		.index = json_int(event, "index", -1),
		.arguments = arguments,
		.n = 1,
	};

	return event_calls_take(&r->calls, &f);
}

/* The arguments of a call may come with it instead of in deltas. */
static bool take_block(struct run *r, const cJSON *event)
{
	const cJSON *block = json_at(event, "content_block");
	struct arena *a = r->events.call->arena;

	r->calling = is(block, "type", "tool_use");
	r->arguments = NULL;
	if (!r->calling)
		return true;
	r->arguments = arena_copy(
		a, event_calls_arguments(a, json_at(block, "input")));
	return begin_call(r, block, json_int(event, "index", -1), NULL);
}

static bool take_block_end(struct run *r, const cJSON *event)
{
	const char *arguments = r->arguments;

	r->arguments = NULL;
	return arguments == NULL || add_arguments(r, event, arguments);
}

static bool take_delta(struct run *r, const cJSON *event)
{
	const cJSON *delta = json_at(event, "delta");
	const char *text;

	if (is(delta, "type", "text_delta")) {
		text = json_text(delta, "text");
		return text == NULL ||
		       chat_stream_text(r->stream, text, strlen(text));
	}
	if (is(delta, "type", "thinking_delta")) {
		text = json_text(delta, "thinking");
		return text == NULL ||
		       chat_stream_reasoning(r->stream, text, strlen(text));
	}
	text = json_text(delta, "partial_json");
	if (!is(delta, "type", "input_json_delta") || text == NULL ||
	    *text == '\0' || !r->calling)
		return true;
	r->arguments = NULL;
	return add_arguments(r, event, text);
}

/* `v` has "stop_reason" and "stop_sequence". False if it does not say why the
 * reply ended. */
static bool take_stop(struct run *r, const cJSON *v)
{
	static const struct {
		const char *name;
		enum chat_finish finish;
	} reasons[] = {
		{ "end_turn", CHAT_FINISH_STOP },
		{ "max_tokens", CHAT_FINISH_LENGTH },
		{ "model_context_window_exceeded", CHAT_FINISH_LENGTH },
		{ "tool_use", CHAT_FINISH_CALLS },
		{ "refusal", CHAT_FINISH_FILTER },
	};

	const char *sequence = json_text(v, "stop_sequence");

	if (is(v, "stop_reason", "stop_sequence"))
		chat_stream_stop(r->stream, sequence == NULL ? "" : sequence);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (is(v, "stop_reason", reasons[i].name))
			chat_stream_finish_reason(r->stream, reasons[i].finish);
	return json_text(v, "stop_reason") != NULL && !is(v, "stop_reason", "");
}

static bool take_whole_block(struct run *r, const cJSON *block)
{
	const char *text = json_text(block, "text");
	const char *thinking = json_text(block, "thinking");

	if (is(block, "type", "text") && text != NULL)
		return chat_stream_text(r->stream, text, strlen(text));
	if (is(block, "type", "thinking") && thinking != NULL)
		return chat_stream_reasoning(r->stream, thinking,
					     strlen(thinking));
	return !is(block, "type", "tool_use") ||
	       begin_call(r, block, -1,
			  event_calls_arguments(r->events.call->arena,
						json_at(block, "input")));
}

/* The reply in one piece, where events were asked for. */
static bool take_message(struct run *r, const cJSON *message)
{
	const cJSON *block;

	cJSON_ArrayForEach(block, json_at(message, "content"))
		if (!take_whole_block(r, block))
			return false;
	take_stop(r, message);
	take_usage(r, json_at(message, "usage"), true);
	r->events.ended = r->events.told = true;
	return true;
}

/* What says how the reply ends, and whether it has. */
static bool take_rest(struct run *r, const cJSON *event)
{
	if (is(event, "type", "message_start")) {
		take_usage(r, json_at(event, "message.usage"), false);
	} else if (is(event, "type", "message_delta")) {
		r->events.ended |= take_stop(r, json_at(event, "delta"));
		r->events.told = take_usage(r, json_at(event, "usage"), true) &&
				 r->events.ended;
	} else if (is(event, "type", "message_stop")) {
		r->events.ended = r->events.told = true;
	}
	return true;
}

static bool take_event(void *ctx, const cJSON *event, bool again)
{
	struct run *r = ctx;

	(void)again;
	if (r->events.told)
		return true;
	if (is(event, "type", "content_block_delta"))
		return take_delta(r, event);
	if (is(event, "type", "message") && !r->stream->started)
		return take_message(r, event);
	if (is(event, "type", "content_block_start"))
		return take_block(r, event);
	if (is(event, "type", "content_block_stop"))
		return take_block_end(r, event);
	return take_rest(r, event);
}

static const char *const deltas[] = {
	"delta.text",
	"delta.thinking",
	"delta.partial_json",
	NULL,
};

/* The service's headers and the version of the format. */
static const char *const *headers(struct arena *a, const char *const *others)
{
	const char **lines;
	size_t n = 0;

	while (others != NULL && others[n] != NULL)
		n++;
	lines = arena_array(a, n + 2, sizeof(*lines));
	for (size_t i = 0; i < n; i++)
		lines[i] = others[i];
	lines[n] = VERSION;
	return lines;
}

bool messages_events_run(struct upstream_call *call,
			 const struct api_service *service,
			 const struct chat_request *request,
			 struct chat_stream *stream)
{
	struct api_service same = {
		.wire = FAILURE_CODE_MESSAGES,
		.urls = service->urls,
		.headers = headers(call->arena, service->headers),
	};
	struct run r = { .stream = stream };

	r.events = (struct event_stream){
		.call = call,
		.service = &same,
		.stream = stream,
		.path = "/messages",
		.deltas = deltas,
		.write = messages_request_write,
		.take = take_event,
		.ctx = &r,
	};
	event_calls_init(&r.calls, &r.events);
	return event_stream_run(&r.events, request) &&
	       event_calls_end(&r.calls);
}
