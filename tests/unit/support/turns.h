/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_TURNS_H
#define SUPPORT_TURNS_H

#include "store/stored_responses.h"
#include "store/turn_close.h"
#include "store/turn_open.h"
#include "tests/unit/support/database.h"

/* A store of its own, and turns of the key "k" in it. */
struct turns {
	struct arena *arena;
	const char *path;
	struct store *store;
};

struct turns turns_begin(struct arena *a);

struct store_turn *turns_opened(struct turns *f, const char *request,
				const char *conversation);

/* A turn that was set up by database_turn, and more. */
void turns_open(struct turns *f, struct store_turn *t);

struct chat_reply *turns_reply(struct arena *a, const char *text);

/* What the turn's history and these new messages make. */
struct chat_request *turns_request(struct arena *a, const struct store_turn *t,
				   size_t kept, const char *text);

struct store_outcome turns_outcome(struct arena *a, enum store_status status,
				   const char *reply);

void turns_close(struct turns *f, struct store_turn *t,
		 const struct store_outcome *o);

/* A whole turn of the conversation "c", after its first `kept` messages. */
void turns_play(struct turns *f, const char *request, size_t kept,
		const char *says, const char *reply);

const char *turns_text(struct turns *f, const struct store_turn *t, size_t i);

/* What all messages say, joined by '|'. */
const char *turns_texts(struct turns *f, const struct chat_message *messages,
			size_t n);

/*
 * A whole turn that is stored under its request's name; `conversation` and
 * `previous` may be NULL.
 */
void turns_store(struct turns *f, const char *id, const char *conversation,
		 const char *previous, const char *says, const char *reply);

/* The same, still running; closed by turns_end. */
struct store_turn *turns_store_open(struct turns *f, const char *id,
				    const char *conversation,
				    const char *previous);
bool turns_end(struct turns *f, struct store_turn *t, enum store_status status,
	       const char *says, const char *reply, struct error *e);

/* A stored response of the key "k", and what is done to it. */
struct stored_response turns_response(struct turns *f, const char *id);
void turns_delete(struct turns *f, const char *id);
void turns_cancel(struct turns *f, const char *id);

/* Asserts that the key has no such response. */
void turns_not_found(struct turns *f, const char *key, const char *id);

/* Whether the database or its log holds the bytes anywhere. */
bool turns_file_holds(struct turns *f, const char *text);

#endif
