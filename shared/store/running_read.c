/* SPDX-License-Identifier: MIT */
/* Reads what was noted of requests that run no more. */
#include "store/running_read_internal.h"

#include <string.h>

#include "store/running_layout_internal.h"
#include "tokens/estimate.h"

#define TEXT_LIMIT (RUNNING_BLOCKS * RUNNING_BLOCK_SIZE)
#define MOST_CHOICES 256

struct collection {
	struct running_file *file;
	struct buf *bytes;
};

static void collect(void *ctx, uint32_t n)
{
	struct collection *c = ctx;
	struct running_block *b = running_file_block(c->file, n);
	uint32_t used = atomic_load(&b->used);

	buf_append(c->bytes, b->bytes,
		   used > sizeof(b->bytes) ? sizeof(b->bytes) : used);
}

/* The note's bytes, its head first. */
static struct buf *collect_all(struct running_file *f, uint32_t first,
			       struct arena *a)
{
	struct collection c = { .file = f, .bytes = arena_buf(a, TEXT_LIMIT) };

	running_file_each_of(f, first, collect, &c);
	return c.bytes;
}

struct reading {
	struct arena *arena;
	struct chat_reply *replies[MOST_CHOICES];
	bool open[MOST_CHOICES]; /* … a block, … */
	enum chat_block block[MOST_CHOICES];
};

static bool is_sane(const struct running_frame *frame)
{
	return running_notes((enum chat_event_kind)frame->kind) &&
	       frame->block <= CHAT_BLOCK_CALL && frame->choice < MOST_CHOICES;
}

/* A call is its id and its name, each with a NUL behind it. */
static bool read_call(struct chat_event *event, const char *p, size_t n,
		      struct arena *a)
{
	size_t id = strnlen(p, n);

	if (id + 1 >= n || p[n - 1] != '\0')
		return false;
	event->id = arena_copy(a, p);
	event->name = arena_copy(a, p + id + 1);
	return true;
}

static void tell(struct reading *r, const struct chat_event *event)
{
	struct chat_reply **reply = &r->replies[event->choice];

	if (*reply == NULL) {
		*reply = arena_alloc(r->arena, sizeof(**reply));
		chat_reply_init(*reply, r->arena);
	}
	if (event->kind == CHAT_OPEN || event->kind == CHAT_CLOSE)
		r->open[event->choice] = event->kind == CHAT_OPEN;
	r->block[event->choice] = event->block;
	chat_reply_event(*reply, event);
}

/* Its bytes are all there. */
static bool read_frame(struct reading *r, const struct running_frame *frame,
		       const char *p)
{
	struct chat_event event = {
		.kind = (enum chat_event_kind)frame->kind,
		.block = (enum chat_block)frame->block,
		.choice = frame->choice,
		.text = p,
		.n = frame->n,
	};
	bool within = event.kind == CHAT_DELTA || event.kind == CHAT_CLOSE;

	if (within && !r->open[event.choice])
		return false;
	if (event.kind == CHAT_OPEN && event.block == CHAT_BLOCK_CALL &&
	    !read_call(&event, p, frame->n, r->arena))
		return false;
	tell(r, &event);
	return true;
}

/* The last event may lack its end. */
static void read_frames(struct reading *r, const char *p, size_t n)
{
	struct running_frame frame;

	while (n >= sizeof(frame)) {
		memcpy(&frame, p, sizeof(frame));
		p += sizeof(frame);
		n -= sizeof(frame);
		if (!is_sane(&frame) || frame.n > n ||
		    !read_frame(r, &frame, p))
			return;
		p += frame.n;
		n -= frame.n;
	}
}

/* What began of a call is kept, too. */
static void close_blocks(struct reading *r)
{
	for (unsigned i = 0; i < MOST_CHOICES; i++)
		if (r->open[i])
			tell(r, &(struct chat_event){ .kind = CHAT_CLOSE,
						      .choice = i,
						      .block = r->block[i] });
}

/* Those that began, one after the other. */
static struct chat_reply *join(struct reading *r, int64_t prompt)
{
	static const struct chat_request nothing;
	struct chat_reply *first = NULL;

