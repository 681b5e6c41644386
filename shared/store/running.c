/* SPDX-License-Identifier: MIT */
/* Notes what is known of running requests. */
#include "store/running.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "store/db_internal.h"
#include "store/running_layout_internal.h"
#include "tokens/estimate.h"

struct store_running {
	struct running_file *file;
	uint32_t first;
	struct running_head *head;
	struct running_block *last;
	bool ephemeral;
	bool full; /* nothing more is noted */
};

static struct running_head *head_of(struct running_block *b)
{
	return (struct running_head *)(void *)b->bytes;
}

static void put(char *to, size_t size, const char *from)
{
	size_t n = from == NULL ? 0 : strlen(from);

	if (n >= size)
		n = utf8_whole(from, size - 1);
	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
}

static void put_caller(struct running_head *head, const struct store_turn *t)
{
	const struct store_owner *o = &t->owner;

	put(head->request, sizeof(head->request), t->request);
	put(head->dialect, sizeof(head->dialect), t->dialect);
	put(head->fingerprint, sizeof(head->fingerprint), o->fingerprint);
	put(head->stranger, sizeof(head->stranger), o->stranger);
	put(head->label, sizeof(head->label), o->label);
}

void store_running_set(struct store_running *r, const struct store_turn *t,
		       const struct store_asked *asked)
{
	struct running_head *head = r == NULL ? NULL : r->head;
	struct running_facts *f;
	uint32_t next;

	if (head == NULL)
		return;
	next = 1 - atomic_load(&head->current);
	f = &head->facts[next];
	put(f->model, sizeof(f->model), t->model);
	put(f->credential, sizeof(f->credential), asked->credential);
	put(f->service, sizeof(f->service), asked->service);
	put(f->region, sizeof(f->region), asked->region);
	f->started_ms = t->started_ms;
	f->prompt_tokens = asked->prompt_tokens;
	f->stream = t->stream;
	f->stored = t->store_as != NULL;
	f->ephemeral = r->ephemeral = t->ephemeral;
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
	put_caller(r->head, t);
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

static void note_length(struct running_head *head,
			const struct chat_event *event)
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
static bool note_delta(struct store_running *r,
		       const struct running_frame *frame, const char *text)
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

static bool note_call(struct store_running *r, struct running_frame *frame,
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
	struct running_frame frame = {
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

void store_running_event(struct store_running *r,
			 const struct chat_event *event)
{
	struct running_head *head = r == NULL ? NULL : r->head;

	if (head == NULL || r->full || !running_notes(event->kind))
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
		running_file_free_all(r->file, r->first);
	else
		running_file_give_up(r->file, r->first);
}
