/* SPDX-License-Identifier: MIT */
/* Deletes files at Kimi that nobody needs any more. */
#include "app/relay/cleanup.h"

#include "app/access_token.h"
#include "app/relay/service_call.h"
#include "chat/file.h"

struct cleanup_file {
	struct cleanup_file *next;
	const char *hash; /* of its bytes */
};

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

static void delete_file(const char *hash, struct exchange *x,
			const struct credential *credential,
			struct store *store)
{
	struct service_call call;
	struct error e;

	if (credential->upstream->delete_file == NULL)
		return;
	service_call_init(&call, x, store, credential, &e);
	if (access_token_obtain(store, credential, NULL, &call.call) &&
	    credential->upstream->delete_file(&call.call, hash))
		return;
	service_call_redact(&call);
	log_line(&x->app->log, LOG_ERROR, x->id, "cleanup",
		 "Could not delete a file at Kimi (%s): %s", credential->label,
		 e.message);
}

void cleanup_files(const struct cleanup *c, struct exchange *x,
		   const struct caller *caller, struct store *store)
{
	/* Nobody waits any more, and a client that left must not stop it. */
	x->http->watch = NULL;
	for (const struct cleanup_file *f = c->files; f != NULL; f = f->next)
		for (size_t i = 0; i < caller->n_credentials; i++)
			delete_file(f->hash, x, &caller->credentials[i], store);
}
