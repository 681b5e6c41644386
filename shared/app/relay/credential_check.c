/* SPDX-License-Identifier: MIT */
/* Asks Kimi about this server's credentials. */
#include "app/relay/credential_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/relay/candidates_internal.h"
#include "app/relay/credential_quotas.h"
#include "app/relay/made_chats_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "emulate/emulate.h"
#include "store/prices.h"
#include "upstream/cooldown.h"
#include "upstream/hosts.h"
#include "upstream/model.h"
#include "upstream/note.h"

#define ANSWER_MS 10000
#define CALL_MS 60000
#define AT_ONCE 32

/* One credential, in a thread of its own. */
struct check {
	struct app *app;
	unsigned flags;
	struct credential_report *report;
	struct http_client http;
	struct exchange x; /* nobody's: for what calls of services need */
	struct service_call call;
	struct error error;
	struct model_list models; /* its own, if it was asked for them */
	struct made_chats made;
	int64_t give_up_ms; /* clock_ms */
};

/* --- Questions --- */

static bool in_time(struct check *k)
{
	return clock_ms() < k->give_up_ms ||
	       error_set(&k->error, ERROR_TIMEOUT,
			 "Kimi took longer than ten seconds to answer.");
}

/* What Kimi says without cost. */
static bool ask(struct service_call *c, void *ctx)
{
	struct check *k = ctx;
	struct credential_report *r = k->report;
	const struct upstream *upstream = c->credential->upstream;
	struct upstream_call *call = &c->call;

	if (upstream->profile != NULL &&
	    (!upstream->profile(call, &r->plan) || !in_time(k)))
		return false;
	if (upstream->check != NULL ? !upstream->check(call) :
				      !upstream->list(call, &k->models))
		return false;
	return upstream->quotas == NULL ||
	       (in_time(k) && credential_quotas_ask(c, &r->quotas));
}

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct credential_report *r = ctx;

	if (event->kind == CHAT_FINISH)
		r->usage = *event->usage;
	return FLOW_CONTINUE;
}

/* One that both sides know, else any. */
static const struct model *model_of(const struct check *k)
{
	const struct model *known = k->report->of->credential.upstream->models;
	const struct model_list *list = &k->models;

	for (const struct model *m = known; m->name != NULL; m++)
		for (size_t i = 0; i < list->n; i++)
			if (strcmp(m->name, list->models[i].name) == 0)
				return &list->models[i];
	return list->n > 0 ? &list->models[0] : known;
}

static void on_chat(void *ctx, const char *chat)
{
	struct check *k = ctx;

	made_chats_add(&k->made, &k->report->arena, &k->report->of->credential,
		       chat);
}

/* By the server: they are left to it. */
static void delete_chats(struct check *k)
{
	struct error ignored;

	store_abandoned_chats_release(k->app->store, made_chats_list(&k->made),
				      &ignored);
}

/* The cost stays unknown if it cannot be read. */
static void charge(struct check *k, const struct model *model,
		   const struct upstream_asked *asked)
{
	struct credential_report *r = k->report;
	struct store_outcome o = {
		.service = r->of->credential.upstream->name,
		.region = asked->host == NULL ? NULL :
						hosts_region(asked->host),
		.usage = r->usage,
	};
	struct error ignored;

	r->model = model->name;
	if (store_prices_charge(k->app->store, r->model, &o, &r->arena,
				&ignored))
		r->cost = o.cost;
}

/* A real request, for one token. */
static bool request_token(struct check *k)
{
	struct credential_report *r = k->report;
	struct chat_part part = { .kind = CHAT_PART_TEXT, .text = "Hi" };
	struct chat_message message = { .role = CHAT_USER,
					.parts = &part,
					.n_parts = 1 };
	struct chat_request request = { .messages = &message,
					.n_messages = 1,
					.n = 1,
					.n_prompts = 1,
					.max_tokens = 1,
					.temperature = NAN,
					.top_p = NAN,
					.presence_penalty = NAN,
					.frequency_penalty = NAN };
	struct upstream_asked asked = { .host = NULL };
	struct upstream_call *call = &k->call.call;
	struct chat_stream stream;
	bool ok;

	call->asked = &asked;
	call->on_chat = on_chat;
	call->chat_ctx = k;
	call->model = model_of(k);
	request.model = call->model->name;
	k->http.start_by_ms = clock_ms() + CALL_MS;
	chat_stream_init(&stream, &r->arena, on_event, r);
	ok = emulate_run(call, &request, &stream) &&
	     chat_stream_end(&stream, &k->error);
	delete_chats(k);
	if (ok)
		charge(k, call->model, &asked);
	return ok;
}

/* --- The answer --- */

/* Of those of which nothing is left the one that is renewed last; or NULL. */
static const struct quota *find_used_up(const struct quota_list *list)
{
	const struct quota *last = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct quota *q = &list->items[i];

		if (quota_is_used_up(q) &&
		    (last == NULL || q->resets_at > last->resets_at))
			last = q;
	}
	return last;
}

