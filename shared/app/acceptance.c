/* SPDX-License-Identifier: MIT */
/* Asks Kimi about the credentials that clients bring. */
#include "app/acceptance.h"

#include "app/access_token.h"
#include "base/clock.h"
#include "store/acceptance.h"
#include "store/credential_notes.h"
#include "store/model_lists.h"
#include "store/token_renewal.h"
#include "upstream/cooldown.h"
#include "upstream/model.h"
#include "upstream/upstream.h"

/* Of one list, until the request goes on without the others; so it does when
 * asking about them takes longer than WAIT_MS. */
#define MAX_REFUSED 8

#define STEP_MS 100
#define WAIT_MS 10000

/* What was learned by asking, for the store if Kimi accepts the credential. */
struct answer {
	struct access_token access;
	struct model_list models;
	const char *note, *value; /* the last one */
	struct arena *arena;
};

static const char *find_note(void *ctx, const char *name, struct arena *a)
{
	(void)ctx;
	(void)name;
	(void)a;
	return NULL;
}

static void hold_note(void *ctx, const char *name, const char *value)
{
	struct answer *answer = ctx;

	answer->note = arena_copy(answer->arena, name);
	answer->value = arena_copy(answer->arena, value);
}

/* What is wrong with such a request can only be the credential, or Kimi. */
static void say_refused(struct error *e)
{
	struct error why = *e;

	if (why.kind == ERROR_CREDENTIAL)
		error_set(
			e, ERROR_CREDENTIAL,
			"The API key is not one of this server, and Kimi does "
			"not accept it as a credential. %s",
			why.message);
	else if (cooldown_of(why.kind) == COOLDOWN_NONE &&
		 error_status(why.kind) / 100 == 4)
		e->kind = ERROR_UPSTREAM;
}

static bool ask(struct exchange *x, const struct credential *c,
		struct answer *answer, struct error *e)
{
	const struct credential_notes notes = { find_note, hold_note, answer };
	struct upstream_call call = {
		.arena = x->arena,
		.http = x->http,
		.config = &x->app->config,
		.notes = &notes,
		.error = e,
	};
	bool ok = access_token_obtain_first(c, &answer->access, &call);

	if (ok && answer->access.token == NULL)
		ok = c->upstream->check != NULL ?
			     c->upstream->check(&call) :
			     c->upstream->list(&call, &answer->models);
	if (ok)
		return true;
	secret_redact_word(e->message, c->secret);
	say_refused(e);
	return false;
}

/* Before it counts as accepted: renewed tokens must not get lost. */
static bool keep(struct exchange *x, struct store *store,
		 const struct credential *c, const struct answer *answer,
		 struct error *e)
{
	struct error ignored;

	if (answer->access.token != NULL &&
	    !store_token_renewal_save(store, c, &answer->access, x->arena, e))
		return false;
	if (answer->models.n > 0)
		store_model_list_save(store, c, &answer->models,
				      clock_wall_ms(), x->arena, &ignored);
	if (answer->note != NULL)
		store_credential_note_put(store, c->fingerprint, answer->note,
					  answer->value, &ignored);
	return true;
}

static bool ask_in_slot(struct exchange *x, struct store *store,
			const struct credential *c, int64_t slot,
			struct error *e)
{
	struct answer answer = { .arena = x->arena };
	struct error ignored;

	if (ask(x, c, &answer, e) && keep(x, store, c, &answer, e))
		return store_acceptance_end(store, c, slot, true, e);
	if (cooldown_of(e->kind) == COOLDOWN_HARD)
		newcomers_refuse(&x->app->newcomers, c->fingerprint,
				 cooldown_ms(e), e);
	store_acceptance_end(store, c, slot, false, &ignored);
	return false;
}

static bool wait_and_ask(struct exchange *x, struct store *store,
			 const struct credential *c, int64_t give_up,
			 struct error *e)
{
	int64_t slot;
	bool accepted;

	for (;;) {
		if (newcomers_refused(&x->app->newcomers, c->fingerprint, e) ||
		    !store_acceptance_begin(store, c, &slot, &accepted, e))
			return false;
		if (accepted)
			return true;
		if (slot != 0)
			return ask_in_slot(x, store, c, slot, e);
		if (clock_ms() >= give_up)
			return newcomers_full(e);
		clock_sleep_ms(STEP_MS);
	}
}

static bool is_accepted(struct exchange *x, struct store *store,
			const struct credential *c, struct error *e)
{
	int64_t give_up = clock_ms() + WAIT_MS;
	bool ok;

	if (newcomers_refused(&x->app->newcomers, c->fingerprint, e) ||
	    !newcomers_enter(&x->app->newcomers, give_up, e))
		return false;
	ok = wait_and_ask(x, store, c, give_up, e);
	newcomers_leave(&x->app->newcomers);
	return ok;
}

/* The first reason counts. */
static void check_each(struct exchange *x, struct store *store,
		       const struct credential *list, size_t n, bool *accepted,
		       struct error *e)
{
	int64_t give_up = clock_ms() + WAIT_MS;
	size_t refused = 0;
	struct error why;

	for (size_t i = 0; i < n && refused < MAX_REFUSED; i++) {
		if (accepted[i])
			continue;
		accepted[i] = is_accepted(x, store, &list[i], &why);
		if (accepted[i])
			continue;
		if (refused++ == 0)
			*e = why;
		if (clock_ms() >= give_up)
			break;
	}
}

/*
 * Beside credentials that Kimi accepts a list may have others that it refuses:
 * it is asked about those only from time to time, however many processes there
 * are. The row of the first accepted one says when.
 */
static bool is_time(struct store *store, const struct credential *list,
		    size_t n, const bool *accepted)
{
	struct error ignored;
	bool ours = true;

	for (size_t i = 0; i < n; i++)
		if (accepted[i])
			return store_acceptance_claim(store, &list[i], &ours,
						      &ignored) &&
			       ours;
	return true;
}

/* In the arena. */
static const struct credential *those_accepted(const struct credential *list,
					       size_t *n, const bool *accepted,
					       struct arena *a)
{
	struct credential *kept = arena_array(a, *n, sizeof(*kept));
	size_t n_kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (accepted[i])
			kept[n_kept++] = list[i];
	*n = n_kept;
	return kept;
}

bool acceptance_check(struct exchange *x, const struct credential **list,
		      size_t *n, struct error *e)
{
	bool *accepted = arena_array(x->arena, *n, sizeof(*accepted));
	struct store *store = app_store(x->app, e);
	size_t known;

	if (store == NULL ||
	    !store_acceptance_read(store, *list, *n, accepted, &known, e))
		return false;
	if (known == *n)
		return true;
	if (is_time(store, *list, *n, accepted)) {
		check_each(x, store, *list, *n, accepted, e);
		if (known == 0 && *n > 1)
			is_time(store, *list, *n, accepted);
	}
	*list = those_accepted(*list, n, accepted, x->arena);
	return *n > 0;
}
