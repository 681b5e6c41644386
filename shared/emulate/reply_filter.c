/* SPDX-License-Identifier: MIT */
/* A service's events, on their way through tools and limits that are ours. */
#include "emulate/reply_filter.h"

#include <string.h>

#include "chat/call_id.h"
#include "emulate/prompt.h"

#define HELD_LIMIT (32 * 1024 * 1024)
#define MAX_CALLS 128

static bool end(struct reply_filter *f, enum reply_filter_end why)
{
	if (f->end == REPLY_FILTER_OPEN)
		f->end = why;
	return false;
}

static bool sent(struct reply_filter *f, bool ok)
{
	return ok || end(f, REPLY_FILTER_ENDED);
}

bool reply_filter_release(struct reply_filter *f, const char *p, size_t n)
{
	return sent(f, chat_stream_text(f->out, p, n));
}

/* Text that is nothing but text. */
static bool say(void *ctx, const char *p, size_t n)
{
	struct reply_filter *f = ctx;

	if (!f->holds)
		return reply_filter_release(f, p, n);
	return buf_append(&f->held, p, n) || end(f, REPLY_FILTER_TOO_LARGE);
}

/* Text outside calls. */
static bool on_text(void *ctx, const char *p, size_t n)
{
	struct reply_filter *f = ctx;

	if (f->n_calls > 0)
		return end(f, REPLY_FILTER_CALLS);
	if (f->stop.n_stop == 0)
		return say(f, p, n);
	if (stop_search_feed(&f->stop, p, n, say, f))
		return true;
	return f->stop.found != NULL ? end(f, REPLY_FILTER_STOP) : false;
}

static bool on_call(void *ctx, const struct chat_call *call)
{
	struct reply_filter *f = ctx;
	unsigned number = f->n_calls++;
	const char *id;

	if (number > 0 && (f->request->one_call || number >= MAX_CALLS))
		return end(f, REPLY_FILTER_CALLS);
	if (!stop_search_flush(&f->stop, say, f) ||
	    !reply_filter_release(f, buf_text(&f->held), f->held.len))
		return false;
	buf_clear(&f->held);
	id = call_id_wrap(f->arena,
			  arena_printf(f->arena, "%s:%u", call->name, number));
	return sent(f, chat_stream_tool(f->out, number, id, call->name) &&
			       chat_stream_tool_args(f->out, number,
						     call->arguments,
						     strlen(call->arguments)));
}

void reply_filter_init(struct reply_filter *f,
		       const struct chat_request *request,
		       const struct gaps *gaps, struct token_limit *limit,
		       struct chat_stream *out, struct arena *a)
{
	struct prompt_tools tools = prompt_tools(request);
	bool demanded = request->tool_choice == CHAT_TOOLS_REQUIRED ||
			request->tool_choice == CHAT_TOOLS_NAMED;

	*f = (struct reply_filter){
		.request = request,
		.gaps = gaps,
		.out = out,
		.arena = a,
		.limit = limit,
		.holds = gaps->format || (gaps->tools && demanded),
	};
	buf_init(&f->held, HELD_LIMIT);
	tool_call_finder_init(&f->marks, a);
	f->marks.tools = tools.list;
	f->marks.n_tools = tools.n;
	f->marks.on_text = on_text;
	f->marks.on_call = on_call;
	f->marks.ctx = f;
	stop_search_init(&f->stop, a, request->stop,
			 gaps->limits ? request->n_stop : 0);
}

void reply_filter_fini(struct reply_filter *f)
{
	tool_call_finder_fini(&f->marks);
	stop_search_fini(&f->stop);
	buf_fini(&f->held);
}

static bool take_text(struct reply_filter *f, const char *p, size_t n)
{
	return f->gaps->tools ? tool_call_finder_feed(&f->marks, p, n) :
				on_text(f, p, n);
}

static bool take_reasoning(struct reply_filter *f, const char *p, size_t n)
{
	return sent(f, chat_stream_reasoning(f->out, p, n));
}

static bool take_delta(struct reply_filter *f, const struct chat_event *event)
{
	bool reasoning = event->block == CHAT_BLOCK_REASONING, ok;
	size_t n = event->n;

	if (event->block == CHAT_BLOCK_CALL)
		return sent(f, chat_stream_tool_args(f->out, event->call,
						     event->text, n));
	if (f->limit != NULL)
		n = token_limit_take(f->limit, reasoning, event->text, n);
	if (n == 0)
		ok = true;
	else if (reasoning)
		ok = take_reasoning(f, event->text, n);
	else
		ok = take_text(f, event->text, n);
	if (ok && n < event->n)
		return end(f, REPLY_FILTER_LENGTH);
	return ok;
}

/* A call of a service that has tools itself. */
static bool take_open(struct reply_filter *f, const struct chat_event *event)
{
	if (event->block != CHAT_BLOCK_CALL)
		return true;
	f->n_calls++;
	return sent(f, chat_stream_tool(f->out, event->call, event->id,
					event->name));
}

static bool take(struct reply_filter *f, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_OPEN:
		return take_open(f, event);
	case CHAT_DELTA:
		return take_delta(f, event);
	case CHAT_CITATION:
		return sent(f, chat_stream_cite(f->out, event->citation->url,
						event->citation->title));
	case CHAT_PING:
		return sent(f, chat_stream_ping(f->out));
	case CHAT_START:
	case CHAT_CLOSE:
	case CHAT_FINISH:
	case CHAT_ERROR:
		return true;
	}
	return true;
}

enum flow reply_filter_event(void *filter, const struct chat_event *event)
{
	struct reply_filter *f = filter;

	return f->end == REPLY_FILTER_OPEN && take(f, event) ? FLOW_CONTINUE :
							       FLOW_STOP;
}

void reply_filter_close(struct reply_filter *f, bool cut)
{
	if (f->end != REPLY_FILTER_OPEN && f->end != REPLY_FILTER_LENGTH)
		return;
	cut |= f->end == REPLY_FILTER_LENGTH;
	if (f->gaps->tools && !tool_call_finder_end(&f->marks, cut))
		return;
	if (f->n_calls == 0)
		stop_search_flush(&f->stop, say, f);
}
