/* SPDX-License-Identifier: MIT */
/* Kimi web: which host and which protocol answer. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chat/transcript.h"
#include "upstream/hosts.h"
#include "upstream/jwt.h"
#include "upstream/note.h"
#include "upstream/services.h"
#include "upstream/web/current.h"
#include "upstream/web/legacy.h"
#include "upstream/web/membership.h"
#include "upstream/web/models.h"
#include "upstream/web/reader.h"
#include "upstream/web/request.h"
#include "upstream/web/token.h"

#define CONTEXT (256 * 1024)

/* Who the token belongs to. */
#define CURRENT_USER                                                           \
	"/apiv2/kimi.gateway.order.v1.SubscriptionService/GetSubscription"
#define LEGACY_USER "/api/user"
#define CHECK_MS 10000

/* Says that the account's host knows only the legacy protocol, and since
 * when. */
#define NOTE "protocol"
#define NOTE_LEGACY "legacy "
#define NOTE_LASTS_MS ((int64_t)24 * 3600 * 1000)

/* The names of the legacy protocol; see web_models_current. */
static const struct model known_models[] = {
	{ .name = "k2",
	  .upstream = &upstream_web,
	  .traits = MODEL_IMAGES,
	  .context = CONTEXT,
	  .created = 1752192000 },
	{ .name = "k1.5",
	  .upstream = &upstream_web,
	  .traits = MODEL_THINKS | MODEL_IMAGES,
	  .context = CONTEXT,
	  .created = 1737331200 },
	{ 0 },
};

/* Any word that is not a key. */
static bool recognizes(const char *secret)
{
	return strncmp(secret, "sk-", 3) != 0;
}

/* --- Hosts --- */

/* An expired token is also refused by the host that knows it. */
static bool token_lasts(const struct upstream_call *call)
{
	struct access_token own;

	if (call->bearer == NULL)
		return false;
	own = jwt_access(call->arena, call->bearer);
	return own.token == NULL || own.expires_ms > clock_wall_ms();
}

/*
 * Whether another host may know the account. After the first one only if it
 * refused the token; a further one may simply be a stranger to the account,
 * which it can say in several ways.
 */
static bool may_know_account(const struct upstream_call *call, bool first)
{
	enum error_kind kind = call->error->kind;

	if (first)
		return kind == ERROR_CREDENTIAL && token_lasts(call);
	return kind == ERROR_CREDENTIAL || kind == ERROR_FORBIDDEN ||
	       kind == ERROR_UPSTREAM || kind == ERROR_TIMEOUT;
}

/* --- Protocols --- */

static enum web_protocol protocol_of(const char *chat)
{
	size_t n = strlen(WEB_READER_CHAT);

	return strncmp(chat, WEB_READER_CHAT, n) == 0 ? WEB_CURRENT :
							WEB_LEGACY;
}

/* What the service itself calls a chat. */
static const char *id_of(const char *chat)
{
	return protocol_of(chat) == WEB_CURRENT ?
		       chat + strlen(WEB_READER_CHAT) :
		       chat;
}

static bool is_noted_legacy(const struct upstream_call *call)
{
	const char *value = note_find(call, NOTE);
	size_t n = strlen(NOTE_LEGACY);
	int64_t age_ms;

	if (value == NULL || strncmp(value, NOTE_LEGACY, n) != 0)
		return false;
	age_ms = clock_wall_ms() - strtoll(value + n, NULL, 10);
	return age_ms >= 0 && age_ms < NOTE_LASTS_MS;
}

static enum web_protocol first_protocol(const struct upstream_call *call)
{
	switch (call->config->web_protocol) {
	case CONFIG_PROTOCOL_CURRENT:
		return WEB_CURRENT;
	case CONFIG_PROTOCOL_LEGACY:
		return WEB_LEGACY;
	case CONFIG_PROTOCOL_AUTO:
		break;
	}
	return is_noted_legacy(call) ? WEB_LEGACY : WEB_CURRENT;
}

