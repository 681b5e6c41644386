/* SPDX-License-Identifier: MIT */
/* Kimi web: which host and which protocol answer. */
#include "upstream/web/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chat/transcript.h"
#include "upstream/hosts.h"

/* That the account's host knows only the legacy protocol, and since when. */
#define NOTE "protocol"
#define NOTE_LEGACY "legacy "
#define NOTE_LASTS_MS ((int64_t)24 * 3600 * 1000)

/* --- Hosts --- */

/* A token that has expired is refused by the host that knows it, too. */
static bool token_lasts(const struct upstream_call *call)
{
	struct access_token own;

	if (call->bearer == NULL)
		return false;
	own = web_access(call->arena, call->bearer);
	return own.token == NULL || own.expires_ms > clock_wall_ms();
}

/* Whether a host that fails so may yet be a stranger to the account. */
static bool may_be_stranger(enum error_kind kind)
{
	return kind == ERROR_CREDENTIAL || kind == ERROR_FORBIDDEN ||
	       kind == ERROR_UPSTREAM || kind == ERROR_TIMEOUT;
}

/*
 * Asks one host after the other until one knows the account. When none does
 * the first refusal is the answer. `stream` NULL: there is none.
 */
static bool try_hosts(struct upstream_call *call,
		      const struct chat_stream *stream,
		      bool (*attempt)(void *ctx, const char *host), void *ctx)
{
	const struct config_list *urls = &call->config->web_urls;
	const char *first = hosts_first(call, urls), *host = first;
	struct error refusal;

	if (attempt(ctx, host)) {
		hosts_note(call, urls, host);
		return true;
	}
	if (call->error->kind != ERROR_CREDENTIAL || !token_lasts(call))
		return false;
	refusal = *call->error;
	while (stream == NULL || !stream->started) {
		host = hosts_next(urls, first, host);
		if (host == NULL)
			break;
		if (attempt(ctx, host)) {
			hosts_note(call, urls, host);
			return true;
		}
		if (!may_be_stranger(call->error->kind))
			return false;
	}
	if (stream == NULL || !stream->started)
		*call->error = refusal;
	return false;
}

/* --- Protocols --- */

static enum web_protocol protocol_of(const char *chat)
{
	size_t n = strlen(WEB_CURRENT_CHAT);

	return strncmp(chat, WEB_CURRENT_CHAT, n) == 0 ? WEB_CURRENT :
							 WEB_LEGACY;
}

/* What the service itself calls a chat. */
static const char *id_of(const char *chat)
{
	return protocol_of(chat) == WEB_CURRENT ?
		       chat + strlen(WEB_CURRENT_CHAT) :
		       chat;
}

static bool is_noted_legacy(const struct upstream_call *call)
{
	const struct upstream_notes *notes = call->notes;
	const char *value = notes == NULL ?
				    NULL :
				    notes->find(notes->ctx, NOTE, call->arena);
	size_t n = strlen(NOTE_LEGACY);
	int64_t age_ms;

	if (value == NULL || strncmp(value, NOTE_LEGACY, n) != 0)
		return false;
	age_ms = clock_wall_ms() - strtoll(value + n, NULL, 10);
	return age_ms >= 0 && age_ms < NOTE_LASTS_MS;
}

static enum web_protocol first_choice(const struct upstream_call *call)
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
	if (call->notes != NULL)
		call->notes->keep(call->notes->ctx, NOTE,
				  arena_printf(call->arena, NOTE_LEGACY "%lld",
					       (long long)clock_wall_ms()));
}

static bool run_by(struct web_turn *t, enum web_protocol protocol)
{
	const char *chat = t->request->bookmark.chat;

	if (chat != NULL && protocol_of(chat) != protocol)
		return error_set(t->call->error, ERROR_CHAT_GONE,
				 "The conversation was held in another "
				 "protocol of Kimi's.");
	return protocol == WEB_CURRENT ? web_current_run(t) : web_legacy_run(t);
}

static bool run_at(void *ctx, const char *host)
{
	struct web_turn *t = ctx;

	t->host = host;
	t->unknown = false;
	if (first_choice(t->call) == WEB_LEGACY)
		return run_by(t, WEB_LEGACY);
	if (run_by(t, WEB_CURRENT))
		return true;
	if (!t->unknown || t->stream->started ||
	    t->call->config->web_protocol == CONFIG_PROTOCOL_CURRENT)
		return false;
	if (!run_by(t, WEB_LEGACY))
		return false;
	note_legacy(t->call);
	return true;
}

static bool web_run(struct upstream_call *call,
		    const struct chat_request *request,
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

	return try_hosts(call, stream, run_at, &t);
}

/* --- All else --- */

struct discard {
	struct upstream_call *call;
	const char *chat;
};

static bool discard_at(void *ctx, const char *host)
{
	const struct discard *d = ctx;
	const char *id = id_of(d->chat);

	return protocol_of(d->chat) == WEB_CURRENT ?
		       web_current_discard(d->call, host, id) :
		       web_legacy_discard(d->call, host, id);
}

static bool web_discard(struct upstream_call *call, const char *chat)
{
	struct discard d = { .call = call, .chat = chat };

	return try_hosts(call, NULL, discard_at, &d) ||
	       call->error->kind == ERROR_CHAT_GONE;
}

struct listing {
	struct upstream_call *call;
	struct model_list *models;
};

static bool list_at(void *ctx, const char *host)
{
	const struct listing *l = ctx;

	return web_models_list(l->call, host, l->models);
}

static bool web_list(struct upstream_call *call, struct model_list *list)
{
	struct listing l = { .call = call, .models = list };

	if (first_choice(call) == WEB_LEGACY)
		return error_set(call->error, ERROR_UPSTREAM,
				 "Kimi's legacy protocol does not list its "
				 "models.");
	return try_hosts(call, NULL, list_at, &l);
}

static int64_t web_slots(const struct config *config)
{
	return config->web_slots;
}

const struct upstream upstream_web = {
	.name = "web",
	.features = UPSTREAM_CHATS | UPSTREAM_IMAGES | UPSTREAM_FILES,
	.access = web_access,
	.renew = web_renew,
	.run = web_run,
	.list = web_list,
	.current = web_models_current,
	.streams = web_slots,
	.discard = web_discard,
};
