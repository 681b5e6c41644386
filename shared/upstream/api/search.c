/* SPDX-License-Identifier: MIT */
/* Rounds of a reply, with web searches between them. */
#include "upstream/api/search.h"

#include <string.h>

#include "base/buf.h"
#include "upstream/model.h"

/* After these the model can no longer search. */
#define MAX_ROUNDS 6
#define TEXT_LIMIT (64 * 1024 * 1024)
#define ARGUMENTS_LIMIT (1024 * 1024)
#define LONGEST_TITLE 300

struct rounds {
	struct upstream_call *call;
	const struct search *search;
	struct chat_stream *outer;
	struct buf text; /* of all rounds, to find links in it */
	bool uncounted;	 /* a round came without its usage */

	/* Of the current round. */
	struct chat_stream inner;
	struct chat_call *searches;
	size_t n_searches, room;
	struct buf arguments; /* of the search being called */
	bool searching;	      /* its block is open */
	bool others;	      /* the client's tools were called */
	size_t text_start;    /* of the round, in `text` */
	struct buf reasoning;
	const char *details; /* of it; or NULL */
};

static void add_search(struct rounds *r, const char *id)
{
	struct arena *a = r->call->arena;

	r->searches = arena_grow(a, r->searches, &r->room, r->n_searches + 1,
				 sizeof(*r->searches));
	r->searches[r->n_searches++] =
		(struct chat_call){ .id = arena_copy(a, id),
				    .name = r->search->tool.name };
	buf_clear(&r->arguments);
	r->searching = true;
}

/* What it thought before a search and after it are two thoughts. */
static bool separate_reasoning(struct chat_stream *outer)
{
	return !outer->open || outer->block != CHAT_BLOCK_REASONING ||
	       chat_stream_reasoning(outer, "\n\n", 2);
}

static bool on_open(struct rounds *r, const struct chat_event *event)
{
	if (event->block == CHAT_BLOCK_REASONING)
		return separate_reasoning(r->outer);
	if (event->block != CHAT_BLOCK_CALL)
		return true;
	if (strcmp(event->name, r->search->tool.name) == 0) {
		add_search(r, event->id);
		return true;
	}
	r->others = true;
	return chat_stream_tool(r->outer, event->call, event->id, event->name);
}

static bool on_delta(struct rounds *r, const struct chat_event *event)
{
	switch (event->block) {
	case CHAT_BLOCK_TEXT:
		buf_append(&r->text, event->text, event->n);
		return chat_stream_text(r->outer, event->text, event->n);
	case CHAT_BLOCK_REASONING:
		buf_append(&r->reasoning, event->text, event->n);
		return chat_stream_reasoning(r->outer, event->text, event->n);
	case CHAT_BLOCK_CALL:
		if (r->searching)
			return buf_append(&r->arguments, event->text,
					  event->n) ||
			       error_set(r->call->error, ERROR_UPSTREAM,
					 "Kimi requested a search whose "
					 "arguments are too long.");
		return chat_stream_tool_args(r->outer, event->call, event->text,
					     event->n);
	}
	return false;
}

static bool take(struct rounds *r, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_OPEN:
		return on_open(r, event);
	case CHAT_DELTA:
		return on_delta(r, event);
	case CHAT_FINISH:
		r->details = event->details;
		chat_stream_details(r->outer, r->details);
		return true;
	case CHAT_CLOSE:
		if (event->details != NULL)
			chat_stream_details(r->outer, event->details);
		if (r->searching)
			r->searches[r->n_searches - 1].arguments = arena_copy(
				r->call->arena, buf_text(&r->arguments));
		r->searching = false;
		return true;
	case CHAT_CITATION:
		return chat_stream_cite(r->outer, event->citation->url,
					event->citation->title);
	case CHAT_START:
	case CHAT_PING:
	case CHAT_ERROR:
		return true;
	}
	return false;
}

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct rounds *r = ctx;

	return chat_stream_flow(r->outer, take(r, event));
}

