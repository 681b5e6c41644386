/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "chat/chat.h"
#include "chat/stream.h"
#include "http/client.h"
#include "upstream/model.h"

struct credential;

/* What error texts call the other side. */
#define UPSTREAM_PEER "Kimi"

/* What a service can do beside text. */
enum upstream_feature {
	UPSTREAM_TOOLS = 1 << 0,
	UPSTREAM_IMAGES = 1 << 1,
	UPSTREAM_FORMAT = 1 << 2, /* response_format */
	UPSTREAM_CHATS = 1 << 3,  /* keeps chats: bookmarks, discard */
	UPSTREAM_FILES = 1 << 4,  /* documents */
	UPSTREAM_VIDEOS = 1 << 5,
	UPSTREAM_LIMITS = 1 << 6, /* stop, max_tokens */
};

/* What a request to the service shows as its bearer token. */
struct access_token {
	const char *token;   /* NULL: none yet, renew first */
	int64_t expires_ms;  /* wall clock; INT64_MAX: never */
	const char *refresh; /* NULL: cannot be renewed */
};

/*
 * What an adapter learned with a credential and wants to know the next time,
 * in any process: which host knows the key, what an uploaded file is called
 * there. Losing a note costs time, never truth.
 */
struct upstream_notes {
	/* The value under that name, in the arena; NULL: none. */
	const char *(*find)(void *ctx, const char *name, struct arena *a);
	void (*keep)(void *ctx, const char *name, const char *value);
	void *ctx;
};

/* One call of a service. All is borrowed for the call. */
struct upstream_call {
	struct arena *arena;
	struct http_client *http;
	const struct config *config;
	const char *bearer;
	const struct model *model;
	const struct upstream_notes *notes;
	struct error *error; /* filled by whatever returns false */

	/* The tokens of a text; NULL: they are estimated. */
	int64_t (*count_text)(const void *ctx, const char *p, size_t n);
	const void *count_ctx;
};

/* One Kimi service. Nothing here knows what the client speaks. */
struct upstream {
	const char *name; /* also the explicit prefix: "web:" */
	unsigned features;

	/* What the credential grants by itself. */
	struct access_token (*access)(struct arena *a, const char *secret);

	/* A new access for a refresh token; NULL where there is none. */
	bool (*renew)(struct upstream_call *call, const char *refresh,
		      struct access_token *access);

	/*
	 * Runs one answer into the stream, without ending it. False with
	 * ERROR_CHAT_GONE when the request's bookmark leads nowhere.
	 */
	bool (*run)(struct upstream_call *call,
		    const struct chat_request *request,
		    struct chat_stream *stream);

	/* Asks which models the credential may use; NULL where that cannot
	 * be asked. Their `upstream` is set. */
	bool (*list)(struct upstream_call *call, struct model_list *models);

	/*
	 * Which listed model a known one (upstream/model.h) stands for today;
	 * the known one if that cannot be told. NULL where they are the same.
	 */
	struct model (*current)(const struct model *known,
				const struct model_list *list);

	/* Prefixes of the names of models that the service may have although
	 * it does not list them, ended by NULL; NULL: none. */
	const char *const *unlisted;

	/* How a URL begins that names a file stored at the service, to be
	 * passed on as it is; NULL: there are none. */
	const char *file_scheme;

	/* Requests that may run at once with one credential; 0: any number. */
	int64_t (*streams)(const struct config *config);

	/* What is left of the account's limits, as JSON in the arena; NULL
	 * and a filled error. NULL where that cannot be asked. */
	const char *(*usages)(struct upstream_call *call);

	/* Deletes what lies at the service of the file with that hash, if
	 * anything does; NULL where that cannot be asked. */
	bool (*forget)(struct upstream_call *call, const char *hash);

	/* Deletes a chat kept at the service; NULL where none are. */
	bool (*discard)(struct upstream_call *call, const char *chat);
};

/* After the stream returned false: ERROR_CLIENT_GONE if its listener wants no
 * more; any other error stays. Always false. */
bool upstream_stopped(const struct upstream_call *call,
		      const struct chat_stream *stream);

extern const struct upstream upstream_web;
extern const struct upstream upstream_platform;
extern const struct upstream upstream_code;

/* All of them, ended by NULL. */
extern const struct upstream *const upstreams[];

#endif