static void note_legacy(const struct upstream_call *call)
{
	note_save(call, NOTE,
		  arena_printf(call->arena, NOTE_LEGACY "%lld",
			       (long long)clock_wall_ms()));
}

/* --- Replies --- */

static bool run_by(struct web_turn *t, enum web_protocol protocol)
{
	const char *chat = t->request->bookmark.chat;

	if (chat != NULL && protocol_of(chat) != protocol)
		return error_set(t->call->error, ERROR_CHAT_GONE,
				 "The chat belongs to the other protocol of "
				 "Kimi web.");
	if (protocol == WEB_CURRENT ? web_current_run(t) : web_legacy_run(t))
		return true;
	upstream_lose_chance(t->call, t->stream);
	return false;
}

static bool run_at(void *ctx, const char *host)
{
	struct web_turn *t = ctx;

	t->host = host;
	t->unknown = false;
	if (first_protocol(t->call) == WEB_LEGACY)
		return run_by(t, WEB_LEGACY);
	if (run_by(t, WEB_CURRENT))
		return true;
	if (!t->unknown || t->stream->started ||
	    !upstream_has_chance(t->call) ||
	    t->call->config->web_protocol == CONFIG_PROTOCOL_CURRENT)
		return false;
	if (!run_by(t, WEB_LEGACY))
		return false;
	note_legacy(t->call);
	return true;
}

static bool run_elsewhere(void *ctx, bool first)
{
	const struct web_turn *t = ctx;

	return !t->stream->started && may_know_account(t->call, first);
}

static bool run(struct upstream_call *call, const struct chat_request *request,
		struct chat_stream *stream)
{
	const struct chat_bookmark *mark = &request->bookmark;
	size_t known = mark->chat == NULL ? 0 : mark->known;
	struct web_turn t = {
		.call = call,
		.request = request,
		.stream = stream,
		.chat = mark->chat == NULL ? NULL : id_of(mark->chat),
		.text = chat_transcript(request->messages + known,
					request->n_messages - known,
					call->arena),
	};
	struct hosts_visit visit = { run_at, run_elsewhere, &t };

	return hosts_visit(call, &call->config->web_urls, &visit);
}

/* --- Everything else --- */

struct question {
	struct upstream_call *call;
	struct upstream_chat *chats;
	size_t n;
	struct model_list *models;
	struct quota_list *quotas;
};

static bool ask_elsewhere(void *ctx, bool first)
{
	const struct question *q = ctx;

	return may_know_account(q->call, first);
}

/* Kimi's words about a chat, which say nothing of the others. */
static bool is_refusal(const struct error *e)
{
	return e->kind == ERROR_CHAT_GONE || e->kind == ERROR_FORBIDDEN ||
	       e->kind == ERROR_VALUE;
}

static bool delete_one(const struct question *q, const char *host,
		       const char *chat)
{
	const char *id = id_of(chat);
	bool unknown;

	return protocol_of(chat) == WEB_LEGACY ?
		       web_legacy_delete_chat(q->call, host, chat) :
		       web_current_delete_chats(q->call, host, &id, 1,
						&unknown);
}

/* One by one. If Kimi does not answer, the rest would wait as long. */
static bool delete_each(const struct question *q, const char *host)
{
	bool all = true;

	for (size_t i = 0; i < q->n; i++) {
		struct upstream_chat *c = &q->chats[i];

		if (!c->gone)
			c->gone = delete_one(q, host, c->id);
		if (!c->gone && !is_refusal(q->call->error))
			return false;
		all = all && c->gone;
	}
	return all;
}

/* Several of the current protocol by one call. True if the others, and those of
 * a call that was refused, are to be deleted one by one. */
