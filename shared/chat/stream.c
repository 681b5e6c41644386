/* SPDX-License-Identifier: MIT */
/* From what adapters say to the strict grammar of events. */
#include "chat/stream.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A call; its arguments wait here while another block is open. */
struct chat_parked_call {
	unsigned number; /* without gaps */
	const char *id, *name;
	struct buf args;
	bool opened;
};

struct chat_parked_citation {
	struct chat_parked_citation *next;
	struct chat_citation citation;
	bool sent;
};

#define ARGS_LIMIT (16 * 1024 * 1024)

void chat_stream_init(struct chat_stream *s, struct arena *a,
		      enum flow (*on_event)(void *ctx,
					    const struct chat_event *event),
		      void *ctx)
{
	*s = (struct chat_stream){ .flow = FLOW_CONTINUE,
				   .on_event = on_event,
				   .ctx = ctx,
				   .arena = a };
	s->last_citation = &s->citations;
	key_index_init(&s->by_wire, a);
}

static bool emit(struct chat_stream *s, const struct chat_event *event)
{
	enum flow flow;

	assert(!s->ended);
	flow = s->on_event(s->ctx, event);
	if (s->flow == FLOW_CONTINUE)
		s->flow = flow;
	return flow == FLOW_CONTINUE;
}

enum flow chat_stream_flow(const struct chat_stream *s, bool ok)
{
	if (ok)
		return FLOW_CONTINUE;
	return s->flow != FLOW_CONTINUE ? s->flow : FLOW_FAILED;
}

static bool start(struct chat_stream *s)
{
	if (s->started)
		return true;
	s->started = true;
	return emit(s, &(struct chat_event){ .kind = CHAT_START });
}

static bool emit_delta(struct chat_stream *s, const char *p, size_t n)
{
	struct chat_event event = {
		.kind = CHAT_DELTA,
		.block = s->block,
		.index = s->index,
		.call = s->call,
		.text = p,
		.n = n,
	};

	if (n == 0)
		return true;
	s->silent = false;
	if (s->block == CHAT_BLOCK_TEXT)
		s->characters += utf8_count(p, n);
	return emit(s, &event);
}

static bool close_block(struct chat_stream *s)
{
	struct chat_event event = { .kind = CHAT_CLOSE,
				    .block = s->block,
				    .index = s->index,
				    .call = s->call };
	bool go_on = true;

	if (!s->open)
		return true;
	if (s->tail_len > 0) /* the upstream ended inside a character */
		go_on = emit_delta(s, "\xEF\xBF\xBD", 3);
	s->tail_len = 0;
	if (s->silent && s->block == CHAT_BLOCK_CALL) /* no arguments */
		go_on = emit_delta(s, "{}", 2);
	s->open = false;
	if (s->block == CHAT_BLOCK_REASONING)
		event.details = s->details;
	return go_on && emit(s, &event);
}

static bool open_block(struct chat_stream *s, enum chat_block block,
		       const struct chat_parked_call *call)
{
	struct chat_event event = { .kind = CHAT_OPEN, .block = block };

	if (!start(s) || !close_block(s))
		return false;
	s->open = s->silent = true;
	s->string = (struct json_string){ 0 };
	s->block = block;
	s->index = event.index = s->next_index++;
	if (call != NULL) {
		s->call = event.call = call->number;
		event.id = call->id;
		event.name = call->name;
	}
	return emit(s, &event);
}

/* Sends the bytes up to the last whole character and holds back the others. At
 * most three held bytes and the bytes that complete them are copied. */
static bool send_whole(struct chat_stream *s, const char *p, size_t n)
{
	size_t whole;

	while (s->tail_len > 0 && n > 0) {
		s->tail[s->tail_len++] = *p++;
		n--;
		if (s->tail_len < 4 &&
		    utf8_whole(s->tail, s->tail_len) != s->tail_len)
			continue;
		whole = s->tail_len;
		s->tail_len = 0;
		if (!emit_delta(s, s->tail, whole))
			return false;
	}
	whole = utf8_whole(p, n);
	if (!emit_delta(s, p, whole))
		return false;
	if (n > whole) {
		memcpy(s->tail, p + whole, n - whole);
		s->tail_len = n - whole;
	}
	return true;
}

