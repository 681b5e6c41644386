/* SPDX-License-Identifier: MIT */
/* Notes what is known of running requests, and reads the notes of the dead. */
#include "store/running_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "store/db_internal.h"
#include "tokens/estimate.h"

#define TEXT_LIMIT (RUNNING_BLOCKS * RUNNING_BLOCK_SIZE)
#define MOST_CHOICES 256

struct facts {
	char request[48], fingerprint[80], stranger[80];
	char label[136], dialect[32], model[136];
	char credential[136], service[16], region[16];
	int64_t started_ms, prompt_tokens;
	bool stream, ephemeral, stored;
};

/* Begins a note. Facts are written where they do not count yet. */
struct head {
	struct facts facts[2];
	_Atomic uint32_t current; /* of them */
	/* Of an ephemeral request: how many replies began, and their length as
	 * tokens_estimate_part has it, in all and of reasoning. */
	_Atomic uint32_t begun;
	_Atomic int64_t length, reasoning;
};

/* After the head: events, each with `n` bytes. */
struct frame {
	uint8_t kind, block;
	uint16_t choice;
	uint32_t n;
};

_Static_assert(sizeof(struct head) < RUNNING_BLOCK_SIZE / 2, "it has room");

struct store_running {
	struct running_file *file;
	uint32_t first;
	struct head *head;
	struct running_block *last;
	bool ephemeral;
	bool full; /* nothing more is noted */
};

/* --- What a running request notes --- */

static struct head *head_of(struct running_block *b)
{
	return (struct head *)(void *)b->bytes;
}

static void put(char *to, size_t size, const char *from)
{
	size_t n = from == NULL ? 0 : strlen(from);

	if (n >= size)
		n = utf8_whole(from, size - 1);
	memset(to, 0, size);
	if (n > 0)
		memcpy(to, from, n);
}

static void put_facts(struct facts *f, const struct store_turn *t)
{
	put(f->request, sizeof(f->request), t->request);
	put(f->fingerprint, sizeof(f->fingerprint), t->owner.fingerprint);
	put(f->stranger, sizeof(f->stranger), t->owner.stranger);
	put(f->label, sizeof(f->label), t->owner.label);
	put(f->dialect, sizeof(f->dialect), t->dialect);
	put(f->model, sizeof(f->model), t->model);
	f->started_ms = t->started_ms;
	f->stream = t->stream;
	f->ephemeral = t->ephemeral;
	f->stored = t->store_as != NULL;
}

void store_running_set(struct store_running *r, const struct store_turn *t,
		       const struct store_asked *asked)
{
	struct head *head = r == NULL ? NULL : r->head;
	struct facts *f;
	uint32_t next;

	if (head == NULL)
		return;
	next = 1 - atomic_load(&head->current);
	f = &head->facts[next];
	put_facts(f, t);
	r->ephemeral = t->ephemeral;
	f->prompt_tokens = asked->prompt_tokens;
	put(f->credential, sizeof(f->credential), asked->credential);
	put(f->service, sizeof(f->service), asked->service);
	put(f->region, sizeof(f->region), asked->region);
	atomic_store(&head->current, next);
}

struct store_running *store_running_begin(struct store *s,
					  const struct store_turn *t,
					  struct arena *a)
{
	struct store_running *r;
	uint32_t first = running_file_open(&s->running) ?
				 running_file_claim(&s->running) :
				 0;

	if (first == 0)
		return NULL;
	r = arena_alloc(a, sizeof(*r));
	*r = (struct store_running){ .file = &s->running, .first = first };
	r->last = running_file_block(r->file, first);
	r->head = head_of(r->last);
	store_running_set(r, t, &(struct store_asked){ 0 });
	atomic_store(&r->last->used, sizeof(*r->head));
	atomic_store(&r->last->first, 1);
	return r;
}

static bool extend(struct store_running *r)
{
	uint32_t n = running_file_claim(r->file);

	if (n == 0)
		return false;
	atomic_store(&r->last->next, n);
	r->last = running_file_block(r->file, n);
	return true;
}

static bool append(struct store_running *r, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		struct running_block *b = r->last;
		uint32_t used =
			atomic_load_explicit(&b->used, memory_order_relaxed);
		size_t part = sizeof(b->bytes) - used;

		if (part == 0) {
			if (!extend(r))
				return false;
			continue;
		}
		if (part > n)
			part = n;
		memcpy(b->bytes + used, from, part);
		atomic_store_explicit(&b->used, used + (uint32_t)part,
				      memory_order_release);
		from += part;
		n -= part;
	}
	return true;
}

static void note_length(struct head *head, const struct chat_event *event)
{
	int64_t n;

	if (event->kind == CHAT_START)
		atomic_fetch_add(&head->begun, 1);
	if (event->kind != CHAT_DELTA)
		return;
	n = tokens_estimate_part(event->text, event->n);
	atomic_fetch_add(&head->length, n);
	if (event->block == CHAT_BLOCK_REASONING)
		atomic_fetch_add(&head->reasoning, n);
}

