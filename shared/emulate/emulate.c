/* SPDX-License-Identifier: MIT */
/* Does what a service lacks, around its adapter. */
#include "emulate/emulate.h"

#include <string.h>

#include "tokens/estimate.h"
#include "emulate/filter.h"
#include "emulate/json_answer.h"
#include "upstream/cooldown.h"

#define ROUNDS 2

struct emulated {
	struct upstream_call *call;
	const struct chat_request *request; /* the client's */
	struct emulation what;
	struct chat_stream *out;
	struct chat_stream inner;
	struct emulate_filter filter;
	struct token_limit limit;
	bool limited;
	struct chat_usage usage; /* of all rounds */
	const char *fault;	 /* of the answer; NULL: it will do */
};

static int64_t estimate(const void *ctx, const char *p, size_t n)
{
	(void)ctx;
	return tokens_estimate_text(p, n);
}

static void add_usage(struct chat_usage *sum, const struct chat_usage *u)
{
	if (u->source == CHAT_USAGE_NONE)
		return;
	sum->source = u->source;
	sum->prompt += u->prompt;
	sum->completion += u->completion;
	sum->cached += u->cached;
	sum->reasoning += u->reasoning;
}

/* Whether the service itself broke the answer off. */
static bool is_broken_off(const struct chat_stream *s)
{
	return s->has_finish && (s->finish == CHAT_FINISH_LENGTH ||
				 s->finish == CHAT_FINISH_FILTER);
}

static struct raw_slice kept(const struct emulated *e)
{
	return (struct raw_slice){ buf_text(&e->filter.kept),
				   e->filter.kept.len };
}

static const char *find_fault(struct emulated *e)
{
	const struct emulate_filter *f = &e->filter;

	if (!f->keeps || f->n_calls > 0 || f->end != EMULATE_GOES_ON ||
	    is_broken_off(&e->inner))
		return NULL;
	if (e->what.tools && e->request->tool_choice != CHAT_TOOLS_AUTO)
		return "The answer calls no tool";
	return json_answer_fault(json_answer_bare(kept(e)), e->request,
				 e->call->arena);
}

/* What the filter's end means: nothing, success, or an error. */
static bool check_end(struct emulated *e)
{
	switch (e->filter.end) {
	case EMULATE_GOES_ON:
	case EMULATE_STOP:
	case EMULATE_LENGTH:
	case EMULATE_CALLS:
		return true;
	case EMULATE_GONE:
		return error_set(e->call->error, ERROR_CLIENT_GONE,
				 "The client left.");
	case EMULATE_TOO_LARGE:
		return error_set(e->call->error, ERROR_UPSTREAM,
				 "The answer is larger than this server "
				 "keeps.");
	}
	return true;
}

/*
 * One answer through the filter. The chat is noted even when that fails: it
 * must not stay at Kimi.
 */
static bool ask(struct emulated *e, const struct chat_request *told,
		bool (*run)(struct upstream_call *call,
			    const struct chat_request *request,
			    struct chat_stream *stream))
{
	struct chat_stream *inner = &e->inner;
	bool done;

	chat_stream_init(inner, e->call->arena, emulate_filter_event,
			 &e->filter);
	done = run(e->call, told, inner);
	chat_stream_bookmark(e->out, inner->bookmark.chat,
			     inner->bookmark.message);
	add_usage(&e->usage, &inner->usage);
	if (e->filter.end == EMULATE_GOES_ON &&
	    (!done || (!chat_stream_end(inner, e->call->error) &&
		       e->filter.end == EMULATE_GOES_ON)))
		return false;
	emulate_filter_close(&e->filter, is_broken_off(inner));
	e->fault = find_fault(e);
	return check_end(e);
}

static bool send_kept(struct emulated *e)
{
	struct raw_slice text = kept(e);

	if (e->what.format && e->filter.n_calls == 0) {
		text = json_answer_bare(text);
		if (e->filter.end == EMULATE_GOES_ON &&
		    !is_broken_off(&e->inner)) {
			text.p =
				raw_json_mended(e->call->arena, text.p, text.n);
			text.n = strlen(text.p);
		}
	}
	emulate_filter_release(&e->filter, text.p, text.n);
	return check_end(e);
}

