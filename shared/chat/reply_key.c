/* SPDX-License-Identifier: MIT */
/* Recognises a reply that a client sends back. */
#include "chat/reply_key.h"

#include <string.h>

#include "base/text.h"
#include "chat/call_id.h"

/* Counts and lengths tell apart what the bytes alone do not. */
static void add_count(struct hash *h, size_t n)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(n >> 8 * i);
	hash_add(h, bytes, sizeof(bytes));
}

static void add(struct hash *h, const char *p, size_t n)
{
	add_count(h, n);
	hash_add(h, p, n);
}

static void add_text(struct hash *h, const char *text)
{
	add(h, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void add_trimmed(struct hash *h, const char *text)
{
	size_t n = strlen(text);

	text = text_trim(text, &n);
	add(h, text, n);
}

static const char *first_id_of_ours(const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_calls; i++)
		if (call_id_is_ours(m->calls[i].id))
			return m->calls[i].id;
	return NULL;
}

static void add_calls(struct hash *h, const struct chat_message *m)
{
	add_text(h, m->call_id);
	add_count(h, m->n_calls);
	for (size_t i = 0; i < m->n_calls; i++) {
		add_text(h, m->calls[i].id);
		add_text(h, m->calls[i].name);
		add_text(h, m->calls[i].arguments);
	}
}

static void add_media(struct hash *h, const struct chat_message *m)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		if (m->parts[i].kind == CHAT_PART_TEXT)
			continue;
		add_count(h, i);
		add_text(h, m->parts[i].text);
		add_text(h, m->parts[i].id);
	}
}

/* A message that says nothing may be left out when it is sent back. */
static void add_message(struct chat_reply_keys *k, const struct chat_message *m,
			struct hash *h)
{
	if (m->n_parts == 0 && m->n_calls == 0)
		return;
	add_text(h, chat_role_name(m->role));
	add_text(h, m->name);
	add_trimmed(h, chat_message_text(m, k->arena));
	add_media(h, m);
	add_calls(h, m);
}

void chat_reply_keys_init(struct chat_reply_keys *k,
			  const struct chat_request *request, struct arena *a)
{
	k->request = request;
	k->arena = a;
	k->begun = false;
}

static void begin(struct chat_reply_keys *k)
{
	const char *instructions = k->request->instructions;
	const struct chat_part part = { .text = instructions };
	const struct chat_message system = { .role = CHAT_SYSTEM,
					     .parts = &part,
					     .n_parts = 1 };

	k->begun = true;
	k->from = 0;
	hash_init(&k->fixed);
	add_text(&k->fixed, k->request->user);
	if (instructions != NULL)
		add_message(k, &system, &k->fixed);
	k->all = k->fixed;
}

/* A call of ours stands for all that led to it, but for system messages. */
static void skip_to(struct chat_reply_keys *k, size_t call)
{
	const struct chat_message *m = k->request->messages;

	for (; k->from <= call; k->from++)
		if (m[k->from].role == CHAT_SYSTEM)
			add_message(k, &m[k->from], &k->fixed);
	k->all = k->fixed;
	add_text(&k->all, first_id_of_ours(&m[call]));
}

static void advance(struct chat_reply_keys *k, size_t before)
{
	const struct chat_message *m = k->request->messages;
	size_t end = before;

	if (!k->begun)
		begin(k);
	while (end > k->from && first_id_of_ours(&m[end - 1]) == NULL)
		end--;
	if (end > k->from)
		skip_to(k, end - 1);
	for (; k->from < before; k->from++) {
		add_message(k, &m[k->from], &k->all);
		if (m[k->from].role == CHAT_SYSTEM)
			add_message(k, &m[k->from], &k->fixed);
	}
}

const char *chat_reply_key(struct chat_reply_keys *k, size_t before,
			   const struct chat_message *reply)
{
	struct hash whole;
	const char *text;
	char *key;
	size_t n;

	if (reply->n_calls > 0)
		return first_id_of_ours(reply);
	text = chat_message_text(reply, k->arena);
	n = strlen(text);
	text = text_trim(text, &n);
	if (n == 0)
		return NULL;
	advance(k, before);
	whole = k->all;
	add(&whole, text, n);
	key = arena_alloc(k->arena, HASH_SIZE);
	hash_end(&whole, key);
	return key;
}
