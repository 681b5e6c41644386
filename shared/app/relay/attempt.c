/* SPDX-License-Identifier: MIT */
/* Gets a reply from Kimi, trying one credential after another. */
#include "app/relay/attempt_internal.h"

#include "app/relay/blame_internal.h"
#include "app/relay/candidates_internal.h"
#include "app/relay/error_precedence_internal.h"
#include "app/relay/slot_turn_internal.h"
#include "app/relay/try_internal.h"
#include "base/clock.h"
#include "store/slots.h"
#include "upstream/cooldown.h"
#include "upstream/upstream.h"

#define QUEUE_STEP_MS 100
#define RETRY_MS 1000

/* Requests to Kimi that fail, whatever credential and host they were for; a
 * token that is not renewed counts as one. */
#define CHANCES 4

/* … and of each of several choices, which fail together: enough to tell whether
 * it is the request. */
#define CHANCES_OF_CHOICE 2

/* From the first of them until the reply begins, unless Kimi may be silent even
 * longer by KIMI_READ_TIMEOUT. */
#define START_MS (600 * 1000)

/* --- The slot of a credential --- */

static void keep_slot(struct attempt *t, int64_t slot)
{
	t->slot = slot;
	if (t->peers != NULL)
		atomic_fetch_add(&t->peers->slots, 1);
}

/* A service may allow only so many requests at once. */
static bool take_slot(struct attempt *t, bool *taken)
{
	const struct job *j = t->job;
	int64_t max = slot_turn_max(j, t->credential), slot;

	*taken = true;
	if (max == 0)
		return true;
	if (!store_slot_take(j->store, t->credential->fingerprint, max, &slot,
			     t->error))
		return false;
	*taken = slot != 0;
	if (*taken)
		keep_slot(t, slot);
	return true;
}

void attempt_release_slot(struct attempt *t)
{
	struct error ignored;

	if (t->slot == 0)
		return;
	store_slot_release(t->job->store, t->slot, &ignored);
	t->slot = 0;
	if (t->peers != NULL)
		atomic_fetch_sub(&t->peers->slots, 1);
}

void attempt_renew_slot(const struct attempt *t)
{
	struct error ignored;

	if (t->slot != 0)
		store_slot_renew(t->job->store, t->slot, &ignored);
}

/* --- One round: each credential that has not failed yet --- */

struct rounds {
	struct candidates candidates;
	bool *failed;	    /* one each */
	int *retries;	    /* likewise: in how many rounds to try it again */
	size_t busy;	    /* of them: all slots are taken */
	bool waited;	    /* the last pause was for one of those */
	size_t served;	    /* then the one whose slot was got */
	int n_retries;	    /* rounds after the first */
	int64_t give_up_ms; /* clock_ms: then no more waiting for a slot */
	int64_t named_ms;   /* clock_ms: the end of a cooldown, as Kimi says */
	struct error shown; /* of those that failed, by precedence */
	struct blame blame;
};

enum step { STEP_DONE, STEP_FAILED, STEP_NEXT };

static enum step skip(struct attempt *t, struct rounds *rounds, size_t i)
{
	const struct error *why = t->error;

	rounds->failed[i] = true;
	/* What is tried in spite of its cooldown is tried once. */
	rounds->retries[i] =
		rounds->candidates.last_resort_until > 0 ? 0 : why->retries;
	if (error_precedence_apply(&rounds->shown, why))
		t->failed = t->credential;
	return STEP_NEXT;
}

/* A request that fails with whatever credential is not tried with others, and
 * what they have failed with before does not matter. */
static void spare_others(struct rounds *rounds, const struct error *why)
{
	rounds->shown = *why;
	for (size_t i = 0; i < rounds->candidates.n; i++)
		rounds->failed[i] = true;
	rounds->busy = 0;
}

/* After a failure: whether another credential may do better. */
static enum step give_up_on(struct attempt *t, struct rounds *rounds, size_t i)
{
	/* A reply that our side cannot use is no fault of the credential. */
	if (cooldown_of(t->error->kind) == COOLDOWN_NONE ||
	    t->stream->flow == FLOW_FAILED) {
		attempt_release_slot(t);
		return STEP_FAILED;
	}
	if (t->error->retry_after_ms > RETRY_MS)
		t->error->retries = 0; /* Kimi asks for a longer wait */
	rounds->named_ms = clock_ms() + t->error->retry_after_ms;
	candidates_tell_owner(t->job->x, t->credential, t->error);
	/* In this order: whoever takes the slot next must know. */
	if (blame_failure(&rounds->blame, t->credential, t->error))
		spare_others(rounds, t->error);
	attempt_release_slot(t);
	return t->stream->started ? STEP_FAILED : skip(t, rounds, i);
}

