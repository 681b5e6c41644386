/* SPDX-License-Identifier: MIT */
/* What is known of this server's credentials. */
#include "app/relay/credential_report.h"

#include "app/relay/credential_quotas.h"
#include "base/clock.h"
#include "store/credential_notes.h"
#include "store/quotas.h"
#include "upstream/advice.h"
#include "upstream/cooldown.h"
#include "upstream/hosts.h"

#define ACCEPTED_NOTE "accepted"

const char *credential_health_name(enum credential_health health)
{
	static const char *const names[] = {
		[CREDENTIAL_OK] = "ok",
		[CREDENTIAL_UNCHECKED] = "not checked",
		[CREDENTIAL_PAUSED] = "paused",
		[CREDENTIAL_EXPIRED] = "expired",
		[CREDENTIAL_REFUSED] = "refused",
		[CREDENTIAL_CLOSED] = "account closed",
		[CREDENTIAL_NO_PLAN] = "no plan",
		[CREDENTIAL_NO_QUOTA] = "no quota",
		[CREDENTIAL_NOT_LISTED] = "program refused",
		[CREDENTIAL_BUSY] = "busy",
		[CREDENTIAL_UNREACHABLE] = "unreachable",
		[CREDENTIAL_UNUSABLE] = "unusable",
	};

	return names[health];
}

/* Of what passes by itself. */
static enum credential_health passing(enum error_kind kind)
{
	if (kind == ERROR_FORBIDDEN)
		return CREDENTIAL_REFUSED;
	return kind == ERROR_RATE_LIMIT ? CREDENTIAL_BUSY :
					  CREDENTIAL_UNREACHABLE;
}

static enum credential_health
health_of(const struct credential *c, const struct error *why, struct arena *a)
{
	switch (advice_trouble(why)) {
	case TROUBLE_KEY:
		return c->upstream->access(a, c->secret).refresh != NULL ?
			       CREDENTIAL_EXPIRED :
			       CREDENTIAL_REFUSED;
	case TROUBLE_CLOSED:
		return CREDENTIAL_CLOSED;
	case TROUBLE_PLAN:
		return CREDENTIAL_NO_PLAN;
	case TROUBLE_PROGRAM:
		return CREDENTIAL_NOT_LISTED;
	case TROUBLE_QUOTA:
		return CREDENTIAL_NO_QUOTA;
	case TROUBLE_NONE:
		break;
	}
	return passing(why->kind);
}

void credential_report_begin(struct credential_report *r,
			     const struct owner_credential *of)
{
	*r = (struct credential_report){ .of = of };
	arena_init(&r->arena);
	r->quotas.arena = &r->arena;
	if (of->credential.secret == NULL) {
		r->health = CREDENTIAL_UNUSABLE;
		r->says = of->fault;
	} else if (of->paused_at != 0) {
		r->health = CREDENTIAL_PAUSED;
	}
}

void credential_reports_end(struct credential_report *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		arena_fini(&list[i].arena);
}

static const char *find_note(struct credential_report *r, struct store *store,
			     const char *name)
{
	const char *value = NULL;
	struct error ignored;

	store_credential_note_find(store, r->of->credential.fingerprint, name,
				   &value, &r->arena, &ignored);
	return value;
}

void credential_report_notes(struct credential_report *r, struct store *store)
{
	r->host = find_note(r, store, HOSTS_NOTE);
	r->plan = find_note(r, store, CREDENTIAL_PLAN_NOTE);
}

void credential_report_failure(struct credential_report *r,
			       const struct error *why)
{
	const struct credential *c = &r->of->credential;
	int64_t ms = cooldown_ms(why);
	char advice[ADVICE_SIZE];

	r->health = health_of(c, why, &r->arena);
	r->says = arena_copy(&r->arena, advice_write(advice, c, why) ?
						advice :
						why->message);
	if (cooldown_is_named(why) && ms != COOLDOWN_FOREVER)
		r->until = clock_wall_ms() + ms;
}

void credential_report_cooldown(struct credential_report *r,
				const struct credential_state *state)
{
	struct error why;

	store_credential_failure(state, &why);
	r->health = health_of(&r->of->credential, &why, &r->arena);
	r->says = state->failure != NULL ? state->failure :
					   state->cooldown_words;
	if (state->cooldown_left_ms != 0 &&
	    state->cooldown_left_ms != COOLDOWN_FOREVER &&
	    state->cooldown_until > r->until)
		r->until = state->cooldown_until;
}

void credential_report_accepted(const struct credential_report *r,
				struct store *store)
{
	struct error ignored;

	store_credential_note_put(store, r->of->credential.fingerprint,
				  ACCEPTED_NOTE, "1", &ignored);
}

/* Whether Kimi ever answered anything with it. */
static bool find_answer(struct credential_report *r, struct store *store,
			bool *answered, struct error *e)
{
	*answered = r->quotas.n > 0 || r->host != NULL || r->plan != NULL ||
		    find_note(r, store, ACCEPTED_NOTE) != NULL;
	return *answered || store_credential_has_answered(
				    store, &r->of->credential, answered, e);
}

static bool recall(struct credential_report *r, struct app *app,
		   struct error *e)
{
	const struct credential *c = &r->of->credential;
	struct credential_state state;
	bool answered;

	if (!store_credential_states(app->store, &c, 1, &state, &r->arena, e) ||
	    !store_quotas_load(app->store, c->fingerprint, &r->quotas, e))
		return false;
	credential_report_notes(r, app->store);
	if (r->health != CREDENTIAL_OK)
		return true;
	if (state.cooldown_left_ms != 0 || state.failure != NULL) {
		credential_report_cooldown(r, &state);
		return true;
	}
	if (!find_answer(r, app->store, &answered, e))
		return false;
	if (!answered)
		r->health = CREDENTIAL_UNCHECKED;
	return true;
}

bool credential_reports_known(struct app *app,
			      const struct owner_credential *list, size_t n,
			      struct credential_report *reports,
			      struct error *e)
{
	for (size_t i = 0; i < n; i++)
		credential_report_begin(&reports[i], &list[i]);
	for (size_t i = 0; i < n; i++)
		if (!recall(&reports[i], app, e))
			return false;
	return true;
}