/* The most frequent event, which mostly fits. */
static bool note_delta(struct store_running *r, const struct frame *frame,
		       const char *text)
{
	struct running_block *b = r->last;
	uint32_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
	size_t n = sizeof(*frame) + frame->n;

	if (n > sizeof(b->bytes) - used)
		return append(r, frame, sizeof(*frame)) &&
		       append(r, text, frame->n);
	memcpy(b->bytes + used, frame, sizeof(*frame));
	memcpy(b->bytes + used + sizeof(*frame), text, frame->n);
	atomic_store_explicit(&b->used, used + (uint32_t)n,
			      memory_order_release);
	return true;
}

static bool note_call(struct store_running *r, struct frame *frame,
		      const struct chat_event *event)
{
	const char *id = event->id == NULL ? "" : event->id;
	const char *name = event->name == NULL ? "" : event->name;

	frame->n = (uint32_t)(strlen(id) + strlen(name) + 2);
	return append(r, frame, sizeof(*frame)) &&
	       append(r, id, strlen(id) + 1) &&
	       append(r, name, strlen(name) + 1);
}

static bool note_event(struct store_running *r, const struct chat_event *event)
{
	struct frame frame = {
		.kind = (uint8_t)event->kind,
		.block = (uint8_t)event->block,
		.choice = (uint16_t)event->choice,
	};

	if (event->kind == CHAT_DELTA) {
		frame.n = (uint32_t)event->n;
		return note_delta(r, &frame, event->text);
	}
	if (event->kind == CHAT_OPEN && event->block == CHAT_BLOCK_CALL)
		return note_call(r, &frame, event);
	return append(r, &frame, sizeof(frame));
}

static bool counts(enum chat_event_kind kind)
{
	return kind == CHAT_START || kind == CHAT_OPEN || kind == CHAT_DELTA ||
	       kind == CHAT_CLOSE;
}

void store_running_event(struct store_running *r,
			 const struct chat_event *event)
{
	struct head *head = r == NULL ? NULL : r->head;

	if (head == NULL || r->full || !counts(event->kind))
		return;
	if (r->ephemeral)
		note_length(head, event);
	else
		r->full = !note_event(r, event);
}

void store_running_end(struct store_running *r, bool recorded)
{
	if (r == NULL || r->head == NULL)
		return;
	r->head = NULL;
	if (recorded)
		running_free(r->file, r->first);
	else
		running_file_give_up(r->file, r->first);
}

/* --- What is read of it --- */

void running_each_block(struct running_file *f, uint32_t first,
			void (*each)(void *ctx, uint32_t n), void *ctx)
{
	int64_t owner = running_file_owner(f, first);
	uint32_t n = first, next;

	for (size_t i = 0; i < RUNNING_BLOCKS && n != 0; i++, n = next) {
		struct running_block *b = running_file_block(f, n);

		if (b == NULL || running_file_owner(f, n) != owner)
			return;
		next = atomic_load(&b->next);
		each(ctx, n);
	}
}

static void free_block(void *ctx, uint32_t n)
{
	running_file_free(ctx, n);
}

void running_free(struct running_file *f, uint32_t first)
{
	running_each_block(f, first, free_block, f);
}

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

	running_each_block(f, first, collect, &c);
	return c.bytes;
}

struct reading {
	struct arena *arena;
	struct chat_reply *replies[MOST_CHOICES];
	bool open[MOST_CHOICES]; /* … a block, … */
	enum chat_block block[MOST_CHOICES];
};

static bool is_sane(const struct frame *frame)
{
	return counts((enum chat_event_kind)frame->kind) &&
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
static bool read_frame(struct reading *r, const struct frame *frame,
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
	struct frame frame;

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
	read_frames(r, bytes->p + sizeof(struct head),
		    bytes->len - sizeof(struct head));
	close_blocks(r);
	return join(r, prompt);
}

static struct chat_usage usage_of_lengths(const struct head *head,
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

static void read_turn(struct store_turn *t, const struct facts *f,
		      struct arena *a)
{
	static const struct store_as stored;

	*t = (struct store_turn){
		.request = arena_copy(a, f->request),
		.owner.fingerprint = arena_copy(a, f->fingerprint),
		.owner.label = arena_copy(a, f->label),
		.owner.stranger = *f->stranger == '\0' ?
					  NULL :
					  arena_copy(a, f->stranger),
		.store_as = f->stored ? &stored : NULL,
		.ephemeral = f->ephemeral,
		.dialect = arena_copy(a, f->dialect),
		.model = arena_copy(a, f->model),
		.stream = f->stream,
		.started_ms = f->started_ms,
	};
}

bool running_read(struct running_file *f, uint32_t first,
		  struct running_note *note, struct arena *a)
{
	const struct running_block *b = running_file_block(f, first);
	const struct facts *facts;
	const struct head *head;
	struct buf *bytes;

	*note = (struct running_note){ 0 };
	if (b == NULL || atomic_load(&b->first) != 1)
		return false;
	bytes = collect_all(f, first, a);
	if (bytes->len < sizeof(*head))
		return false;
	head = (const struct head *)(void *)bytes->p;
	facts = &head->facts[atomic_load(&head->current) & 1];
	read_turn(&note->turn, facts, a);
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
