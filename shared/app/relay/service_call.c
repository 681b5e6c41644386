/* SPDX-License-Identifier: MIT */
/* What the adapter of a service is called with. */
#include "app/relay/service_call.h"

#include "app/access_token.h"
#include "store/credential_notes.h"

static const char *find_note(void *ctx, const char *name, struct arena *a)
{
	const struct service_call *c = ctx;
	const char *value = NULL;
	struct error ignored;

	store_credential_note_find(c->store, c->credential->fingerprint, name,
				   &value, a, &ignored);
	return value;
}

/* A note that is lost only costs time, so failures are ignored. */
static void save_note(void *ctx, const char *name, const char *value)
{
	const struct service_call *c = ctx;
	struct error ignored;

	store_credential_note_put(c->store, c->credential->fingerprint, name,
				  value, &ignored);
}

/* The tokenizer is not opened before something is counted. */
static int64_t count_text(const void *ctx, const char *p, size_t n)
{
	const struct service_call *c = ctx;

	return tokens_count_text(app_tokens(c->app), p, n);
}

void service_call_init(struct service_call *c, struct exchange *x,
		       struct store *store, const struct credential *credential,
		       struct error *e)
{
	*c = (struct service_call){
		.notes = { .find = find_note, .save = save_note, .ctx = c },
		.app = x->app,
		.store = store,
		.credential = credential,
	};
	c->call = (struct upstream_call){
		.arena = x->arena,
		.http = x->http,
		.config = &x->app->config,
		.notes = &c->notes,
		.error = e,
		.count_text = count_text,
		.count_ctx = c,
	};
}

bool service_call_run(struct service_call *c,
		      bool (*work)(struct service_call *c, void *ctx),
		      void *ctx)
{
	struct upstream_call *call = &c->call;

	if (!access_token_obtain(c->store, c->credential, NULL, call))
		return false;
	if (work(c, ctx))
		return true;
	return call->error->kind == ERROR_CREDENTIAL &&
	       c->credential->upstream->renew != NULL &&
	       access_token_obtain(c->store, c->credential, call->bearer,
				   call) &&
	       work(c, ctx);
}

void service_call_redact(const struct service_call *c)
{
	char *text = c->call.error->message;

	secret_redact_word(text, c->call.bearer);
	secret_redact_word(text, c->credential->secret);
}
