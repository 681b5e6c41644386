/* SPDX-License-Identifier: MIT */
/* Makes up for what a service lacks, around the service itself. */
#include "emulate/emulate.h"

#include <string.h>

#include "emulate/gaps.h"
#include "emulate/json_reply.h"
#include "emulate/prompt.h"
#include "emulate/reply_filter.h"
#include "tokens/estimate.h"
#include "upstream/cooldown.h"
#include "upstream/model.h"

struct emulated {
	struct upstream_call *call;
	const struct chat_request *request; /* the client's */
	struct gaps gaps;
	struct chat_stream *out;
	struct chat_stream inner;
	struct reply_filter filter;
	struct token_limit limit;
	bool limited;
	struct chat_usage usage; /* of all rounds */
	const char *fault;	 /* of the reply; NULL: it is acceptable */
};

static int64_t estimate(const void *ctx, const char *p, size_t n)
{
	(void)ctx;
	return tokens_estimate_text(p, n);
}

/* Whether the service itself broke the reply off. */
static bool is_broken_off(const struct chat_stream *s)
{
	return s->has_finish && chat_finish_cuts(s->finish);
}

static struct raw_slice held(const struct emulated *e)
{
	return (struct raw_slice){ buf_text(&e->filter.held),
				   e->filter.held.len };
}

/* The request demands that a tool is called, and that is up to us. */
static bool demands_call(const struct emulated *e)
{
	return e->gaps.tools && e->request->tool_choice != CHAT_TOOLS_AUTO;
}

static const char *find_fault(struct emulated *e)
{
	const struct reply_filter *f = &e->filter;

	if (!f->holds || f->n_calls > 0 || f->end != REPLY_FILTER_OPEN ||
	    is_broken_off(&e->inner))
		return NULL;
	if (demands_call(e))
		return "The reply does not call a tool";
	return json_reply_fault(json_reply_bare(held(e)), e->request,
				e->call->arena);
}

/* Whether the filter's end is a success; else the error is filled. */
static bool check_end(const struct emulated *e)
{
	switch (e->filter.end) {
	case REPLY_FILTER_OPEN:
	case REPLY_FILTER_STOP:
	case REPLY_FILTER_LENGTH:
	case REPLY_FILTER_CALLS:
		return true;
	case REPLY_FILTER_ENDED:
		return upstream_stopped(e->call, e->out);
	case REPLY_FILTER_TOO_LARGE:
		return error_set(e->call->error, ERROR_UPSTREAM,
				 "Kimi's reply is larger than this server "
				 "can check.");
	}
	return true;
}

/*
 * One reply through the filter. The chat at Kimi is noted even when that
 * fails, as it has to be deleted.
 */
static bool ask(struct emulated *e, const struct chat_request *request)
{
	struct chat_stream *inner = &e->inner;
	bool done;

	chat_stream_init(inner, e->call->arena, reply_filter_event, &e->filter);
	done = e->call->model->upstream->run(e->call, request, inner);
	chat_stream_bookmark(e->out, inner->bookmark.chat,
			     inner->bookmark.message);
	chat_usage_add(&e->usage, &inner->usage);
	if (e->filter.end == REPLY_FILTER_OPEN &&
	    (!done || (!chat_stream_end(inner, e->call->error) &&
		       e->filter.end == REPLY_FILTER_OPEN)))
		return false;
	reply_filter_close(&e->filter, is_broken_off(inner));
	e->fault = find_fault(e);
	return check_end(e);
}

static bool send_held(struct emulated *e)
{
	struct raw_slice text = held(e);

	if (e->gaps.format && e->filter.n_calls == 0) {
		text = json_reply_bare(text);
		if (e->filter.end == REPLY_FILTER_OPEN &&
		    !is_broken_off(&e->inner)) {
			text.p = raw_json_repaired(e->call->arena, text.p,
						   text.n);
			text.n = strlen(text.p);
		}
	}
	reply_filter_release(&e->filter, text.p, text.n);
	return check_end(e);
}

