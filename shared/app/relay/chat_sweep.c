/* SPDX-License-Identifier: MIT */
/* Deletes at Kimi what requests left there. */
#include "app/relay/chat_sweep.h"

#include "app/relay/service_call.h"
#include "base/clock.h"
#include "store/abandoned_chats.h"

#define AGAIN_MS 60000 /* if the database cannot be used */

struct sweep {
	struct exchange x; /* nobody's: for what calls of services need */
	struct store *store;
	const struct credential **credentials;
	size_t n;
	int64_t next_ms; /* wall clock */
};

static void add(struct sweep *s, const struct credential *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].upstream->delete_chats != NULL)
			s->credentials[s->n++] = &list[i];
}

static bool delete_batch(struct service_call *c, void *ctx)
{
	struct abandoned_batch *batch = ctx;

	return c->credential->upstream->delete_chats(&c->call, batch->chats,
						     batch->n);
}

static size_t count_left(const struct abandoned_batch *batch)
{
	size_t n = 0;

	for (size_t i = 0; i < batch->n; i++)
		n += !batch->chats[i].gone;
	return n;
}

static void tell(const struct sweep *s, const struct credential *credential,
		 size_t n, const char *why)
{
	log_line(&s->x.app->log, LOG_ERROR, NULL, "cleanup",
		 "Could not delete %zu chat%s at Kimi (%s): %s", n,
		 n == 1 ? "" : "s", credential->label, why);
}

static void delete_all(struct sweep *s, const struct credential *credential)
{
	struct abandoned_batch batch;
	struct service_call call;
	struct error e;
	bool ok;

	store_abandoned_batch_init(&batch, credential->fingerprint);
	service_call_init(&call, &s->x, s->store, credential, &e);
	while ((ok = store_abandoned_chats_next(s->store, &batch, s->x.arena,
						&e)) &&
	       batch.n > 0)
		if (!service_call_run(&call, delete_batch, &batch)) {
			service_call_redact(&call);
			tell(s, credential, count_left(&batch), e.message);
		}
	if (!ok)
		batch.retry_ms = clock_wall_ms() + AGAIN_MS;
	if (batch.retry_ms < s->next_ms)
		s->next_ms = batch.retry_ms;
}

static bool delete_due(struct sweep *s, struct error *e)
{
	const char **names = arena_array(s->x.arena, s->n, sizeof(*names));
	int64_t *at = arena_array(s->x.arena, s->n, sizeof(*at));

	for (size_t i = 0; i < s->n; i++)
		names[i] = s->credentials[i]->fingerprint;
	if (!store_abandoned_chats_due(s->store, names, s->n, at, e))
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (at[i] <= clock_wall_ms())
			delete_all(s, s->credentials[i]);
		else if (at[i] < s->next_ms)
			s->next_ms = at[i];
	return true;
}

static void sweep(struct sweep *s)
{
	struct http_client *http = s->x.http;
	struct error e;

	http->settings = &s->x.app->http;
	s->store = app_store(s->x.app, &e);
	if (s->store == NULL || !delete_due(s, &e))
		s->next_ms = clock_wall_ms() + AGAIN_MS;
	http->settings = NULL; /* which go with the app */
}

int64_t chat_sweep(struct app *app, const struct credential *strangers,
		   size_t n_strangers, struct http_client *http,
		   struct arena *a)
{
	struct sweep s = { .x = { .app = app, .arena = a, .http = http },
			   .next_ms = INT64_MAX };
	struct credential_set *set = app_credentials(app, a);

	s.credentials =
		arena_array(a, set->n + n_strangers, sizeof(*s.credentials));
	add(&s, set->items, set->n);
	add(&s, strangers, n_strangers);
	if (s.n > 0)
		sweep(&s);
	credential_set_give_back(&app->sets, set);
	return s.next_ms == INT64_MAX ?
		       INT64_MAX :
		       clock_ms() + s.next_ms - clock_wall_ms();
}
