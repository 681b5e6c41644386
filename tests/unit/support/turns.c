/* SPDX-License-Identifier: MIT */
/* Turns that tests play against a store. */
#include "tests/unit/support/turns.h"

#include <string.h>

#include "tests/unit/support/files.h"
#include "tests/unit/support/test.h"

struct turns turns_begin(struct arena *a)
{
	struct turns f = { .arena = a, .path = database_path(a) };

	f.store = database_open(a, f.path);
	return f;
}

void turns_open(struct turns *f, struct store_turn *t)
{
	struct error e;

	if (!store_turn_open(f->store, t, f->arena, &e))
		fail_msg("%s", e.message);
}

struct store_turn *turns_opened(struct turns *f, const char *request,
				const char *conversation)
{
	struct store_turn *t = database_turn(f->arena, request, conversation);

	turns_open(f, t);
	return t;
}

struct chat_reply *turns_reply(struct arena *a, const char *text)
{
	struct chat_reply *r = arena_alloc(a, sizeof(*r));

	chat_reply_init(r, a);
	buf_puts(&r->text, text);
	return r;
}

struct chat_request *turns_request(struct arena *a, const struct store_turn *t,
				   size_t kept, const char *text)
{
	struct chat_message *all = arena_array(a, kept + 1, sizeof(*all));
	struct chat_part *part = arena_alloc(a, sizeof(*part));
	struct chat_request *r = arena_alloc(a, sizeof(*r));

	if (kept > 0)
		memcpy(all, t->messages, kept * sizeof(*all));
	part->text = text;
	all[kept] = (struct chat_message){ .role = CHAT_USER,
					   .parts = part,
					   .n_parts = 1 };
	r->messages = all;
	r->n_messages = kept + 1;
	return r;
}

struct store_outcome turns_outcome(struct arena *a, enum store_status status,
				   const char *reply)
{
	return (struct store_outcome){
		.status = status,
		.begun = true,
		.http_status = 200,
		.reply = turns_reply(a, reply),
		.usage = { .source = CHAT_USAGE_UPSTREAM,
			   .prompt = 10,
			   .completion = 5,
			   .cached = 2,
			   .reasoning = 1,
			   .cache_write = 4,
			   .cache_write_1h = 3,
			   .searches = 6 },
		.first_token_ms = 12,
		.duration_ms = 34,
		.credential_label = "web label",
		.service = "web",
		.region = "cn",
		.credential = "fingerprint",
	};
}

void turns_close(struct turns *f, struct store_turn *t,
		 const struct store_outcome *o)
{
	struct error e;

	if (!store_turn_close(f->store, t, o, f->arena, &e))
		fail_msg("%s", e.message);
}

void turns_play(struct turns *f, const char *request, size_t kept,
		const char *says, const char *reply)
{
	struct store_turn *t = turns_opened(f, request, "c");
	struct store_outcome o = turns_outcome(f->arena, STORE_DONE, reply);

	o.history.kept = kept;
	o.request = turns_request(f->arena, t, kept, says);
	o.bookmark = (struct chat_bookmark){ "chat", "message", 0 };
	turns_close(f, t, &o);
}

const char *turns_text(struct turns *f, const struct store_turn *t, size_t i)
{
	return chat_message_text(&t->messages[i], f->arena);
}

const char *turns_texts(struct turns *f, const struct chat_message *messages,
			size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = arena_printf(f->arena, "%s%s%s", all, i == 0 ? "" : "|",
				   chat_message_text(&messages[i], f->arena));
	return all;
}

struct store_turn *turns_store_open(struct turns *f, const char *id,
				    const char *conversation,
				    const char *previous)
{
	struct store_turn *t = database_turn(f->arena, id, conversation);
	struct store_as *as = arena_alloc(f->arena, sizeof(*as));

	*as = (struct store_as){
		.id = id,
		.kind = strncmp(id, "chatcmpl-", 9) == 0 ? "chat_completion" :
							   "response",
		.settings = "{\"s\":1}",
	};
	t->store_as = as;
	t->previous = previous;
	turns_open(f, t);
	return t;
}

bool turns_end(struct turns *f, struct store_turn *t, enum store_status status,
	       const char *says, const char *reply, struct error *e)
{
	struct store_outcome o = turns_outcome(f->arena, status, reply);
	struct error why;

	error_set(&why, ERROR_UPSTREAM, "broken");
	o.error = status == STORE_DONE ? NULL : &why;
	o.history.kept = t->n_messages;
	o.request = turns_request(f->arena, t, t->n_messages, says);
	return store_turn_close(f->store, t, &o, f->arena, e);
}

void turns_store(struct turns *f, const char *id, const char *conversation,
		 const char *previous, const char *says, const char *reply)
{
	struct store_turn *t = turns_store_open(f, id, conversation, previous);
	struct error e;

	if (!turns_end(f, t, STORE_DONE, says, reply, &e))
		fail_msg("%s", e.message);
}

static bool holds(struct turns *f, const char *path, const char *text)
{
	size_t n;
	const char *all = files_read(f->arena, path, &n);

	return memmem(all, n, text, strlen(text)) != NULL;
}

bool turns_file_holds(struct turns *f, const char *text)
{
	return holds(f, f->path, text) ||
	       holds(f, arena_printf(f->arena, "%s-wal", f->path), text);
}

struct stored_response turns_response(struct turns *f, const char *id)
{
	struct stored_response response;
	struct error e;

	if (!stored_response_find(f->store, "k", id, &response, f->arena, &e))
		fail_msg("%s", e.message);
	return response;
}

void turns_not_found(struct turns *f, const char *key, const char *id)
{
	struct error e = { .kind = ERROR_KINDS };
	struct stored_response response;

	assert_false(stored_response_find(f->store, key, id, &response,
					  f->arena, &e));
	assert_error(&e, ERROR_NOT_FOUND, "id");
}

void turns_delete(struct turns *f, const char *id)
{
	struct error e;

	if (!stored_response_delete(f->store, "k", id, &e))
		fail_msg("%s", e.message);
}

void turns_cancel(struct turns *f, const char *id)
{
	struct error e;

	if (!stored_response_cancel(f->store, "k", id, &e))
		fail_msg("%s", e.message);
}