/* The credential works: it forgets an earlier failure. */
static enum step succeed(const struct attempt *t, struct rounds *rounds,
			 size_t i)
{
	const struct credential_state *s = rounds->candidates.states[i];
	struct error ignored;

	if (s->cooled)
		store_credential_clear(t->job->store, t->credential,
				       s->cooldown_until, &ignored);
	if (rounds->blame.suspect == t->credential)
		blame_nobody(&rounds->blame);
	return STEP_DONE;
}

static enum step try_candidate(struct attempt *t, struct rounds *rounds,
			       size_t i)
{
	bool taken;

	t->credential = rounds->candidates.list[i];
	taken = t->slot != 0; /* it was waited for */
	if (!taken && !take_slot(t, &taken))
		return STEP_FAILED;
	if (!taken) {
		rounds->busy++;
		return STEP_NEXT;
	}
	if (rounds->waited &&
	    !candidates_available(&rounds->candidates, i, t->error)) {
		attempt_release_slot(t);
		return skip(t, rounds, i);
	}
	return try_credential(t) ? succeed(t, rounds, i) :
				   give_up_on(t, rounds, i);
}

/* No more requests to Kimi. */
static bool is_spent(const struct attempt *t)
{
	int64_t start_by = t->job->x->http->start_by_ms;

	return t->chances == 0 || (start_by > 0 && clock_ms() >= start_by);
}

static enum step try_each(struct attempt *t, struct rounds *rounds)
{
	enum step step = STEP_NEXT;

	rounds->busy = 0;
	if (t->slot != 0 && !is_spent(t))
		step = try_candidate(t, rounds, rounds->served);
	for (size_t i = 0;
	     i < rounds->candidates.n && step == STEP_NEXT && !is_spent(t); i++)
		if (!rounds->failed[i])
			step = try_candidate(t, rounds, i);
	return step;
}

/* --- Round after round --- */

/* Which credentials the next round tries again; false if none. */
static bool begin_retry(struct rounds *rounds)
{
	bool any = false;

	for (size_t i = 0; i < rounds->candidates.n; i++) {
		rounds->failed[i] = rounds->retries[i] <= rounds->n_retries;
		any = any || !rounds->failed[i];
	}
	rounds->n_retries++;
	return any;
}

/* However short it is, it notices that the attempt has to stop. */
static bool wait_for(struct attempt *t, int64_t ms)
{
	int64_t until = clock_ms() + ms, left = ms;

	do {
		if (!http_client_wait(t->job->x->http, left > 0 ? left : 0,
				      t->error))
			return false;
		left = until - clock_ms();
	} while (left > 0);
	return true;
}

/* Those that the next round would try, and have no slot. */
static size_t list_busy(const struct rounds *rounds, size_t *busy)
{
	size_t n = 0;

	for (size_t i = 0; i < rounds->candidates.n; i++)
		if (!rounds->failed[i])
			busy[n++] = i;
	return n;
}

static bool wait_for_slot(struct attempt *t, struct rounds *rounds)
{
	struct arena *a = t->job->x->arena;
	size_t *busy = arena_array(a, rounds->candidates.n, sizeof(*busy));
	struct slot_turn turn = { .job = t->job,
				  .n = list_busy(rounds, busy),
				  .give_up_ms = rounds->give_up_ms };

	if (t->queued_ms == 0)
		t->queued_ms = clock_ms();
	if (t->peers != NULL)
		turn.others = &t->peers->slots;
	turn.credentials = arena_array(a, turn.n, sizeof(*turn.credentials));
	for (size_t i = 0; i < turn.n; i++)
		turn.credentials[i] = rounds->candidates.list[busy[i]];
	if (!slot_turn_wait(&turn, t->error))
		return false;
	rounds->waited = true;
	rounds->give_up_ms = turn.give_up_ms;
	rounds->served = busy[turn.got];
	keep_slot(t, turn.slot);
	return true;
}