	for (size_t i = MOST_CHOICES; i-- > 0;) {
		struct chat_reply *reply = r->replies[i];

		if (reply == NULL)
			continue;
		reply->usage = tokens_estimate(&nothing, reply);
		reply->usage.prompt = prompt;
		reply->next = first;
		first = reply;
	}
	return first;
}

static struct chat_reply *read_replies(const struct buf *bytes, int64_t prompt,
				       struct arena *a)
{
	struct reading *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	read_frames(r, bytes->p + sizeof(struct running_head),
		    bytes->len - sizeof(struct running_head));
	close_blocks(r);
	return join(r, prompt);
}

static struct chat_usage usage_of_lengths(const struct running_head *head,
					  int64_t prompt)
{
	uint32_t begun = atomic_load(&head->begun);

	if (begun == 0)
		return (struct chat_usage){ 0 };
	return (struct chat_usage){
		.source = CHAT_USAGE_ESTIMATED,
		.prompt = prompt * begun,
		.completion = tokens_estimate_sum(atomic_load(&head->length)),
		.reasoning = tokens_estimate_sum(atomic_load(&head->reasoning)),
	};
}

static const char *read_text(const char *text, struct arena *a)
{
	return *text == '\0' ? NULL : arena_copy(a, text);
}

static void read_turn(struct store_turn *t, const struct running_head *head,
		      const struct running_facts *f, struct arena *a)
{
	static const struct store_as stored;

	*t = (struct store_turn){
		.request = arena_copy(a, head->request),
		.owner.fingerprint = arena_copy(a, head->fingerprint),
		.owner.label = arena_copy(a, head->label),
		.owner.stranger = read_text(head->stranger, a),
		.store_as = f->stored ? &stored : NULL,
		.ephemeral = f->ephemeral,
		.dialect = arena_copy(a, head->dialect),
		.model = arena_copy(a, f->model),
		.stream = f->stream,
		.started_ms = f->started_ms,
	};
}

bool running_read(struct running_file *f, uint32_t first,
		  struct running_note *note, struct arena *a)
{
	const struct running_block *b = running_file_block(f, first);
	const struct running_facts *facts;
	const struct running_head *head;
	struct buf *bytes;

	*note = (struct running_note){ 0 };
	if (b == NULL || atomic_load(&b->first) != 1)
		return false;
	bytes = collect_all(f, first, a);
	if (bytes->len < sizeof(*head))
		return false;
	head = (const struct running_head *)(void *)bytes->p;
	facts = &head->facts[atomic_load(&head->current) & 1];
	read_turn(&note->turn, head, facts, a);
	note->credential = read_text(facts->credential, a);
	note->service = read_text(facts->service, a);
	note->region = read_text(facts->region, a);
	if (facts->ephemeral) {
		note->usage = usage_of_lengths(head, facts->prompt_tokens);
		return true;
	}
	note->replies = read_replies(bytes, facts->prompt_tokens, a);
	note->usage = chat_reply_usage(note->replies);
	return true;
}

/* Of a block of a living process. */
static bool begins_a_note(struct running_file *f, uint32_t n)
{
	const struct running_block *b = running_file_block(f, n);

	return b != NULL && atomic_load(&b->first) == 1;
}

struct count {
	struct running_file *file;
	int64_t n;
};

static void count(void *ctx, uint32_t n)
{
	struct count *c = ctx;

	c->n += begins_a_note(c->file, n);
}

int64_t running_count(struct running_file *f)
{
	struct count c = { .file = f };

	if (running_file_open(f))
		running_file_each_alive(f, count, &c);
	return c.n;
}

struct search {
	struct running_file *file;
	const char *fingerprint;
	bool found;
};

static void look(void *ctx, uint32_t n)
{
	struct search *s = ctx;
	const struct running_head *head;

	if (!begins_a_note(s->file, n))
		return;
	head = (const void *)running_file_block(s->file, n)->bytes;
	if (strcmp(head->fingerprint, s->fingerprint) == 0)
		s->found = true;
}

bool running_any_of(struct running_file *f, const char *fingerprint)
{
	struct search s = { .file = f, .fingerprint = fingerprint };

	if (running_file_open(f))
		running_file_each_alive(f, look, &s);
	return s.found;
}
