/* SPDX-License-Identifier: MIT */
/* A reply of POST /chat/completions, as its events bring it. */
#include "upstream/api/chat_events.h"

#include <string.h>

#include "upstream/api/chat_request.h"
#include "upstream/api/event_calls.h"
#include "upstream/api/event_stream.h"
#include "upstream/api/reasoning_details.h"
#include "upstream/api/reported_usage.h"

/* Where things are in a chunk. */
struct places {
	const cJSON *delta;
	const cJSON *content, *reasoning, *details, *calls; /* of it */
	const cJSON *reason;
	const cJSON *usage, *usage_of_choice;
	bool whole; /* the delta is a message */
};

struct run {
	struct event_stream events;
	struct places at;
	struct chat_stream *stream;
	struct event_calls calls;
	struct reasoning_details *details; /* NULL: none came */
	bool pending;			   /* some are not in the stream yet */
	bool has_content, has_summary;	   /* which of both is shown */
};

/* False if there is none that can be true. */
static bool take_usage(struct run *r, const cJSON *usage)
{
	struct reported_usage u = { 0 };
	int64_t total = 0;

	if (!cJSON_IsObject(usage) || json_at(usage, "prompt_tokens") == NULL)
		return false;
	reported_usage_read(&u, &u.tokens.prompt, usage, "prompt_tokens");
	reported_usage_read(&u, &u.tokens.completion, usage,
			    "completion_tokens");
	reported_usage_read(&u, &u.tokens.cached, usage, "cached_tokens");
	reported_usage_read(&u, &u.tokens.cached, usage,
			    "prompt_tokens_details.cached_tokens");
	reported_usage_read(&u, &u.tokens.cache_write, usage,
			    "prompt_tokens_details.cache_write_tokens");
	reported_usage_read(&u, &u.tokens.reasoning, usage,
			    "completion_tokens_details.reasoning_tokens");
	reported_usage_read(&u, &total, usage, "total_tokens");
	return reported_usage_pass_on(&u, total, r->stream);
}

/* In any of the places where services put it. */
static bool take_usages(struct run *r)
{
	bool in_choice = take_usage(r, r->at.usage_of_choice);

	return take_usage(r, r->at.usage) || in_choice;
}

/* Some services send "" where null is meant. */
static bool says(const char *text)
{
	return text != NULL && *text != '\0';
}

static void take_finish(struct run *r, const char *reason)
{
	static const struct {
		const char *name;
		enum chat_finish finish;
	} reasons[] = {
		{ "stop", CHAT_FINISH_STOP },
		{ "length", CHAT_FINISH_LENGTH },
		{ "tool_calls", CHAT_FINISH_CALLS },
		{ "content_filter", CHAT_FINISH_FILTER },
	};

	r->events.ended = true;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reason, reasons[i].name) == 0)
			chat_stream_finish_reason(r->stream, reasons[i].finish);
}

static bool take_calls(struct run *r, const cJSON *calls)
{
	struct event_call_fragment f = {
		.n = (size_t)cJSON_GetArraySize(calls),
	};
	const cJSON *v;

	cJSON_ArrayForEach(v, calls) {
		f.index = json_int(v, "index", -1);
		f.id = json_text(v, "id");
		f.name = json_text(v, "function.name");
		f.arguments =
			event_calls_arguments(r->events.call->arena,
					      json_at(v, "function.arguments"));
		if (!event_calls_take(&r->calls, &f))
			return false;
		f.position++;
	}
	return true;
}

static bool take_reasoning(struct run *r, const char *text)
{
	if (text == NULL || *text == '\0' || r->has_summary)
		return true;
	r->has_content = true;
	return chat_stream_reasoning(r->stream, text, strlen(text));
}

/* The summary is shown to those who get no other reasoning. */
static bool take_details(struct run *r, const cJSON *list)
{
	const struct buf *summary;

	if (!cJSON_IsArray(list))
		return true;
	if (r->details == NULL)
		r->details = reasoning_details_new(r->events.call->arena);
	summary = reasoning_details_add(r->details, list);
	r->pending = r->details->n > 0;
	if (r->has_content || summary->len == 0)
		return true;
	r->has_summary = true;
	return chat_stream_reasoning(r->stream, buf_text(summary),
				     summary->len);
}

/* They are complete when something else comes. */
static void hand_on_details(struct run *r)
{
	if (r->pending)
		chat_stream_details(r->stream,
				    reasoning_details_text(r->details));
	r->pending = false;
}

static bool take_delta(struct run *r)
{
	const char *text = cJSON_GetStringValue(r->at.content);

	if (!take_reasoning(r, cJSON_GetStringValue(r->at.reasoning)) ||
	    !take_details(r, r->at.details))
		return false;
	if (r->at.calls != NULL || says(text))
		hand_on_details(r);
	if (text != NULL && !chat_stream_text(r->stream, text, strlen(text)))
		return false;
	return take_calls(r, r->at.calls);
}

/* A message is a whole reply, unless it follows deltas. */
static bool take_content(struct run *r)
{
	if (r->at.whole && r->stream->started)
		return true;
	if (r->at.whole)
		r->events.ended |= r->at.delta != NULL;
	return r->at.delta == NULL || take_delta(r);
}

static void find_places(struct places *at, const cJSON *chunk)
{
	const cJSON *choice = json_at(chunk, "choices.0");
	const cJSON *delta = json_at(choice, "delta");
	bool whole = delta == NULL;

	if (whole)
		delta = json_at(choice, "message");
	*at = (struct places){
		.delta = delta,
		.content = json_at(delta, "content"),
		.reasoning = json_at(delta, "reasoning_content"),
		.details = json_at(delta, "reasoning_details"),
		.calls = json_at(delta, "tool_calls"),
		.reason = json_at(choice, "finish_reason"),
		.usage = json_at(chunk, "usage"),
		.usage_of_choice = json_at(choice, "usage"),
		.whole = whole,
	};
}

static bool take_chunk(void *ctx, const cJSON *chunk, bool again)
{
	struct run *r = ctx;
	const char *reason;

	if (!again)
		find_places(&r->at, chunk);
	if (r->events.told) {
		take_usages(r);
		return true;
	}
	if (!take_content(r))
		return false;
	reason = cJSON_GetStringValue(r->at.reason);
	if (says(reason)) {
		hand_on_details(r);
		take_finish(r, reason);
	}
	r->events.told = take_usages(r) && r->events.ended;
	return true;
}

static const char *const deltas[] = {
	"choices.0.delta.content",
	"choices.0.delta.reasoning_content",
	"choices.0.delta.tool_calls.0.function.arguments",
	NULL,
};

bool chat_events_run(struct upstream_call *call,
		     const struct api_service *service,
		     const struct chat_request *request,
		     struct chat_stream *stream)
{
	struct run r = { .stream = stream };

	r.events = (struct event_stream){
		.call = call,
		.service = service,
		.stream = stream,
		.path = "/chat/completions",
		.builtins = true,
		.deltas = deltas,
		.write = chat_request_write,
		.take = take_chunk,
		.ctx = &r,
	};
	event_calls_init(&r.calls, &r.events);
	return event_stream_run(&r.events, request) &&
	       event_calls_end(&r.calls);
}
