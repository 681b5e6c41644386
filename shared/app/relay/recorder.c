/* SPDX-License-Identifier: MIT */
/* What is written to the database about a request, and when. */
#include "app/relay/recorder_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "app/owner.h"
#include "app/request_row.h"
#include "base/clock.h"
#include "chat/compaction.h"
#include "store/turn_open.h"
#include "tokens/estimate.h"
#include "tokens/usage.h"
#include "upstream/hosts.h"

#define SETTINGS_LIMIT (256 * 1024 * 1024)

/* A stateless request that lasts longer gets its row before it ends. */
#define ROW_AFTER_MS 1000

/* A chat that was made at Kimi is noted after this time, unless the request has
 * ended, which notes it, too. */
#define NOTE_AFTER_MS 100

/* How soon a reply that can be cancelled notices that it was. */
#define CANCEL_STEP_MS 1000

/* Replies take memory in such steps; the first is not counted. */
#define HELD_STEP (1024 * 1024)

/* In the settings, for whoever resumes the stream; a client's own member of that
 * name means nothing. */
#define COMPACTS "compacts"

/* The request without its input. */
static const char *settings_of(const struct job *j)
{
	struct arena *a = j->x->arena;
	struct buf *out = arena_buf(a, SETTINGS_LIMIT);
	struct json_writer w;
	const cJSON *v;

	json_writer_init(&w, out);
	json_object(&w, NULL);
	cJSON_ArrayForEach(v, j->x->body)
		if (strcmp(v->string, j->x->dialect->input) != 0 &&
		    strcmp(v->string, COMPACTS) != 0)
			json_put_tree(&w, v->string, v);
	if (j->request->compacts)
		json_put_bool(&w, COMPACTS, true);
	json_close_object(&w);
	return buf_text(out);
}

/* A response that its client may ask for again; some can be resumed. */
static void init_stored(struct recorder *rec, const char *prefix)
{
	const struct job *j = rec->job;
	const struct chat_request *q = j->request;

	rec->store_as = (struct store_as){
		.kind = j->x->dialect->stored_kind,
		.id = arena_printf(j->x->arena, "%s%s", prefix, j->id),
		.settings = settings_of(j),
		.metadata = q->metadata,
		.background = q->background,
	};
	rec->turn.store_as = &rec->store_as;
	if (j->x->dialect->accepted == NULL || !(q->stream || q->background))
		return;
	stream_log_writer_init(&rec->log, j->store, j->x->arena);
	rec->renew_every_ms = CANCEL_STEP_MS;
}

static void init_replies(struct recorder *rec, size_t n)
{
	struct arena *a = rec->job->x->arena;

	rec->replies = arena_array(a, n, sizeof(*rec->replies));
	for (size_t i = 0; i < n; i++) {
		chat_reply_init(&rec->replies[i], a);
		rec->replies[i].compacts = rec->request.compacts;
		if (i > 0)
			rec->replies[i - 1].next = &rec->replies[i];
	}
}

/* For the case that the process is killed. */
static void note(const struct recorder *rec)
{
	store_running_set(rec->job->x->running, &rec->turn, &rec->asked);
}

void recorder_set_prompt(struct recorder *rec, const struct chat_request *q)
{
	rec->asked.prompt_tokens = tokens_estimate_prompt(q);
	note(rec);
}

void recorder_set_model(struct recorder *rec, const char *name)
{
	rec->turn.model = request_row_model(rec->job->x, name);
	note(rec);
}

void recorder_init(struct recorder *rec, const struct job *j,
		   struct made_chats *made)
{
	const struct chat_request *q = j->request;
	const char *prefix = j->x->dialect->stored_prefix;

	*rec = (struct recorder){
		.job = j,
		.request = *q,
		.renew_every_ms = TURN_RENEW_MS,
		.renew_ms = INT64_MAX,
		.made = made,
		.first_token_ms = -1,
	};
	rec->turn = (struct store_turn){
		.request = j->x->id,
		.owner = owner_of(j->x, j->caller),
		.dialect = j->x->dialect->name,
		.conversation = q->conversation,
		.previous = q->previous,
		.ephemeral = q->store == CHAT_STORE_OFF,
		.stream = q->stream,
		.started_ms = j->accepted_ms,
	};
	init_replies(rec, chat_choices(q));
	if (q->store == CHAT_STORE_ON && prefix != NULL)
		init_stored(rec, prefix);
	recorder_set_model(rec, q->model);
}

/* Responses are stored unless their client says otherwise. */
static void say_how_to_go_on(struct error *e)
{
	size_t n = strlen(e->message);

	snprintf(e->message + n, sizeof(e->message) - n,
		 " Or send \"store\": false.");
}

bool recorder_check_space(const struct recorder *rec, struct error *e)
{
	const struct job *j = rec->job;
	const struct store_turn *t = &rec->turn;

	if ((t->conversation == NULL && t->store_as == NULL) ||
	    owner_check_space(j->x, j->caller, j->store, e))
		return true;
	if (e->kind == ERROR_SPACE && t->conversation == NULL)
		say_how_to_go_on(e);
	return false;
}

