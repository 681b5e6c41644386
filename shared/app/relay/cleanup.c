/* SPDX-License-Identifier: MIT */
/* Tidies up at Kimi. */
#include "app/relay/cleanup.h"

#include "app/relay/access_token.h"
#include "app/relay/service_call.h"

struct cleanup_chat {
	struct cleanup_chat *next;
	const struct credential *credential;
	const char *chat;
};

struct cleanup_file {
	struct cleanup_file *next;
	const char *hash;
};

void cleanup_add_chat(struct cleanup *l, struct arena *a,
		      const struct credential *credential, const char *chat)
{
	struct cleanup_chat *entry = arena_alloc(a, sizeof(*entry));

	entry->credential = credential;
	entry->chat = chat;
	entry->next = l->first;
	l->first = entry;
}

/* A refused access token is renewed once. */
static bool discard(struct service_call *c, struct store *store,
		    const struct cleanup_chat *l)
{
	const struct upstream *upstream = l->credential->upstream;

	if (!access_token_obtain(store, l->credential, NULL, &c->call))
		return false;
	if (upstream->discard(&c->call, l->chat))
		return true;
	return c->call.error->kind == ERROR_CREDENTIAL &&
	       access_token_obtain(store, l->credential, c->call.bearer,
				   &c->call) &&
	       upstream->discard(&c->call, l->chat);
}

void cleanup_chats(const struct cleanup *l, struct exchange *x,
		   struct store *store)
{
	/* Nobody waits any more, and a client that left must not stop it. */
	x->http->watch = NULL;
	for (const struct cleanup_chat *entry = l->first; entry != NULL;
	     entry = entry->next) {
		struct service_call c;
		struct error e;

		service_call_init(&c, x, store, entry->credential, &e);
		if (!discard(&c, store, entry))
			log_line(&x->app->log, LOG_ERROR, x->id, "discard",
				 "A chat stays at Kimi (%s): %s",
				 entry->credential->label, e.message);
	}
}

void cleanup_add_file(struct cleanup *l, struct arena *a, const char *hash)
{
	struct cleanup_file *entry = arena_alloc(a, sizeof(*entry));

	entry->hash = hash;
	entry->next = l->files;
	l->files = entry;
}

static void forget(struct exchange *x, const struct credential *credential,
		   struct store *store, const char *hash)
{
	struct service_call c;
	struct error e;

	if (credential->upstream->forget == NULL)
		return;
	service_call_init(&c, x, store, credential, &e);
	if (!access_token_obtain(store, credential, NULL, &c.call) ||
	    !credential->upstream->forget(&c.call, hash))
		log_line(&x->app->log, LOG_ERROR, x->id, "delete",
			 "A file stays at Kimi (%s): %s", credential->label,
			 e.message);
}

void cleanup_files(const struct cleanup *l, struct exchange *x,
		   const struct caller *caller, struct store *store)
{
	x->http->watch = NULL;
	for (const struct cleanup_file *f = l->files; f != NULL; f = f->next)
		for (size_t i = 0; i < caller->n_credentials; i++)
			forget(x, &caller->credentials[i], store, f->hash);
}
