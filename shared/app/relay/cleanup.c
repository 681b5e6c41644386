/* SPDX-License-Identifier: MIT */
/* Deletes at Kimi what nobody needs any more. */
#include "app/relay/cleanup.h"

#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "chat/file.h"

struct cleanup_chat {
	struct cleanup_chat *next;
	const struct credential *credential;
	const char *chat;
};

struct cleanup_file {
	struct cleanup_file *next;
	const char *hash; /* of its bytes */
};

void cleanup_add_chat(struct cleanup *c, struct arena *a,
		      const struct credential *credential, const char *chat)
{
	struct cleanup_chat *entry = arena_alloc(a, sizeof(*entry));

	entry->credential = credential;
	entry->chat = chat;
	entry->next = c->chats;
	c->chats = entry;
}

void cleanup_add_file(struct cleanup *c, struct arena *a, const char *hash)
{
	struct cleanup_file *entry = arena_alloc(a, sizeof(*entry));

	entry->hash = hash;
	entry->next = c->files;
	c->files = entry;
}

void cleanup_add_files(struct cleanup *c, struct arena *a,
		       const struct chat_request *request, size_t first)
{
	for (size_t i = first; i < request->n_messages; i++) {
		const struct chat_message *m = &request->messages[i];

		for (size_t j = 0; j < m->n_parts; j++)
			if (m->parts[j].file != NULL && m->parts[j].id == NULL)
				cleanup_add_file(c, a, m->parts[j].file->hash);
	}
}

/* An access token that Kimi refuses is renewed once. */
static bool delete_chat(struct service_call *call, struct store *store,
			const struct cleanup_chat *entry)
{
	const struct credential *credential = entry->credential;
	const struct upstream *upstream = credential->upstream;
	struct upstream_call *c = &call->call;

	if (!access_token_obtain(store, credential, NULL, c))
		return false;
	if (upstream->delete_chat(c, entry->chat))
		return true;
	return c->error->kind == ERROR_CREDENTIAL &&
	       access_token_obtain(store, credential, c->bearer, c) &&
	       upstream->delete_chat(c, entry->chat);
}

void cleanup_chats(const struct cleanup *c, struct exchange *x,
		   struct store *store)
{
	/* Nobody waits any more, and a client that left must not stop it. */
	x->http->watch = NULL;
	for (const struct cleanup_chat *i = c->chats; i != NULL; i = i->next) {
		struct service_call call;
		struct error e;

		service_call_init(&call, x, store, i->credential, &e);
		if (!delete_chat(&call, store, i))
			log_line(&x->app->log, LOG_ERROR, x->id, "cleanup",
				 "Could not delete a chat at Kimi (%s): %s",
				 i->credential->label, e.message);
	}
}

static void delete_file(const char *hash, struct exchange *x,
			const struct credential *credential,
			struct store *store)
{
	struct service_call call;
	struct error e;

	if (credential->upstream->delete_file == NULL)
		return;
	service_call_init(&call, x, store, credential, &e);
	if (!access_token_obtain(store, credential, NULL, &call.call) ||
	    !credential->upstream->delete_file(&call.call, hash))
		log_line(&x->app->log, LOG_ERROR, x->id, "cleanup",
			 "Could not delete a file at Kimi (%s): %s",
			 credential->label, e.message);
}

void cleanup_files(const struct cleanup *c, struct exchange *x,
		   const struct caller *caller, struct store *store)
{
	x->http->watch = NULL;
	for (const struct cleanup_file *f = c->files; f != NULL; f = f->next)
		for (size_t i = 0; i < caller->n_credentials; i++)
			delete_file(f->hash, x, &caller->credentials[i], store);
}
