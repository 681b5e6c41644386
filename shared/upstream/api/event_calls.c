/* SPDX-License-Identifier: MIT */
/* Which call a fragment belongs to, and when that call is opened. */
#include "upstream/api/event_calls.h"

#include <string.h>

#define LIMIT (16 * 1024 * 1024)

struct event_call {
	int64_t index; /* of its first fragment; -1: none */
	const char *id, *name;
	struct buf *arguments; /* until the name comes; NULL: none */
};

void event_calls_init(struct event_calls *c, struct event_stream *events)
{
	*c = (struct event_calls){ .events = events };
	key_index_init(&c->by_index, events->call->arena);
	key_index_init(&c->by_id, events->call->arena);
}

const char *event_calls_arguments(struct arena *a, const cJSON *arguments)
{
	if (cJSON_IsString(arguments))
		return arguments->valuestring;
	if (arguments == NULL ||
	    (cJSON_IsObject(arguments) && arguments->child == NULL))
		return NULL;
	return json_print(a, arguments);
}

static bool differs(const char *known, const char *now)
{
	return known != NULL && now != NULL && strcmp(known, now) != 0;
}

/* An index that comes again with another id, or without id but with another
 * name, is that of another call. */
static bool is_same(const struct event_call *call,
		    const struct event_call_fragment *f)
{
	if (differs(call->id, f->id))
		return false;
	return (call->id != NULL && f->id != NULL) ||
	       !differs(call->name, f->name);
}

static struct event_call *find_indexed(const struct event_calls *c,
				       const struct event_call_fragment *f)
{
	size_t i = key_index_find_number(&c->by_index, (uint64_t)f->index);

	return i != KEY_INDEX_NONE && is_same(&c->list[i], f) ? &c->list[i] :
								NULL;
}

/*
 * Without an index, an id names its call, and a name begins the next one or
 * belongs to the last one that waits for it. Other fragments continue the last
 * call or, when an event has several, the one at their position.
 */
static struct event_call *find_unindexed(const struct event_calls *c,
					 const struct event_call_fragment *f)
{
	struct event_call *last = c->n > 0 ? &c->list[c->n - 1] : NULL;

	if (f->id != NULL) {
		size_t i = key_index_find(&c->by_id, f->id);

		return i != KEY_INDEX_NONE ? &c->list[i] : NULL;
	}
	if (f->name != NULL)
		return last != NULL && last->name == NULL ? last : NULL;
	if (f->n > 1)
		return f->position < c->n ? &c->list[f->position] : NULL;
	return last;
}

static struct event_call *add(struct event_calls *c, int64_t index)
{
	struct arena *a = c->events->call->arena;

	c->list = arena_grow(a, c->list, &c->room, c->n + 1, sizeof(*c->list));
	c->list[c->n] = (struct event_call){ .index = index };
	if (index >= 0)
		key_index_put_number(&c->by_index, (uint64_t)index, c->n);
	return &c->list[c->n++];
}

static void set_id(struct event_calls *c, struct event_call *call,
		   const char *id)
{
	call->id = arena_copy(c->events->call->arena, id);
	key_index_put(&c->by_id, call->id, (size_t)(call - c->list));
}

static bool open_call(struct event_calls *c, struct event_call *call,
		      const char *name)
{
	unsigned number = (unsigned)(call - c->list);
	const struct buf *waiting = call->arguments;

	call->name = arena_copy(c->events->call->arena, name);
	if (!event_stream_call(c->events, number, call->id, call->name))
		return false;
	return waiting == NULL ||
	       chat_stream_tool_args(c->events->stream, number,
				     buf_text(waiting), waiting->len);
}

static bool add_arguments(struct event_calls *c, struct event_call *call,
			  const char *text)
{
	if (call->name != NULL)
		return chat_stream_tool_args(c->events->stream,
					     (unsigned)(call - c->list), text,
					     strlen(text));
	if (call->arguments == NULL)
		call->arguments = arena_buf(c->events->call->arena, LIMIT);
	return buf_puts(call->arguments, text) ||
	       error_set(c->events->call->error, ERROR_UPSTREAM,
			 "The arguments of a tool call by Kimi are too long.");
}

static const char *not_empty(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

/* The call that the fragment continues, or a new one; NULL: it is empty. */
static struct event_call *call_of(struct event_calls *c,
				  const struct event_call_fragment *f)
{
	struct event_call *call = NULL;

	if (!f->begins)
		call = f->index >= 0 ? find_indexed(c, f) :
				       find_unindexed(c, f);
	if (call != NULL)
		return call;
	if (!f->begins && f->id == NULL && f->name == NULL &&
	    f->arguments == NULL)
		return NULL;
	return add(c, f->index);
}

bool event_calls_take(struct event_calls *c,
		      const struct event_call_fragment *fragment)
{
	struct event_call_fragment f = *fragment;
	struct event_call *call;

	f.id = not_empty(f.id);
	f.name = not_empty(f.name);
	f.arguments = not_empty(f.arguments);
	call = call_of(c, &f);
	if (call == NULL)
		return true;
	if (call->id == NULL && f.id != NULL)
		set_id(c, call, f.id);
	if (call->name == NULL && f.name != NULL && !open_call(c, call, f.name))
		return false;
	return f.arguments == NULL || add_arguments(c, call, f.arguments);
}

bool event_calls_end(const struct event_calls *c)
{
	const struct chat_stream *s = c->events->stream;
	bool cut = s->has_finish && chat_finish_cuts(s->finish);

	for (size_t i = 0; !cut && i < c->n; i++)
		if (c->list[i].name == NULL)
			return error_set(c->events->call->error, ERROR_UPSTREAM,
					 "Kimi called a tool without naming "
					 "it: try again.");
	return true;
}