/* The open block has text for citations to follow. */
static bool can_cite(const struct chat_stream *s)
{
	return s->open && s->block == CHAT_BLOCK_TEXT && !s->silent;
}

static bool send_citations(struct chat_stream *s)
{
	struct chat_event event = { .kind = CHAT_CITATION,
				    .index = s->index,
				    .block = CHAT_BLOCK_TEXT,
				    .offset = s->characters };

	for (struct chat_parked_citation *c = s->citations; c != NULL;
	     c = c->next) {
		if (c->sent)
			continue;
		c->sent = true;
		event.citation = &c->citation;
		if (!emit(s, &event))
			return false;
	}
	return true;
}

static bool say(struct chat_stream *s, enum chat_block block, const char *p,
		size_t n)
{
	if (n == 0)
		return true;
	if ((!s->open || s->block != block) && !open_block(s, block, NULL))
		return false;
	return send_whole(s, p, n);
}

bool chat_stream_text(struct chat_stream *s, const char *p, size_t n)
{
	if (!say(s, CHAT_BLOCK_TEXT, p, n))
		return false;
	return !can_cite(s) || send_citations(s);
}

bool chat_stream_reasoning(struct chat_stream *s, const char *p, size_t n)
{
	return say(s, CHAT_BLOCK_REASONING, p, n);
}

void chat_stream_details(struct chat_stream *s, const char *details)
{
	s->details = details == NULL ? NULL : arena_copy(s->arena, details);
}

static struct chat_parked_call *find_call(struct chat_stream *s, unsigned wire)
{
	size_t i = key_index_find_number(&s->by_wire, wire);

	return i == KEY_INDEX_NONE ? NULL : s->calls[i];
}

static struct chat_parked_call *add_call(struct chat_stream *s, unsigned wire)
{
	struct chat_parked_call *c = arena_alloc(s->arena, sizeof(*c));

	s->calls = arena_grow(s->arena, s->calls, &s->calls_room,
			      s->n_calls + 1,
			      sizeof(struct chat_parked_call *));
	key_index_put_number(&s->by_wire, wire, s->n_calls);
	c->number = (unsigned)s->n_calls;
	s->calls[s->n_calls++] = c;
	arena_buf_init(s->arena, &c->args, ARGS_LIMIT);
	return c;
}

static bool other_call_is_open(const struct chat_stream *s)
{
	return s->open && s->block == CHAT_BLOCK_CALL;
}

