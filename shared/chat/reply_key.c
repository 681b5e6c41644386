/* SPDX-License-Identifier: MIT */
/* Recognises a reply that a client sends back. */
#include "chat/reply_key.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"

const char *chat_reply_key(const struct chat_message *m, struct arena *a)
{
	const char *text;
	char *hash;
	size_t n;

	if (m->n_calls > 0)
		return m->calls[0].id;
	text = chat_message_text(m, a);
	n = strlen(text);
	text = text_trim(text, &n);
	if (n == 0)
		return NULL;
	hash = arena_alloc(a, HASH_SIZE);
	hash_text(arena_copy_n(a, text, n), hash);
	return hash;
}
