/* SPDX-License-Identifier: MIT */
/* The Moonshot Open Platform: chat completions, streamed. */
#include "upstream/api/service.h"

#include <string.h>

#include "base/json.h"
#include "chat/call_id.h"
#include "upstream/api/event_stream.h"
#include "upstream/api/search.h"

struct run {
	struct event_stream events;
	struct chat_stream *stream;
	unsigned next_call; /* number for a tool call without an index */
};

static struct access_token platform_access(struct arena *a, const char *secret)
{
	(void)a;
	return (struct access_token){ .token = secret,
				      .expires_ms = INT64_MAX };
}

static void take_usage(struct run *r, const cJSON *usage)
{
	struct chat_usage u = { .source = CHAT_USAGE_UPSTREAM };

	if (!cJSON_IsObject(usage) || json_int(usage, "prompt_tokens", -1) < 0)
		return;
	u.prompt = json_int(usage, "prompt_tokens", 0);
	u.completion = json_int(usage, "completion_tokens", 0);
	u.cached = json_int(usage, "prompt_tokens_details.cached_tokens",
			    json_int(usage, "cached_tokens", 0));
	u.reasoning = json_int(usage,
			       "completion_tokens_details.reasoning_tokens", 0);
	chat_stream_usage(r->stream, &u);
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

	if (reason == NULL)
		return;
	r->events.ended = true;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reason, reasons[i].name) == 0)
			chat_stream_finish_reason(r->stream, reasons[i].finish);
}

/* The name with which a call begins; later fragments have none, or "". */
static const char *call_name(const cJSON *v)
{
	const char *name = json_text(v, "function.name");

	return name == NULL || *name == '\0' ? NULL : name;
}

/*
 * Old builds leave the index out (C5). Then a fragment with a name begins the
 * next call; others go on with the last one, or, when several stand in one
 * delta, with the one at their place.
 */
static unsigned call_index(const struct run *r, const cJSON *v,
			   unsigned position, bool alone)
{
	unsigned last = r->next_call > 0 ? r->next_call - 1 : 0;
	unsigned guess = call_name(v) != NULL ? r->next_call :
			 alone		      ? last :
						position;

	return (unsigned)json_int(v, "index", guess);
}

static bool take_call(struct run *r, const cJSON *v, unsigned index)
{
	const char *args = json_text(v, "function.arguments");
	const char *name = call_name(v);
	const char *id = json_text(v, "id");
	struct arena *a = r->events.call->arena;

	if (name != NULL) {
		if (index >= r->next_call)
			r->next_call = index + 1;
		if (id == NULL || *id == '\0')
			id = arena_printf(a, "%s:%u", name, index);
		if (!chat_stream_tool(r->stream, index, call_id_wrap(a, id),
				      name))
			return false;
	}
	return args == NULL ||
	       chat_stream_tool_args(r->stream, index, args, strlen(args));
}

static bool take_calls(struct run *r, const cJSON *calls)
{
	bool alone = cJSON_GetArraySize(calls) == 1;
	unsigned position = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, calls)
		if (!take_call(r, v, call_index(r, v, position++, alone)))
			return false;
	return true;
}

static bool take_delta(struct run *r, const cJSON *delta)
{
	const char *reasoning = json_text(delta, "reasoning_content");
	const char *text = json_text(delta, "content");

	if (reasoning != NULL &&
	    !chat_stream_reasoning(r->stream, reasoning, strlen(reasoning)))
		return false;
	if (text != NULL && !chat_stream_text(r->stream, text, strlen(text)))
		return false;
	return take_calls(r, json_at(delta, "tool_calls"));
}

static bool take_chunk(void *ctx, const cJSON *chunk)
{
	const cJSON *choice = json_at(chunk, "choices.0");
	struct run *r = ctx;

	if (choice != NULL && !take_delta(r, json_at(choice, "delta")))
		return false;
	take_finish(r, json_text(choice, "finish_reason"));
	take_usage(r, json_at(choice, "usage"));
	take_usage(r, json_at(chunk, "usage"));
	return true;
}

bool platform_answer(struct upstream_call *call,
		     const struct platform_service *service,
		     const struct chat_request *request,
		     struct chat_stream *stream)
{
	struct run r = { .stream = stream };

	r.events = (struct event_stream){
		.call = call,
		.service = service,
		.stream = stream,
		.path = "/chat/completions",
		.write = platform_write_request,
		.take = take_chunk,
		.ctx = &r,
	};
	return event_stream_answer(&r.events, request);
}

struct platform_service platform_service_of(const struct upstream_call *call)
{
	return (struct platform_service){
		.failure = FAILURE_PLATFORM,
		.urls = &call->config->platform_urls,
	};
}

static bool answer(struct upstream_call *call,
		   const struct chat_request *request,
		   struct chat_stream *stream)
{
	struct platform_service service = platform_service_of(call);

	return platform_answer(call, &service, request, stream);
}

/* The service searches by itself when its call comes back to it as it is
 * (C9). */
static bool echo_search(struct upstream_call *call, const char *arguments,
			struct chat_stream *stream, const char **result)
{
	(void)call;
	(void)stream;
	*result = arguments;
	return true;
}

static bool platform_run(struct upstream_call *call,
			 const struct chat_request *request,
			 struct chat_stream *stream)
{
	static const struct search search = {
		.tool = { .name = PLATFORM_SEARCH },
		.perform = echo_search,
		.unthinking = true,
	};
	struct platform_service service = platform_service_of(call);

	request = platform_with_documents(call, &service, request);
	return request != NULL &&
	       search_run(call, request, stream, &search, answer);
}

static int64_t platform_slots(const struct config *config)
{
	return config->platform_slots;
}

/* Models were seen to reply that the list does not have. */
static const char *const unlisted[] = { "kimi-", "moonshot-", NULL };

const struct upstream upstream_platform = {
	.name = "platform",
	.features = UPSTREAM_TOOLS | UPSTREAM_IMAGES | UPSTREAM_VIDEOS |
		    UPSTREAM_FILES | UPSTREAM_FORMAT | UPSTREAM_LIMITS,
	.access = platform_access,
	.run = platform_run,
	.list = platform_list,
	.unlisted = unlisted,
	.file_scheme = PLATFORM_FILE_SCHEME,
	.streams = platform_slots,
	.forget = platform_forget,
};
