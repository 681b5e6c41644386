/* SPDX-License-Identifier: MIT */
/* Tidies up at Kimi. */
#include "app/relay/cleanup.h"

#include "app/relay/access_token.h"
#include "app/relay/service_call.h"

struct leftover {
	struct leftover *next;
	const struct credential *credential;
	const char *chat;
};

struct leftover_file {
	struct leftover_file *next;
	const char *hash;
};

void leftovers_add(struct leftovers *l, struct arena *a,
		   const struct credential *credential, const char *chat)
{
	struct leftover *entry = arena_alloc(a, sizeof(*entry));

	entry->credential = credential;
	entry->chat = chat;
	entry->next = l->first;
	l->first = entry;
}

/* A refused access token is renewed once. */
static bool discard(struct service_call *c, struct store *store,
		    const struct leftover *l)
{
	const struct upstream *upstream = l->credential->upstream;

	if (!access_obtain(store, l->credential, NULL, &c->call))
		return false;
	if (upstream->discard(&c->call, l->chat))
		return true;
	return c->call.error->kind == ERROR_CREDENTIAL &&
	       access_obtain(store, l->credential, c->call.bearer, &c->call) &&
	       upstream->discard(&c->call, l->chat);
}

void leftovers_discard(const struct leftovers *l, struct exchange *x,
		       struct store *store)
{
	/* Nobody waits any more, and a client that left must not stop it. */
	x->http->watch = NULL;
	for (const struct leftover *entry = l->first; entry != NULL;
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

void leftovers_add_file(struct leftovers *l, struct arena *a, const char *hash)
{
	struct leftover_file *entry = arena_alloc(a, sizeof(*entry));

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
	if (!access_obtain(store, credential, NULL, &c.call) ||
	    !credential->upstream->forget(&c.call, hash))
		log_line(&x->app->log, LOG_ERROR, x->id, "delete",
			 "A file stays at Kimi (%s): %s", credential->label,
			 e.message);
}

void leftovers_forget(const struct leftovers *l, struct exchange *x,
		      const struct caller *caller, struct store *store)
{
	x->http->watch = NULL;
	for (const struct leftover_file *f = l->files; f != NULL; f = f->next)
		for (size_t i = 0; i < caller->n_credentials; i++)
			forget(x, &caller->credentials[i], store, f->hash);
}
