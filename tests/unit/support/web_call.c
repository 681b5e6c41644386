/* SPDX-License-Identifier: MIT */
/* What an adapter of Kimi web is called with. */
#include "tests/unit/support/web_call.h"

#include <string.h>

#include "tests/unit/support/site.h"
#include "upstream/model.h"
#include "upstream/services.h"
#include "tests/unit/support/test.h"

static const char *find_note(void *ctx, const char *name, struct arena *a)
{
	return arena_copy(a, web_call_note(ctx, name));
}

static void keep_note(void *ctx, const char *name, const char *value)
{
	struct web_call *w = ctx;
	size_t i = 0;

	while (w->kept[i].name != NULL && strcmp(w->kept[i].name, name) != 0)
		assert_true(++i < COUNT(w->kept));
	w->kept[i].name = arena_copy(w->arena, name);
	w->kept[i].value = arena_copy(w->arena, value);
}

const char *web_call_note(const struct web_call *w, const char *name)
{
	for (size_t i = 0; i < COUNT(w->kept); i++)
		if (w->kept[i].name != NULL &&
		    strcmp(w->kept[i].name, name) == 0)
			return w->kept[i].value;
	return NULL;
}

static void close_call(void *call)
{
	struct web_call *w = call;

	replay_detach(&w->http);
}

void web_call_begin(struct web_call *w)
{
	w->log = arena_alloc(w->arena, sizeof(*w->log));
	event_log_init(w->log, w->arena);
	chat_stream_init(&w->stream, w->arena, event_log_event, w->log);
}

struct web_call *web_call_new(struct arena *a, struct replay_answer *answers)
{
	struct web_call *w = arena_alloc(a, sizeof(*w));

	w->arena = a;
	w->config.web_urls = config_list_parse(a, WEB_ONE "," WEB_TWO, ',');
	w->config.auth_urls =
		config_list_parse(a, WEB_AUTH_ONE "," WEB_AUTH_TWO, ',');
	w->notes = (struct credential_notes){ find_note, keep_note, w };
	w->model = *model_known("k2", NULL);
	w->call = (struct upstream_call){
		.arena = a,
		.http = &w->http,
		.config = &w->config,
		.bearer = SITE_WEB,
		.model = &w->model,
		.notes = &w->notes,
		.error = &w->error,
	};
	w->replay = (struct replay){ .arena = a, .answers = answers };
	http_client_init(&w->http);
	replay_attach(&w->replay, &w->http);
	arena_own(a, w, close_call);
	web_call_begin(w);
	return w;
}

bool web_call_run(struct web_call *w, const struct chat_request *request)
{
	web_call_begin(w);
	return upstream_web.run(&w->call, request, &w->stream) &&
	       chat_stream_end(&w->stream, &w->error);
}

const char *web_call_urls(const struct web_call *w)
{
	const char *urls = "";

	for (size_t i = 0; i < w->replay.n_calls; i++)
		urls = arena_printf(w->arena, "%s%s%s", urls, i == 0 ? "" : " ",
				    w->replay.calls[i].url);
	return urls;
}
