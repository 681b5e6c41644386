/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_SERVICE_H
#define UPSTREAM_WEB_SERVICE_H

#include "base/json.h"
#include "chat/file.h"
#include "upstream/upstream.h"

/*
 * The parts of the Kimi web adapter. The service speaks two protocols, of
 * which neither has a published description: kimi-upstreams parts A and B are
 * what public clients of them do.
 */
enum web_protocol { WEB_CURRENT, WEB_LEGACY };

/* Chats of the current protocol go by this and their id in bookmarks, those of
 * the legacy one by their id alone: neither is ever continued in the other. */
#define WEB_CURRENT_CHAT "current/"

/* --- Tokens (A2, B3) --- */

/* A JWT of type "access" is used as it is, all else is a refresh token. */
struct access_token web_access(struct arena *a, const char *secret);

/*
 * A refresh token is used up by its first use, so it is sent again, to another
 * host or in the legacy way, only where the answer shows that it was not used
 * or nothing of the request was sent.
 */
bool web_renew(struct upstream_call *call, const char *refresh,
	       struct access_token *access);

/* --- Requests that are answered by one JSON object --- */

#define WEB_REQUEST_MS 20000 /* less than the right to renew is held */
#define WEB_DISCARD_MS 5000  /* nobody waits, but a worker is held */

struct web_request {
	enum web_protocol protocol; /* how errors are told */
	const char *method, *url;
	const char *bearer; /* NULL: none */
	const char *body;   /* JSON; NULL: none */

	/* As in struct http_call. */
	enum http_abandon abandon;
	int64_t max_ms;
	bool once;

	/* Out, when it failed: */
	bool unknown; /* the host does not know the protocol */
	bool unsent;  /* see struct http_reply */
};

/* The answer in the arena; NULL and a filled error for any other. */
const cJSON *web_request_send(struct upstream_call *call,
			      struct web_request *q);

/* The value under one of its two names: the service may use either. */
const cJSON *web_either(const cJSON *tree, const char *camel,
			const char *snake);

/* Turns an answer that is not 2xx into an error; `*unknown` as above. Always
 * false. */
bool web_reply_failed(struct upstream_call *call, enum web_protocol protocol,
		      const struct http_reply *reply, bool *unknown);

/* An error of the current protocol, wherever it stands (B8). Always false. */
bool web_current_failed(struct upstream_call *call, long status,
			int64_t retry_after_ms, const cJSON *error);

/* Whether that error says that the host does not know the call. */
bool web_current_unknown(const cJSON *error);

/* --- One answer --- */

/* A file that lies at Kimi. */
struct web_attachment {
	const char *id; /* there */
	const struct chat_file *file;
};

struct web_turn {
	struct upstream_call *call;
	const struct chat_request *request;
	struct chat_stream *stream;
	const char *host;
	const char *chat; /* its id where it goes on; NULL: a new one */
	const char *text; /* of all messages that the chat does not know */
	const struct web_attachment *attachments; /* of those messages */
	size_t n_attachments;

	bool unknown; /* out: the host does not know the protocol */
};

bool web_current_run(struct web_turn *t);
bool web_legacy_run(struct web_turn *t);

/* Deletes a chat by its id. */
bool web_current_discard(struct upstream_call *call, const char *host,
			 const char *id);
bool web_legacy_discard(struct upstream_call *call, const char *host,
			const char *id);

/* --- Models (B5) --- */

/* Asks one host; works without a bearer. */
bool web_models_list(struct upstream_call *call, const char *host,
		     struct model_list *list);

/* What a known model stands for today, see upstream.h. */
struct model web_models_current(const struct model *known,
				const struct model_list *list);

/* What the current protocol calls a model, and how it is to think. */
struct web_choice {
	const char *scenario, *model;
	bool thinks;
	const char *effort; /* REASONING_EFFORT_…; NULL: it takes none */
};

struct web_choice web_choose(const struct model *model,
			     const struct chat_request *request);

#endif