bool recorder_needs_row(const struct recorder *rec)
{
	return rec->job->x->running == NULL || rec->turn.conversation != NULL ||
	       rec->turn.previous != NULL || rec->turn.admission != NULL ||
	       rec->log.store != NULL;
}

void recorder_hold(struct recorder *rec)
{
	rec->renew_ms = rec->turn.row == 0 ?
				rec->job->x->started_ms + ROW_AFTER_MS :
				clock_ms() + rec->renew_every_ms;
}

int64_t recorder_due_in(const struct recorder *rec, int64_t now)
{
	const struct abandoned_chat *chat = made_chats_list(rec->made);
	int64_t due = rec->renew_ms;

	if (chat != rec->noted && chat->made_ms + NOTE_AFTER_MS < due)
		due = chat->made_ms + NOTE_AFTER_MS;
	return due == INT64_MAX ? INT64_MAX : due - now;
}

static void note_chats(struct recorder *rec)
{
	rec->turn.chats = made_chats_list(rec->made);
	rec->noted = rec->turn.chats;
}

bool recorder_renew(struct recorder *rec, int64_t now)
{
	const struct job *j = rec->job;
	struct error e;

	rec->renew_ms = now + rec->renew_every_ms;
	note_chats(rec);
	if (rec->turn.row == 0)
		store_turn_open(j->store, &rec->turn, j->x->arena, &e);
	else if (!store_turn_renew(j->store, &rec->turn, &e))
		return e.kind != ERROR_CLIENT_GONE;
	return true;
}

bool recorder_store_input(struct recorder *rec, struct error *e)
{
	const struct job *j = rec->job;

	return store_turn_store_input(j->store, &rec->turn, &rec->request,
				      rec->history.kept, j->x->arena, e);
}

static bool refuse_size(struct error *e)
{
	return error_set(e, ERROR_UPSTREAM,
			 "Kimi's reply is larger than this server can store.");
}

/* A long reply is collected, and then there is what the client gets of it or
 * the database. */
static bool admit(struct recorder *rec, size_t n, struct error *e)
{
	struct memory_share *share = &rec->job->x->share;

	rec->held += n;
	if (rec->held <= rec->admitted)
		return true;
	rec->admitted += HELD_STEP;
	return rec->admitted == HELD_STEP ||
	       memory_share_grow(share, share->size + 2 * HELD_STEP, e);
}

bool recorder_event(struct recorder *rec, const struct chat_event *event,
		    struct error *e)
{
	struct chat_reply *reply = &rec->replies[event->choice];

	if (event->kind == CHAT_DELTA && rec->first_token_ms < 0)
		rec->first_token_ms = clock_ms() - rec->job->x->started_ms;
	chat_reply_event(reply, event);
	store_running_event(rec->job->x->running, event);
	stream_log_writer_event(&rec->log, event);
	if (reply->overflow)
		return refuse_size(e);
	return event->kind != CHAT_DELTA || admit(rec, event->n, e);
}

void recorder_write_log(struct recorder *rec, int64_t now)
{
	struct error e;

	if (!rec->recorded &&
	    !stream_log_writer_flush(&rec->log, rec->turn.row, now, &e))
		job_debug(rec->job, "log", e.message);
}

/* What the client gets, or got already when the reply began. */
static int http_status(const struct job *j, const struct error *why)
{
	const struct dialect *d = j->x->dialect;

	if (j->x->response.begun)
		return j->x->response.status;
	if (why == NULL)
		return 200;
	return d->status == NULL ? error_status(why->kind) :
				   d->status(why->kind, j->request->stream);
}

/* Where Kimi reported no numbers they are counted or estimated here. */
static void complete_usage(struct chat_reply *reply, const struct attempt *t)
{
	const struct job *j = t->job;

	if (reply->usage.source == CHAT_USAGE_NONE)
		reply->usage = t->stream->usage;
	if (reply->usage.source == CHAT_USAGE_NONE)
		reply->usage =
			tokens_usage(app_tokens(j->x->app),
				     template_of(j->model.name, j->request),
				     j->request, reply);
	reply->usage.searches = t->stream->usage.searches;
}

/* What Kimi has reported counts, even if the client has nothing of it. */
static bool has_used(const struct chat_reply *reply, const struct attempt *t)
{
	return reply->started || t->stream->usage.source != CHAT_USAGE_NONE;
}

static void sum_usage(struct recorder *rec, const struct choices *cs)
{
	for (size_t i = 0; i < cs->n; i++)
		if (has_used(&rec->replies[i], &cs->list[i].attempt))
			complete_usage(&rec->replies[i], &cs->list[i].attempt);
	rec->usage = chat_reply_usage(rec->replies);
}

/* What is wrong with the request was found before any credential was tried. */
static bool is_refused(const struct job *j, const struct attempt *t,
		       const struct error *why)
{
	int status = http_status(j, why);

	return t->credential == NULL && t->failed == NULL && status >= 400 &&
	       status < 500 && why->kind != ERROR_CLIENT_GONE;
}

