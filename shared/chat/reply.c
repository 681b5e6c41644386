/* SPDX-License-Identifier: MIT */
/* Folds events into a whole reply. */
#include "chat/reply.h"

#include "chat/call_arguments.h"

#define LIMIT (32 * 1024 * 1024) /* of everything in a reply */

void chat_reply_init(struct chat_reply *r, struct arena *a)
{
	*r = (struct chat_reply){ .arena = a };
	arena_buf_init(a, &r->text, LIMIT);
	arena_buf_init(a, &r->reasoning, LIMIT);
	arena_buf_init(a, &r->arguments, LIMIT);
}

/* Reasoning, text, calls: at most one, one, and any number. */
static bool may_follow(enum chat_block before, enum chat_block block)
{
	static const int ranks[] = {
		[CHAT_BLOCK_REASONING] = 0,
		[CHAT_BLOCK_TEXT] = 1,
		[CHAT_BLOCK_CALL] = 2,
	};

	return ranks[block] > ranks[before] ||
	       (block == CHAT_BLOCK_CALL && before == CHAT_BLOCK_CALL);
}

static void open_block(struct chat_reply *r, enum chat_block block)
{
	size_t from = block == CHAT_BLOCK_TEXT ? r->text.len :
		      block == CHAT_BLOCK_CALL ? r->n_calls :
						 r->reasoning.len;

	if (r->n_spans > 0 &&
	    !may_follow(r->spans[r->n_spans - 1].block, block))
		r->unordered = true;
	r->spans = arena_grow(r->arena, r->spans, &r->spans_room,
			      r->n_spans + 1, sizeof(*r->spans));
	r->spans[r->n_spans++] =
		(struct chat_span){ .block = block, .from = from };
}

static void open_call(struct chat_reply *r, const struct chat_event *event)
{
	r->calls = arena_grow(r->arena, r->calls, &r->calls_room,
			      r->n_calls + 1, sizeof(*r->calls));
	r->calls[r->n_calls++] = (struct chat_call){
		.id = event->id,
		.name = event->name,
		.arguments = "",
	};
	buf_clear(&r->arguments);
}

static void close_call(struct chat_reply *r)
{
	r->spans[r->n_spans - 1].n = 1;
	r->calls[r->n_calls - 1].arguments = arena_copy_n(
		r->arena, buf_text(&r->arguments), r->arguments.len);
}

static void add_citation(struct chat_reply *r, const struct chat_event *event)
{
	r->cited = arena_grow(r->arena, r->cited, &r->cited_room,
			      r->n_cited + 1, sizeof(*r->cited));
	r->cited[r->n_cited++] = (struct chat_cited){
		.citation = *event->citation,
		.offset = event->offset,
	};
}

static void add_delta(struct chat_reply *r, const struct chat_event *event)
{
	struct buf *to = event->block == CHAT_BLOCK_TEXT ? &r->text :
			 event->block == CHAT_BLOCK_CALL ? &r->arguments :
							   &r->reasoning;

	if (event->n > LIMIT - r->size ||
	    !buf_append(to, event->text, event->n)) {
		r->overflow = true;
		return;
	}
	r->size += event->n;
	if (event->block != CHAT_BLOCK_CALL)
		r->spans[r->n_spans - 1].n += event->n;
}

void chat_reply_event(struct chat_reply *r, const struct chat_event *event)
{
	switch (event->kind) {
	case CHAT_START:
		r->started = true;
		break;
	case CHAT_OPEN:
		open_block(r, event->block);
		if (event->block == CHAT_BLOCK_CALL)
			open_call(r, event);
		break;
	case CHAT_DELTA:
		add_delta(r, event);
		break;
	case CHAT_CITATION:
		add_citation(r, event);
		break;
	case CHAT_CLOSE:
		if (event->details != NULL)
			r->details = event->details;
		if (event->block == CHAT_BLOCK_CALL)
			close_call(r);
		break;
	case CHAT_FINISH:
		r->finished = true;
		r->finish = event->finish;
		r->stop = event->stop;
		r->details = event->details;
		r->usage = *event->usage;
		break;
	case CHAT_PING:
	case CHAT_ERROR:
		break;
	}
}

struct chat_usage chat_reply_usage(const struct chat_reply *r)
{
	struct chat_usage sum = { 0 };

	for (; r != NULL; r = r->next)
		chat_usage_add(&sum, &r->usage);
	return sum;
}

static bool ends_with_call(const struct chat_reply *r)
{
	return r->n_spans > 0 &&
	       r->spans[r->n_spans - 1].block == CHAT_BLOCK_CALL;
}

bool chat_reply_check_call(const struct chat_reply *r,
			   const struct chat_event *next, struct error *e)
{
	bool cut = next->kind == CHAT_FINISH && chat_finish_cuts(next->finish);

	if ((next->kind != CHAT_OPEN && next->kind != CHAT_FINISH) || cut ||
	    !ends_with_call(r) ||
	    call_arguments_are_object(r->calls[r->n_calls - 1].arguments))
		return true;
	return error_set(e, ERROR_UPSTREAM,
			 "The model called the tool '%.64s' with arguments "
			 "that are not a JSON object: try again.",
			 r->calls[r->n_calls - 1].name);
}

struct chat_message chat_reply_message(const struct chat_reply *r)
{
	struct chat_message m = { .role = CHAT_ASSISTANT,
				  .compacts = r->compacts };
	struct chat_part *part;

	if (r->text.len > 0) {
		part = arena_alloc(r->arena, sizeof(*part));
		part->text = buf_text(&r->text);
		m.parts = part;
		m.n_parts = 1;
	}
	if (r->reasoning.len > 0)
		m.reasoning = buf_text(&r->reasoning);
	m.details = r->details;
	m.calls = r->calls;
	m.n_calls = r->n_calls;
	m.cited = r->cited;
	m.n_cited = r->n_cited;
	if (r->unordered) {
		m.spans = r->spans;
		m.n_spans = r->n_spans;
	}
	return m;
}
