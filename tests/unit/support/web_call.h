/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_WEB_CALL_H
#define SUPPORT_WEB_CALL_H

#include "tests/unit/support/event_log.h"
#include "tests/unit/support/replay.h"
#include "upstream/model.h"
#include "upstream/upstream.h"

#define WEB_ONE "https://one.example"
#define WEB_TWO "https://two.example"
#define WEB_AUTH_ONE "https://auth-one.example"
#define WEB_AUTH_TWO "https://auth-two.example"

struct web_note {
	const char *name, *value;
};

/* A call of Kimi web: two hosts, notes that last as long as it does. */
struct web_call {
	struct arena *arena;
	struct config config;
	struct http_client http;
	struct replay replay;
	struct credential_notes notes;
	struct web_note kept[4];
	struct model model;
	struct error error;
	struct upstream_call call;
	struct chat_stream stream; /* of the last run */
	struct event_log *log;	   /* likewise */
};

/* Lives as long as the arena; `answers` is what the hosts say. */
struct web_call *web_call_new(struct arena *a, struct replay_answer *answers);

/* Makes the stream and its log anew. */
void web_call_begin(struct web_call *w);

/* Runs a request into a new stream and ends that. */
bool web_call_run(struct web_call *w, const struct chat_request *request);

/* What is noted under that name; NULL: nothing. */
const char *web_call_note(const struct web_call *w, const char *name);

/* The URLs of all calls so far, hosts and all, by blanks. */
const char *web_call_urls(const struct web_call *w);

#endif
