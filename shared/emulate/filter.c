/* SPDX-License-Identifier: MIT */
/* What becomes of a service's events where tools and limits are emulated. */
#include "emulate/filter.h"

#include <string.h>

#include "chat/call_id.h"

#define KEPT_LIMIT (32 * 1024 * 1024)
#define MAX_CALLS 128

static bool end(struct emulate_filter *f, enum emulate_end why)
{
	if (f->end == EMULATE_GOES_ON)
		f->end = why;
	return false;
}

static bool sent(struct emulate_filter *f, bool go_on)
{
	return go_on || end(f, EMULATE_GONE);
}

bool emulate_filter_release(struct emulate_filter *f, const char *p, size_t n)
{
	return sent(f, chat_stream_text(f->out, p, n));
}

/* Text that is nothing but text. */
static bool say(void *ctx, const char *p, size_t n)
{
	struct emulate_filter *f = ctx;

	if (!f->keeps)
		return emulate_filter_release(f, p, n);
	return buf_append(&f->kept, p, n) || end(f, EMULATE_TOO_LARGE);
}

/* Text outside of calls. */
static bool on_text(void *ctx, const char *p, size_t n)
{
	struct emulate_filter *f = ctx;

	if (f->n_calls > 0)
		return end(f, EMULATE_CALLS);
	if (f->stop.n_stop == 0)
		return say(f, p, n);
	if (stop_search_feed(&f->stop, p, n, say, f))
		return true;
	return f->stop.found ? end(f, EMULATE_STOP) : false;
}

static bool on_call(void *ctx, const struct chat_call *call)
{
	struct emulate_filter *f = ctx;
	unsigned number = f->n_calls++;
	const char *id;

	if (number > 0 && (f->request->one_call || number >= MAX_CALLS))
		return end(f, EMULATE_CALLS);
	if (!stop_search_flush(&f->stop, say, f) ||
	    !emulate_filter_release(f, buf_text(&f->kept), f->kept.len))
		return false;
	buf_clear(&f->kept);
	id = call_id_wrap(f->arena,
			  arena_printf(f->arena, "%s:%u", call->name, number));
	return sent(f, chat_stream_tool(f->out, number, id, call->name) &&
			       chat_stream_tool_args(f->out, number,
						     call->arguments,
						     strlen(call->arguments)));
}

void emulate_filter_init(struct emulate_filter *f,
			 const struct chat_request *request,
			 const struct emulation *what,
			 struct token_limit *limit, struct chat_stream *out,
			 struct arena *a)
{
	struct emulation_tools tools = emulation_tools(request);
	bool demanded = request->tool_choice == CHAT_TOOLS_REQUIRED ||
			request->tool_choice == CHAT_TOOLS_NAMED;

	*f = (struct emulate_filter){
		.request = request,
		.what = what,
		.out = out,
		.arena = a,
		.limit = limit,
		.keeps = what->format || (what->tools && demanded),
	};
	buf_init(&f->kept, KEPT_LIMIT);
	tool_marks_init(&f->marks, a);
	f->marks.tools = tools.list;
	f->marks.n_tools = tools.n;
	f->marks.on_text = on_text;
	f->marks.on_call = on_call;
	f->marks.ctx = f;
	stop_search_init(&f->stop, a, request->stop,
			 what->limits ? request->n_stop : 0);
}

void emulate_filter_fini(struct emulate_filter *f)
{
	tool_marks_fini(&f->marks);
	stop_search_fini(&f->stop);
	buf_fini(&f->kept);
}

static bool take_text(struct emulate_filter *f, const char *p, size_t n)
{
	return f->what->tools ? tool_marks_feed(&f->marks, p, n) :
				on_text(f, p, n);
}

static bool take_reasoning(struct emulate_filter *f, const char *p, size_t n)
{
	return sent(f, chat_stream_reasoning(f->out, p, n));
}

static bool take_delta(struct emulate_filter *f, const struct chat_event *event)
{
	bool reasoning = event->block == CHAT_BLOCK_REASONING, go_on;
	size_t n = event->n;

	if (event->block == CHAT_BLOCK_CALL)
		return sent(f, chat_stream_tool_args(f->out, event->call,
						     event->text, n));
	if (f->limit != NULL)
		n = token_limit_take(f->limit, reasoning, event->text, n);
	if (n == 0)
		go_on = true;
	else if (reasoning)
		go_on = take_reasoning(f, event->text, n);
	else
		go_on = take_text(f, event->text, n);
	if (go_on && n < event->n)
		return end(f, EMULATE_LENGTH);
	return go_on;
}

/* A call of a service that has tools itself. */
static bool take_open(struct emulate_filter *f, const struct chat_event *event)
{
	if (event->block != CHAT_BLOCK_CALL)
		return true;
	f->n_calls++;
	return sent(f, chat_stream_tool(f->out, event->call, event->id,
					event->name));
}

bool emulate_filter_event(void *filter, const struct chat_event *event)
{
	struct emulate_filter *f = filter;

	if (f->end != EMULATE_GOES_ON)
		return false;
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

void emulate_filter_close(struct emulate_filter *f, bool cut)
{
	if (f->end != EMULATE_GOES_ON && f->end != EMULATE_LENGTH)
		return;
	cut |= f->end == EMULATE_LENGTH;
	if (f->what->tools && !tool_marks_end(&f->marks, cut))
		return;
	if (f->n_calls == 0)
		stop_search_flush(&f->stop, say, f);
}