static bool send_arguments(struct chat_stream *s, const char *p, size_t n)
{
	const char *end = p + n;

	while (s->silent && p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	while (p < end) {
		char escape[sizeof("\\u0000")];
		size_t before =
			json_string_control(&s->string, p, (size_t)(end - p));

		if (!send_whole(s, p, before))
			return false;
		p += before;
		if (p == end)
			break;
		snprintf(escape, sizeof(escape), "\\u%04x",
			 (unsigned)(unsigned char)*p++);
		if (!send_whole(s, escape, strlen(escape)))
			return false;
	}
	return true;
}

/* Opens a call and sends what was parked for it. */
static bool open_call(struct chat_stream *s, struct chat_parked_call *c)
{
	c->opened = true;
	return open_block(s, CHAT_BLOCK_CALL, c) &&
	       send_arguments(s, buf_text(&c->args), c->args.len);
}

bool chat_stream_tool(struct chat_stream *s, unsigned call, const char *id,
		      const char *name)
{
	struct chat_parked_call *c = find_call(s, call);

	if (c != NULL)
		return true;
	if (s->one_call && s->n_calls > 0)
		return true;
	c = add_call(s, call);
	c->id = arena_copy(s->arena, id);
	c->name = arena_copy(s->arena, name);
	/* While another call is open its end is not known: wait for ours. */
	return other_call_is_open(s) || open_call(s, c);
}

bool chat_stream_tool_args(struct chat_stream *s, unsigned call, const char *p,
			   size_t n)
{
	struct chat_parked_call *c = find_call(s, call);

	if (c == NULL) {
		s->lost |= !s->one_call; /* then it was dropped */
		return true;
	}
	if (s->open && s->block == CHAT_BLOCK_CALL && s->call == c->number)
		return send_arguments(s, p, n);
	if (c->opened || !buf_append(&c->args, p, n))
		s->lost = true;
	return true;
}

bool chat_stream_cite(struct chat_stream *s, const char *url, const char *title)
{
	struct chat_parked_citation *c;

	if (url == NULL || *url == '\0')
		return true;
	for (c = s->citations; c != NULL; c = c->next)
		if (strcmp(c->citation.url, url) == 0)
			return true;
	c = arena_alloc(s->arena, sizeof(*c));
	c->citation.url = arena_copy(s->arena, url);
	c->citation.title = arena_copy(s->arena, title == NULL ? "" : title);
	*s->last_citation = c;
	s->last_citation = &c->next;
	return !can_cite(s) || send_citations(s);
}

void chat_stream_usage(struct chat_stream *s, const struct chat_usage *usage)
{
	s->usage = *usage;
}

void chat_stream_finish_reason(struct chat_stream *s, enum chat_finish why)
{
	s->has_finish = true;
	s->finish = why;
	s->stop = NULL;
}

void chat_stream_stop(struct chat_stream *s, const char *sequence)
{
	chat_stream_finish_reason(s, CHAT_FINISH_STOP);
	s->stop = arena_copy(s->arena, sequence);
}

void chat_stream_end_like(struct chat_stream *s,
			  const struct chat_stream *other)
{
	if (other->has_finish && other->stop != NULL)
		chat_stream_stop(s, other->stop);
	else if (other->has_finish)
		chat_stream_finish_reason(s, other->finish);
}

void chat_stream_bookmark(struct chat_stream *s, const char *chat,
			  const char *message)
{
	if (chat != NULL)
		s->bookmark.chat = arena_copy(s->arena, chat);
	if (message != NULL)
		s->bookmark.message = arena_copy(s->arena, message);
}

void chat_stream_spend_bookmark(struct chat_stream *s)
{
	s->bookmark_spent = true;
}

struct chat_bookmark chat_stream_place(const struct chat_stream *s)
{
	struct chat_bookmark none = { 0 };

	return s->bookmark_spent ? none : s->bookmark;
}

static bool open_parked_calls(struct chat_stream *s)
{
	for (size_t i = 0; i < s->n_calls; i++)
		if (!s->calls[i]->opened && !open_call(s, s->calls[i]))
			return false;
	return true;
}

/* A reply that was cut off is that, even within a call; else calls decide. */
static enum chat_finish finish_of(const struct chat_stream *s)
{
	if (s->has_finish && chat_finish_cuts(s->finish))
		return s->finish;
	if (s->n_calls > 0)
		return CHAT_FINISH_CALLS;
	/* Nor did it end with calls if none came. */
	if (!s->has_finish || s->finish == CHAT_FINISH_CALLS)
		return CHAT_FINISH_STOP;
	return s->finish;
}

bool chat_stream_end(struct chat_stream *s, struct error *e)
{
	struct chat_event event = { .kind = CHAT_FINISH,
				    .details = s->details,
				    .usage = &s->usage,
				    .finish = finish_of(s) };

	if (event.finish == CHAT_FINISH_STOP)
		event.stop = s->stop;

	if (!start(s) || !open_parked_calls(s) || !close_block(s))
		return false;
	if (s->lost)
		return error_set(e, ERROR_UPSTREAM,
				 "Kimi sent arguments for a tool call that is "
				 "not open.");
	if (!emit(s, &event))
		return false;
	s->ended = true;
	return true;
}

bool chat_stream_fail(struct chat_stream *s, const struct error *e)
{
	bool go_on =
		emit(s, &(struct chat_event){ .kind = CHAT_ERROR, .error = e });

	s->ended = true;
	return go_on;
}

bool chat_stream_ping(struct chat_stream *s)
{
	return emit(s, &(struct chat_event){ .kind = CHAT_PING });
}