static void say_used_up(struct credential_report *r)
{
	const struct quota *q = find_used_up(&r->quotas);
	struct error why;

	if (q == NULL)
		return;
	error_set(&why, ERROR_QUOTA, "What is used up is '%s'.", q->name);
	credential_report_failure(r, &why);
	r->until = q->resets_at;
}

static void say_left(struct credential_report *r)
{
	r->says = arena_printf(&r->arena,
			       "%s%sKimi says that something is left, but "
			       "refused a request: 'credential check --call' "
			       "tries one, 'credential resume' ends the "
			       "cooldown.",
			       r->says == NULL ? "" : r->says,
			       r->says == NULL ? "" : " ");
}

/* Kimi has been seen to tell of a quota that it refuses: a real answer counts
 * more, until it is over. */
static void remember_refusal(struct check *k)
{
	struct credential_report *r = k->report;
	const struct credential *c = &r->of->credential;
	struct credential_state state;
	struct error ignored;
	bool left;

	if ((k->flags & CREDENTIAL_CHECK_CALL) ||
	    !store_credential_states(k->app->store, &c, 1, &state, &r->arena,
				     &ignored) ||
	    state.cooldown_left_ms == 0 || state.cooldown_kind != ERROR_QUOTA)
		return;
	left = r->health == CREDENTIAL_OK;
	credential_report_cooldown(r, &state);
	if (left)
		say_left(r);
}

static void apply(struct check *k, bool ok)
{
	const struct credential *c = &k->report->of->credential;
	struct credential_state state;
	struct error ignored;

	if (!ok && cooldown_of(k->error.kind) != COOLDOWN_NONE)
		candidates_cool_down(k->app->store, c, &k->error);
	else if (ok && k->report->health == CREDENTIAL_OK &&
		 store_credential_states(k->app->store, &c, 1, &state,
					 &k->report->arena, &ignored) &&
		 state.cooled)
		store_credential_clear(k->app->store, c, state.cooldown_until,
				       &ignored);
}

/* A plan by its name is better known than by its level. */
static void use_notes(struct check *k)
{
	struct credential_report *r = k->report;
	const char *told = r->plan;

	credential_report_notes(r, k->app->store);
	if (told == NULL)
		return;
	if (!text_same(told, r->plan))
		note_save(&k->call.call, CREDENTIAL_PLAN_NOTE, told);
	r->plan = told;
}

static void run(struct check *k)
{
	struct credential_report *r = k->report;
	bool ok = service_call_run(&k->call, ask, k) &&
		  (!(k->flags & CREDENTIAL_CHECK_CALL) || request_token(k));

	if (ok) {
		credential_report_accepted(r, k->app->store);
		say_used_up(r);
		remember_refusal(k);
	} else {
		service_call_redact(&k->call);
		credential_report_failure(r, &k->error);
	}
	if (k->flags & CREDENTIAL_CHECK_APPLY)
		apply(k, ok);
	use_notes(k);
}

static void begin(struct check *k, const struct owner_credential *of,
		  pthread_mutex_t *loading)
{
	credential_report_begin(k->report, of);
	http_client_init(&k->http);
	k->http.loading = loading;
	k->http.settings = &k->app->http;
	k->x = (struct exchange){ .app = k->app,
				  .http = &k->http,
				  .arena = &k->report->arena };
}

static void *check_one(void *ctx)
{
	struct check *k = ctx;

	k->give_up_ms = clock_ms() + ANSWER_MS;
	service_call_init(&k->call, &k->x, k->app->store,
			  &k->report->of->credential, &k->error);
	run(k);
	http_client_fini(&k->http);
	return NULL;
}

/* In threads; where the system has none left, one after the other. */
static void check_some(struct check *list, size_t n)
{
	pthread_t threads[AT_ONCE];
	bool started[AT_ONCE] = { false };

	for (size_t i = 0; i < n; i++) {
		if (list[i].report->health == CREDENTIAL_UNUSABLE)
			continue;
		started[i] = thread_start(&threads[i], check_one, &list[i]);
		if (!started[i])
			check_one(&list[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (started[i])
			pthread_join(threads[i], NULL);
}

void credential_check(struct app *app, const struct owner_credential *list,
		      size_t n, unsigned flags,
		      struct credential_report *reports)
{
	pthread_mutex_t loading;
	struct check *checks = calloc(n + 1, sizeof(*checks));

	if (checks == NULL)
		abort();
	pthread_mutex_init(&loading, NULL);
	for (size_t i = 0; i < n; i++) {
		checks[i] = (struct check){ .app = app,
					    .flags = flags,
					    .report = &reports[i],
					    .made = { .wake_fd = -1 } };
		begin(&checks[i], &list[i], &loading);
	}
	for (size_t i = 0; i < n; i += AT_ONCE)
		check_some(checks + i, n - i < AT_ONCE ? n - i : AT_ONCE);
	pthread_mutex_destroy(&loading);
	free(checks);
}
