/* SPDX-License-Identifier: MIT */
/* The chats of the web service: their owners and messages. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "fake.h"
#include "web_chat.h"

struct web_chat {
	struct web_chat *next;
	char id[21];
	char *owner;
	struct text told;     /* user messages, joined */
	char *segment, *rest; /* of an answer cut by `length` */
};

static struct web_chat **bucket_of(struct fake *fake, const char *id)
{
	uint32_t h = 2166136261u;

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 16777619u;
	return &fake->chats.buckets[h % WEB_CHAT_BUCKETS];
}

/* Under the lock: the link to the chat, or NULL. */
static struct web_chat **chat_find(struct fake *fake, const char *owner,
				   const char *id)
{
	struct web_chat **link = bucket_of(fake, id);

	for (; *link; link = &(*link)->next)
		if (strcmp((*link)->id, id) == 0)
			return strcmp((*link)->owner, owner) ? NULL : link;
	return NULL;
}

static void chat_free(struct web_chat *chat)
{
	free(chat->owner);
	text_fini(&chat->told);
	free(chat->segment);
	free(chat->rest);
	free(chat);
}

static void random_id(char id[21])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[20];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < 20; i++)
		id[i] = digits[bytes[i] % 36];
	id[0] = 'd';
	id[20] = '\0';
}

void web_chat_open(struct fake *fake, const char *owner, char id[21])
{
	struct web_chat *chat = memory_new(sizeof(*chat));
	struct web_chat **bucket;

	random_id(id);
	memcpy(chat->id, id, sizeof(chat->id));
	chat->owner = memory_copy(owner);
	pthread_mutex_lock(&fake->lock);
	bucket = bucket_of(fake, id);
	chat->next = *bucket;
	*bucket = chat;
	pthread_mutex_unlock(&fake->lock);
}

bool web_chat_exists(struct fake *fake, const char *owner, const char *id)
{
	bool found;

	pthread_mutex_lock(&fake->lock);
	found = chat_find(fake, owner, id) != NULL;
	pthread_mutex_unlock(&fake->lock);
	return found;
}

bool web_chat_delete(struct fake *fake, const char *owner, const char *id)
{
	struct web_chat *chat = NULL, **link;

	pthread_mutex_lock(&fake->lock);
	link = chat_find(fake, owner, id);
	if (link) {
		chat = *link;
		*link = chat->next;
	}
	pthread_mutex_unlock(&fake->lock);
	if (!chat)
		return false;
	chat_free(chat);
	return true;
}

bool web_chat_say(struct fake *fake, const char *owner, const char *id,
		  const char *message, struct text *told)
{
	struct web_chat **link;

	pthread_mutex_lock(&fake->lock);
	link = chat_find(fake, owner, id);
	if (link) {
		struct text *all = &(*link)->told;

		if (all->length)
			text_put(all, " | ");
		text_put(all, message);
		text_add(told, all->at, all->length);
	}
	pthread_mutex_unlock(&fake->lock);
	return link != NULL;
}

bool web_chat_cut(struct fake *fake, const char *owner, const char *id,
		  const char *segment, const char *rest)
{
	struct web_chat **link;

	pthread_mutex_lock(&fake->lock);
	link = chat_find(fake, owner, id);
	if (link) {
		free((*link)->segment);
		free((*link)->rest);
		(*link)->segment = memory_copy(segment);
		(*link)->rest = memory_copy(rest);
	}
	pthread_mutex_unlock(&fake->lock);
	return link != NULL;
}

bool web_chat_resume(struct fake *fake, const char *owner, const char *id,
		     const char *segment, struct text *rest)
{
	struct web_chat **link;
	bool found = false;

	pthread_mutex_lock(&fake->lock);
	link = chat_find(fake, owner, id);
	if (link && (*link)->segment &&
	    strcmp((*link)->segment, segment) == 0) {
		text_put(rest, (*link)->rest);
		free((*link)->segment);
		(*link)->segment = NULL;
		found = true;
	}
	pthread_mutex_unlock(&fake->lock);
	return found;
}

void web_chats_list(struct fake *fake, struct text *json)
{
	const char *comma = "";

	text_put(json, "[");
	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < WEB_CHAT_BUCKETS; i++) {
		const struct web_chat *chat = fake->chats.buckets[i];

		for (; chat; chat = chat->next) {
			text_printf(json, "%s\"%s\"", comma, chat->id);
			comma = ",";
		}
	}
	pthread_mutex_unlock(&fake->lock);
	text_put(json, "]");
}

void web_chats_clear(struct web_chats *chats)
{
	for (size_t i = 0; i < WEB_CHAT_BUCKETS; i++) {
		while (chats->buckets[i]) {
			struct web_chat *chat = chats->buckets[i];

			chats->buckets[i] = chat->next;
			chat_free(chat);
		}
	}
}