static bool delete_together(const struct question *q, const char *host)
{
	const char **ids = arena_array(q->call->arena, q->n, sizeof(*ids));
	size_t n = 0;
	bool unknown;

	for (size_t i = 0; i < q->n; i++)
		if (!q->chats[i].gone &&
		    protocol_of(q->chats[i].id) == WEB_CURRENT)
			ids[n++] = id_of(q->chats[i].id);
	if (n < 2)
		return true;
	if (!web_current_delete_chats(q->call, host, ids, n, &unknown))
		return unknown || is_refusal(q->call->error);
	for (size_t i = 0; i < q->n; i++)
		if (protocol_of(q->chats[i].id) == WEB_CURRENT)
			q->chats[i].gone = true;
	return true;
}

static bool delete_at(void *ctx, const char *host)
{
	const struct question *q = ctx;

	return delete_together(q, host) && delete_each(q, host);
}

static bool delete_chats(struct upstream_call *call,
			 struct upstream_chat *chats, size_t n)
{
	struct question q = { .call = call, .chats = chats, .n = n };
	struct hosts_visit visit = { delete_at, ask_elsewhere, &q };

	return hosts_visit(call, &call->config->web_urls, &visit);
}

static bool list_at(void *ctx, const char *host)
{
	const struct question *q = ctx;

	return web_models_list(q->call, host, &upstream_web, q->models);
}

static bool list(struct upstream_call *call, struct model_list *models)
{
	struct question q = { .call = call, .models = models };
	struct hosts_visit visit = { list_at, ask_elsewhere, &q };

	if (first_protocol(call) == WEB_LEGACY)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi's legacy protocol does not list its "
				 "models.");
	return hosts_visit(call, &call->config->web_urls, &visit);
}

/* The list of models is given to anybody. */
static bool check_by(struct upstream_call *call, const char *host,
		     enum web_protocol protocol, bool *unknown)
{
	bool current = protocol == WEB_CURRENT;
	struct web_request q = {
		.protocol = protocol,
		.method = current ? "POST" : "GET",
		.url = arena_printf(call->arena, "%s%s", host,
				    current ? CURRENT_USER : LEGACY_USER),
		.bearer = call->bearer,
		.body = current ? "{}" : NULL,
		.abandon = HTTP_ABANDON_NEVER,
		.max_ms = CHECK_MS,
	};
	bool ok = web_request_send(call, &q) != NULL;

	*unknown = q.unknown;
	return ok;
}

static bool check_at(void *ctx, const char *host)
{
	const struct question *q = ctx;
	enum web_protocol first = first_protocol(q->call);
	bool unknown;

	if (check_by(q->call, host, first, &unknown))
		return true;
	return unknown && first == WEB_CURRENT &&
	       q->call->config->web_protocol != CONFIG_PROTOCOL_CURRENT &&
	       check_by(q->call, host, WEB_LEGACY, &unknown);
}

static bool check(struct upstream_call *call)
{
	struct question q = { .call = call };
	struct hosts_visit visit = { check_at, ask_elsewhere, &q };

	return hosts_visit(call, &call->config->web_urls, &visit);
}

static bool quotas_at(void *ctx, const char *host)
{
	const struct question *q = ctx;

	return web_membership_quotas(q->call, host, q->quotas);
}

/* The legacy protocol does not tell. */
static bool quotas(struct upstream_call *call, struct quota_list *list)
{
	struct question q = { .call = call, .quotas = list };
	struct hosts_visit visit = { quotas_at, ask_elsewhere, &q };

	return first_protocol(call) == WEB_LEGACY ||
	       hosts_visit(call, &call->config->web_urls, &visit);
}

static int64_t slots(const struct config *config)
{
	return config->web_slots;
}

const struct upstream upstream_web = {
	.name = "web",
	.features = UPSTREAM_CHATS | UPSTREAM_IMAGES | UPSTREAM_FILES,
	.replacement = "log in at www.kimi.com and copy refresh_token again "
		       "(each installation needs its own)",
	.models = known_models,
	.recognizes = recognizes,
	.plausible = jwt_plausible,
	.access = jwt_access,
	.renew = web_token_renew,
	.run = run,
	.list = list,
	.check = check,
	.quotas = quotas,
	.current = web_models_current,
	.slots = slots,
	.delete_chats = delete_chats,
};