/* The reply is acceptable: what is left of it goes to the client. */
static bool complete(struct emulated *e)
{
	const struct chat_stream *inner = &e->inner;

	if (!send_held(e))
		return false;
	if (e->filter.end == REPLY_FILTER_LENGTH)
		chat_stream_finish_reason(e->out, CHAT_FINISH_LENGTH);
	else if (e->filter.end == REPLY_FILTER_STOP)
		chat_stream_stop(e->out, e->filter.stop.found);
	else if (e->filter.end != REPLY_FILTER_OPEN)
		chat_stream_finish_reason(e->out, CHAT_FINISH_STOP);
	else
		chat_stream_end_like(e->out, inner);
	chat_stream_usage(e->out, &e->usage);
	if (e->filter.end != REPLY_FILTER_OPEN)
		chat_stream_spend_bookmark(e->out);
	return true;
}

/* What to tell the model about its reply. */
static const char *correction(const struct emulated *e)
{
	if (demands_call(e))
		return arena_printf(
			e->call->arena,
			"%s. Answer the previous message again, with "
			"<tool_call>{\"name\": \"%s\", \"arguments\": "
			"{}}</tool_call> and suitable arguments, not in a code "
			"block.",
			e->fault, prompt_tools(e->request).list[0].name);
	return arena_printf(e->call->arena,
			    "%s. Answer again, with the corrected JSON and "
			    "nothing else.",
			    e->fault);
}

/* The model's fault: the credential may be used again at once. */
static bool refuse(const struct emulated *e)
{
	if (demands_call(e))
		error_set(e->call->error, ERROR_UPSTREAM,
			  "Kimi did not call a tool although tool_choice "
			  "requires it.");
	else
		error_set(e->call->error, ERROR_UPSTREAM,
			  "Kimi did not reply in the requested format. %s.",
			  e->fault);
	e->call->error->cooldown_ms = COOLDOWN_OVER;
	return false;
}

static bool run_round(struct emulated *e, const struct chat_request *request)
{
	reply_filter_init(&e->filter, e->request, &e->gaps,
			  e->limited ? &e->limit : NULL, e->out,
			  e->call->arena);
	return ask(e, request) && (e->fault != NULL || complete(e));
}

static bool run_rounds(struct emulated *e, const struct chat_request *request)
{
	bool ok = run_round(e, request);
	struct chat_request again;

	if (ok && e->fault != NULL) {
		again = prompt_again(request, &e->inner.bookmark,
				     arena_copy(e->call->arena, held(e).p),
				     correction(e), e->call->arena);
		chat_stream_spend_bookmark(e->out);
		token_limit_uncount_text(&e->limit);
		reply_filter_fini(&e->filter);
		ok = run_round(e, &again);
		/* That chat was ours, whatever became of it. */
		if (ok ? e->fault != NULL :
			 e->call->error->kind == ERROR_CHAT_GONE)
			ok = refuse(e);
	}
	reply_filter_fini(&e->filter);
	return ok;
}

bool emulate_run(struct upstream_call *call, const struct chat_request *request,
		 struct chat_stream *stream)
{
	const struct upstream *service = call->model->upstream;
	struct gaps gaps = gaps_find(request, service->features);
	struct chat_request reworded;
	struct emulated *e;
	bool done;

	if (gaps_none(&gaps))
		return service->run(call, request, stream);
	e = arena_alloc(call->arena, sizeof(*e));
	e->call = call;
	e->request = request;
	e->gaps = gaps;
	e->out = stream;
	e->limited = gaps.limits && request->max_tokens > 0;
	token_limit_init(&e->limit, request->max_tokens,
			 call->count_text == NULL ? estimate : call->count_text,
			 call->count_ctx);
	reworded = prompt_make(request, &gaps, call->arena);
	done = run_rounds(e, &reworded);
	token_limit_fini(&e->limit);
	return done;
}