/* The answer will do: what is left of it goes to the client. */
static bool complete(struct emulated *e)
{
	const struct chat_stream *inner = &e->inner;

	if (!send_kept(e))
		return false;
	if (e->filter.end == EMULATE_LENGTH)
		chat_stream_finish_reason(e->out, CHAT_FINISH_LENGTH);
	else if (e->filter.end != EMULATE_GOES_ON)
		chat_stream_finish_reason(e->out, CHAT_FINISH_STOP);
	else if (inner->has_finish)
		chat_stream_finish_reason(e->out, inner->finish);
	if (e->usage.source != CHAT_USAGE_NONE)
		chat_stream_usage(e->out, &e->usage);
	if (e->filter.end != EMULATE_GOES_ON)
		chat_stream_spend_bookmark(e->out);
	return true;
}

/* What the model is told about its answer. */
static const char *correction(const struct emulated *e)
{
	if (e->what.tools && e->request->tool_choice != CHAT_TOOLS_AUTO)
		return arena_printf(
			e->call->arena,
			"%s. Answer the message before once more, with "
			"<tool_call>{\"name\": \"%s\", \"arguments\": {}}"
			"</tool_call> and the arguments that fit, not in a "
			"code block.",
			e->fault, emulation_tools(e->request).list[0].name);
	return arena_printf(e->call->arena,
			    "%s. Answer once more, with the corrected JSON "
			    "and nothing else.",
			    e->fault);
}

/* The model's fault: the credential may be used again at once. */
static bool refuse(const struct emulated *e)
{
	if (e->what.tools && e->request->tool_choice != CHAT_TOOLS_AUTO)
		error_set(e->call->error, ERROR_UPSTREAM,
			  "Kimi did not call a tool although tool_choice "
			  "demands it.");
	else
		error_set(e->call->error, ERROR_UPSTREAM,
			  "Kimi did not answer with the JSON that "
			  "response_format demands: %s.",
			  e->fault);
	e->call->error->cooldown_ms = COOLDOWN_OVER;
	return false;
}

static bool run_round(struct emulated *e, const struct chat_request *told,
		      bool (*run)(struct upstream_call *call,
				  const struct chat_request *request,
				  struct chat_stream *stream))
{
	emulate_filter_init(&e->filter, e->request, &e->what,
			    e->limited ? &e->limit : NULL, e->out,
			    e->call->arena);
	return ask(e, told, run) && (e->fault != NULL || complete(e));
}

static bool run_rounds(struct emulated *e, const struct chat_request *told,
		       bool (*run)(struct upstream_call *call,
				   const struct chat_request *request,
				   struct chat_stream *stream))
{
	bool ok = run_round(e, told, run);
	struct chat_request again;

	if (ok && e->fault != NULL) {
		again = emulate_again(told, &e->inner.bookmark,
				      arena_copy(e->call->arena, kept(e).p),
				      correction(e), e->call->arena);
		chat_stream_spend_bookmark(e->out);
		token_limit_forget_text(&e->limit);
		emulate_filter_fini(&e->filter);
		ok = run_round(e, &again, run);
		/* That chat was ours, whatever became of it. */
		if (ok ? e->fault != NULL :
			 e->call->error->kind == ERROR_CHAT_GONE)
			ok = refuse(e);
	}
	emulate_filter_fini(&e->filter);
	return ok;
}

bool emulate_run(struct upstream_call *call, const struct chat_request *request,
		 struct chat_stream *stream,
		 bool (*run)(struct upstream_call *call,
			     const struct chat_request *request,
			     struct chat_stream *stream))
{
	struct emulation what =
		emulation_of(request, call->model->upstream->features);
	struct chat_request told;
	struct emulated *e;
	bool done;

	if (!what.tools && !what.history && !what.format && !what.limits)
		return run(call, request, stream);
	e = arena_alloc(call->arena, sizeof(*e));
	e->call = call;
	e->request = request;
	e->what = what;
	e->out = stream;
	e->limited = what.limits && request->max_tokens > 0;
	token_limit_init(&e->limit, request->max_tokens,
			 call->count_text == NULL ? estimate : call->count_text,
			 call->count_ctx);
	told = emulate_prompt(request, &what, call->arena);
	done = run_rounds(e, &told, run);
	token_limit_fini(&e->limit);
	return done;
}
