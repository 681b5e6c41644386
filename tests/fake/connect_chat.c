/* SPDX-License-Identifier: MIT */
/* The chats of Kimi web's Connect protocol: trees of messages. */
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "connect_chat.h"
#include "fake.h"

struct connect_message {
	struct connect_message *older;
	const struct connect_message
		*parent; /* NULL: the first of its branch */
	char id[CONNECT_ID];
	bool is_user;
	char *text;
	time_t at;
};

struct connect_thread {
	struct connect_thread *next;
	char id[CONNECT_ID];
	char *owner;
	struct connect_message *newest;
	unsigned long number; /* of all chats opened */
	time_t at;
};

/* Looks like a UUID; the first digits are those of 2026. */
static void random_id(char id[CONNECT_ID])
{
	uint32_t r[4];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();
	(void)snprintf(id, CONNECT_ID, "1a0a%04x-%04x-%04x-%04x-%04x%08" PRIx32,
		       r[0] & 0xffffu, r[0] >> 16, r[1] & 0xffffu, r[1] >> 16,
		       r[2] & 0xffffu, r[3]);
}

static struct connect_thread **bucket_of(struct fake *fake, const char *id)
{
	uint32_t h = 2166136261u;

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return &fake->connect_chats.buckets[h % CONNECT_CHAT_BUCKETS];
}

/* Under the lock: the link to the chat, or NULL. */
static struct connect_thread **thread_find(struct fake *fake, const char *owner,
					   const char *id)
{
	struct connect_thread **link = bucket_of(fake, id);

	for (; *link; link = &(*link)->next)
		if (strcmp((*link)->id, id) == 0)
			return strcmp((*link)->owner, owner) ? NULL : link;
	return NULL;
}

static void thread_free(struct connect_thread *thread)
{
	while (thread->newest) {
		struct connect_message *message = thread->newest;

		thread->newest = message->older;
		free(message->text);
		free(message);
	}
	free(thread->owner);
	free(thread);
}

/* Under the lock. */
static struct connect_thread *thread_open(struct fake *fake, const char *owner)
{
	struct connect_thread *thread = memory_new(sizeof(*thread)), **bucket;

	random_id(thread->id);
	thread->owner = memory_copy(owner);
	thread->number = ++fake->connect_chats.opened;
	thread->at = time(NULL);
	bucket = bucket_of(fake, thread->id);
	thread->next = *bucket;
	*bucket = thread;
	return thread;
}

static struct connect_message *message_find(const struct connect_thread *thread,
					    const char *id)
{
	struct connect_message *message = thread->newest;

	while (message && strcmp(message->id, id) != 0)
		message = message->older;
	return message;
}

static const struct connect_message *
message_add(struct connect_thread *thread, const struct connect_message *parent,
	    const char *text, char id[CONNECT_ID])
{
	struct connect_message *message = memory_new(sizeof(*message));

	random_id(message->id);
	memcpy(id, message->id, CONNECT_ID);
	message->parent = parent;
	message->is_user = text != NULL;
	message->text = memory_copy(text ? text : "");
	message->at = time(NULL);
	message->older = thread->newest;
	thread->newest = message;
	return message;
}

/* Puts earlier messages in front. */
static void told_add(struct text *told, const char *message)
{
	struct text all = { 0 };

	text_put(&all, message);
	if (told->length)
		text_printf(&all, " | %s", told->at);
	text_fini(told);
	*told = all;
}

/* Under the lock. */
static enum connect_said thread_say(struct connect_thread *thread,
				    const char *parent, const char *message,
				    struct connect_place *place,
				    struct text *told)
{
	const struct connect_message *before = NULL, *m;

	if (!place->is_new && !parent)
		return SAID_NO_PARENT;
	if (!place->is_new && strcmp(parent, thread->id) != 0) {
		before = message_find(thread, parent);
		if (!before || before->is_user)
			return SAID_NO_PARENT;
	}
	memcpy(place->chat, thread->id, CONNECT_ID);
	m = message_add(thread, before, message, place->user);
	(void)message_add(thread, m, NULL, place->assistant);
	for (; m; m = m->parent)
		if (m->is_user)
			told_add(told, m->text);
	return SAID_WELL;
}

enum connect_said connect_chat_say(struct fake *fake, const char *owner,
				   const struct connect_post *post,
				   struct connect_place *place,
				   struct text *told)
{
	enum connect_said said = SAID_NO_CHAT;
	struct connect_thread *thread, **link;

	*place = (struct connect_place){ .is_new = !post->chat };
	pthread_mutex_lock(&fake->lock);
	if (post->chat) {
		link = thread_find(fake, owner, post->chat);
		thread = link ? *link : NULL;
	} else {
		thread = thread_open(fake, owner);
	}
	if (thread)
		said = thread_say(thread, post->parent, post->message, place,
				  told);
	pthread_mutex_unlock(&fake->lock);
	return said;
}