/* A sum that lacks one of the rounds is an estimate. */
static void add_usage(struct rounds *r)
{
	const struct chat_usage *more = &r->inner.usage;
	struct chat_usage sum = r->outer->usage;

	if (r->search->charged)
		sum.searches += (int64_t)r->n_searches;
	r->uncounted |= more->source == CHAT_USAGE_NONE;
	chat_usage_add(&sum, more);
	if (r->uncounted && sum.source != CHAT_USAGE_NONE)
		sum.source = CHAT_USAGE_ESTIMATED;
	chat_stream_usage(r->outer, &sum);
}

/* Runs the service once; what it says goes to the outer stream. */
static bool run_round(struct rounds *r, const struct chat_request *request,
		      bool (*run)(struct upstream_call *,
				  const struct chat_request *,
				  struct chat_stream *))
{
	r->n_searches = 0;
	r->others = false;
	r->text_start = r->text.len;
	buf_clear(&r->reasoning);
	chat_stream_init(&r->inner, r->call->arena, on_event, r);
	if (!run(r->call, request, &r->inner))
		return false;
	if (!chat_stream_end(&r->inner, r->call->error))
		return upstream_stopped(r->call, &r->inner);
	add_usage(r);
	chat_stream_end_like(r->outer, &r->inner);
	return true;
}

/* What the model said in this round, as a message of the next one. */
static struct chat_message said(const struct rounds *r)
{
	struct arena *a = r->call->arena;
	struct chat_call *calls = arena_array(a, r->n_searches, sizeof(*calls));
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .calls = calls,
				  .n_calls = r->n_searches };
	size_t n = r->text.len - r->text_start;

	memcpy(calls, r->searches, r->n_searches * sizeof(*calls));
	if (r->reasoning.len > 0)
		m.reasoning = arena_copy(a, buf_text(&r->reasoning));
	m.details = r->details;
	if (n > 0) {
		struct chat_part *part = arena_alloc(a, sizeof(*part));

		part->text = arena_copy_n(a, r->text.p + r->text_start, n);
		m.parts = part;
		m.n_parts = 1;
	}
	return m;
}

/* Runs the searches of the round and adds them to the request. */
static bool perform(struct rounds *r, struct chat_request *request)
{
	struct arena *a = r->call->arena;
	size_t n = request->n_messages;
	struct chat_message *all =
		arena_array(a, n + 1 + r->n_searches, sizeof(*all));

	memcpy(all, request->messages, n * sizeof(*all));
	all[n++] = said(r);
	for (size_t i = 0; i < r->n_searches; i++) {
		struct chat_part *part = arena_alloc(a, sizeof(*part));

		if (!r->search->perform(r->call, r->searches[i].arguments,
					r->outer, &part->text))
			return false;
		all[n++] = (struct chat_message){
			.role = CHAT_TOOL,
			.name = r->search->tool.name,
			.parts = part,
			.n_parts = 1,
			.call_id = r->searches[i].id,
		};
	}
	request->messages = all;
	request->n_messages = n;
	return true;
}

/* Up to the parenthesis that closes the link; a URL may contain pairs. */
static size_t url_length(const char *url)
{
	int open = 0;
	size_t n = 0;

	for (; url[n] != '\0' && url[n] != ' ' && url[n] != '\n'; n++) {
		if (url[n] == ')' && open-- == 0)
			break;
		open += url[n] == '(';
	}
	return n;
}

/* The end of `[title](url)` that starts at `p`; NULL if none does. */
static const char *read_link(const char *p, const char **url, size_t *url_len,
			     size_t *title_len)
{
	*title_len = strcspn(p + 1, "[]\n");
	p += 1 + *title_len;
	if (strncmp(p, "](http", 6) != 0)
		return NULL;
	*url = p + 2;
	*url_len = url_length(*url);
	return (*url)[*url_len] == ')' ? *url + *url_len : NULL;
}

