/* SPDX-License-Identifier: MIT */
/* Recognises a reply that a client sends back. */
#include "chat/reply_key.h"

#include <ctype.h>
#include <string.h>

#include "base/secret.h"

const char *chat_replay_key(const struct chat_message *m, struct arena *a)
{
	const char *text;
	char *hash;
	size_t n;

	if (m->n_calls > 0)
		return m->calls[0].id;
	text = chat_message_text(m, a);
	while (isspace((unsigned char)*text))
		text++;
	n = strlen(text);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	if (n == 0)
		return NULL;
	hash = arena_alloc(a, FINGERPRINT_SIZE);
	secret_fingerprint(arena_copy_n(a, text, n), hash);
	return hash;
}