static bool wait_for_retry(struct attempt *t, struct rounds *rounds)
{
	*t->error = rounds->shown;
	/* They are in cooldown because of this request, which may use them
	 * anyway. */
	rounds->waited = false;
	if (!begin_retry(rounds))
		return false;
	job_debug(t->job, "again", exchange_loggable(t->job->x, t->error));
	return wait_for(t, RETRY_MS);
}

static bool begin_rounds(struct attempt *t, struct rounds *rounds)
{
	const struct job *j = t->job;
	struct arena *a = j->x->arena;

	*rounds = (struct rounds){
		.give_up_ms = clock_ms() + j->x->app->config.queue_ms,
	};
	candidates_init(&rounds->candidates, j->store, a);
	if (!candidates_find(&rounds->candidates, j->caller, j->model.upstream,
			     t->turn->credential, t->error))
		return false;
	rounds->failed =
		arena_array(a, rounds->candidates.n, sizeof(*rounds->failed));
	rounds->retries =
		arena_array(a, rounds->candidates.n, sizeof(*rounds->retries));
	rounds->shown = rounds->candidates.none;
	rounds->blame.store = j->store;
	t->failed = rounds->candidates.refused;
	t->chances = t->peers == NULL ? CHANCES : CHANCES_OF_CHOICE;
	rounds->named_ms = clock_ms() + rounds->shown.retry_after_ms;
	return true;
}

/* Whether there is another round; else the error is filled. */
static bool wait_for_round(struct attempt *t, struct rounds *rounds)
{
	if (!is_spent(t))
		return rounds->busy > 0 ? wait_for_slot(t, rounds) :
					  wait_for_retry(t, rounds);
	*t->error = rounds->shown;
	return false;
}

static bool is_interrupted(const struct error *e)
{
	return e->kind == ERROR_CLIENT_GONE || e->kind == ERROR_STOPPING;
}

static enum step run_rounds(struct attempt *t, struct rounds *rounds)
{
	enum step step;

	if (!begin_rounds(t, rounds))
		return STEP_FAILED;
	do {
		step = try_each(t, rounds);
	} while (step == STEP_NEXT && wait_for_round(t, rounds));
	if (step != STEP_DONE && is_interrupted(t->error))
		blame_nobody(&rounds->blame);
	return step;
}

/* --- As long as another choice may be in the way --- */

static unsigned peers_ended(const struct attempt *t)
{
	return t->peers == NULL ? 0 : atomic_load(&t->peers->ended);
}

/* Kimi may have refused this choice because of the others. Waits for one more
 * to end than `before`; false if none will. */
static bool wait_for_peer(struct attempt *t, const struct rounds *rounds,
			  unsigned before)
{
	struct attempt_peers *p = t->peers;
	bool waits = true;

	if (p == NULL || t->error->kind != ERROR_RATE_LIMIT ||
	    t->error->retry_after_ms > t->job->x->app->config.queue_ms)
		return false;
	atomic_fetch_sub(&p->running, 1);
	while (waits && peers_ended(t) == before &&
	       atomic_load(&p->running) > 0)
		waits = wait_for(t, QUEUE_STEP_MS);
	atomic_fetch_add(&p->running, 1);
	return waits && peers_ended(t) != before &&
	       wait_for(t, rounds->named_ms - clock_ms());
}

static enum step run_beside_peers(struct attempt *t)
{
	struct rounds rounds;
	enum step step;
	unsigned before;

	do {
		before = peers_ended(t);
		step = run_rounds(t, &rounds);
	} while (step == STEP_NEXT && wait_for_peer(t, &rounds, before));
	return step;
}

static int64_t start_ms(const struct config *c)
{
	return c->read_timeout_ms > START_MS ? c->read_timeout_ms : START_MS;
}

bool attempt_run(struct attempt *t)
{
	const struct job *j = t->job;
	struct http_client *http = j->x->http;
	enum step step;

	http->start_by_ms = clock_ms() + start_ms(&j->x->app->config);
	step = run_beside_peers(t);
	http->start_by_ms = 0;
	if (t->failed == NULL)
		t->failed = t->credential;
	if (step != STEP_DONE && t->failed != NULL)
		candidates_explain(t->failed, t->error);
	return step == STEP_DONE;
}

struct chat_bookmark attempt_bookmark(const struct attempt *t)
{
	const struct chat_bookmark none = { 0 };

	return t->job->differs ? none : chat_stream_place(t->stream);
}