/* A service that does not name its sources links to them in its text. */
static bool cite_links(struct rounds *r)
{
	const char *p = buf_text(&r->text), *url, *end;
	struct arena *a = r->call->arena;
	size_t url_len, title_len;

	while ((p = strchr(p, '[')) != NULL) {
		end = read_link(p, &url, &url_len, &title_len);
		if (end != NULL && title_len <= LONGEST_TITLE &&
		    !chat_stream_cite(r->outer, arena_copy_n(a, url, url_len),
				      arena_copy_n(a, p + 1, title_len)))
			return false;
		p = end == NULL ? p + 1 : end;
	}
	return true;
}

/* The request with the search as another tool. */
static struct chat_request equipped(const struct rounds *r,
				    const struct chat_request *request)
{
	struct chat_request q = *request;
	bool client_tools = q.n_tools > 0 && q.tool_choice != CHAT_TOOLS_NONE;
	size_t n = client_tools ? q.n_tools : 0;
	struct chat_tool *tools =
		arena_array(r->call->arena, n + 1, sizeof(*tools));

	if (n > 0)
		memcpy(tools, q.tools, n * sizeof(*tools));
	tools[n] = r->search->tool;
	q.tools = tools;
	q.n_tools = n + 1;
	q.one_call = false;
	if (!client_tools)
		q.tool_choice = CHAT_TOOLS_AUTO;
	if (r->search->unthinking &&
	    (r->call->model->traits & MODEL_THINKING_SWITCH))
		q.thinking = CHAT_THINKING_OFF;
	return q;
}

static bool run_rounds(struct rounds *r, const struct chat_request *request,
		       bool (*run)(struct upstream_call *,
				   const struct chat_request *,
				   struct chat_stream *))
{
	struct chat_request q = equipped(r, request);

	for (int round = 1; run_round(r, &q, run); round++) {
		/* With calls of the client's own tools it is its turn. */
		if (r->n_searches == 0 || r->others)
			return r->outer->citations != NULL || cite_links(r) ||
			       upstream_stopped(r->call, r->outer);
		if (round > MAX_ROUNDS)
			return error_set(r->call->error, ERROR_UPSTREAM,
					 "Kimi ran %d rounds of searches and "
					 "gave no answer.",
					 MAX_ROUNDS);
		if (!perform(r, &q))
			return false;
		if (round == MAX_ROUNDS) {
			q.tools = request->tools;
			q.n_tools = request->n_tools;
			q.tool_choice = request->tool_choice;
		}
	}
	return false;
}

/*
 * A demanded call must be of one of the client's tools, and the client may have
 * a tool of that name, which Kimi accepts only once.
 */
static bool runs_here(const struct chat_request *request,
		      const struct search *search)
{
	if (request->search != CHAT_SEARCH_ON ||
	    request->tool_choice == CHAT_TOOLS_REQUIRED ||
	    request->tool_choice == CHAT_TOOLS_NAMED)
		return false;
	if (request->tool_choice == CHAT_TOOLS_NONE)
		return true;
	for (size_t i = 0; i < request->n_tools; i++)
		if (strcmp(request->tools[i].name, search->tool.name) == 0)
			return false;
	return true;
}

bool search_run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream, const struct search *search,
		bool (*run)(struct upstream_call *call,
			    const struct chat_request *request,
			    struct chat_stream *stream))
{
	struct rounds r = { .call = call, .search = search, .outer = stream };
	bool ok;

	if (!runs_here(request, search))
		return run(call, request, stream);
	buf_init(&r.text, TEXT_LIMIT);
	buf_init(&r.reasoning, TEXT_LIMIT);
	buf_init(&r.arguments, ARGUMENTS_LIMIT);
	ok = run_rounds(&r, request, run);
	buf_fini(&r.text);
	buf_fini(&r.reasoning);
	buf_fini(&r.arguments);
	return ok;
}
