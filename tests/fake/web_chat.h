/* SPDX-License-Identifier: MIT */
#ifndef FAKE_WEB_CHAT_H
#define FAKE_WEB_CHAT_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

struct fake;
struct web_chat;

#define WEB_CHAT_BUCKETS 1024

struct web_chats {
	struct web_chat *buckets[WEB_CHAT_BUCKETS];
};

/* A new chat of that user; its id (20 of [0-9a-z]) goes to `id`. */
void web_chat_open(struct fake *fake, const char *owner, char id[21]);
/* These are false if the user has no such chat. */
bool web_chat_exists(struct fake *fake, const char *owner, const char *id);
bool web_chat_delete(struct fake *fake, const char *owner, const char *id);
/* Adds a user message; `told` gets all of them so far. */
bool web_chat_say(struct fake *fake, const char *owner, const char *id,
		  const char *message, struct text *told);
/* The segment a `length` event cut, and what it would have said next. */
bool web_chat_cut(struct fake *fake, const char *owner, const char *id,
		  const char *segment, const char *rest);
/* The rest of that segment, once; false if there is none. */
bool web_chat_resume(struct fake *fake, const char *owner, const char *id,
		     const char *segment, struct text *rest);
/* All ids as a JSON array. */
void web_chats_list(struct fake *fake, struct text *json);
/* Under the lock. */
void web_chats_clear(struct web_chats *chats);

#endif