bool recorder_leaves_refusal(const struct recorder *rec,
			     const struct attempt *t, const struct error *why)
{
	return rec->turn.row == 0 && is_refused(rec->job, t, why);
}

static enum store_status status_of(const struct job *j, const struct attempt *t,
				   const struct chat_event *end)
{
	if (end->kind == CHAT_FINISH)
		return STORE_DONE;
	assert(end->error != NULL);
	if (end->error->kind == ERROR_CLIENT_GONE)
		return STORE_CANCELLED;
	return is_refused(j, t, end->error) ? STORE_REFUSED : STORE_FAILED;
}

/* Those of each choice in their order, one choice after the other. */
static struct store_attempt *all_attempts(const struct choices *cs)
{
	struct store_attempt *all = NULL, *next;

	for (size_t i = cs->n; i-- > 0;)
		for (struct store_attempt *a = cs->list[i].attempt.tries;
		     a != NULL; a = next) {
			next = a->next;
			a->next = all;
			all = a;
		}
	return all;
}

static const char *region_of(const struct attempt *t)
{
	return t->asked.host == NULL ? NULL : hosts_region(t->asked.host);
}

void recorder_set_asked(struct recorder *rec, const struct attempt *t)
{
	rec->asked.credential = t->credential->label;
	rec->asked.service = t->credential->upstream->name;
	rec->asked.region = region_of(t);
	note(rec);
}

/* A row that another request had cancelled is closed, too. */
static bool close_turn(struct recorder *rec, const struct store_outcome *o,
		       struct error *e)
{
	const struct job *j = rec->job;
	int64_t begun_ms = clock_ms(), now;
	bool ok;

	rec->facts = (struct exchange_facts){
		.model = rec->turn.model,
		.credential = o->credential_label,
		.usage = o->usage,
		.first_token_ms = o->first_token_ms,
	};
	j->x->facts = &rec->facts;
	ok = store_turn_close(j->store, &rec->turn, o, j->x->arena, e);
	now = clock_ms();
	rec->timing.db_ms = now - begun_ms;
	rec->timing.total_ms = now - j->x->started_ms;
	request_row_closed(j->x, ok || e->kind == ERROR_CLIENT_GONE);
	return ok;
}

static bool store_outcome(struct recorder *rec, struct choice *last,
			  const struct chat_event *end, struct error *e)
{
	struct attempt *attempt = &last->attempt;
	const struct choices *cs = last->all;
	const struct job *j = rec->job;
	const struct error *why = end->kind == CHAT_ERROR ? end->error : NULL;
	const struct credential *c = attempt->credential;
	const struct credential *named = why != NULL ? attempt->failed : c;
	struct store_outcome o = {
		.status = status_of(j, attempt, end),
		.begun = j->x->response.begun,
		.http_status = http_status(j, why),
		.credential_label = named == NULL ? NULL : named->label,
		.service = c == NULL ? NULL : c->upstream->name,
		.region = region_of(attempt),
		.reply = rec->replies,
		.usage = rec->usage,
		.first_token_ms = rec->first_token_ms,
		.duration_ms = clock_ms() - j->x->started_ms,
		.error = why,
		.attempts = all_attempts(cs),
		.charged = &rec->facts.cost,
		.chat_touched = attempt->chat_touched,
		.request = &rec->request,
		.history = rec->history,
		.bookmark = attempt_bookmark(attempt),
		.credential = c == NULL ? NULL : c->fingerprint,
		.slot = attempt->slot,
		.uid = j->id,
		.events = stream_log_writer_rest(&rec->log),
	};

	assert(!rec->recorded);
	rec->recorded = true;
	note_chats(rec);
	rec->completed = (j->accepted_ms + o.duration_ms) / 1000;
	if (!close_turn(rec, &o, e))
		return false;
	attempt->slot = 0;
	rec->timing.served = why == NULL ? attempt->tries : NULL;
	job_debug(j, "recorded",
		  why == NULL ? "done" : exchange_loggable(j->x, why));
	return true;
}

bool recorder_finish(struct recorder *rec, const struct chat_event *end,
		     struct error *e)
{
	struct chat_reply *reply = &rec->replies[end->choice];

	chat_reply_event(reply, end);
	return !reply->compacts || chat_compaction_done(reply) ||
	       error_set(
		       e, ERROR_UPSTREAM,
		       "Kimi did not summarize the conversation: its reply was "
		       "empty, cut off or a tool call. Try again.");
}

bool recorder_close(struct recorder *rec, struct choice *last,
		    struct chat_event *end, struct error *e)
{
	const struct exchange *x = rec->job->x;

	sum_usage(rec, last->all);
	if (end->kind == CHAT_FINISH)
		end->usage = &rec->usage;
	stream_log_writer_event(&rec->log, end);
	if (store_outcome(rec, last, end, e))
		return true;
	if (e->kind != ERROR_CLIENT_GONE)
		log_line(&x->app->log, LOG_ERROR, x->id, "database", "%s",
			 e->message);
	return false;
}