void connect_chat_reply(struct fake *fake, const struct connect_place *place,
			const char *answer)
{
	struct connect_thread *thread;
	struct connect_message *message;

	pthread_mutex_lock(&fake->lock);
	thread = *bucket_of(fake, place->chat);
	while (thread && strcmp(thread->id, place->chat) != 0)
		thread = thread->next;
	message = thread ? message_find(thread, place->assistant) : NULL;
	if (message) {
		free(message->text);
		message->text = memory_copy(answer);
	}
	pthread_mutex_unlock(&fake->lock);
}

bool connect_chat_delete(struct fake *fake, const char *owner, const char *id)
{
	struct connect_thread *thread = NULL, **link;

	pthread_mutex_lock(&fake->lock);
	link = thread_find(fake, owner, id);
	if (link) {
		thread = *link;
		*link = thread->next;
	}
	pthread_mutex_unlock(&fake->lock);
	if (thread)
		thread_free(thread);
	return thread != NULL;
}

static void put_time(struct text *json, const char *name, time_t at)
{
	char printed[32];
	struct tm tm;

	if (!gmtime_r(&at, &tm) ||
	    !strftime(printed, sizeof(printed), "%Y-%m-%dT%H:%M:%SZ", &tm))
		abort();
	text_printf(json, ",\"%s\":\"%s\"", name, printed);
}

static void put_message(struct text *json, const struct connect_message *m)
{
	text_printf(json, "{\"id\":\"%s\"", m->id);
	if (m->parent)
		text_printf(json, ",\"parentId\":\"%s\"", m->parent->id);
	text_printf(json,
		    ",\"role\":\"%s\",\"status\":\"MESSAGE_STATUS_COMPLETED\","
		    "\"blocks\":[{\"id\":\"0\",\"text\":{\"content\":",
		    m->is_user ? "user" : "assistant");
	text_quote_string(json, m->text);
	text_put(json, "}}]");
	put_time(json, "createTime", m->at);
	text_put(json, "}");
}

bool connect_chat_messages(struct fake *fake, const char *owner, const char *id,
			   size_t most, struct text *json)
{
	struct connect_thread **link;

	pthread_mutex_lock(&fake->lock);
	link = thread_find(fake, owner, id);
	if (link) {
		const struct connect_message *m = (*link)->newest;

		for (size_t i = 0; m && i < most; i++, m = m->older) {
			text_put(json, i ? "," : "");
			put_message(json, m);
		}
	}
	pthread_mutex_unlock(&fake->lock);
	return link != NULL;
}

/* Under the lock: the user's newest chat that is older than that one. */
static const struct connect_thread *
thread_before(const struct fake *fake, const char *owner, unsigned long number)
{
	const struct connect_thread *found = NULL, *thread;

	for (size_t i = 0; i < CONNECT_CHAT_BUCKETS; i++)
		for (thread = fake->connect_chats.buckets[i]; thread;
		     thread = thread->next)
			if (thread->number < number &&
			    (!found || thread->number > found->number) &&
			    strcmp(thread->owner, owner) == 0)
				found = thread;
	return found;
}

size_t connect_chat_list(struct fake *fake, const char *owner, size_t from,
			 size_t most, struct text *json)
{
	unsigned long before = from ? from : ULONG_MAX;
	const struct connect_thread *thread;
	size_t count = 0;

	pthread_mutex_lock(&fake->lock);
	while ((thread = thread_before(fake, owner, before)) && count < most) {
		text_printf(json, "%s{\"id\":\"%s\",\"name\":\"Fake chat\"",
			    count++ ? "," : "", thread->id);
		text_put(json, ",\"messageContent\":");
		text_quote_string(json, thread->newest->text);
		put_time(json, "createTime", thread->at);
		put_time(json, "updateTime", thread->newest->at);
		text_put(json, "}");
		before = thread->number;
	}
	pthread_mutex_unlock(&fake->lock);
	return thread ? (size_t)before : 0;
}

void connect_chats_ids(struct fake *fake, const char *comma, struct text *json)
{
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < CONNECT_CHAT_BUCKETS; i++) {
		const struct connect_thread *t = fake->connect_chats.buckets[i];

		for (; t; t = t->next) {
			text_printf(json, "%s\"%s\"", comma, t->id);
			comma = ",";
		}
	}
	pthread_mutex_unlock(&fake->lock);
}

void connect_chats_clear(struct connect_chats *chats)
{
	for (size_t i = 0; i < CONNECT_CHAT_BUCKETS; i++) {
		while (chats->buckets[i]) {
			struct connect_thread *thread = chats->buckets[i];

			chats->buckets[i] = thread->next;
			thread_free(thread);
		}
	}
}
